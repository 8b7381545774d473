import { describe, expect, it } from "vitest";
import { chat, json, openAiError, sse, wordsOf, type Behaviour, type Seen } from "../host/proxy-host.js";
import { MODES, start, tokensAt } from "./fixture.js";

const ask = { body: { model: "big", messages: [] } };
const streamed = { body: { ...ask.body, stream: true } };
const limit = (seconds?: number) =>
  json(429, openAiError("rate_limit_exceeded"), seconds ? { headers: { "retry-after": String(seconds) } } : {});
const good = ({ json: body }: Seen) => ((body() as { stream?: boolean }).stream ? sse("H", 100, "i") : chat("Hi"));
/** By our own clock a wait ends up to one tick late. */
const TICK = 50;

describe.each(MODES)("a second try at the only provider, in %s mode,", mode => {
  it.each([
    ["an overload", { status: 503 }],
    ["a refused connection", "refused"],
    ["a failed handshake", "tls"],
  ] as [string, Behaviour][])("comes after a pause: after %s", (_, fault) => {
    for (const request of [ask, streamed])
      for (const tokens of [1, 2]) {
        let count = 0;
        const envoy = start({
          ...{ mode, tokens: { qwen: tokens } },
          clusters: { qwen: seen => (count++ === 0 ? fault : good(seen)) },
        });
        const call = envoy.ask(request);
        expect([call.status, wordsOf(call.text), call.ended]).toEqual([200, "Hi", "complete"]);
        expect(call.ms).toBeGreaterThanOrEqual(50);
        expect(call.ms).toBeLessThanOrEqual(100 + 2 * TICK + 110);
      }
  });

  it("comes at once where a stale connection may be the reason, and where another provider is live", () => {
    const stale = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: ["reset", chat("Hi")] } });
    expect(stale.ask(ask).ms).toBeLessThan(TICK);
    const other = start({
      ...{ mode, tokens: { qwen: 1, deepseek: 1 } },
      clusters: { qwen: { status: 503 }, deepseek: chat("Hi") },
    });
    expect(other.ask(ask).ms).toBeLessThan(TICK);
  });

  it("tries each token before the request fails, with growing pauses", () => {
    const qwen = (_: Seen, count: number): Behaviour => (count < 4 ? { status: 500 } : chat("Hi"));
    const envoy = start({ mode, tokens: { qwen: 5 }, clusters: { qwen } });
    const call = envoy.ask(ask);
    expect([call.status, new Set(tokensAt(envoy, "qwen")).size]).toEqual([200, 5]);
    expect(call.ms).toBeGreaterThan(50 + 100 + 125);
  });

  it("does not come after an answer that took long to fail", () => {
    const slow = { status: 504, wait: 5000 };
    const envoy = start({ mode, tokens: { qwen: 2, deepseek: 1 }, clusters: { qwen: slow, deepseek: chat("Hi") } });
    const call = envoy.ask(ask);
    expect(wordsOf(call.text)).toBe("Hi");
    expect(call.ms).toBeLessThan(7000);
    const alone = start({ mode, tokens: { qwen: 2 }, clusters: { qwen: slow } });
    expect(alone.ask(ask).headers["x-ai-failover-attempts"]).toBe("1");
  });

  it("waits as long as the provider says", () => {
    const busy = { status: 503, headers: { "retry-after": "2" } };
    const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: [busy, chat("Hi")] } });
    const call = envoy.ask(ask);
    expect(call.status).toBe(200);
    expect(call.ms).toBeGreaterThanOrEqual(2000);
  });
});

describe.each(MODES)("maxWait, in %s mode,", mode => {
  it("bounds the sum of a request's waits", () => {
    const envoy = start({ mode, tokens: { qwen: 1 }, policy: { maxWait: 5000 }, clusters: { qwen: limit(2) } });
    const call = envoy.ask(ask);
    expect(call.status).toBe(429);
    expect(call.ms).toBeLessThanOrEqual(5000 + TICK);
    expect(envoy.provider("qwen").seen.length).toBeLessThanOrEqual(4);
  });

  it("is no reason to wait for a window of hours", () => {
    const window = json(429, {
      error: { code: "1308", message: "Usage limit reached for 5 hour. Your limit will reset at 2099-01-01 00:00:00" },
    });
    const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: window }, provider: { type: "zhipuai" } });
    const call = envoy.ask(ask);
    expect(call.status).toBe(429);
    expect(call.ms).toBeLessThan(2000);
    expect(envoy.provider("qwen").seen.length).toBeLessThanOrEqual(2);
  });

  it("streams what a wait has rescued", () => {
    const qwen = (seen: Seen, count: number) => (count === 0 ? limit(1) : good(seen));
    const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen } });
    const call = envoy.ask(streamed);
    expect([call.status, wordsOf(call.text)]).toEqual([200, "Hi"]);
    expect(call.ms).toBeGreaterThanOrEqual(1000);
    if (mode !== "callout") expect(call.chunks.length).toBeGreaterThan(1);
  });

  it("lets one of many waiting requests try first, and the others follow its success", () => {
    let served = false;
    const qwen = (): Behaviour => (served ? chat("Hi") : limit(2));
    const envoy = start({ mode, tokens: { qwen: 1 }, policy: { maxWait: 30_000 }, clusters: { qwen } });
    envoy.ask({ ...ask, headers: { "x-ai-failover": "off" } });
    const calls = Array.from({ length: 20 }, () => envoy.call(ask));
    envoy.advance(20_000);
    expect(envoy.provider("qwen").seen.length).toBeLessThanOrEqual(21);
    served = true;
    for (const call of calls) envoy.finish(call);
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200));
    expect(envoy.provider("qwen").seen.length).toBeLessThanOrEqual(45);
  });
});
