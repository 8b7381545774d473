import { describe, expect, it } from "vitest";
import { chat, json, openAiError, type Seen } from "../host/proxy-host.js";
import { MODES, pluginConfig, start, tokensAt } from "./fixture.js";

const plain = { body: { model: "qwen-turbo", messages: [] } };
const badKey = json(401, openAiError("invalid_api_key"));

describe.each(MODES)("when every breaker is open, in %s mode,", mode => {
  const tried = (trail = "") => trail.replaceAll(/;ms=\d+/g, "");

  it("the one that opens soonest is tried all the same, and marked in trail, log and metrics", () => {
    const tokens = { qwen: 1, deepseek: 1 };
    const envoy = start({ mode, tokens, clusters: { qwen: badKey, deepseek: badKey } });
    expect(envoy.ask(plain).headers["x-ai-failover-trail"]).not.toContain("forced");
    expect(envoy.metric("ai_failover_forced_attempts_total;provider=qwen")).toBe(0);
    // Each breaker has one forced attempt a second.
    envoy.advance(1000);
    envoy.forget();

    const failed = envoy.ask(plain);
    expect(failed.status).toBe(424);
    expect(tried(failed.headers["x-ai-failover-trail"])).toBe("qwen/t1;forced;status=401;cause=credential");
    expect(failed.text).toContain("qwen/t1;forced;status=401");

    envoy.setProvider("qwen", chat("Hi"));
    envoy.advance(1000);
    const served = envoy.ask(plain);
    expect(served.status).toBe(200);
    expect(tried(served.headers["x-ai-failover-trail"])).toBe("qwen/t1;forced;status=200");

    expect(envoy.metric("ai_failover_forced_attempts_total;provider=qwen")).toBe(2);
    expect(envoy.metric("ai_failover_forced_attempts_total;provider=deepseek")).toBe(0);
    expect(envoy.log.map(tried)).toEqual([
      expect.stringMatching(/^warn #2 all failed: qwen\/t1;forced;status=401/),
      "info qwen/t1 is back",
      expect.stringMatching(/^info #3 all served: qwen\/t1;forced;status=200/),
    ]);
  });

  it("a hop that is live by the end of a wait is not", () => {
    const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "2" } });
    const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: [limited, chat("Hi")] } });
    expect(tried(envoy.ask(plain).headers["x-ai-failover-trail"])).toBe(
      "qwen/t1;status=429;cause=rate-limit, qwen/t1;status=200",
    );
    expect(envoy.metric("ai_failover_forced_attempts_total;provider=qwen")).toBe(0);
  });
});

describe("a sticky choice", () => {
  it.each(["credential", "user", "header:x-session"])("by %s leaves to chance what has none", stickyBy => {
    const envoy = start({ provider: { tokenChoice: "sticky", stickyBy }, clusters: { qwen: chat("Hi") } });
    for (let i = 0; i < 30; i++) envoy.ask(plain);
    expect(new Set(tokensAt(envoy, "qwen")).size).toBe(3);
    envoy.forget();
    const body = { ...plain.body, user: "u" };
    const headers = { authorization: "Bearer c", "x-session": "s" };
    for (let i = 0; i < 30; i++) envoy.ask({ body, headers });
    expect(new Set(tokensAt(envoy, "qwen")).size).toBe(1);
  });

  it.each([{}, { tokenChoice: "sticky", stickyBy: "user" }])("is each provider's own, behind one with %j", first => {
    const tokens = { qwen: 1, deepseek: 3 };
    const { providers } = pluginConfig({ tokens }) as { providers: [object, object] };
    const sticky = { tokenChoice: "sticky", stickyBy: "header:X-Session" };
    const envoy = start({
      ...{ tokens, clusters: { qwen: badKey, deepseek: chat("Hi") } },
      config: {
        providers: [
          { ...providers[0], ...first },
          { ...providers[1], ...sticky },
        ],
      },
    });
    const used = [1, 2, 3, 4, 5, 6, 7, 8].map(session => {
      envoy.forget();
      for (let i = 0; i < 10; i++)
        envoy.ask({ body: { ...plain.body, user: `u${i}` }, headers: { "x-session": `s${session}` } });
      return [...new Set(tokensAt(envoy, "deepseek"))];
    });
    expect(used.map(({ length }) => length)).toEqual(Array(8).fill(1));
    expect(new Set(used.flat()).size).toBe(3);
  });
});

describe.each(MODES)("what one account keeps, in %s mode,", mode => {
  const asked = (calls: object[]) => {
    const envoy = start({ mode, tokens: { qwen: 4 }, clusters: { qwen: chat("Hi") } });
    for (const call of calls) envoy.ask(call);
    return tokensAt(envoy, "qwen");
  };
  const often = (call: object) => Array<object>(12).fill(call);
  const ids = ["resp_a", "resp_b", "resp_c", "resp_d", "resp_e", "resp_f"];
  const goesOn = (previous_response_id: string) => ({
    path: "/v1/responses",
    body: { model: "m", previous_response_id },
  });

  it.each(["/v1/responses/ID", "/v1/responses/ID/input_items?limit=1", "/v1/chat/completions/ID"])(
    "%s is asked of one token, another id perhaps of another, at every gateway alike",
    path => {
      const tokens = ids.map(id => new Set(asked(often({ path: path.replace("ID", id) }))));
      expect(tokens.map(({ size }) => size)).toEqual(ids.map(() => 1));
      expect(new Set(tokens.flatMap(used => [...used])).size).toBeGreaterThan(1);
      expect(ids.map(id => asked([goesOn(id)])[0])).toEqual(tokens.map(used => [...used][0]));
    },
  );

  it("is made and asked for by one token, where a call of its own makes it", () => {
    const body = { model: "m", conversation: { id: "conv_1" } };
    const calls = [
      { path: "/v1/files", method: "POST", body: { file: "x" } },
      { path: "/v1/files/file-1", method: "GET" },
      { path: "/v1/batches", method: "POST", body: { input_file_id: "file-1" } },
      { path: "/v1/fine_tuning/jobs/ftjob-1/events", method: "GET" },
      { path: "/v1/conversations", method: "POST", body: {} },
      { path: "/v1/responses", body },
    ];
    expect(new Set(asked(calls.flatMap(often))).size).toBe(1);
  });

  it("leaves all other calls to chance", () => {
    expect(new Set(asked(often({ path: "/v1/responses", body: { model: "m" } }))).size).toBeGreaterThan(1);
  });
});

it.each(MODES)("a further hop is chosen by what other workers have learnt meanwhile, in %s mode", mode => {
  const tokens = { qwen: 1, deepseek: 4 };
  const deepseek = ({ headers }: Seen) => (headers["authorization"] === "Bearer deepseek-4" ? chat("Hi") : badKey);
  const envoy = start({ mode, workers: 2, tokens, clusters: { qwen: [{ ...badKey, wait: 400 }, badKey], deepseek } });
  // No timer runs yet that would read it.
  envoy.advance(200);
  const call = envoy.call({ ...plain, worker: 0 });
  envoy.advance(100);
  while (new Set(tokensAt(envoy, "deepseek")).size < 4) envoy.ask({ ...plain, worker: 1 });
  envoy.finish(call);
  expect(call.ms).toBeGreaterThanOrEqual(400);
  expect(call.headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;[^,]*, deepseek\/t4;status=200/);
});
