import { describe, expect, it } from "vitest";
import { chat, json, openAiError, sse } from "../host/proxy-host.js";
import { MODES, start } from "./fixture.js";

const ask = { body: { model: "qwen-turbo", messages: [{ role: "user", content: "a prompt that nobody logs" }] } };
const config = { requestRecords: true };
const tokens = { qwen: 1, deepseek: 1 };

/* eslint-disable-next-line @typescript-eslint/no-explicit-any */
const recordOf = ({ record }: { record: string | undefined }): any => JSON.parse(record!);

describe.each(MODES)("the record of a request, in %s mode,", mode => {
  it("tells who served it", () => {
    const envoy = start({
      mode,
      tokens,
      config,
      clusters: { qwen: { ...chat("Hi"), wait: 30 }, deepseek: chat("Hi") },
    });
    const record = recordOf(envoy.ask({ ...ask, path: "/v1/chat/completions?api-key=sk-secret-0123456789" }));
    expect(record).toMatchObject({
      ...{ version: 1, route: "all", client: "", api: "/v1/chat/completions", streamed: false, model: "qwen-turbo" },
      ...{ outcome: "served", status: 200, provider: "qwen", token: "t1", servedModel: "qwen-turbo", firstTokenMs: 30 },
      attempts: [{ provider: "qwen", token: "t1", model: "qwen-turbo", atMs: 0, ms: 30, status: 200, cause: "" }],
    });
    expect(record.id).toMatch(/^[0-9a-f]{16}-1$/);
    expect(record.ms).toBeGreaterThanOrEqual(30);
  });

  it("tells each attempt of a rescue, and what it cost", () => {
    const qwen = { ...json(401, openAiError("invalid_api_key")), wait: 20 };
    const envoy = start({ mode, tokens, config, clusters: { qwen, deepseek: chat("Hi") } });
    const record = recordOf(envoy.ask(ask));
    expect(record).toMatchObject({
      ...{ outcome: "rescued", provider: "deepseek", servedModel: "deepseek-chat" },
      attempts: [
        { provider: "qwen", atMs: 0, ms: 20, status: 401, cause: "credential" },
        { provider: "deepseek", model: "deepseek-chat", status: 200, cause: "" },
      ],
    });
    // The router's own back-off comes on top.
    expect(record.rescueMs).toBeGreaterThanOrEqual(20);
    expect(record.rescueMs).toBeLessThan(30);
    expect(record.attempts[1].atMs).toBe(record.rescueMs);
  });

  it("says what a provider said last of a failure, without its token, and nothing that may be the client's words", () => {
    const failed = json(
      401,
      openAiError("invalid_api_key", `The key sk-0123456789abcdef is wrong. ${"So it is. ".repeat(99)}`),
    );
    const wrong = json(400, openAiError("invalid_value", "What is 'a prompt that nobody logs'?"));
    const saidOf = (qwen: object, deepseek: object) =>
      recordOf(start({ mode, tokens, config, clusters: { qwen, deepseek } }).ask(ask)).said;
    for (const last of [chat("Hi"), { status: 503 }]) {
      const { provider, message } = saidOf(failed, last);
      expect([provider, message.slice(0, 37)]).toEqual(["qwen", `The key sk-${"*".repeat(16)} is wrong.`]);
      expect(message.length).toBeLessThanOrEqual(500);
    }
    expect(saidOf(failed, json(503, openAiError("x", "Node 7\nis on fire")))).toEqual({
      ...{ provider: "deepseek", message: "Node 7 is on fire" },
    });
    expect(saidOf(wrong, chat("Hi"))).toBeUndefined();
    expect(saidOf(chat("Hi"), chat("Hi"))).toBeUndefined();
  });

  it.each([
    ["failed", { qwen: "refused", deepseek: "refused" }, 503],
    ["client-left", { qwen: "silence", deepseek: "silence" }, 0],
  ] as const)("has the outcome %s", (outcome, clusters, status) => {
    const envoy = start({ mode, tokens, config, clusters: { ...clusters } });
    const call = envoy.ask({ ...ask, ...(outcome === "client-left" ? { leaveAfter: 50 } : {}) });
    expect(recordOf(call)).toMatchObject({ outcome, status });
    expect(recordOf(call).provider).toBeUndefined();
  });

  it("has the outcome refused without a route, and is counted once", () => {
    const predicates = { policy: { modelPredicates: [{ matchType: "EQUAL", matchValue: "other" }] } };
    const envoy = start({ mode, tokens, config, ...predicates, clusters: { qwen: chat("Hi") } });
    expect(recordOf(envoy.ask(ask))).toMatchObject({ outcome: "refused", status: 404, attempts: [], route: "" });
    expect(envoy.metric("ai_failover_requests_total;route=-;outcome=refused")).toBe(1);
  });

  it("holds no token and no prompt, also of a stream", () => {
    const envoy = start({ mode, tokens, config, clusters: { qwen: sse("Hel", "lo"), deepseek: chat("Hi") } });
    const { record } = envoy.ask({ body: { ...ask.body, stream: true } });
    expect(record).not.toMatch(/qwen-1|nobody logs/);
    expect(JSON.parse(record!)).toMatchObject({ outcome: "served", streamed: true });
  });

  it("is not made where nobody asks for it", () => {
    expect(start({ mode, tokens, clusters: { qwen: chat("Hi") } }).ask(ask).record).toBeUndefined();
  });
});
