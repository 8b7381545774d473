/**
 * An error inside a 200 that is the client's: wherever it stands in the stream, whatever was before it and however it is cut, the official
 * client of its API is told once, and of this error.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat, events, sse, wordsOf, type Answer } from "../host/proxy-host.js";
import { startReader, type Given, type Reader } from "../unit/official-clients.js";
import type { Dialect } from "../unit/validator-room.js";
import { MODES, start, type Mode } from "./fixture.js";

const DIALECTS = ["chat", "completions", "responses", "messages"] as const;
type Asked = (typeof DIALECTS)[number];
const GUARDS = ["none", "first-event", "full"] as const;

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: { type: string; [member: string]: unknown }) => `event: ${value.type}\n${data(value)}`;
const choice = (delta: object) => data({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta }] });

const PATHS: Record<Asked, string> = {
  chat: "/v1/chat/completions",
  completions: "/v1/completions",
  responses: "/v1/responses",
  messages: "/v1/messages",
};

/** What may come before an error. `words`: they count as an answer. */
const HELD: Record<Asked, Record<string, string>> = {
  chat: {
    nothing: "",
    comment: ": keep-alive\n\n",
    start: choice({ role: "assistant", content: "" }),
    filters: data({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] }),
    words: choice({ content: "Hi" }),
  },
  completions: {
    nothing: "",
    comment: ": keep-alive\n\n",
    start: data({ choices: [{ index: 0, text: "" }] }),
    words: data({ choices: [{ index: 0, text: "Hi" }] }),
  },
  responses: {
    nothing: "",
    comment: ": keep-alive\n\n",
    start: named({ type: "response.created", response: { id: "r", status: "in_progress", error: null, output: [] } }),
    words: named({ type: "response.output_text.delta", delta: "Hi" }),
  },
  messages: {
    nothing: "",
    comment: ": keep-alive\n\n",
    ping: named({ type: "ping" }),
    start: named({ type: "message_start", message: { id: "m", role: "assistant", content: [], usage: {} } }),
    words: named({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } }),
  },
};

const error = (code: string, type = "invalid_request_error") => {
  const said = `the words of ${code}`;
  // Anthropic's errors have no code: its words tell.
  return { message: code === "context_length_exceeded" ? `prompt is too long: ${said}` : said, type, code };
};
const MINE = error("context_length_exceeded");
const ERRORS: Record<Asked, Record<string, (what: ReturnType<typeof error>) => string>> = {
  chat: {
    "as it should": what => data({ error: what }),
    "that is not wrapped": what => data({ object: "error", ...what, code: what.code || 400 }),
    "of a choice": what => data({ choices: [{ index: 0, delta: {}, error: what }] }),
    "that is named": what => `event: error\n${data(what)}`,
  },
  completions: { "as it should": what => data({ error: what }) },
  responses: {
    "as failed": what => named({ type: "response.failed", response: { id: "r", status: "failed", error: what } }),
    "as an error": what => named({ ...what, type: "error" }),
  },
  messages: {
    "as it should": what => named({ type: "error", error: what }),
    "without a name": what => data({ type: "error", error: what }),
  },
};

const CUTS: Record<string, (held: string, bad: string) => (string | number)[]> = {
  "in one piece": (held, bad) => [held + bad],
  "event by event": (held, bad) => [held, 10, bad],
  "within the error": (held, bad) => [held + bad.slice(0, 20), 10, bad.slice(20, -1), 10, bad.slice(-1)],
  "between held and error, within both": (held, bad) => [
    held.slice(0, 5),
    10,
    held.slice(5) + bad.slice(0, 9),
    10,
    bad.slice(9),
  ],
};

let reader: Reader;
beforeAll(async () => {
  reader = await startReader();
});
afterAll(() => {
  reader.close();
});

/** One gateway for many calls: an error that is its client's leaves nothing behind. */
function gateway(mode: Mode, dialect: Asked, guard: string) {
  const provider = dialect === "messages" ? { messagesUrl: "https://qwen.test/v1" } : {};
  const policy = { guard, maxWait: 0 };
  const envoy = start({ mode, provider, policy, tokens: { qwen: 1 }, clusters: { qwen: "silence" } });
  return (qwen: Answer, headers: Record<string, string> = {}) => {
    envoy.setProvider("qwen", qwen);
    return envoy.ask({ path: PATHS[dialect], headers, body: { model: "m", stream: true } });
  };
}

