/** Answers that look good and are not, and those that look bad and are good: what becomes of them, and what counts against their provider. */
import { describe, expect, it } from "vitest";
import {
  chat,
  delta,
  DONE,
  event,
  events,
  json,
  sse,
  wordsOf,
  type Answer,
  type Envoy,
  type Ask,
  type Piece,
} from "../host/proxy-host.js";
import { MODES, start, type Options } from "./fixture.js";

const plain: Ask = { body: { model: "m", messages: [] } };
const streamed: Ask = { body: { model: "m", messages: [], stream: true } };
const responses: Ask = { path: "/v1/responses", body: { model: "m", input: "", stream: true } };
const messages: Ask = { path: "/v1/messages", body: { model: "m", messages: [], max_tokens: 9, stream: true } };
const tokens = { qwen: 1, deepseek: 1 };

const choice = (what: object, finish: string | null = null, more: object = {}) =>
  event({ choices: [{ index: 0, delta: what, finish_reason: finish }], ...more });
const named = (value: { type: string; [member: string]: unknown }) => `event: ${value.type}\n${event(value)}`;
const usage = (completion_tokens: number) => ({ usage: { prompt_tokens: 9, completion_tokens } });
const ROLE = choice({ role: "assistant", content: "" });
const STOP = choice({}, "stop");
const STARTED = named({ type: "message_start", message: { id: "m", role: "assistant", content: [], usage: {} } });
const block = (type: string) => named({ type: "content_block_start", index: 0, content_block: { type } });
const part = (what: object) => named({ type: "content_block_delta", index: 0, delta: what });
const ENDED =
  named({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } }) +
  named({ type: "message_stop" });
const PING = named({ type: "ping" });
const typed = (type: string, body: Answer["body"], more: Record<string, string> = {}): Answer => ({
  ...{ body, headers: { "content-type": type, ...more } },
});

