import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { chat, json, openAiError, type Behaviour, type Envoy } from "../host/proxy-host.js";
import { pluginConfig as gatewayOf, start as startHost, type Options } from "./fixture.js";
import type { ProviderStatus, Status, TokenStatus } from "../../cli/status/status-types.js";

const ask = { body: { model: "qwen-turbo", messages: [{ role: "user", content: "a prompt that nobody shows" }] } };
const breaker = { providerBreaker: { failureThreshold: 1 } };
const validate = new Ajv2020().compile<Status>(JSON.parse(readFileSync("schema/status.schema.json", "utf8")));

const start = (options: Options): Envoy => startHost({ status: { version: "1.2.3" }, ...options });

/** The status, checked against its schema. */
function statusOf(envoy: Envoy, worker = 0): Status {
  const call = envoy.askStatus({ worker });
  expect(call).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
  const status = call.json() as Status;
  validate(status);
  expect(validate.errors ?? []).toEqual([]);
  return status;
}

const providerOf = (status: Status, id: string): ProviderStatus =>
  status.sites[0]!.providers.find(provider => provider.id === id)!;
const tokenOf = (status: Status, id: string, name: string): TokenStatus =>
  providerOf(status, id).tokens.find(token => token.name === name)!;

function order(envoy: Envoy, body: object, more: object = {}) {
  return envoy.askStatus({ path: "/status/orders", method: "POST", body, ...more });
}

const badKey = json(401, openAiError("invalid_api_key", "Incorrect API key provided: qwen-secret-1"));