/** What the official client shows of the error: how often it is told, and whether it was raised. */
async function told(dialect: Dialect, call: Given) {
  const { seen, raised } = await reader.read(dialect, call);
  const failures = seen.filter(event => /"type":"(response\.failed|error)"/.test(JSON.stringify(event)));
  return { times: failures.length + (raised ? 1 : 0), text: String(raised ?? "") + JSON.stringify(failures), raised };
}

describe.each(MODES)("in %s mode", mode => {
  describe.each(DIALECTS)("an error of %s", dialect => {
    const shapes = Object.entries(ERRORS[dialect]);
    it.each(shapes)(
      "%s is told once, whatever was held, wherever it is cut, with every guard",
      async (_shape, write) => {
        for (const guard of GUARDS) {
          const ask = gateway(mode, dialect, guard);
          for (const [before, held] of Object.entries(HELD[dialect]))
            for (const [i, [cut, pieces]] of Object.entries(CUTS).entries()) {
              const done = i % 2 ? [10, "data: [DONE]\n\n"] : [];
              const call = ask(events([...pieces(held, write(MINE)), ...done].filter(piece => piece !== "")));
              const { times, text } = await told(dialect, call);
              const where = `${guard}, ${before}, ${cut}: ${call.status} ${call.text}`;
              expect(times, where).toBe(1);
              expect(text, where).toContain("the words of context_length_exceeded");
              const isHeld =
                guard === "full" || (guard === "first-event" && (before !== "words" || cut === "in one piece"));
              if (isHeld) expect(call.status, where).toBe(400);
              expect(call.text, where).not.toContain("stream_incomplete");
            }
        }
      },
    );

    it("that is another's is told under its status where the client forbids another hop", async () => {
      const [write] = Object.values(ERRORS[dialect]);
      for (const [code, type, status] of [
        ["rate_limit_exceeded", "rate_limit_error", 429],
        ["invalid_api_key", "authentication_error", 401],
        ["server_error", "api_error", 502],
      ] as const) {
        const body = [HELD[dialect]["start"]!, 10, write!(error(code, type))];
        const call = gateway(mode, dialect, "first-event")(events(body), { "x-ai-failover": "off" });
        expect(call.status).toBe(status);
        const { times, text } = await told(dialect, call);
        expect(times).toBe(1);
        expect(text).toContain(`the words of ${code}`);
      }
    });
  });

  it.each([
    ["a plain one", { "content-type": "application/json" }, JSON.stringify({ error: MINE })],
    ["one that is not framed", { "content-type": "text/event-stream" }, JSON.stringify({ error: MINE })],
  ])("%s in place of a stream is told", async (_shape, headers, body) => {
    for (const guard of GUARDS)
      for (const pieces of [[body], [body.slice(0, 9), 10, body.slice(9)]]) {
        const call = gateway(mode, "chat", guard)({ headers, body: pieces });
        const { times, text } = await told("chat", call);
        expect([times, text], `${guard} ${call.text}`).toEqual([1, expect.stringContaining(MINE.message)]);
      }
  });

  it("an error of the provider, which another hop can serve, is rescued from wherever it stands", () => {
    for (const [name, held] of Object.entries(HELD.chat))
      for (const write of Object.values(ERRORS.chat)) {
        const guard = name === "words" ? "full" : "first-event";
        const qwen = events([held, 10, write(error("server_error", "api_error"))].filter(piece => piece !== ""));
        const clusters = { qwen, deepseek: sse("rescued") };
        const call = start({ mode, tokens: { qwen: 1, deepseek: 1 }, policy: { guard }, clusters }).ask({
          body: { model: "m", stream: true },
        });
        expect(wordsOf(call.text)).toBe("rescued");
      }
  });

  it("an error inside a plain answer has the status that it names", () => {
    const inside = (value: object): Answer => ({
      headers: { "content-type": "application/json" },
      body: JSON.stringify(value),
    });
    const plain = (qwen: Answer) =>
      start({ mode, tokens: { qwen: 1 }, clusters: { qwen } }).ask({ body: { model: "m", messages: [] } });
    const flagged = plain(inside({ error: { code: 403, message: "Your input was flagged" } }));
    expect([flagged.status, flagged.json().error]).toEqual([403, { code: 403, message: "Your input was flagged" }]);
    const tooLong = plain(inside({ code: "context_length_exceeded", message: "too long" }));
    expect([tooLong.status, tooLong.json().error.message]).toEqual([400, "too long"]);
    expect(plain(chat("Hi")).status).toBe(200);
  });
});
