import { describe, expect, it } from "vitest";
import { chat, events, json, openAiError, sse, wordsOf, type Ask, type Behaviour } from "../host/index.js";
import { MODES, start, tokensAt, type Options } from "./fixture.js";

const plain = { body: { model: "qwen-turbo", messages: [] } };
const streamed = { body: { ...plain.body, stream: true } };
const badKey = json(401, openAiError("invalid_api_key"));
/** By our own clock a limit is kept up to one tick later. */
const TICK = 50;

describe.each(MODES)("retryTimeout, in %s mode,", mode => {
  const limited = (options: Omit<Options, "mode">) =>
    start({
      mode,
      provider: { retryOnFailure: { retryTimeout: 200 } },
      policy: { firstTokenTimeout: 1000, attemptTimeout: 1000 },
      ...options,
    });

  const comments = events(Array.from({ length: 50 }, (_, i) => (i % 2 ? 20 : ": keep-alive\n\n")));
  it.each([
    ["silence", plain, "silence", chat("Hi")],
    ["silence in place of a stream", streamed, "silence", sse("H", "i")],
    ["a stream of comments", streamed, comments, sse("H", "i")],
  ] as [string, Ask, Behaviour, Behaviour][])("ends a further attempt at %s", (_, ask, silent, good) => {
    const clusters = { qwen: [badKey, silent], deepseek: good };
    const call = limited({ tokens: { qwen: 2, deepseek: 1 }, clusters }).ask(ask);
    expect(wordsOf(call.text)).toBe("Hi");
    expect(call.headers["x-ai-failover-trail"]).toMatch(/^qwen.*qwen\/t\d[^,]*;cause=slow;ms=\d+, deepseek/);
    expect(call.ms).toBeLessThanOrEqual(200 + 2 * TICK);
  });

  it("tells the next provider nothing, nor the first attempt, whose limits are the route's", () => {
    const late = { ...chat("Hi"), wait: 600 };
    const first = limited({ tokens: { qwen: 2, deepseek: 1 }, clusters: { qwen: late, deepseek: "refused" } });
    expect(first.ask(plain).headers["x-ai-failover-attempts"]).toBe("1");
    const next = limited({ tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: badKey, deepseek: late } });
    expect(next.ask(plain).headers["x-ai-failover-attempts"]).toBe("2");
  });

  it("holds for the same token's second try, and no longer than the route's own limit", () => {
    const second = limited({
      tokens: { qwen: 1, deepseek: 1 },
      clusters: { qwen: ["reset", "silence"], deepseek: chat("Hi") },
    });
    expect(second.ask(plain).ms).toBeLessThanOrEqual(200 + 2 * TICK);
    const policy = { firstTokenTimeout: 100, attemptTimeout: 100 };
    const route = limited({
      policy,
      tokens: { qwen: 2, deepseek: 1 },
      clusters: { qwen: [badKey, "silence"], deepseek: chat("Hi") },
    });
    expect(route.ask(plain).ms).toBeLessThanOrEqual(100 + 2 * TICK);
  });

  it("leaves the only hop of a plan the time that the route has", () => {
    const late: Behaviour = { ...chat("Hi"), wait: 600 };
    const envoy = limited({ tokens: { qwen: 1 }, clusters: { qwen: ["reset", late] } });
    expect(wordsOf(envoy.ask(plain).text)).toBe("Hi");
    expect(tokensAt(envoy, "qwen")).toEqual(["t1", "t1"]);
  });
});
