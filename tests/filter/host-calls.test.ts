import { describe, expect, it } from "vitest";
import {
  chat,
  compileModule,
  delta,
  DONE,
  event,
  events,
  json,
  openAiError,
  type Call,
  type Script,
} from "../host/proxy-host.js";
import { start } from "./fixture.js";

/**
 * Host calls are what a request costs most by: 0.1 to 1 us each. A change that needs more of them changes these tables, so that none comes
 * unseen. Calls of the tick are no part of it: the clock of this host moves only where a provider takes its time.
 */
const ASK = { body: { model: "qwen-turbo", messages: [{ role: "user", content: "Hello" }] } };
const STREAM = { body: { ...ASK.body, stream: true } };

/** Calls of one request by function, once the module is warm. Nothing is ever taken out here. */
function callsOf(
  request: object,
  clusters: Record<string, Script>,
  policy: object = {},
  module?: WebAssembly.Module,
): Record<string, number> {
  const envoy = start({
    ...{ mode: "retry", clusters, policy, tokens: { qwen: 1, deepseek: 1 } },
    ...(module && { module }),
    // As the command line tool renders it together with the route.
    config: { routeTimeout: 600_000 },
    provider: { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } },
  });
  const counts: Record<string, number> = {};
  envoy.ask(request as Call);
  envoy.process.hinder = call => {
    const name = call.replace("proxy_", "");
    counts[name] = (counts[name] ?? 0) + 1;
    return undefined;
  };
  expect(envoy.ask(request as Call).status).toBe(200);
  return counts;
}

/** What `more` has beyond `less`. */
function difference(more: Record<string, number>, less: Record<string, number>, by = 1): Record<string, number> {
  const names = [...new Set([...Object.keys(more), ...Object.keys(less)])];
  const each = names.map(name => [name, ((more[name] ?? 0) - (less[name] ?? 0)) / by] as const);
  return Object.fromEntries(each.filter(([, count]) => count !== 0));
}

describe("the host calls of a request", () => {
  const served = () => callsOf(ASK, { qwen: chat("Hi") });

  it("that is served at once", () => {
    expect(served()).toEqual({
      clock_time_get: 5,
      get_buffer_bytes: 2,
      get_header_map_pairs: 2,
      get_metric: 1,
      get_property: 1,
      remove_header_map_value: 2,
      replace_header_map_value: 8,
      set_property: 2,
    });
  });

  it("that no guard watches, beyond one that is watched", () => {
    const begins = event({ id: "c", choices: [{ index: 0, delta: { role: "assistant" } }] });
    const stream = { qwen: events([begins, delta("Hi"), DONE]) };
    const unwatched = callsOf(STREAM, stream, { guard: "none" });
    expect(difference(unwatched, callsOf(STREAM, stream))).toEqual({ clock_time_get: -2, set_buffer_bytes: -2 });
  });

  it("that is streamed, for each further event", () => {
    const words = (count: number) => ({
      qwen: events([...Array.from({ length: count }, (_, i) => delta(`${i}`)), DONE]),
    });
    expect(difference(callsOf(STREAM, words(12)), callsOf(STREAM, words(2)), 10)).toEqual({ get_buffer_bytes: 1 });
  });

  it("that is rescued after a refused token, beyond one that is served at once", () => {
    const refused = { qwen: json(401, openAiError("invalid_api_key")), deepseek: chat("Hi") };
    expect(difference(callsOf(ASK, refused), served())).toEqual({
      clock_time_get: 5,
      get_buffer_bytes: 1,
      get_header_map_pairs: 2,
      get_log_level: 1,
      get_metric: 1,
      get_property: 2,
      log: 1,
      // One of them is x-forwarded-proto, which a real route has removed.
      remove_header_map_value: 3,
      replace_header_map_value: 4,
      set_buffer_bytes: 2,
      set_effective_context: 2,
      set_property: 1,
    });
  });

  describe("are those of the module that the benchmark compares ours with", async () => {
    const module = await compileModule("tests/bench/wasm/calls-module.ts");
    const words = Array.from({ length: 5 }, (_, i) => delta(`${i}`));
    it.each([
      ["a small one", ASK, chat("Hi")],
      ["one of 10 KB", { body: { ...ASK.body, pad: "x".repeat(10 << 10) } }, chat("Hi")],
      ["one of 64 KB", { body: { ...ASK.body, pad: "x".repeat(64 << 10) } }, chat("Hi")],
      ["a stream", STREAM, events([...words, DONE])],
    ] as const)("%s", (_what, request, qwen) => {
      // Another name for the model, of the same length.
      const policy = { upstreams: [{ provider: "qwen", modelMapping: { "*": "qwen-there" } }] };
      const ours = callsOf(request, { qwen }, policy);
      // What this client sends and no API knows: a real one sends none of it.
      expect(difference(ours, callsOf(request, { qwen }, policy, module))).toEqual({ remove_header_map_value: 2 });
    });
  });
});
