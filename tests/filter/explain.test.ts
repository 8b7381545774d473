import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { chat, json, openAiError, type Envoy } from "../host/proxy-host.js";
import { pluginConfig, start as startHost, type Options } from "./fixture.js";
import type { ExplainRequest, Explanation } from "../../cli/status/explain-types.js";

const schemaOf = (name: string): object => JSON.parse(readFileSync(`schema/${name}`, "utf8")) as object;
const ajv = new Ajv2020({ schemas: { "status.schema.json": schemaOf("status.schema.json") } });
const validate = ajv.compile<Explanation>(schemaOf("explain.schema.json"));

const start = (options: Options): Envoy => startHost({ status: { version: "1.2.3" }, ...options });
const post = (envoy: Envoy, body: object, more: object = {}) =>
  envoy.askStatus({ path: "/explain", method: "POST", body, ...more });

/** The explanation, checked against its schema. */
function explain(envoy: Envoy, request: ExplainRequest, worker = 0): Explanation {
  const call = post(envoy, request, { worker });
  expect(call).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
  const told = call.json() as Explanation;
  validate(told);
  expect(validate.errors ?? []).toEqual([]);
  return told;
}

const one = { qwen: 1, deepseek: 1 };
const healthy = { qwen: chat("Hi"), deepseek: chat("Hi") };
const body = { model: "qwen-turbo", messages: [{ role: "user", content: "a prompt that nobody shows" }] };
const badKey = json(401, openAiError("invalid_api_key", "Incorrect API key provided: qwen-secret-1"));
const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "30" } });

