import { describe, expect, it } from "vitest";
import { chat, type Behaviour } from "../host/index.js";
import { MODES, start } from "./fixture.js";

const ask = { body: { model: "qwen-turbo", messages: [] } };
const tokens = { qwen: 1, deepseek: 1 };
const provider = { providerBreaker: { failureThreshold: 1 } };

describe.each(MODES)("a trial, in %s mode,", mode => {
  it("that lasts as long as an attempt may is bad all the same: the next request goes past", () => {
    const envoy = start({ mode, tokens, provider, clusters: { qwen: "silence", deepseek: chat("Hi") } });
    // Two slow answers are one failure.
    for (let i = 0; i < 2; i++) expect(envoy.ask(ask).headers["x-ai-failover-trail"]).toContain("cause=slow");
    for (const wait of [5000, 10_000, 20_000]) {
      expect(envoy.ask(ask).headers["x-ai-failover-attempts"]).toBe("1");
      envoy.advance(wait);
      envoy.forget();
      expect(envoy.ask(ask).headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;cause=slow.*, deepseek/);
    }
  });

  it("that takes minutes is the only one, and closes the breaker when it is good", () => {
    const script: Behaviour[] = ["refused", { ...chat("Hi"), wait: 300_000 }, chat("Hi")];
    const envoy = start({ mode, tokens: { qwen: 1 }, provider, clusters: { qwen: script } });
    expect(envoy.ask(ask).status).toBe(503);
    envoy.advance(5000);
    const trial = envoy.call(ask);
    envoy.advance(200_000);
    expect(envoy.ask(ask).headers["x-ai-failover-trail"]).toContain("forced");
    expect(envoy.finish(trial).headers["x-ai-failover-trail"]).not.toContain("forced");
    expect(envoy.ask(ask).headers["x-ai-failover-trail"]).not.toContain("forced");
  });
});
