import { describe, expect, it } from "vitest";
import { chat, json, openAiError, sse } from "../host/proxy-host.js";
import { MODES, pluginConfig, start } from "./fixture.js";

const ask = { body: { model: "qwen-turbo", messages: [] } };
const streamed = { body: { ...ask.body, stream: true } };
const badKey = json(401, openAiError("invalid_api_key"));
const tokens = { qwen: 1, deepseek: 1 };

describe.each(MODES)("what is counted, in %s mode:", mode => {
  it("a rescue by where it came from and went to, and what it cost", () => {
    const envoy = start({ mode, tokens, clusters: { qwen: { ...badKey, wait: 20 }, deepseek: chat("Hi") } });
    envoy.ask(ask);
    expect(envoy.metric("ai_failover_requests_total;route=all;outcome=rescued")).toBe(1);
    expect(envoy.metric("ai_failover_requests_total;route=all;outcome=served")).toBe(0);
    expect(envoy.metric("ai_failover_rescues_total;from=qwen;to=deepseek")).toBe(1);
    expect(envoy.metric("ai_failover_attempts_total;provider=qwen;cause=credential")).toBe(1);
    expect(envoy.metric("ai_failover_rescue_milliseconds;route=all")).toBeGreaterThanOrEqual(20);
    expect(envoy.metric("ai_failover_first_token_milliseconds;route=all")).toBeGreaterThanOrEqual(20);
    expect(envoy.metric("ai_failover_request_attempts;route=all")).toBe(2);
    expect(Object.keys(envoy.process.metrics.toObject()).filter(name => name.includes("errors_total"))).toEqual([]);
  });

  it("an error that a client gets, by its code", () => {
    const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: json(422, openAiError("bad")) } });
    envoy.ask(ask);
    expect(envoy.metric("ai_failover_errors_total;code=provider_error")).toBe(1);
    envoy.ask({ body: "no json" });
    expect(envoy.metric("ai_failover_errors_total;code=invalid_body")).toBe(1);
    expect(envoy.metric("ai_failover_requests_total;route=-;outcome=refused")).toBe(1);
    envoy.setProvider("qwen", badKey);
    envoy.ask(ask);
    expect(envoy.metric("ai_failover_errors_total;code=tokens_refused")).toBe(1);
    expect(envoy.metric("ai_failover_requests_total;route=all;outcome=failed")).toBe(1);
  });

  it("what the guard caught, which is no attempt that went well", () => {
    const clusters = { qwen: json(200, { error: { message: "x", code: "internal_error" } }), deepseek: chat("Hi") };
    const envoy = start({ mode, tokens, clusters });
    expect(envoy.ask(ask).status).toBe(200);
    expect(envoy.metric("ai_failover_guard_total;provider=qwen;result=caught")).toBe(1);
    expect(envoy.metric("ai_failover_guard_total;provider=qwen;result=broke-off")).toBe(0);
    expect(envoy.metric("ai_failover_attempts_total;provider=qwen;cause=ok")).toBe(0);
  });

  it("a client that leaves in its answer, under the same word as its record", () => {
    const clusters = { qwen: sse("Hel", 2000, "lo") };
    const envoy = start({ mode, tokens: { qwen: 1 }, config: { requestRecords: true }, clusters });
    const { record } = envoy.ask({ ...streamed, leaveAfter: 500 });
    expect(JSON.parse(record!)).toMatchObject({ outcome: "client-left" });
    expect(envoy.metric("ai_failover_requests_total;route=all;outcome=client-left")).toBe(1);
    expect(envoy.metric("ai_failover_requests_total;route=all;outcome=served")).toBe(0);
  });

  it("a list of models as served", () => {
    const envoy = start({ mode, tokens, clusters: {} });
    expect(envoy.ask({ method: "GET", path: "/v1/models" }).status).toBe(200);
    expect(envoy.metric("ai_failover_requests_total;route=-;outcome=served")).toBe(1);
    expect(envoy.metric("ai_failover_requests_total;route=-;outcome=refused")).toBe(0);
  });

  it("a retry that the budget does not allow", () => {
    const policy = { retryBudget: 0.1 };
    const envoy = start({ mode, tokens, policy, clusters: { qwen: "refused", deepseek: chat("Hi") } });
    envoy.ask(ask);
    expect(envoy.metric("ai_failover_budget_refusals_total;route=all")).toBe(1);
  });

  it("nothing on the way of a good request: the tick writes", () => {
    const envoy = start({ mode, tokens, clusters: { qwen: { ...chat("Hi"), wait: 30 } } });
    envoy.ask(ask);
    const all = () => Object.keys(envoy.process.metrics.toObject()).filter(name => !name.endsWith("ledger_generation"));
    expect(all()).toEqual([]);
    envoy.advance(50);
    expect(all().sort()).toEqual([
      "ai_failover_attempts_total;provider=qwen;cause=ok",
      "ai_failover_first_token_milliseconds;route=all",
      "ai_failover_request_attempts;route=all",
      "ai_failover_requests_total;route=all;outcome=served",
    ]);
  });
});

