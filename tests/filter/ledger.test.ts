import { describe, expect, it } from "vitest";
import { chat, json, openAiError, type Envoy, type Seen } from "../host/proxy-host.js";
import { MODES, placesIn, start, tokensAt } from "./fixture.js";

const ask = { body: { model: "qwen-turbo", messages: [] } };
const badKey = json(401, openAiError("invalid_api_key"));
const oneBad = ({ headers }: Seen) => (headers["authorization"] === "Bearer qwen-1" ? badKey : chat("Hi"));
const VM = "ai-failover";
/** An entry of the provider's own breaker. */
const outForEver = Array.from({ length: 144 }, (_, i) => (i >= 16 && i < 23 ? 0xff : 0));

const keysOf = (envoy: Envoy) => envoy.process.shared.keys(VM).filter(key => key.startsWith("ai-failover/"));
const recordsOf = (envoy: Envoy) => keysOf(envoy).filter(key => /^ai-failover\/\d+\/[0-9a-f]+$/.test(key));
/** So many requests that a token that is not out would be met for sure. */
const askOften = (envoy: Envoy, times = 30) => {
  for (let i = 0; i < times; i++) expect(envoy.ask({ ...ask, worker: i % 2 }).status).toBe(200);
};

describe.each(MODES)("in %s mode", mode => {
  it.each([
    ["nothing at all", Buffer.alloc(0)],
    ["another layout", Buffer.from([1, 0, 0, 0, 1, 0, 0, 0, ...outForEver])],
    ["a count that is too large", Buffer.from([2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])],
    ["half an entry", Buffer.from([2, 0, 0, 0, 1, 0, 0, 0, ...outForEver.slice(0, 40)])],
    ["entries out of order", Buffer.from([2, 0, 0, 0, 2, 0, 0, 0, ...outForEver, ...outForEver])],
  ])("a record that holds %s is an empty one, and is written anew", (_, bytes) => {
    const envoy = start({ mode, workers: 2, tokens: { qwen: 2 }, clusters: { qwen: oneBad } });
    askOften(envoy);
    const [key] = recordsOf(envoy);
    envoy.process.shared.set(VM, key!, bytes);
    // Whoever writes tells the others by the gauge; here nobody has.
    envoy.replace(placesIn({ mode, tokens: { qwen: 2 } }));
    envoy.forget();
    askOften(envoy);
    expect(tokensAt(envoy, "qwen").filter(token => token === "t1")).toHaveLength(1);
    expect(recordsOf(envoy)).toEqual([key]);
  });

  it("what the gateway itself refuses, in any number, is nobody's fault", () => {
    const envoy = start({
      ...{ mode, workers: 2, tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: chat("Hi"), deepseek: chat("Hi") } },
      provider: { providerBreaker: { failureThreshold: 1 } },
      config: { limits: { requestBody: 100 } },
      policy: { modelPredicates: [{ matchType: "EQUAL", matchValue: "qwen-turbo" }] },
    });
    for (let i = 0; i < 10; i++) {
      expect(envoy.ask({ body: { ...ask.body, pad: "x".repeat(200) } }).status).toBe(413);
      expect(envoy.ask({ body: { ...ask.body, model: "unknown" } }).status).toBe(404);
      expect(envoy.ask({ body: "{" }).status).toBe(400);
      expect(envoy.ask({ ...ask, headers: { "x-ai-failover": "on" } }).status).toBe(400);
    }
    expect(recordsOf(envoy)).toEqual([]);
    askOften(envoy);
    expect(envoy.provider("deepseek").seen).toEqual([]);
  });
});
