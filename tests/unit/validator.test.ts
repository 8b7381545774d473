import { beforeAll, describe, expect, test } from "vitest";
import { GuardRoom, type Dialect, type Setting } from "./validator-room.js";
import { eventsOf, recorded, recordedBy } from "./streams/all-streams.js";

let room: GuardRoom;

beforeAll(async () => {
  room = await GuardRoom.start();
});

const event = (value: unknown) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
const delta = (delta: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const named = (value: { type: string }) => `event: ${value.type}\n${event(value)}`;
const HELLO = event(delta({ content: "hello" }));
const STOP = event(delta({}, "stop"));
const DONE = event("[DONE]");

describe.each(recorded)("a stream of $provider", ({ dialect, text, events, content }) => {
  test("is good from its first event with content and complete at its end", () => {
    const { seen, end, ...state } = room.judge({ dialect }, eventsOf(text));
    expect(end).toBe("ended");
    expect(state).toMatchObject({ good: true, ended: true, failed: false, cause: "none", events, invalidEvents: 0 });
    const counted = seen.filter(one => one !== "nothing");
    expect(counted.findIndex(one => one !== "progress")).toBe(content);
  });

  test("is the same stream as one chunk, also when it is held to its end", () => {
    for (const mode of ["none", "first-event", "full"] as const)
      expect(room.judge({ dialect, mode }, [text])).toMatchObject({ end: "ended", failed: false, events });
  });

  test("fails with an error event behind its content, which passes, and is classified by its text", () => {
    const error = '{"error":{"type":"overloaded_error","message":"no"}}';
    const chunks = eventsOf(text);
    const at = chunks.findIndex(chunk => !chunk.startsWith(":")) + content + 1;
    room.begin({ dialect });
    for (const chunk of chunks.slice(0, at + 1)) room.feed(chunk);
    if (room.state().ended) return;
    expect(room.feed(`event: error\ndata: ${error}\n\n`)).toBe("failed");
    expect(room.finish()).toBe("failed");
    expect(room.state()).toMatchObject({ good: true, failed: true, cause: "error-inside", error });
  });
});

/** What one event, given alone, counts as. */
describe.each<[Dialect, [string, unknown, string][]]>([
  [
    "chat",
    [
      ["a role alone is progress", delta({ role: "assistant" }), "progress"],
      ["empty text is progress", delta({ content: "" }), "progress"],
      ["null text is progress", delta({ content: null, tool_calls: null, reasoning_content: null }), "progress"],
      ["an empty list of calls is progress", delta({ tool_calls: [] }), "progress"],
      ["usage without choices is progress", { choices: [], usage: { total_tokens: 1 } }, "progress"],
      ["text is content", delta({ content: "a" }), "content"],
      ["text in parts is content", delta({ content: [{ type: "text", text: "a" }] }), "content"],
      ["escaped text is content", delta({ content: "\n" }), "content"],
      ["reasoning is content", delta({ reasoning_content: "a" }), "content"],
      ["OpenRouter's reasoning is content", delta({ reasoning: "a" }), "content"],
      ["a refusal is content", delta({ refusal: "no" }), "content"],
      ["a call of a tool is content", delta({ tool_calls: [{ index: 0 }] }), "content"],
      ["a call of a function is content", delta({ function_call: { name: "f" } }), "content"],
      ["audio is content", delta({ audio: { id: "a" } }), "content"],
      ["a message in place of a delta is content", { choices: [{ message: { content: "a" } }] }, "content"],
      ["any other member is content", delta({ reasoning_text: "a" }), "content"],
      ["a list of thoughts is content", delta({ thinking_blocks: [{ type: "thinking" }] }), "content"],
      ["a plan of tools is content", delta({ role: "assistant", tool_plan: "I will" }), "content"],
      ["tools that were run are content", delta({ executed_tools: [{ index: 0 }] }), "content"],
      [
        "what is known to say nothing is progress",
        delta({ role: "assistant", annotations: [{}], id: "a" }),
        "progress",
      ],
      ["filters alone are progress", { choices: [], prompt_filter_results: [{ prompt_index: 0 }] }, "progress"],
      ["a finish reason of a limit is the end", delta({}, "length"), "ended"],
      ["that it stopped may be nothing", delta({}, "stop"), "progress"],
      ["the text null is no finish reason", delta({ content: "" }, "null"), "progress"],
      ["an error is a failure", { error: { message: "a" } }, "failed"],
      ["an error as text is a failure", { error: "overloaded" }, "failed"],
      ["a null error is none", { error: null, ...delta({ content: "a" }) }, "content"],
      ["DashScope's own error is a failure", { code: "Arrearage", message: "a", request_id: "b" }, "failed"],
      ["vLLM's error is a failure", { object: "error", message: "a", type: "b", code: 400 }, "failed"],
      ["text deep inside something else is progress", { x: { choices: [delta({ content: "a" })] } }, "progress"],
      ["an error of a choice is a failure", { choices: [{ delta: {}, error: { code: 502 } }] }, "failed"],
      ["OpenRouter's finish reason of an error is a failure", delta({ content: "" }, "error"), "failed"],
      ["DeepSeek's of an interruption is a failure", delta({}, "insufficient_system_resource"), "failed"],
      ["vLLM's of one is a failure", delta({}, "abort"), "failed"],
      [
        "MiniMax's envelope is a failure",
        { ...delta({}), base_resp: { status_code: 1008, status_msg: "a" } },
        "failed",
      ],
      ["MiniMax's good envelope is none", { ...delta({ content: "a" }), base_resp: { status_code: 0 } }, "content"],
      ["Tencent's error is a failure", { Response: { Error: { Code: "a", Message: "b" } } }, "failed"],
      ["Zhipu's of one is a failure", delta({}, "network_error"), "failed"],
      ["any other finish reason is the end", delta({}, "errors"), "ended"],
      ["[DONE] without content is a failure", "[DONE]", "failed"],
      ["what is no JSON is a failure", "oops", "failed"],
      ["broken JSON is a failure", '{"choices":[', "failed"],
      ["empty data is nothing", "", "nothing"],
    ],
  ],
  [
    "completions",
    [
      ["empty text is progress", { choices: [{ text: "", finish_reason: null }] }, "progress"],
      ["text is content", { choices: [{ text: "a" }] }, "content"],
      ["a finish reason is the end", { choices: [{ text: "", finish_reason: "length" }] }, "ended"],
    ],
  ],
  [
    "responses",
    [
      ["created is progress", { type: "response.created", response: { error: null } }, "progress"],
      ["a keepalive is nothing", { type: "keepalive", sequence_number: 3 }, "nothing"],
      ["an empty delta is progress", { type: "response.output_text.delta", delta: "" }, "progress"],
      ["a delta is content", { type: "response.output_text.delta", delta: "a" }, "content"],
      ["a summary is content", { type: "response.reasoning_summary_text.delta", delta: "a" }, "content"],
      ["a begun message is progress", { type: "response.output_item.added", item: { type: "message" } }, "progress"],
      ["a begun thought is a sign", { type: "response.output_item.added", item: { type: "reasoning" } }, "content"],
      ["a begun call is content", { type: "response.output_item.added", item: { type: "mcp_call" } }, "content"],
      ["a search is content", { type: "response.web_search_call.searching", item_id: "a" }, "content"],
      ["what has no type is progress", { a: 1 }, "progress"],
      ["completed is the end", { type: "response.completed", response: { error: null, output: [{}] } }, "ended"],
      [
        "completed with no output is a failure where it counts none",
        { type: "response.completed", response: { output: [], usage: { output_tokens: 0 } } },
        "failed",
      ],
      [
        "completed with no output is the end where it counts some",
        { type: "response.completed", response: { output: [], usage: { output_tokens: 3 } } },
        "ended",
      ],
      ["incomplete is the end", { type: "response.incomplete", response: { error: null } }, "ended"],
      ["failed is a failure", { type: "response.failed", response: { error: { code: "server_error" } } }, "failed"],
      ["an error is a failure", { type: "error", code: "rate_limit_exceeded", message: "a" }, "failed"],
      ["[DONE] before the end is a failure", "[DONE]", "failed"],
    ],
  ],
  [
    "messages",
    [
      ["a ping is nothing", { type: "ping" }, "nothing"],
      ["the start is progress", { type: "message_start", message: { content: [] } }, "progress"],
      ["a begun text is progress", { type: "content_block_start", content_block: { type: "text" } }, "progress"],
      ["a begun thought is a sign", { type: "content_block_start", content_block: { type: "thinking" } }, "content"],
      ["a begun call is content", { type: "content_block_start", content_block: { type: "tool_use" } }, "content"],
      ["text is content", { type: "content_block_delta", delta: { type: "text_delta", text: "a" } }, "content"],
      ["empty text is progress", { type: "content_block_delta", delta: { type: "text_delta", text: "" } }, "progress"],
      ["thinking is content", { type: "content_block_delta", delta: { thinking: "a" } }, "content"],
      ["a stop reason is content", { type: "message_delta", delta: { stop_reason: "end_turn" } }, "content"],
      ["the stop without content is a failure", { type: "message_stop" }, "failed"],
      ["an error is a failure", { type: "error", error: { type: "overloaded_error" } }, "failed"],
    ],
  ],
  [
    "other",
    [
      ["any event is content", { type: "transcript.text.delta", delta: "a" }, "content"],
      ["an error is a failure", { error: { message: "a" } }, "failed"],
    ],
  ],
])("an event of %s", (dialect, rows) => {
  test.each(rows)("%s", (_rule, value, seen) => {
    room.begin({ dialect });
    const text = dialect === "messages" ? named(value as { type: string }) : event(value);
    expect(room.feed(text)).toBe(seen);
    expect(room.state().events).toBe(seen === "nothing" || value === "[DONE]" ? 0 : 1);
  });
});

describe("the name of an event", () => {
  const text = JSON.stringify(delta({ content: "a" }));
  test.each([
    ["of an error is enough, whatever its data", `event: error\ndata: ${text}\n\n`, "failed"],
    ["of an error is enough where its data is no JSON", "event: error\ndata: overloaded\n\n", "failed"],
    ["may follow the data", `data: ${text}\nevent: error\n\n`, "failed"],
    ["is the last one given", `event: ping\nevent: error\ndata: ${text}\n\n`, "failed"],
    ["holds for one event", `event: error\n\ndata: ${text}\n\n`, "content"],
    ["is no part of a name", `event: terror\ndata: ${text}\n\n`, "content"],
    ["counts in whole", `event: errors\ndata: ${text}\n\n`, "content"],
  ])("%s", (_rule, stream, seen) => {
    room.begin({ dialect: "chat" });
    expect(room.feed(stream)).toBe(seen);
  });
});

describe("a member", () => {
  test.each<[string, Dialect, string, string]>([
    ["with an escape in its name is another", "chat", '{"err\\u006fr":"a","er\\nror":"b"}', "progress"],
    ["with an escape in its text is another", "responses", '{"type":"er\\nror","delta":""}', "progress"],
    ["may have blanks around it", "chat", '{ "choices" :\t[ { "delta" : { "content" : "a" } } ] }', "content"],
    ["counts by whichever of its kind is filled", "chat", '{"error":"a","error":null}', "failed"],
    ["of another level is another", "chat", '{"choices":[{"content":"a","message":"b","text":""}]}', "progress"],
    ["that is a number is filled unless it is 0", "other", '{"error":0}', "content"],
    ["that is false is not filled", "other", '{"error":false}', "content"],
    ["that is true is filled", "other", '{"error":true}', "failed"],
    ["that is an empty object is not filled", "other", '{"error":{ }}', "content"],
  ])("%s", (_rule, dialect, data, seen) => {
    room.begin({ dialect });
    expect(room.feed(event(data))).toBe(seen);
  });
});

const usage = (tokens: number) => event({ choices: [], usage: { prompt_tokens: 9, completion_tokens: tokens } });
const THOUGHT = `event: content_block_start\n${event({ type: "content_block_start", content_block: { type: "thinking" } })}`;

describe("the end of a stream", () => {
  const chat: Setting = { dialect: "chat" };
  test.each<[string, Setting, string[], string]>([
    ["is empty without a byte", chat, [], "empty"],
    ["is empty with comments alone", chat, [": keep-alive\n\n\n"], "empty"],
    ["is empty with progress alone", chat, [event(delta({ role: "assistant" })), event({ choices: [] })], "empty"],
    ["is empty when [DONE] comes before content", chat, [event(delta({ content: "" })), DONE], "empty"],
    ["lacks its mark without a finish reason", chat, [HELLO], "no-end-mark"],
    ["is there with a finish reason and no [DONE]", chat, [HELLO, STOP], "none"],
    ["is there with [DONE] and no finish reason", chat, [HELLO, DONE], "none"],
    ["is there with [DONE] and no blank line", chat, [HELLO, "data: [DONE]"], "none"],
    ["is missed inside an event", chat, [HELLO, STOP.slice(0, 30)], "truncated"],
    ["is missed before the blank line", chat, [HELLO, STOP.slice(0, -1)], "truncated"],
    ["is reached inside an event behind the finish reason", chat, [HELLO, STOP, 'data: {"usa'], "none"],
    [
      "is not the first finish reason of two choices",
      chat,
      [eventsOf(recordedBy("OpenAI with n = 2").text).slice(0, 3).join("")],
      "no-end-mark",
    ],
    [
      "is not the finish reason of the choices before another one",
      chat,
      [HELLO, STOP, event({ choices: [{ index: 1, delta: { content: "b" }, finish_reason: null }] })],
      "no-end-mark",
    ],
    ["is there behind a finish reason that is repeated", chat, [HELLO, STOP, STOP], "none"],
    [
      "of Messages is not the stop reason",
      { dialect: "messages" },
      eventsOf(recordedBy("Anthropic").text).slice(0, -1),
      "no-end-mark",
    ],
    [
      "of Messages is not [DONE]",
      { dialect: "messages" },
      [named({ type: "x", delta: { text: "a" } } as { type: string }), DONE],
      "no-end-mark",
    ],
    ["is no finish reason that more words follow", chat, [HELLO, STOP, HELLO, STOP], "no-end-mark"],
    ["is [DONE] where finish reasons say nothing", chat, [HELLO, STOP, HELLO, STOP, DONE], "none"],
    ["is no finish reason that says null", chat, [HELLO, event(delta({}, "null"))], "no-end-mark"],
    ["of nothing but a stop is good", chat, [STOP, DONE], "none"],
    ["of nothing but a stop is empty where it counts 0 tokens", chat, [STOP, usage(0), DONE], "empty"],
    ["of nothing but a stop is good where it counts some", chat, [STOP, usage(1), DONE], "none"],
    ["of nothing but a limit is good", chat, [event(delta({}, "length")), usage(0), DONE], "none"],
    ["of nothing but a thought that began lacks its mark", { dialect: "messages" }, [THOUGHT], "no-end-mark"],
    ["of Responses is its last event", { dialect: "responses" }, [event({ type: "x", delta: "a" })], "no-end-mark"],
    ["of other dialects needs no mark", { dialect: "other" }, [event({ a: 1 })], "none"],
    ["of other dialects is no half event", { dialect: "other" }, [event({ a: 1 }), "data: {"], "truncated"],
    [
      "is seen with an answer of no type too",
      { dialect: "chat", body: "text", streamed: true },
      ["\n", HELLO],
      "no-end-mark",
    ],
  ])("%s", (_rule, setting, chunks, cause) => {
    const { end, ...state } = room.judge(setting, chunks);
    expect(state).toMatchObject({ cause, failed: cause !== "none" });
    expect(end).toBe(cause === "none" ? "ended" : "failed");
    expect(room.finish()).toBe(end);
  });

  test("comes once: nothing behind [DONE] counts", () => {
    const behind = room.judge(chat, [HELLO, STOP, DONE, "data: oops\n\n", event({ error: { message: "a" } })]);
    expect(behind).toMatchObject({ failed: false, invalidEvents: 0, events: 2, end: "ended" });
  });

  test("is done with the last event only, for guard full waits for what may follow a finish reason", () => {
    room.begin({ dialect: "chat", mode: "full" });
    room.feed(HELLO);
    expect(room.feed(STOP)).toBe("ended");
    expect(room.state()).toMatchObject({ ended: true, done: false });
    expect(room.feed(DONE)).toBe("ended");
    expect(room.state().done).toBe(true);
  });
});

describe("an event of invalid JSON", () => {
  const chunks = [HELLO, "data: oops\n\n", STOP, DONE];
  test("is passed and counted behind content", () => {
    expect(room.judge({ dialect: "chat" }, chunks)).toMatchObject({ end: "ended", invalidEvents: 1, failed: false });
  });
  test("fails a stream that is still held", () => {
    expect(room.judge({ dialect: "chat", mode: "full" }, chunks)).toMatchObject({ cause: "garbage", end: "failed" });
  });
  test("is passed once a held stream was released", () => {
    room.begin({ dialect: "chat", mode: "full" });
    room.feed(HELLO);
    room.release();
    for (const chunk of chunks.slice(1)) room.feed(chunk);
    expect(room.finish()).toBe("ended");
    expect(room.state().invalidEvents).toBe(1);
  });
  test("is passed without a guard", () => {
    const setting: Setting = { dialect: "chat", mode: "none" };
    expect(room.judge(setting, chunks.slice(1))).toMatchObject({ end: "ended", invalidEvents: 1 });
  });
});

describe("a plain answer", () => {
  const choices = (choice: object) => ({ id: "a", object: "chat.completion", choices: [{ index: 0, ...choice }] });
  test.each<[string, Dialect, unknown, string]>([
    ["with text is good", "chat", choices({ message: { content: "a" }, finish_reason: "stop" }), "none"],
    ["with a finish reason is good", "chat", choices({ message: { content: null }, finish_reason: "length" }), "none"],
    ["with nothing but a stop is good", "chat", choices({ message: { content: "" }, finish_reason: "stop" }), "none"],
    [
      "with nothing but a stop and 0 tokens is empty",
      "chat",
      { ...choices({ message: { content: "" }, finish_reason: "stop" }), usage: { completion_tokens: 0 } },
      "empty",
    ],
    ["with a call of a tool is good", "chat", choices({ message: { tool_calls: [{ id: "a" }] } }), "none"],
    ["with a refusal is good", "chat", choices({ message: { content: null, refusal: "no" } }), "none"],
    ["without choices is empty", "chat", { id: "a", choices: [] }, "empty"],
    ["with an empty choice is empty", "chat", choices({ message: { content: "" }, finish_reason: null }), "empty"],
    ["that is null is empty", "chat", null, "empty"],
    ["that is a list is empty", "chat", [choices({ message: { content: "a" } })], "empty"],
    ["that was given up fails", "chat", choices({ message: { content: "a" }, finish_reason: "error" }), "error-inside"],
    ["with a choice's error fails", "chat", choices({ message: {}, error: { code: 502 } }), "error-inside"],
    ["with an error fails", "chat", { error: { code: "x" } }, "error-inside"],
    ["with DashScope's own error fails", "chat", { code: "Arrearage", message: "a" }, "error-inside"],
    ["with text is good", "completions", { choices: [{ text: "a" }] }, "none"],
    ["that is completed is good", "responses", { status: "completed", error: null, output: [] }, "none"],
    ["of 0 tokens is empty", "responses", { status: "completed", output: [], usage: { output_tokens: 0 } }, "empty"],
    ["that runs in the background is good", "responses", { status: "queued", output: [] }, "none"],
    ["with output and no status is good", "responses", { output: [{ type: "message" }] }, "none"],
    ["without output is empty", "responses", { id: "a", output: [] }, "empty"],
    ["that failed fails", "responses", { status: "failed", error: { code: "x" } }, "error-inside"],
    ["that was cancelled fails", "responses", { status: "cancelled", error: null }, "error-inside"],
    ["with content is good", "messages", { type: "message", content: [{ type: "text", text: "a" }] }, "none"],
    ["with a stop reason is good", "messages", { type: "message", content: [], stop_reason: "end_turn" }, "none"],
    ["without content is empty", "messages", { type: "message", content: [] }, "empty"],
    ["that is an error fails", "messages", { type: "error", error: { type: "overloaded_error" } }, "error-inside"],
    ["of any JSON is good", "other", { object: "list", data: [] }, "none"],
    ["that is a list is good", "other", [], "none"],
    ["with an error fails", "other", { error: "no" }, "error-inside"],
  ])("%s (%s)", (_rule, dialect, value, cause) => {
    const text = JSON.stringify(value);
    const { end, ...state } = room.judge({ dialect, body: "json" }, ["\n \n", text]);
    expect(state).toMatchObject({ cause, whole: true, good: cause === "none" });
    expect(end).toBe(cause === "none" ? "ended" : "failed");
    if (cause === "error-inside") expect(state.error).toMatch(/^{"/);
    // Official clients would take it for a stream without events.
    const asStream = room.judge({ dialect, body: "json", streamed: true }, [text]);
    const rightFor = cause === "error-inside" || dialect === "other" ? cause : "garbage";
    expect(asStream).toMatchObject({ cause: rightFor, failed: rightFor !== "none" });
  });

  test("that waits with blank lines makes no progress", () => {
    room.begin({ dialect: "chat", body: "json" });
    for (let i = 0; i < 3; i++) expect(room.feed("\n")).toBe("nothing");
    expect(room.state().events).toBe(0);
    expect(room.feed('{"choices"')).toBe("progress");
    expect(room.state().events).toBe(1);
  });

  test.each<[string, Setting, string, string]>([
    ["of nothing is empty", { dialect: "chat", body: "json" }, "", "empty"],
    ["of blanks is empty", { dialect: "other", body: "json" }, " \r\n\t", "empty"],
    ["that is cut is truncated", { dialect: "other", body: "json" }, '{"data":[1', "truncated"],
    ["with something behind it is garbage", { dialect: "other", body: "json" }, "{}{}", "garbage"],
    ["behind a byte order mark is good", { dialect: "chat", body: "json" }, '\ufeff{"choices":[{"text":"a"}]}', "none"],
    [
      "behind a mark without a type is good",
      { dialect: "chat", body: "text" },
      '\ufeff{"choices":[{"text":"a"}]}',
      "none",
    ],
    ["of text behind a mark is good", { dialect: "other", body: "text" }, "\ufeffHi", "none"],
    ["in HTML is garbage", { dialect: "chat", body: "text" }, "\n<!doctype html>", "garbage"],
    ["in HTML where text is allowed is garbage", { dialect: "other", body: "text" }, "<html>", "garbage"],
    ["in text is garbage", { dialect: "chat", body: "text" }, "upstream connect error", "garbage"],
    ["in text where it is allowed is good", { dialect: "other", body: "text" }, "WEBVTT", "none"],
    ["in JSON without a type is good", { dialect: "chat", body: "text" }, '{"choices":[{"text":"a"}]}', "none"],
    ["of bytes is good", { dialect: "other", body: "opaque" }, "RIFF", "none"],
    ["of no bytes is empty", { dialect: "other", body: "opaque" }, "", "empty"],
    ["of audio is good", { dialect: "other", body: "binary" }, "<svg>", "none"],
    ["of audio in place of a chat's is garbage", { dialect: "chat", body: "binary" }, "RIFF", "garbage"],
    ["of a wrong type is good", { dialect: "chat", body: "binary" }, '{"choices":[{"text":"a"}]}', "none"],
    ["of a wrong type is a stream", { dialect: "chat", body: "binary", streamed: true }, HELLO, "no-end-mark"],
    ["of JSON's type is a stream", { dialect: "chat", body: "json", streamed: true }, HELLO + STOP, "none"],
    ["that is compressed is never judged", { dialect: "chat", body: "opaque" }, "\u001f\u008b<html>", "none"],
    [
      "that only shares its dialect's path is any JSON",
      { dialect: "chat", body: "json", hasKnownShape: false },
      "{}",
      "none",
    ],
    ["as a stream of no type is garbage", { dialect: "chat", body: "text", streamed: false }, HELLO, "garbage"],
    ["as a stream is garbage", { dialect: "chat", body: "events", streamed: false }, HELLO, "garbage"],
  ])("%s", (_rule, setting, text, cause) => {
    expect(room.judge(setting, text ? [text] : [])).toMatchObject({ cause, failed: cause !== "none" });
  });
});

describe("the text of an error inside", () => {
  test("is wrapped like all others where it stood deep in an event", () => {
    const failed = {
      type: "response.failed",
      response: { id: "resp_1", error: { code: "rate_limit_exceeded", message: "slow down" }, output: [] },
    };
    const { error } = room.judge({ dialect: "responses" }, [event(failed)]);
    expect(error).toMatch(/^\{"error":\{"code":"rate_limit_exceeded","message":"slow down"\}/);
  });

  test("is that of a choice, and not the null beside it", () => {
    const wrong = { code: 429, message: "slow down" };
    const places = [
      [null, wrong],
      [wrong, null],
    ].map(([outer, inner]) => ({ error: outer, choices: [{ index: 0, error: inner }] }));
    for (const place of places)
      expect(room.judge({ dialect: "chat" }, [event(place)]).error).toMatch(
        /^{"error":{"code":429,"message":"slow down"}/,
      );
  });

  test("is found where it stands in place of a stream of its type", () => {
    const error = '{"error":{"code":"insufficient_quota"}}';
    expect(room.judge({ dialect: "chat" }, [error])).toMatchObject({ cause: "error-inside", error });
  });

  test("is the event itself where nothing wraps it", () => {
    const flat = { code: "Arrearage", message: "Access denied" };
    expect(JSON.parse(room.judge({ dialect: "chat" }, [event(flat)]).error)).toEqual(flat);
  });

  test("is cut, and keeps its beginning", () => {
    const long = { error: { code: "x", message: "y".repeat(5000) } };
    const { error } = room.judge({ dialect: "chat", body: "json" }, [JSON.stringify(long)]);
    expect(JSON.parse(error)).toEqual(long);
    const longer = { error: { code: "x", message: "y".repeat(80_000) } };
    const { error: cut } = room.judge({ dialect: "chat", body: "json" }, [JSON.stringify(longer)]);
    expect(cut).toHaveLength((64 << 10) + 9);
    expect(cut.startsWith('{"error":{"code":"x","message":"yyy')).toBe(true);
  });

  test("is that of the first error", () => {
    const two = [HELLO, event({ error: { code: "first" } }), event({ error: { code: "second" } })];
    expect(room.judge({ dialect: "chat" }, two).error).toBe('{"error":{"code":"first"}}');
  });
});
