import { describe, expect, it } from "vitest";
import { chat, json, openAiError, type Seen } from "../host/proxy-host.js";
import { MODES, placesIn, pluginConfig, start, tokensAt } from "./fixture.js";

const ask = { body: { model: "qwen-turbo", messages: [] } };

describe.each(MODES)("after an update of the configuration, in %s mode,", mode => {
  it("a request that waits is served, even when the new one goes first", () => {
    const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "2" } });
    const tokens = { qwen: 1 };
    const envoy = start({ mode, tokens, clusters: { qwen: [limited, chat("Hi")] } });
    envoy.ask({ ...ask, headers: { "x-ai-failover": "off" } });
    const waits = envoy.call(ask);
    envoy.update(placesIn({ mode, tokens }));
    envoy.replace(placesIn({ mode, tokens }));
    expect(envoy.finish(waits).status).toBe(200);
  });

  it("a token that it removed keeps no timer running when an old client finds it dead", () => {
    const badKey = { ...json(401, openAiError("invalid_api_key")), wait: 400 };
    const qwen = ({ headers }: Seen) => (headers["authorization"] === "Bearer qwen-1" ? chat("Hi") : badKey);
    const provider = { type: "qwen" };
    const envoy = start({ mode, tokens: { qwen: 3 }, provider, clusters: { qwen } });
    const old = Array.from({ length: 10 }, () => envoy.call(ask));
    envoy.update(placesIn({ mode, tokens: { qwen: 1 }, provider }));
    for (const call of old) expect(envoy.finish(call).status).toBe(200);
    expect(new Set(tokensAt(envoy, "qwen")).size).toBe(3);
    envoy.advance(200);
    const periods = envoy.threads.flatMap(({ vm }) => [...vm.contexts.values()].map(({ period }) => period));
    // Each second gauges of what is out are written.
    expect(periods.filter(period => period > 0 && period < 1000)).toEqual([]);
  });
});

describe("probing, in a VM with several configurations,", () => {
  const badKey = json(401, openAiError("invalid_api_key"));
  const provider = { type: "deepseek", url: "https://one.test/v1" };
  const options = { tokens: { one: 1, two: 1 }, provider };
  const probesAt = (envoy: ReturnType<typeof start>, name: string) =>
    envoy.provider(name).seen.filter(({ by }) => by === "callout");

  it("goes on after the host has refused an update", () => {
    const clusters = { one: [badKey, badKey, chat("Hi")], two: chat("Hi") };
    const envoy = start({ ...options, clusters });
    envoy.ask(ask);
    envoy.refuseUpdate(placesIn({ mode: "callout", ...options }));
    envoy.advance(20_000);
    expect(probesAt(envoy, "one").length).toBeGreaterThan(0);
    envoy.refuseUpdate(placesIn({ mode: "callout", ...options }));
    envoy.setProvider("one", badKey);
    envoy.ask(ask);
    const before = probesAt(envoy, "one").length;
    envoy.advance(20_000);
    expect(probesAt(envoy, "one").length).toBeGreaterThan(before);
  });

  it("is done for each of them, not for the newest alone", () => {
    const envoy = start({ ...options, clusters: { one: badKey, two: chat("Hi"), three: chat("Hi") } });
    envoy.ask(ask);
    envoy.addListener("other", pluginConfig({ tokens: { three: 1 }, provider }));
    envoy.advance(20_000);
    expect(probesAt(envoy, "one").length).toBeGreaterThan(0);
  });
});