describe.each(MODES)("in %s mode", mode => {
  const run = (ask: Ask, qwen: Answer, { policy, config, ...more }: Partial<Options> = {}) => {
    const envoy = start({
      ...{ mode, tokens },
      provider: (id: string) => (ask === messages ? { messagesUrl: `https://${id}.test/v1` } : {}),
      ...more,
      config: { idleTimeout: 500, ...config },
      policy: { firstTokenTimeout: 1500, attemptTimeout: 8000, timeout: 10_000, ...policy },
      clusters: { qwen, deepseek: ask === plain ? chat("rescued") : sse("rescued") },
    });
    return { envoy, call: envoy.ask(ask) };
  };
  const textOf = (pieces: Piece[]) => pieces.filter(piece => typeof piece === "string").join("");

  describe("is left for the next hop:", () => {
    it.each<[string, Ask, Answer]>([
      [
        "nothing but a stop that counts 0 tokens",
        streamed,
        events([ROLE, STOP, event({ choices: [], ...usage(0) }), DONE]),
      ],
      [
        "the same in one piece",
        plain,
        json(200, { choices: [{ message: { content: "" }, finish_reason: "stop" }], ...usage(0) }),
      ],
      [
        "MiniMax's envelope beside a placeholder",
        streamed,
        events([choice({ content: "" }, null, { base_resp: { status_code: 1008 } })]),
      ],
      ["Tencent's error", plain, json(200, { Response: { Error: { Code: "InternalError", Message: "no" } } })],
      ["a choice that was given up", streamed, events([ROLE, choice({}, "abort"), DONE])],
      [
        "quota in a framed 400",
        streamed,
        { ...events([event({ error: { code: "insufficient_quota", message: "no" } })]), status: 400 },
      ],
      [
        "quota in a 400 behind a byte order mark",
        plain,
        { status: 400, body: '\ufeff{"error":{"code":"insufficient_quota","message":"no"}}' },
      ],
    ])("%s", (_what, ask, qwen) => {
      const { call } = run(ask, qwen);
      expect(wordsOf(call.text)).toBe("rescued");
      expect(call.headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;status=\d+;cause=(provider|quota);.*deepseek/);
    });

    it("a stream of Messages whose events have no names", () => {
      const bare = events([(STARTED + part({ type: "text_delta", text: "Hi" }) + ENDED).replace(/event: .*\n/g, "")]);
      expect(run(messages, bare).call.headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;status=200;cause=provider/);
    });
  });

  it("rejectEmpty: false takes an empty answer as it is", () => {
    const body = [ROLE, STOP, event({ choices: [], ...usage(0) }), DONE];
    const { call } = run(streamed, events(body), { config: { rejectEmpty: false } });
    expect(call).toMatchObject({ status: 200, text: textOf(body) });
  });

  describe("passes as it comes, and counts as good:", () => {
    it.each<[string, Ask, Piece[]]>([
      [
        "pings within a call of a tool",
        messages,
        [
          STARTED,
          block("tool_use"),
          part({ partial_json: "{" }),
          400,
          PING,
          400,
          PING,
          400,
          PING,
          400,
          part({ partial_json: "}" }),
          ENDED,
        ],
      ],
      [
        "comments between words",
        streamed,
        [delta("Hi"), 400, ": wait\n\n", 400, ": wait\n\n", 400, delta("!"), STOP, DONE],
      ],
      [
        "a thought that begins, and pings for longer than firstTokenTimeout",
        messages,
        [STARTED, block("thinking"), 400, PING, 400, PING, 400, PING, 400, PING, 400, part({ thinking: "Hm" }), ENDED],
      ],
      ["an empty end of turn", messages, [STARTED, ENDED]],
      [
        "a thought under a name of its own",
        streamed,
        [choice({ role: "assistant", reasoning_text: "Hm" }), 100, delta("Hi"), STOP, DONE],
      ],
      [
        "two choices that end one after the other",
        streamed,
        [delta("Hi"), STOP, event({ choices: [{ index: 1, delta: { content: "Ho" }, finish_reason: "stop" }] })],
      ],
    ])("%s", (_what, ask, body) => {
      const { call } = run(ask, events(body));
      expect(call).toMatchObject({ status: 200, ended: "complete", text: textOf(body) });
      expect(call.headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;status=200;ms=\d+$/);
    });

    it("silence between the role and the first word, without a guard", () => {
      const body = [ROLE, 1000, delta("Hi"), STOP, DONE];
      expect(run(streamed, events(body), { policy: { guard: "none" } }).call).toMatchObject({
        ended: "complete",
        text: textOf(body),
      });
      const late = run(streamed, events([ROLE, 2000, delta("Hi"), DONE]), { policy: { guard: "none" } }).call;
      expect(late).toMatchObject({ ended: "reset", text: ROLE });
      expect(late.ms).toBeLessThanOrEqual(1500 + 50);
    });

    it("a document behind a byte order mark", () => {
      const text = `\ufeff${chat("Hi").body as string}`;
      expect(run(plain, typed("application/json", text)).call).toMatchObject({ status: 200, text });
    });

    it("an empty 200 to what is no completion", () => {
      for (const [method, path] of [
        ["POST", "/v1/realtime/calls/rtc_1/accept"],
        ["GET", "/health"],
      ] as const)
        for (const body of [undefined, [10 as const]]) {
          const ask = { method, path, body: method === "GET" ? "" : { model: "m" } };
          const more = { provider: () => ({ allowPaths: ["/v1/realtime/*", "GET /health"] }) };
          const { envoy, call } = run(ask, { ...(body && { body: [...body] }) }, more);
          expect(call).toMatchObject({ status: 200, text: "" });
          expect(envoy.provider("deepseek").seen).toEqual([]);
        }
    });

    it.each([
      [streamed, [delta("Hi"), STOP, DONE]],
      [messages, [STARTED, part({ type: "text_delta", text: "Hi" }), ENDED]],
      [responses, [named({ type: "response.output_text.delta", delta: "Hi" }), named({ type: "response.completed" })]],
    ])(
      "what stays open behind its last event ends long before `timeout`, and after what is slow to end",
      (ask, body) => {
        for (const guard of ["none", "first-event", "full"]) {
          const policy = { guard, timeout: 600_000 };
          const { envoy, call } = run(ask, { ...events(body), end: "stall" }, { policy });
          expect(call.text).toBe(textOf(body));
          expect(call.ms).toBeGreaterThanOrEqual(10_000);
          expect(call.ms).toBeLessThanOrEqual(10_100);
          expect(envoy.metric("ai_failover_attempts_total;provider=qwen;cause=ok")).toBe(1);
          const slow = run(ask, events([...body, 9000]), { policy }).call;
          expect(slow).toMatchObject({ ended: "complete", text: textOf(body) });
        }
      },
    );

    it("a silence of which the client's own reading may be the cause: Envoy waits for it, and no filter is told", () => {
      const large = delta("#".repeat(600_000));
      const body = [ROLE, large, 20_000, delta("!"), STOP, DONE];
      const { envoy, call } = run(streamed, events(body), { policy: { timeout: 60_000 } });
      expect(call).toMatchObject({ status: 200, ended: "complete", text: textOf(body) });
      expect(envoy.metric("ai_failover_attempts_total;provider=qwen;cause=ok")).toBe(1);
      const stalled = run(streamed, { ...events([ROLE, large]), end: "stall" }, { config: { stallTimeout: 3000 } });
      expect(stalled.call).toMatchObject({ ended: "reset" });
      expect(stalled.call.ms).toBeLessThanOrEqual(3100);
    });
  });

  describe("an error event ends", () => {
    it.each<[string, Ask, Piece[], string]>([
      [
        "what was given up in the middle",
        streamed,
        [ROLE, delta("Hi"), choice({}, "abort"), DONE],
        "stream_incomplete",
      ],
      [
        "the same in one chunk behind the first word",
        streamed,
        [delta("Hi"), 10, delta("!") + choice({}, "error") + DONE],
        "stream_incomplete",
      ],
      [
        "an error of a choice",
        streamed,
        [delta("Hi"), 10, event({ choices: [{ delta: {}, error: { code: 502, message: "odd" } }] }), DONE],
        "odd",
      ],
      [
        "a finish reason that more words follow",
        streamed,
        [choice({ content: "a" }, "stop"), 10, choice({ content: "b" }, "stop")],
        "stream_incomplete",
      ],
      ["a finish reason that says null", streamed, [delta("Hi"), 10, choice({}, "null")], "stream_incomplete"],
      ["a stream that lies about its encoding", streamed, [ROLE, delta("Hi")], "stream_incomplete"],
      [
        "Responses that end in [DONE]",
        responses,
        [named({ type: "response.output_text.delta", delta: "Hi" }), 10, DONE],
        "stream_incomplete",
      ],
      [
        "the same, cut in its mark",
        responses,
        [named({ type: "response.output_text.delta", delta: "Hi" }), 10, "data: [DO", 10, "NE]\n\n"],
        "stream_incomplete",
      ],
    ])("%s", (_what, ask, body, says) => {
      for (const encoding of ["none", "utf-8", "chunked", ""]) {
        const { envoy, call } = run(ask, events(body, { headers: { "content-encoding": encoding } }));
        expect(call).toMatchObject({ status: 200, ended: "complete" });
        expect(call.text).toMatch(
          new RegExp(`data: \\{("type":"(error|response.failed)",.*)?"error":\\{[^}]*"${says}".*\\}\\n\\n$`),
        );
        expect(call.text).not.toContain("[DONE]");
        expect(envoy.metric("ai_failover_attempts_total;provider=qwen;cause=ok")).toBe(0);
      }
    });
  });

  describe("a token that its provider quotes is starred:", () => {
    const token = "sk-of-the-provider";
    const hidden = "*".repeat(token.length);
    /** By its guard: a gateway whose provider answers with what is asked for next. */
    const quoters: Record<string, (answer: Answer, ask?: Ask) => ReturnType<Envoy["ask"]>> = {};
    const quoterFor = (guard: string) => {
      let next: Answer;
      const envoy = start({
        ...{ mode, tokens: { qwen: 1 }, policy: { guard }, clusters: { qwen: () => next } },
        provider: { apiTokens: [{ name: "t1", value: token }], failover: { enabled: false } },
      });
      return (answer: Answer, ask: Ask = streamed) => {
        next = answer;
        return envoy.ask(ask);
      };
    };
    const quoting = (answer: Answer, guard: string, ask?: Ask) => (quoters[guard] ??= quoterFor(guard))(answer, ask);

    it.each(["none", "first-event", "full"])("in words, wherever they are cut (guard %s)", guard => {
      const text = delta("Hi") + delta(`my key is ${token}, yes ${token}`) + delta("sk-of-the-other") + STOP + DONE;
      for (let at = 0; at <= text.length; at += 7)
        for (const pieces of [
          [text.slice(0, at), 10, text.slice(at)],
          [text.slice(0, at), 10, text.slice(at, at + 3), 10, text.slice(at + 3)],
        ]) {
          const call = quoting(events(pieces), guard);
          expect(call).toMatchObject({ ended: "complete", text: text.replaceAll(token, hidden) });
        }
    });

    it("in an error inside a 200, and in a plain answer", () => {
      const error = {
        message: `too long; asked with ${token}`,
        type: "invalid_request_error",
        code: "context_length_exceeded",
      };
      for (const guard of ["none", "first-event"]) {
        const call = quoting(events([delta(""), 10, event({ error })]), guard);
        expect(call.text).toContain(`too long; asked with ${hidden}`);
        expect(quoting(chat(token), guard, plain).text).toContain(hidden);
        expect(quoting(chat(token, { trailers: { "x-checksum": "1" } }), guard, plain).text).not.toContain(token);
      }
    });
  });

  it("of an error inside a 200 its first 64 KiB are read", () => {
    const error = { message: "field messages.12 was wrong; ".repeat(2000), type: "invalid_request_error" };
    for (const pieces of [[event({ error })], [event({ error }).slice(0, 3000), 10, event({ error }).slice(3000)]]) {
      const { envoy, call } = run(streamed, events([...pieces, DONE]));
      expect([call.status, call.json().error.message]).toEqual([400, error.message]);
      expect(envoy.metric("ai_failover_attempts_total;provider=qwen;cause=caller")).toBe(1);
    }
  });
});
