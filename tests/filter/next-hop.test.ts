import { describe, expect, it } from "vitest";
import { chat, json, openAiError, wordsOf, type Behaviour, type Seen } from "../host/proxy-host.js";
import { MODES, start, tokensAt } from "./fixture.js";

const ask = { body: { model: "big", messages: [] } };
const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "30" } });
const badKey = json(401, openAiError("invalid_api_key"));

/** A provider that serves one model badly and the others well. */
const byModel =
  (bad: Behaviour, badModel = "big") =>
  ({ json: body }: Seen): Behaviour =>
    (body() as { model: string }).model === badModel ? bad : chat("Hi");
const toModel = (...models: string[]) => ({
  fallbackConfig: { upstreams: models.map(model => ({ provider: "qwen", modelMapping: { "*": model } })) },
});

describe.each(MODES)("a hop is provider, token and model there: in %s mode", mode => {
  it.each([
    ["a rate limit", limited],
    ["an unknown model", json(404, openAiError("model_not_found"))],
    ["a fault of the provider", { status: 503 }],
  ] as [string, Behaviour][])("%s of one model leads to another model of the same provider", (_, bad) => {
    for (const qwen of [1, 2]) {
      const envoy = start({ mode, tokens: { qwen }, clusters: { qwen: byModel(bad) }, policy: toModel("small") });
      for (let i = 0; i < 3; i++) {
        const call = envoy.ask(ask);
        expect([call.status, call.headers["x-ai-failover-model"]]).toEqual([200, "small"]);
      }
    }
  });

  it("asks every model of a provider that the route names", () => {
    const qwen = ({ json: body }: Seen) => ((body() as { model: string }).model === "c" ? chat("Hi") : limited);
    const envoy = start({ mode, tokens: { qwen: 2 }, clusters: { qwen }, policy: toModel("a", "b", "c") });
    expect(envoy.ask(ask).headers).toMatchObject({ "x-ai-failover-model": "c", "x-ai-failover-attempts": "7" });
  });

  it("never asks the same hop twice because the route names it twice", () => {
    const envoy = start({ mode, tokens: { qwen: 2 }, clusters: { qwen: limited }, policy: toModel("big", "big") });
    envoy.ask({ ...ask, headers: {} });
    expect(tokensAt(envoy, "qwen").sort()).toEqual(["t1", "t2"]);
  });

  it("cuts a slow first attempt where another model of the same provider can follow", () => {
    const qwen = byModel({ ...chat("Late"), wait: 4000 });
    const envoy = start({
      ...{ mode, tokens: { qwen: 1 }, clusters: { qwen } },
      policy: { ...toModel("small"), attemptTimeout: 1000 },
    });
    const call = envoy.ask(ask);
    expect([call.status, wordsOf(call.text)]).toEqual([200, "Hi"]);
    expect(call.ms).toBeLessThan(1200);
  });

  it("lets a slow attempt run where the other model of the provider is out, or is the same", () => {
    const late: Behaviour = { ...chat("Late"), wait: 4000 };
    const policy = { ...toModel("small"), attemptTimeout: 1000, maxWait: 0 };
    const out = start({ mode, policy, tokens: { qwen: 1 }, clusters: { qwen: byModel(limited, "small") } });
    expect(out.ask({ body: { model: "small", messages: [] } }).status).toBe(429);
    out.setProvider("qwen", late);
    expect(wordsOf(out.ask(ask).text)).toBe("Late");
    const same = start({
      mode,
      policy: { ...policy, ...toModel("big") },
      tokens: { qwen: 1 },
      clusters: { qwen: late },
    });
    expect(wordsOf(same.ask(ask).text)).toBe("Late");
  });

  it("tries each token for a model that only some of them may use", () => {
    const entitled: string[] = [];
    const qwen = ({ headers }: Seen): Behaviour => {
      const token = headers["authorization"]!;
      return (entitled[0] ??= token) === token ? json(403, openAiError("no_access")) : chat("Hi");
    };
    const envoy = start({ mode, tokens: { qwen: 2, deepseek: 1 }, clusters: { qwen, deepseek: chat("Spare") } });
    for (let i = 0; i < 10; i++) expect(wordsOf(envoy.ask(ask).text)).toBe("Hi");
  });

  it("asks all of many upstreams", () => {
    const ids = Array.from({ length: 40 }, (_, i) => `p${i}`);
    const clusters = Object.fromEntries(ids.map((id, i) => [id, i === 39 ? chat("Hi") : badKey]));
    const envoy = start({ mode, clusters, tokens: Object.fromEntries(ids.map(id => [id, 1])) });
    expect(envoy.ask(ask).headers).toMatchObject({ "x-ai-failover-provider": "p39", "x-ai-failover-attempts": "40" });
  });
});

it("the last live hop has until timeout: by callout no limit of the route ends it", () => {
  const policy = { attemptTimeout: 1000, firstTokenTimeout: 1000 };
  const clusters = { qwen: badKey, deepseek: { ...chat("Late"), wait: 2000 } };
  const envoy = start({ mode: "callout", policy, tokens: { qwen: 1, deepseek: 1 }, clusters });
  expect(wordsOf(envoy.ask(ask).text)).toBe("Late");
});