describe("the status", () => {
  it("tells routes with their hops and counts, and that all is well", () => {
    const envoy = start({ clusters: { qwen: chat("Hi"), deepseek: chat("Hi") } });
    envoy.ask(ask);
    const status = statusOf(envoy);
    expect(status).toMatchObject({ version: 1, gateway: { version: "1.2.3" }, history: [], historyLength: 128 });
    expect(status.sites).toHaveLength(1);
    expect(status.sites[0]!.routes).toEqual([
      {
        name: "all",
        models: [],
        hops: [
          { provider: "qwen", model: "", kind: "upstream", weight: 100 },
          { provider: "deepseek", model: "deepseek-chat", kind: "fallback", weight: 100 },
        ],
        requests: { served: 1, rescued: 0, returned: 0, refused: 0, failed: 0, clientLeft: 0 },
        firstToken: { of: 1, medianMs: 0, slowestMs: 0 },
      },
    ]);
    const qwen = providerOf(status, "qwen");
    expect(qwen).toMatchObject({ type: "openai", state: "live", breaker: null, models: [], apis: [] });
    expect(qwen.tokens.map(({ name, state }) => [name, state])).toEqual([
      ["t1", "live"],
      ["t2", "live"],
      ["t3", "live"],
    ]);
  });

  it("tells who is out, why, in which words, by which request, and when it is tried again", () => {
    const envoy = start({ tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: badKey, deepseek: chat("Hi") } });
    envoy.ask(ask);
    envoy.advance(1500);
    const status = statusOf(envoy);
    const token = tokenOf(status, "qwen", "t1");
    expect(token).toMatchObject({
      state: "out",
      breaker: { cause: "credential", opened: 1, failures: 1, trial: null },
    });
    expect(token.breaker!.words).toMatch(/^Incorrect API key provided/);
    expect(token.breaker!.sinceMs).toBeGreaterThanOrEqual(1500);
    expect(token.breaker!.opensInMs).toBeGreaterThan(0);
    expect(token.breaker!.request).toMatch(/^[0-9a-f]{16}-\d+$/);
    expect(status.sites[0]!.routes[0]!.requests).toMatchObject({ served: 0, rescued: 1 });
    expect(status.history).toHaveLength(1);
    expect(status.history[0]).toMatchObject({
      ...{ site: 0, provider: "qwen", token: "t1", model: "", state: "out", cause: "credential", by: "" },
      request: token.breaker!.request,
    });
  });

  it("names the model that is out, and shows neither tokens nor prompts", () => {
    const qwen = json(500, openAiError("server_error"));
    const envoy = start({ clusters: { qwen, deepseek: chat("Hi") }, provider: breaker });
    envoy.ask(ask);
    const status = statusOf(envoy);
    expect(providerOf(status, "qwen").models).toMatchObject([{ model: "qwen-turbo", state: "out", cause: "provider" }]);
    const text = JSON.stringify(status);
    expect(text).not.toMatch(/qwen-[123]\b|deepseek-[12]\b/);
    expect(text).not.toContain("nobody shows");
  });

  it("tells how fast a route answers now, by all workers, also after a reload", () => {
    const options: Options = { workers: 2, clusters: { deepseek: chat("Hi") } };
    const waits = [30, 90, 40, 20, 50];
    options.clusters!["qwen"] = waits.map(wait => ({ ...chat("Hi"), wait }));
    const envoy = start(options);
    expect(statusOf(envoy).sites[0]!.routes[0]!.firstToken).toBeNull();
    for (const i of waits.keys()) envoy.ask({ ...ask, worker: i % 2 });
    envoy.advance(100);
    const times = { of: 5, medianMs: 40, slowestMs: 90 };
    for (const worker of [0, 1]) expect(statusOf(envoy, worker).sites[0]!.routes[0]!.firstToken).toEqual(times);
    envoy.replace({ gateway: gatewayOf(options), attempt: { role: "attempt" }, status: { role: "status" } });
    expect(statusOf(envoy).sites[0]!.routes[0]!.firstToken).toEqual(times);
  });

  it("tells who tries what is out: a client's request, or a probe", () => {
    const hang: Behaviour = { ...chat("Hi"), wait: 60_000 };
    const failover = { enabled: true, failureThreshold: 1, healthCheckModel: "m", healthCheckInterval: "5s" };
    for (const [how, provider] of [
      ["request", { failover: { ...failover, enabled: false } }],
      ["probe", { failover }],
    ] as const) {
      const down = json(500, openAiError("server_error"));
      const clusters = { qwen: how === "probe" ? [badKey, hang] : [down, hang], deepseek: chat("Hi") };
      const envoy = start({ tokens: { qwen: 1, deepseek: 1 }, provider: { ...breaker, ...provider }, clusters });
      envoy.ask(ask);
      const trialOf = () => {
        const { models, tokens } = providerOf(statusOf(envoy), "qwen");
        return (models[0] ?? tokens[0]!.breaker)?.trial;
      };
      expect(trialOf()).toBeNull();
      envoy.advance(20_000);
      if (how === "request") envoy.call(ask);
      envoy.advance(1000);
      expect(trialOf()).toMatchObject({ how });
    }
  });

  it("names the model that a token is out for, and that it is live for others", () => {
    const noAccess = "The model `gpt-9` does not exist or you do not have access to it.";
    const qwen = json(404, openAiError("model_not_found", noAccess));
    const envoy = start({ tokens: { qwen: 2, deepseek: 1 }, clusters: { qwen, deepseek: chat("Hi") } });
    envoy.ask({ body: { ...ask.body, model: "gpt-9" } });
    const { state, models, tokens } = providerOf(statusOf(envoy), "qwen");
    expect([state, models]).toEqual(["live", []]);
    for (const token of tokens) {
      expect(token).toMatchObject({ state: "live", breaker: null });
      expect(token.models).toMatchObject([{ model: "gpt-9", state: "out", cause: "model", words: noAccess }]);
    }
  });

  it("is one for all workers, and outlives a reload", () => {
    const options: Options = {
      workers: 2,
      tokens: { qwen: 1, deepseek: 1 },
      clusters: { qwen: badKey, deepseek: chat("Hi") },
    };
    const envoy = start(options);
    envoy.ask({ ...ask, worker: 0 });
    const before = statusOf(envoy, 1);
    expect(tokenOf(before, "qwen", "t1").breaker!.request).not.toBe("");
    envoy.replace({ gateway: gatewayOf(options), attempt: { role: "attempt" }, status: { role: "status" } });
    const after = statusOf(envoy, 1);
    expect(after.sites).toHaveLength(1);
    expect(tokenOf(after, "qwen", "t1").breaker!.request).toBe(tokenOf(before, "qwen", "t1").breaker!.request);
    expect(after.history).toHaveLength(1);
  });

  it("leaves out a configuration that an edit has replaced while its streams still run", () => {
    const options: Options = { clusters: { qwen: { ...chat("Hi"), wait: 60_000 }, deepseek: chat("Hi") } };
    const envoy = start(options);
    envoy.call(ask);
    envoy.update({
      gateway: gatewayOf({ ...options, policy: { timeout: "2m" } }),
      attempt: { role: "attempt" },
      status: { role: "status" },
    });
    expect(statusOf(envoy).sites).toHaveLength(1);
  });

  it("keeps the last 128 changes", () => {
    const envoy = start({ tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: chat("Hi"), deepseek: chat("Hi") } });
    for (let i = 0; i < 140; i++)
      order(envoy, { do: "take-out", provider: "qwen", for: `${i + 1}m`, by: `person ${i}` });
    const { history } = statusOf(envoy);
    expect(history).toHaveLength(128);
    expect(history[0]).toMatchObject({ by: "person 139", state: "taken-out", cause: "order" });
    expect(history.at(-1)!.by).toBe("person 12");
  });

  it("tells 1,000 providers, and says how long that took", () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `p${i}`);
    const envoy = start({
      tokens: Object.fromEntries(ids.map(id => [id, 1])),
      policy: { upstreams: [{ provider: "p0" }], fallbackConfig: { enabled: false } },
      clusters: { p0: badKey },
    });
    envoy.ask(ask);
    envoy.askStatus();
    const began = performance.now();
    const { text } = envoy.askStatus();
    console.log(`the status of 1,000 providers in ${Math.round(performance.now() - began)} ms`);
    expect((JSON.parse(text) as Status).sites[0]!.providers).toHaveLength(1000);
  });
});

