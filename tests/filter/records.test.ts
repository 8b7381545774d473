import { describe, expect, it } from "vitest";
import { DONE, chat, delta, events, json, openAiError, sse } from "../host/proxy-host.js";
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

  it("tells why it went on after each attempt, and why no further one was made", () => {
    const qwen = json(401, openAiError("invalid_api_key"));
    const envoy = start({ mode, tokens, config, clusters: { qwen, deepseek: json(500, openAiError("server_error")) } });
    const record = recordOf(envoy.ask(ask));
    expect(record).toMatchObject({ outcome: "failed", stopped: "no-hop-left", guard: "first-event", guardOutcome: "" });
    expect(record.attempts[0]).toMatchObject({ cause: "credential", next: "next-token" });
    expect(record.attempts[1]).toMatchObject({ cause: "provider", next: "same-provider" });
  });

  it.each([
    ["sent-once", { headers: { "x-ai-failover": "off" } }, {}],
    ["no-time", {}, { policy: { timeout: "120ms" }, qwen: { wait: 100 } }],
    ["retry-budget", {}, { policy: { retryBudget: 0.2 } }],
  ] as [string, object, { policy?: object; qwen?: object }][])("ends with %s", (stopped, more, { policy, qwen }) => {
    const clusters = { qwen: { ...json(500, openAiError("server_error")), ...qwen }, deepseek: chat("Hi") };
    const call = start({ mode, tokens, config, policy, clusters }).ask({ ...ask, ...more });
    expect(recordOf(call)).toMatchObject({ stopped });
  });

  it("returns the caller's own mistake as its final answer", () => {
    const qwen = json(400, openAiError("context_length_exceeded"));
    const envoy = start({ mode, tokens: { qwen: 1 }, config, clusters: { qwen } });
    expect(recordOf(envoy.ask(ask))).toMatchObject({ outcome: "returned", stopped: "final-answer" });
  });

  it("tells which hops were skipped, for which cause, and when they would have opened", () => {
    const qwen = json(401, openAiError("invalid_api_key"));
    const envoy = start({ mode, tokens, config, clusters: { qwen, deepseek: chat("Hi") } });
    expect(recordOf(envoy.ask(ask)).skipped).toEqual([]);
    const { skipped, attempts } = recordOf(envoy.ask(ask));
    expect(attempts).toHaveLength(1);
    expect(skipped).toMatchObject([{ provider: "qwen", model: "qwen-turbo", atMs: 0, causes: ["credential"] }]);
    expect(skipped[0].opensInMs).toBeGreaterThan(0);
  });

  it("says that a person took the hop out, or that no token is for the model", () => {
    const apiTokens = [{ name: "t1", value: "qwen-1", models: ["qwen-max"] }];
    const provider = (id: string) => (id === "qwen" ? { apiTokens } : {});
    const envoy = start({ mode, tokens, config, provider, status: {}, clusters: { deepseek: chat("Hi") } });
    expect(recordOf(envoy.ask(ask)).skipped).toMatchObject([{ provider: "qwen", causes: [], opensInMs: -1 }]);
    const order = { do: "take-out", provider: "deepseek", for: "10m" };
    envoy.askStatus({ path: "/status/orders", method: "POST", body: order });
    expect(recordOf(envoy.ask(ask))).toMatchObject({
      ...{ outcome: "refused", stopped: "no-hop-left" },
      skipped: [{ provider: "qwen" }, { provider: "deepseek", causes: ["taken-out"], opensInMs: 600_000 }],
    });
  });

  it("tells what the guard found", () => {
    const inside = json(200, { error: { code: "server_error", message: "Overloaded" } });
    const caught = start({ mode, tokens, config, clusters: { qwen: inside, deepseek: chat("Hi") } });
    expect(recordOf(caught.ask(ask))).toMatchObject({ outcome: "rescued", guardOutcome: "caught" });
    const large = start({
      ...{
        mode,
        tokens,
        policy: { guard: "full" },
        clusters: { qwen: sse(...Array<string>(9).fill("x".repeat(600))) },
      },
      config: { ...config, limits: { guard: "1KiB" } },
    });
    expect(recordOf(large.ask({ body: { ...ask.body, stream: true } }))).toMatchObject({
      guard: "full",
      guardOutcome: "unchecked",
    });
  });

  const usage = { prompt_tokens: 17, completion_tokens: 4 };
  const anthropic = { input_tokens: 17, output_tokens: 1 };
  const event = (data: object & { type?: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  const choice = { index: 0, delta: { content: "Hi" }, finish_reason: "stop" };
  const stream = (text: string) => ({ status: 200, headers: { "content-type": "text/event-stream" }, body: text });
  it.each([
    ["a plain answer", "/v1/chat/completions", false],
    ["a stream", "/v1/chat/completions", true],
    ["Anthropic's plain answer", "/v1/messages", false],
    ["Anthropic's stream", "/v1/messages", true],
    ["a response", "/v1/responses", false],
    ["a response's stream", "/v1/responses", true],
  ])("counts the tokens used as %s says", (_, path, streamed) => {
    const done = { output: [{ type: "message", content: [{ type: "output_text", text: "Hi" }] }], status: "completed" };
    const used = { ...done, usage: { input_tokens: 17, output_tokens: 4 } };
    const answers: Record<string, [object, string]> = {
      "/v1/chat/completions": [
        { choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }], usage },
        `data: ${JSON.stringify({ choices: [choice] })}\n\ndata: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`,
      ],
      "/v1/messages": [
        {
          ...{ type: "message", content: [{ type: "text", text: "Hi" }], stop_reason: "end_turn" },
          usage: { ...anthropic, output_tokens: 4 },
        },
        event({ type: "message_start", message: { content: [], usage: anthropic } } as object) +
          event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } } as object) +
          event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 4 } } as object) +
          event({ type: "message_stop" }),
      ],
      "/v1/responses": [
        used,
        event({ type: "response.output_text.delta", delta: "Hi" } as object) +
          event({ type: "response.completed", response: used } as object),
      ],
    };
    const [plain, streamText] = answers[path]!;
    const provider = { ...(path === "/v1/messages" && { type: "claude", url: "https://claude.test/v1" }) };
    const clusters = { qwen: streamed ? stream(streamText) : json(200, plain) };
    const envoy = start({ mode, tokens: { qwen: 1 }, config, provider, clusters });
    const call = envoy.ask({ path, body: { model: "m", messages: [], stream: streamed } });
    expect(recordOf(call)).toMatchObject({ outcome: "served", inputTokens: 17, outputTokens: 4 });
  });

  it.each(["a cut", "a client that leaves"])("keeps the time of the first token before %s", how => {
    const isCut = how === "a cut";
    const body = [delta("Hel"), 100, delta("lo"), ...(isCut ? [] : [500, DONE])];
    const qwen = { ...events(body), wait: 30, ...(isCut && { end: "cut" as const }) };
    const envoy = start({ mode, tokens: { qwen: 1 }, config, clusters: { qwen } });
    const leave = isCut ? {} : { leaveAfter: 200 };
    const record = recordOf(envoy.ask({ body: { ...ask.body, stream: true }, ...leave }));
    expect(record).toMatchObject({ outcome: isCut ? "failed" : "client-left", firstTokenMs: 30 });
  });

  it("keeps the tokens used that a stream counts before its last event", () => {
    const chunk = (more: object) =>
      `data: ${JSON.stringify({ id: "chatcmpl-0123456789abcdef", model: "m", ...more })}\n\n`;
    const text = (content: string) => chunk({ choices: [{ index: 0, delta: { content } }] });
    const body =
      text("Hel") + text("lo") + text(".") + chunk({ choices: [], usage }) + text("") + chunk({ choices: [choice] });
    const envoy = start({ mode, tokens: { qwen: 1 }, config, clusters: { qwen: stream(`${body}data: [DONE]\n\n`) } });
    const record = recordOf(envoy.ask({ body: { ...ask.body, stream: true } }));
    expect(record).toMatchObject({ outcome: "served", inputTokens: 17, outputTokens: 4 });
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