describe("an explanation", () => {
  it("tells route, hops in their order, limits, and what would be sent", () => {
    const policy = { modelPredicates: [{ matchType: "PRE", matchValue: "qwen-" }] };
    const envoy = start({ tokens: one, policy, clusters: healthy });
    const told = explain(envoy, { model: "qwen-turbo" });
    expect(told).toMatchObject({
      ...{ version: 1, gateway: { version: "1.2.3" }, site: 0, matches: "", outcome: "sent" },
      request: { api: "/v1/chat/completions", model: "qwen-turbo", streamed: false, lacksKey: false },
      route: { name: "all", matched: "qwen-*", isDrawn: false },
      limits: { timeoutMs: 600_000, firstTokenMs: 0, attemptMs: 120_000, guard: "first-event", maxWaitMs: 15_000 },
      sent: { provider: "qwen", token: "t1", authority: "qwen.test", path: "/v1/chat/completions" },
    });
    expect(told.hops).toMatchObject([
      { provider: "qwen", model: "qwen-turbo", kind: "upstream", use: "first", why: "", state: "live", token: "t1" },
      { provider: "deepseek", model: "deepseek-chat", kind: "fallback", use: "next", state: "live", token: "t1" },
    ]);
    expect(explain(envoy, { body: { model: "qwen-turbo", stream: true } }).limits).toMatchObject({
      ...{ firstTokenMs: 60_000, attemptMs: 0 },
    });
  });

  it("tells why a hop is skipped, in the provider's words, and until when", () => {
    const envoy = start({ tokens: one, clusters: { ...healthy, qwen: badKey } });
    envoy.ask({ body });
    const [qwen, deepseek] = explain(envoy, { model: "qwen-turbo" }).hops!;
    expect(qwen).toMatchObject({ use: "skipped", why: "breaker", state: "out", token: "" });
    expect(qwen!.opensInMs).toBeGreaterThan(0);
    expect(qwen!.tokens).toMatchObject([{ name: "t1", breakers: [{ of: "token", cause: "credential" }] }]);
    expect(qwen!.tokens[0]!.breakers[0]!.words).toMatch(/^Incorrect API key/);
    expect(deepseek).toMatchObject({ use: "first", state: "live" });
  });

  it("tells it when the model is out, or a person took the provider out", () => {
    const broken = json(500, openAiError("server_error"));
    const envoy = start({
      ...{ tokens: one, provider: { providerBreaker: { failureThreshold: 1 } } },
      clusters: { ...healthy, qwen: broken },
    });
    envoy.ask({ body });
    const order = { do: "take-out", provider: "deepseek", for: "10m" };
    envoy.askStatus({ path: "/status/orders", method: "POST", body: order });
    expect(explain(envoy, { model: "qwen-turbo" }).hops).toMatchObject([
      { provider: "qwen", breakers: [{ of: "provider-model", cause: "provider", state: "out" }] },
      { provider: "deepseek", use: "skipped", state: "taken-out", opensInMs: 600_000 },
    ]);
    expect(explain(envoy, { model: "another" }).hops![0]).toMatchObject({ use: "first", breakers: [] });
  });

  it("tells that it waits for a rate limit, and for how long; or is refused with the client's own error", () => {
    const envoy = start({ tokens: { qwen: 1 }, policy: { maxWait: "1m" }, clusters: { qwen: limited } });
    envoy.ask({ body, leaveAfter: 100 });
    const told = explain(envoy, { model: "qwen-turbo" });
    expect(told.outcome).toBe("waits");
    expect(told.waitMs).toBeGreaterThan(29_000);
    const strict = start({ tokens: { qwen: 1 }, policy: { maxWait: "1s" }, clusters: { qwen: limited } });
    strict.ask({ body });
    const refused = explain(strict, { body });
    const answer = strict.ask({ body });
    expect(refused.outcome).toBe("refused");
    expect([refused.refusal!.status, refused.refusal!.code]).toEqual([answer.status, answer.json().error.code]);
    expect(refused.refusal!.message).toBe(answer.json().error.message);
    expect(String(refused.refusal!.retryAfterS)).toBe(answer.headers["retry-after"]);
  });

  it.each([
    ["a model that no route serves", { body: { model: "other" } }],
    ["no model", { body: {} }],
    ["a body that is no JSON", { body: '{"model":' }],
    ["a path that leads out", { model: "qwen-turbo", path: "/v1/../admin" }],
    ["a wrong x-ai-failover", { model: "qwen-turbo", headers: { "X-AI-Failover": "never" } }],
    ["a body that is too large", { body: { model: "qwen-turbo", messages: "x".repeat(2000) } }],
    ["a wrong client key", { model: "qwen-turbo", headers: { authorization: "Bearer nobody" } }],
  ] as [string, ExplainRequest][])("refuses %s in the client's words", (_, request) => {
    const policy = { modelPredicates: [{ matchType: "EQUAL", matchValue: "qwen-turbo" }] };
    const config = { limits: { requestBody: "1KiB" }, clientKeys: [{ name: "me", value: "client-key-1" }] };
    const envoy = start({ tokens: one, policy, config, clusters: healthy });
    const { refusal, outcome } = explain(envoy, request);
    const answer = envoy.ask({
      headers: { authorization: "Bearer client-key-1", ...request.headers },
      body: request.body ?? { model: request.model },
      ...(request.path !== undefined && { path: request.path }),
    });
    expect(outcome).toBe("refused");
    expect([refusal!.status, refusal!.code]).toEqual([answer.status, answer.json().error.code]);
    expect(refusal!.message).toBe(answer.json().error.message);
  });

  it("needs no client's key, says that a client does, and names the one that is shown", () => {
    const config = { clientKeys: [{ name: "team-a", value: "client-key-1" }] };
    const envoy = start({ tokens: one, config, clusters: healthy });
    expect(explain(envoy, { body }).request).toMatchObject({ lacksKey: true, client: "" });
    const headers = { Authorization: "Bearer client-key-1" };
    expect(explain(envoy, { body, headers }).request).toMatchObject({ lacksKey: false, client: "team-a" });
  });

  it("tells what is sent once, what is left out, and what the gateway answers by itself", () => {
    const provider = (id: string) => (id === "deepseek" ? { type: "claude", url: undefined } : {});
    const envoy = start({ tokens: one, provider, clusters: healthy });
    const once = explain(envoy, { body: { ...body, previous_response_id: "r" }, path: "/v1/responses" });
    expect(once.request!.attempts).toBe(1);
    const same = explain(envoy, { body, headers: { "x-ai-failover": "same-model" } });
    expect(same.leftOut).toEqual([{ provider: "deepseek", kind: "fallback", why: "same-model" }]);
    expect(explain(envoy, { body, path: "/v1/messages" }).leftOut).toEqual([
      { provider: "qwen", kind: "upstream", why: "api" },
    ]);
    expect(explain(envoy, { path: "/v1/models" }).outcome).toBe("answered");
  });

  it("tells which token no model of the request may use", () => {
    const apiTokens = [{ name: "t1", value: "qwen-1", models: ["qwen-max"] }];
    const provider = (id: string) => (id === "qwen" ? { apiTokens } : {});
    const envoy = start({ tokens: one, provider, clusters: healthy });
    expect(explain(envoy, { body }).hops![0]).toMatchObject({
      ...{ use: "skipped", why: "no-token-for-model", state: "out", opensInMs: -1 },
      tokens: [{ name: "t1", servesModel: false }],
    });
  });

  it("shows neither token, nor prompt, nor what the client's headers say", () => {
    const envoy = start({ clusters: { ...healthy, qwen: badKey } });
    envoy.ask({ body });
    const headers = { authorization: "Bearer sk-client", "x-team": "blue-team", cookie: "session=abc" };
    const { text } = post(envoy, { body, headers, path: "/v1/chat/completions?api_key=sk-in-query" });
    expect(text).not.toMatch(/qwen-[123]\b|deepseek-[12]\b|nobody shows|sk-|blue-team|session/);
  });
});