describe("an order", () => {
  const tokens = { qwen: 2, deepseek: 1 };
  const clusters: Record<string, Behaviour> = { qwen: chat("Hi"), deepseek: chat("Hello") };

  it("takes a token out for all workers until it is brought back, and says who asked", () => {
    const envoy = start({ workers: 2, tokens: { qwen: 1, deepseek: 1 }, clusters });
    expect(order(envoy, { do: "take-out", provider: "qwen", token: "t1", by: "alice" }).json()).toEqual({
      done: "qwen/t1 was taken out",
    });
    expect(envoy.log.at(-1)).toBe("warn qwen/t1 was taken out by alice");
    const ofOther = statusOf(envoy, 1);
    expect(tokenOf(ofOther, "qwen", "t1")).toMatchObject({
      state: "taken-out",
      breaker: { opensInMs: -1, heldForMs: -1, by: "alice" },
    });
    expect(ofOther.history[0]).toMatchObject({ state: "taken-out", token: "t1", by: "alice", cause: "order" });
    expect(envoy.ask({ ...ask, worker: 1 }).headers["x-ai-failover-provider"]).toBe("deepseek");
    order(envoy, { do: "bring-back", provider: "qwen", token: "t1" });
    expect(envoy.ask({ ...ask, worker: 1 }).headers["x-ai-failover-provider"]).toBe("qwen");
    expect(statusOf(envoy).history.map(({ state, by }) => [state, by])).toEqual([
      ["live", "127.0.0.1:40000"],
      ["taken-out", "alice"],
    ]);
  });

  it("takes a provider out for a time, also over a reload", () => {
    const envoy = start({ tokens, clusters });
    order(envoy, { do: "take-out", provider: "qwen", for: "10m" });
    envoy.replace({ gateway: gatewayOf({ tokens }), attempt: { role: "attempt" }, status: { role: "status" } });
    expect(providerOf(statusOf(envoy), "qwen")).toMatchObject({ state: "taken-out", breaker: { heldForMs: 600_000 } });
    expect(envoy.ask(ask).headers["x-ai-failover-provider"]).toBe("deepseek");
    envoy.advance(600_000);
    expect(envoy.ask(ask).headers["x-ai-failover-provider"]).toBe("qwen");
  });

  it("keeps what the provider said while a person holds it out", () => {
    const envoy = start({ tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: badKey, deepseek: chat("Hi") } });
    envoy.ask(ask);
    const before = tokenOf(statusOf(envoy), "qwen", "t1").breaker!;
    order(envoy, { do: "take-out", provider: "qwen", token: "t1", by: "alice" });
    const tryIt = order(envoy, { do: "try-now", provider: "qwen", token: "t1" });
    expect([tryIt.status, tryIt.json().error.code]).toEqual([409, "taken_out"]);
    expect(statusOf(envoy).history[0]).toMatchObject({ by: "alice" });
    const { words, request } = before;
    expect(words).not.toBe("");
    expect(tokenOf(statusOf(envoy), "qwen", "t1").breaker).toMatchObject({ words, request, by: "alice" });
    order(envoy, { do: "bring-back", provider: "qwen", token: "t1" });
    expect(tokenOf(statusOf(envoy), "qwen", "t1").state).toBe("live");
  });

  it("has what is out tried now", () => {
    const envoy = start({
      tokens: { qwen: 1, deepseek: 1 },
      clusters: { qwen: [badKey, chat("Hi")], deepseek: chat("Hi") },
    });
    envoy.ask(ask);
    expect(envoy.ask(ask).headers["x-ai-failover-provider"]).toBe("deepseek");
    order(envoy, { do: "try-now", provider: "qwen", token: "t1" });
    envoy.advance(1000);
    expect(envoy.ask(ask).headers["x-ai-failover-provider"]).toBe("qwen");
  });

  it.each([
    [{ do: "take-out", provider: "nobody" }, 404, "unknown_provider"],
    [{ do: "take-out", provider: "qwen", token: "t9" }, 404, "unknown_token"],
    [{ do: "try-now", provider: "qwen", token: "t1" }, 409, "not_out"],
    [{ do: "stop", provider: "qwen" }, 400, "invalid_do"],
    [{ do: "take-out", provider: "qwen", for: "soon" }, 400, "invalid_for"],
    [{ do: "take-out", provider: "qwen", tokn: "t1" }, 400, "invalid_field"],
    ["[]", 400, "invalid_body"],
  ])("%j is refused with %i %s", (body, status, code) => {
    const envoy = start({ tokens, clusters });
    const call = envoy.askStatus({ path: "/status/orders", method: "POST", body });
    expect(call.status).toBe(status);
    expect(call.json().error.code).toBe(code);
    expect(statusOf(envoy).history).toEqual([]);
  });
});