describe.each(MODES)("gauges, in %s mode:", mode => {
  const states = (envoy: ReturnType<typeof start>) => ({
    token: envoy.metric("ai_failover_token_state;provider=qwen;token=t1"),
    open: envoy.metric("ai_failover_open_breakers;provider=qwen"),
    route: envoy.metric("ai_failover_route_out;route=all"),
  });

  it("one truth of several workers: who is out, until it is back", () => {
    const options = { mode, tokens: { qwen: 1 }, workers: 2, clusters: { qwen: badKey } };
    const envoy = start({ ...options, provider: { failover: { enabled: true, healthCheckModel: "qwen-turbo" } } });
    expect(states(envoy)).toEqual({ token: 0, open: 0, route: 0 });
    envoy.ask({ ...ask, worker: 0 });
    expect(states(envoy)).toEqual({ token: 3, open: 1, route: 1 });
    expect(envoy.metric("ai_failover_ledger_entries;provider=qwen")).toBe(1);
    expect(envoy.metric("ai_failover_next_probe_timestamp_seconds;provider=qwen")).toBeGreaterThan(0);
    envoy.setProvider("qwen", chat("Hi"));
    envoy.advance(10 * 60_000);
    expect(states(envoy)).toEqual({ token: 0, open: 0, route: 0 });
    expect(envoy.metric("ai_failover_next_probe_timestamp_seconds;provider=qwen")).toBe(0);
    expect(envoy.metric("ai_failover_probes_total;provider=qwen;result=good")).toBeGreaterThan(0);
  });

  it("a rate limit that passes by itself, with no request and no probe", () => {
    const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "300" } });
    const policy = { modelPredicates: [{ matchType: "EQUAL", matchValue: "qwen-turbo" }] };
    const envoy = start({ mode, policy, tokens: { qwen: 1 }, clusters: { qwen: limited } });
    envoy.ask(ask);
    expect(states(envoy).route).toBe(1);
    envoy.advance(305_000);
    expect(states(envoy).route).toBe(0);
  });

  it("a token that an edit removes is no longer out", () => {
    const options = { mode, tokens: { qwen: 2 }, clusters: { qwen: badKey } };
    const envoy = start(options);
    for (let i = 0; i < 3; i++) envoy.ask(ask);
    expect(envoy.metric("ai_failover_token_state;provider=qwen;token=t2")).toBe(3);
    envoy.update({ gateway: pluginConfig({ ...options, tokens: { qwen: 1 } }) });
    envoy.advance(2000);
    expect(envoy.metric("ai_failover_token_state;provider=qwen;token=t2")).toBe(0);
  });

  it("bodies that wait, of all workers, and none when they are gone", () => {
    const envoy = start({ mode, tokens: { qwen: 1 }, workers: 2, clusters: { qwen: { ...chat("Hi"), wait: 5000 } } });
    const long = { model: "qwen-turbo", messages: [{ role: "user", content: "x".repeat(40_000) }] };
    const calls = [0, 1].map(worker => envoy.call({ body: long, worker }));
    envoy.advance(3000);
    expect(envoy.metric("ai_failover_parked_bytes")).toBeGreaterThan(80_000);
    for (const call of calls) envoy.finish(call);
    envoy.advance(10_000);
    expect(envoy.metric("ai_failover_parked_bytes")).toBe(0);
  });
});
