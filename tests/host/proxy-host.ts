/**
 * A Proxy-Wasm host for tests: Envoy 1.36 - 1.40 (and Higress) as the module sees them, in virtual time, in one process, without
 * a socket. It follows docs/envoy-facts.md; whatever only a faulty module would do - a header map out of its
 * phase, a buffer outside of its callback, a second answer, a wrong content-length, an import that Envoy lacks - throws a
 * HostViolation, out of the test's own call.
 *
 *     const module = await shippedModule();
 *     const envoy = startEnvoy({
 *       module,
 *       gateway: { role: "gateway", routing: "plan", providers: [...], routes: [...] },
 *       attempt: { role: "attempt" },          // leave it out for callout mode; with `hop: true` it is on an internal listener
 *       clusters: {
 *         qwen: [json(401, openAiError("bad key")), sse("Hel", 200, "lo")],  // one behaviour after the other; 200: a pause, ms
 *         deepseek: request => (request.headers.authorization === "Bearer sk-1" ? chat("Hi") : "refused"),
 *       },
 *     });
 *     const answer = envoy.ask({ body: { model: "qwen-turbo", stream: true }, headers: { authorization: "Bearer client" } });
 *     expect(answer).toMatchObject({ status: 200, ended: "complete", ms: 200 });
 *     expect(envoy.provider("qwen").seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer sk-1", "Bearer sk-2"]);
 *     expect(envoy.log).toEqual([...]);        // "info text"
 *
 * In pieces: `const call = envoy.call({...}); envoy.advance(100); call.leave(); envoy.finish(other);`.
 * Clients: `leaveAfter: ms`, `leaveOn: text`, a body in pieces with pauses, `endsWithLast`, `trailers`, `worker: 1`.
 * Providers (behaviour.ts): `{ status, headers, body: [piece, pause, piece], wait, connect, interim, trailers, end: "cut" }`, or
 * "refused", "connect-timeout", "tls", "reset", "silence"; `envoy.provider("qwen").healthy = false` for a cluster without a host;
 * `envoy.setProvider("qwen", script)` changes a script.
 * Hosts: `route: { cluster: "outbound|443||llm-x.internal.dns", name: "ingress" }` is a fixed route, `flavour: "higress"` the ABI
 * and property names there, `route: { retryOverflow: true }` a retry circuit breaker that is open, `workers: 2`.
 * VMs: `envoy.workers[0].vm.injectTrap("proxy_on_response_body")`, `envoy.update({gateway, attempt})` (a listener update: new
 * roots, same VMs), `envoy.replace({...})` (new VMs), `envoy.workers[0].vm.memoryBytes`, `envoy.process.traps`, `.shared`,
 * `envoy.metric("ai_failover_...")`.
 */
export * from "./answers.js";
export type { Answer, Behaviour, Fault, Piece } from "./behaviour.js";
export type { Ask, Call } from "./call.js";
export { compileModule, shippedModule } from "./compile-module.js";
export { Envoy, startEnvoy, type EnvoyOptions } from "./host-envoy.js";
export { HostViolation } from "./process.js";
export { Clock } from "./virtual-clock.js";
export type { Seen, Script } from "./host-provider.js";