describe("a dry run", () => {
  /** All that others can see. */
  const traces = (envoy: Envoy): unknown => [
    envoy.process.metrics.toObject(),
    structuredClone(envoy.process.shared),
    envoy.log,
    Object.keys(healthy).map(id => envoy.provider(id).seen.length),
  ];

  it.each([
    ["all is well", {}, 0],
    ["a token is out", { qwen: badKey }, 0],
    ["a rate limit holds", { qwen: limited }, 0],
    ["a trial is due", { qwen: json(503, openAiError("server_error")) }, 5000],
    ["everything is out", { qwen: badKey, deepseek: badKey }, 1000],
  ])("changes nothing, and comes to what happens, when %s", (_, faults, wait) => {
    const envoy = start({
      ...{ tokens: one, workers: 2, clusters: { ...healthy, ...faults } },
      provider: { providerBreaker: { failureThreshold: 1 } },
      policy: { retryBudget: 0.9 },
    });
    envoy.ask({ body });
    if (wait > 0) envoy.advance(wait);
    for (const [id, answer] of Object.entries(healthy)) envoy.setProvider(id, answer);
    envoy.askStatus();
    const before = traces(envoy);
    const told = [0, 1, 0, 1].map(worker => explain(envoy, { body }, worker));
    expect(traces(envoy)).toEqual(before);
    const { headers } = envoy.ask({ body });
    for (const { sent, hops } of told) {
      expect(sent!.provider).toBe(headers["x-ai-failover-provider"]);
      const isForced = hops!.find(({ use }) => use === "first")!.why === "forced";
      expect(isForced).toBe(headers["x-ai-failover-trail"]!.includes(";forced"));
    }
  });

  it("is no request to the retry budget", () => {
    const envoy = start({ tokens: one, policy: { retryBudget: 0.2 }, clusters: { ...healthy, qwen: badKey } });
    for (let i = 0; i < 20; i++) explain(envoy, { body });
    expect(explain(envoy, { body }).limits).toMatchObject({ retryBudget: 200, retryBudgetUsedUp: true });
    expect(envoy.ask({ body }).headers["x-ai-failover-attempts"]).toBe("1");
  });

  it("takes the caller's own token where the choice is sticky", () => {
    const envoy = start({ provider: { tokenChoice: "sticky" }, clusters: healthy });
    for (const name of ["a", "b", "c", "d", "e"]) {
      const headers = { authorization: `Bearer client-${name}` };
      const { sent } = explain(envoy, { body, headers });
      const trail = envoy.ask({ body, headers }).headers["x-ai-failover-trail"];
      expect(trail).toContain(`${sent!.provider}/${sent!.token};`);
    }
  });
});

