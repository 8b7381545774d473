import { describe, expect, it } from "vitest";
import { chat, json, openAiError, type Behaviour, type Seen } from "../host/proxy-host.js";
import { MODES, start, tokensAt } from "./fixture.js";

const ask = { body: { model: "qwen-turbo", messages: [] } };
const tokens = { qwen: 1, deepseek: 1 };
/** Of proxy-wasm: another was faster. */
const CAS_MISMATCH = 8;
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

  it("that takes minutes holds nobody: after openFor another closes the breaker", () => {
    const script: Behaviour[] = ["refused", { ...chat("Hi"), wait: 300_000 }, chat("Hi")];
    const envoy = start({ mode, tokens: { qwen: 1 }, provider, clusters: { qwen: script } });
    expect(envoy.ask(ask).status).toBe(503);
    envoy.advance(5000);
    const trial = envoy.call(ask);
    envoy.advance(4000);
    expect(envoy.ask(ask).status).toBe(503);
    envoy.advance(1000);
    for (let i = 0; i < 3; i++) expect(envoy.ask(ask).headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;status=200/);
    expect(envoy.finish(trial).status).toBe(200);
  });
});

describe.each(MODES)("a provider that was passed over, in %s mode,", mode => {
  it.each<[string, Behaviour]>([
    ["failed", { ...json(500, openAiError("server_error")), wait: 6000 }],
    ["kept silent", "silence"],
  ])("serves when the one behind it %s, and its breaker lets a trial through by then", (_, late) => {
    const clusters = { qwen: ["refused", chat("Hi")] as Behaviour[], deepseek: [chat("Hello"), late] };
    const envoy = start({ mode, tokens, provider, clusters });
    expect(envoy.ask(ask).text).toContain("Hello");
    const call = envoy.ask(ask);
    expect(call.headers["x-ai-failover-trail"]).toMatch(/^deepseek.*, qwen\/t1;status=200;ms=\d+$/);
    expect(call.text).toContain("Hi");
  });
});

describe.each(MODES)("a provider that does not know a path, in %s mode,", mode => {
  it.each(["/v1/chat/completion", "/v1/messages/count_tokens"])("%s, is as good as before for the model", path => {
    const qwen = (seen: Seen) => (seen.path === path ? json(404, openAiError("invalid_url")) : chat("Hi"));
    const types = { ...provider, type: "generic" };
    const envoy = start({ mode, tokens, provider: types, clusters: { qwen, deepseek: chat("Hi") } });
    for (let i = 0; i < 5; i++) expect(envoy.ask({ ...ask, path }).headers["x-ai-failover-attempts"]).toBe("2");
    envoy.forget();
    expect(envoy.ask(ask).headers["x-ai-failover-attempts"]).toBe("1");
    expect(tokensAt(envoy, "qwen")).toEqual(["t1"]);
  });
});

describe.each(MODES)("of an error's body, in %s mode,", mode => {
  const broke = (size: number) => json(400, { pad: "x".repeat(size), error: { code: "Arrearage" } });

  it("the first 64 KiB say whose fault it is", () => {
    const envoy = start({ mode, tokens, clusters: { qwen: broke(60 << 10), deepseek: chat("Hi") } });
    expect(envoy.ask(ask).headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;status=400;cause=quota.*, deepseek/);
  });

  it("what stands behind them is not read", () => {
    const envoy = start({ mode, tokens, clusters: { qwen: broke(65 << 10), deepseek: chat("Hi") } });
    expect(envoy.ask(ask).headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;status=400;cause=caller;.*, deepseek/);
  });
});

it("what a worker learnt and could not write is written soon, although it is not asked again", () => {
  const clusters = { qwen: ["refused", { ...chat("Hi"), wait: 100 }, chat("Hi")] as Behaviour[], deepseek: chat("Hi") };
  const envoy = start({ workers: 2, tokens, provider, clusters });
  envoy.ask({ ...ask, worker: 0 });
  envoy.advance(5000);
  const trial = envoy.call({ ...ask, worker: 0 });
  envoy.advance(50);
  let losses = 4;
  envoy.process.hinder = call => (call === "proxy_set_shared_data" && losses-- > 0 ? CAS_MISMATCH : undefined);
  expect(envoy.finish(trial).headers["x-ai-failover-trail"]).toMatch(/^qwen/);
  expect(losses).toBe(0);
  envoy.advance(100);
  expect(envoy.ask({ ...ask, worker: 1 }).headers["x-ai-failover-trail"]).toMatch(/^qwen/);
});