describe("the status listener", () => {
  const clusters = { qwen: chat("Hi"), deepseek: chat("Hi") };
  const remote = { source: "192.0.2.7:5000" };
  const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`me:${password}`).toString("base64")}` });

  it.each([
    ["a page of another origin", { headers: { origin: "http://evil.test" } }, 403, "foreign_page"],
    ["a page of the same site", { headers: { "sec-fetch-site": "same-site" } }, 403, "foreign_page"],
    ["a name that leads here", { host: "evil.test:8002" }, 403, "foreign_host"],
    ["another machine", remote, 403, "not_from_here"],
    ["POST", { method: "POST", body: {} }, 405, "method_not_allowed"],
  ])("refuses %s", (_, more, status, code) => {
    const call = start({ clusters }).askStatus(more);
    expect([call.status, call.json().error.code]).toEqual([status, code]);
  });

  it("takes an order as JSON alone", () => {
    const call = order(
      start({ clusters }),
      { do: "take-out", provider: "qwen" },
      { headers: { "content-type": "text/plain" } },
    );
    expect(call.status).toBe(415);
  });

  it.each(["[::1]:8002", "localhost:8002", "10.1.2.3"])("answers to %s", host => {
    expect(start({ clusters }).askStatus({ host }).status).toBe(200);
  });

  it("opens to other machines with its password, and to none without", () => {
    const envoy = start({ clusters, status: { password: "open-sesame" } });
    const from = (headers: Record<string, string>) =>
      envoy.askStatus({ ...remote, host: "gateway.example", headers }).status;
    expect(from({ authorization: "Bearer open-sesame" })).toBe(200);
    expect(from(basic("open-sesame"))).toBe(200);
    expect(envoy.askStatus({ ...remote, headers: basic("sesame") })).toMatchObject({
      status: 401,
      headers: { "www-authenticate": expect.stringContaining("Basic") },
    });
    expect(envoy.askStatus(remote).status).toBe(401);
    expect(envoy.askStatus().status).toBe(200);
  });
});