describe("an explanation by another configuration", () => {
  it("goes by that one, with what is known of its providers and tokens, and changes nothing", () => {
    const envoy = start({ tokens: one, clusters: { ...healthy, qwen: badKey } });
    envoy.ask({ body });
    const status = envoy.askStatus().json();
    const turned = pluginConfig({ tokens: { deepseek: 1, qwen: 1 }, policy: { name: "turned", timeout: "1m" } });
    const told = explain(envoy, { body, config: turned });
    expect(told).toMatchObject({ site: -1, outcome: "sent", route: { name: "turned" }, limits: { timeoutMs: 60_000 } });
    expect(told.hops).toMatchObject([
      { provider: "deepseek", use: "first" },
      { provider: "qwen", model: "qwen-chat", use: "skipped", tokens: [{ breakers: [{ cause: "credential" }] }] },
    ]);
    expect(envoy.askStatus().json()).toEqual(status);
    expect(explain(envoy, { body }).route!.name).toBe("all");
  });

  it("stands in for variables that the gateway does not have, and says so", () => {
    const apiTokens = [{ name: "new", value: "${NEW_TOKEN}" }];
    const envoy = start({ tokens: one, clusters: healthy });
    const told = explain(envoy, { body, config: pluginConfig({ tokens: { qwen: 1 }, provider: { apiTokens } }) });
    expect(told).toMatchObject({ unknownVariables: ["NEW_TOKEN"], sent: { token: "new" } });
  });

  it("is refused with the configuration's mistakes", () => {
    const envoy = start({ tokens: one, clusters: healthy });
    const call = post(envoy, { body, config: pluginConfig({ tokens: one, policy: { timeout: "soon" } }) });
    expect([call.status, call.json().error.code]).toEqual([400, "invalid_config"]);
    expect(call.json().error.message).toMatch(/^routes\[0\]\.timeout: /);
    expect(post(envoy, { body, config: { role: "status" } }).json().error.code).toBe("invalid_config");
  });

  it("gives its memory back", () => {
    const envoy = start({ tokens: one, clusters: healthy });
    const config = pluginConfig({ tokens: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`p${i}`, 2])) });
    const policy = { upstreams: [{ provider: "p0" }], fallbackConfig: { enabled: false } };
    const small = { ...config, routes: [{ name: "r", modelPredicates: [], ...policy }] };
    const memory = () => envoy.workers[0]!.vm.memoryBytes;
    for (let i = 0; i < 5; i++) explain(envoy, { body, config: small });
    const before = memory();
    for (let i = 0; i < 50; i++) explain(envoy, { body, config: small });
    expect(memory()).toBe(before);
  });
});

describe("where several configurations run", () => {
  const rule = (domain: string, tokens: Record<string, number>) => ({
    _match_domain_: [domain],
    ...pluginConfig({ tokens, policy: { name: domain } }),
    routing: undefined,
  });
  const gateway = { routing: "plan", _rules_: [rule("a.test", { qwen: 1 }), rule("b.test", { deepseek: 1 })] };

  it("goes by the rule that the host's request would go by, or the site that is named", () => {
    const envoy = start({ gateway, clusters: healthy } as Options);
    expect(explain(envoy, { body, host: "b.test" })).toMatchObject({ site: 1, matches: "domains: b.test" });
    expect(explain(envoy, { body, headers: { Host: "a.test" } })).toMatchObject({ site: 0, route: { name: "a.test" } });
    expect(explain(envoy, { body, host: "c.test" })).toMatchObject({ site: -1, outcome: "untouched" });
    expect(explain(envoy, { body, site: 1 }).sent!.provider).toBe("deepseek");
    expect(post(envoy, { body, site: 2 }).json().error.code).toBe("unknown_site");
  });
});

describe("what is asked", () => {
  it.each([
    ["[]", 400, "invalid_body"],
    ['{"model": 1}', 400, "invalid_field"],
    [{ modell: "x" }, 400, "invalid_field"],
    [{ model: "x", body: {} }, 400, "invalid_field"],
    [{ model: "x", headers: { a: 1 } }, 400, "invalid_field"],
    [{ model: "x", site: -1 }, 400, "invalid_field"],
    [{ model: "x", config: "text" }, 400, "invalid_field"],
  ])("is refused where it is wrong: %j", (request, status, code) => {
    const envoy = start({ clusters: healthy });
    const call = envoy.askStatus({ path: "/explain", method: "POST", body: request });
    expect([call.status, call.json().error.code]).toEqual([status, code]);
  });

  it("needs what an order needs", () => {
    const envoy = start({ clusters: healthy });
    expect(envoy.askStatus({ path: "/explain" }).status).toBe(405);
    expect(post(envoy, { body }, { headers: { "content-type": "text/plain" } }).status).toBe(415);
    expect(post(envoy, { body }, { headers: { origin: "http://evil.test" } }).status).toBe(403);
    expect(post(envoy, { body }, { source: "192.0.2.7:5000" }).status).toBe(403);
  });
});
