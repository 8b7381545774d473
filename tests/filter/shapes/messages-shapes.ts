/** Answers to Anthropic's Messages. */
import {
  DONE,
  START,
  TEXT,
  begin,
  frame,
  last,
  message,
  name,
  part,
  stop,
  typed,
  shapesOf,
  type Shape,
} from "./shape-kit.js";

const { good, next, broken, caller } = shapesOf("messages");
const PING = typed({ type: "ping" });
const error = (type: string, message: string) =>
  typed({ type: "error", error: { type, message }, request_id: "req_1" });
const tooLong = "prompt is too long: 210000 tokens > 200000 maximum";
const unnamed = (text: string) => text.replace(/^event: .*\n/gm, "");

export const messagesStreams: Shape[] = [
  good("words with pings", START + PING + TEXT + PING + last()),
  good(
    "thoughts, signature, words",
    START +
      begin({ type: "thinking", thinking: "", signature: "" }) +
      part({ type: "thinking_delta", thinking: "Hm" }) +
      part({ type: "signature_delta", signature: "eA==" }) +
      stop() +
      TEXT.replaceAll('"index":0', '"index":1') +
      last(),
  ),
  good(
    "thoughts left out, a signature only",
    START +
      begin({ type: "thinking", thinking: "", signature: "" }) +
      part({ type: "signature_delta", signature: "eA==" }) +
      stop() +
      last(),
  ),
  good("redacted thoughts", START + begin({ type: "redacted_thinking", data: "eA==" }) + stop() + TEXT + last()),
  good(
    "a call without input",
    START +
      begin({ type: "tool_use", id: "toolu_1", name: "f", input: {} }) +
      part({ type: "input_json_delta", partial_json: "" }) +
      stop() +
      last("tool_use"),
  ),
  good(
    "a server's search with results",
    START +
      begin({ type: "server_tool_use", id: "s", name: "web_search", input: {} }) +
      part({ type: "input_json_delta", partial_json: '{"query":"x"}' }) +
      stop() +
      begin({ type: "web_search_tool_result", tool_use_id: "s", content: [] }, 1) +
      stop(1) +
      last(),
  ),
  good(
    "a search that failed within the answer",
    START +
      begin({
        type: "web_search_tool_result",
        tool_use_id: "s",
        content: { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" },
      }) +
      stop() +
      TEXT +
      last(),
  ),
  good(
    "citations before words",
    START +
      begin({ type: "text", text: "", citations: [] }) +
      part({ type: "citations_delta", citation: { type: "char_location", cited_text: "x" } }) +
      part({ type: "text_delta", text: "Hi" }) +
      stop() +
      last(),
  ),
  good("a paused turn", START + TEXT + last("pause_turn")),
  good("a refusal without words", START + last("refusal", 1)),
  good("max_tokens without words", START + last("max_tokens", 1)),
  good("an empty end of turn", START + last("end_turn", 3)),
  good("a full context window", START + TEXT + last("model_context_window_exceeded")),
  good("a stop sequence", START + TEXT + last("stop_sequence")),
  good(
    "a container and edits in the last delta",
    START +
      TEXT +
      typed({
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null, container: { id: "c" } },
        usage: { output_tokens: 2 },
        context_management: { applied_edits: [] },
      }) +
      typed({ type: "message_stop" }),
  ),
  good(
    "Bedrock's metrics in the end",
    START +
      TEXT +
      typed({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } }) +
      typed({ type: "message_stop", "amazon-bedrock-invocationMetrics": { inputTokenCount: 9 } }),
  ),
  good("[DONE] behind the end", START + TEXT + last() + DONE),
  good("CRLF", (START + TEXT + last()).replaceAll("\n", "\r\n")),
  good("no space behind colons", (START + TEXT + last()).replaceAll(": ", ":").replaceAll("event:", "event:")),
  good(
    "data before its name",
    START +
      'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}\nevent: content_block_delta\n\n' +
      last(),
  ),
  good("comments as keep-alive", `: keep-alive\n\n${START}: keep-alive\n\n${TEXT}${last()}`),
  good("an unknown event", START + typed({ type: "future_thing", value: 1 }) + TEXT + last()),
  good(
    "compaction",
    START +
      begin({ type: "compaction", content: null }) +
      part({ type: "compaction_delta", content: "sum" }) +
      stop() +
      last(),
  ),
  good(
    "no usage",
    typed({ type: "message_start", message: { id: "m", type: "message", role: "assistant", content: [] } }) +
      TEXT +
      typed({ type: "message_delta", delta: { stop_reason: "end_turn" } }) +
      typed({ type: "message_stop" }),
  ),
  good(
    "words about an error",
    START +
      begin({ type: "text", text: "" }) +
      part({ type: "text_delta", text: '{"type":"error","error":{"type":"x"}}' }) +
      stop() +
      last(),
  ),
  good("text/plain", START + TEXT + last(), { type: "text/plain" }),
  good("cut behind the end", START + TEXT + last(), { end: "cut" }),

  next("nothing", ""),
  next("pings alone", PING + PING),
  next("the start alone", START),
  next("the start and the end of nothing", START + typed({ type: "message_stop" })),
  next("overloaded at once", error("overloaded_error", "Overloaded")),
  next("overloaded behind start and ping", START + PING + error("overloaded_error", "Overloaded")),
  next(
    "api_error behind an opened block",
    START + begin({ type: "text", text: "" }) + error("api_error", "Internal server error"),
  ),
  next("a rate limit inside", error("rate_limit_error", "This request would exceed your account's rate limit")),
  next("an error without a name", frame({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } })),
  next("all events without names", unnamed(START + TEXT + last())),
  next("OpenAI's chunks", frame({ choices: [{ index: 0, delta: { content: "Hi" } }] }) + DONE),
  next("OpenAI's error", frame({ error: { message: "no", type: "server_error" } })),
  next("an error in plain words", name("error", "upstream timed out")),
  next(
    "unframed JSON of an error",
    JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
  ),
  next("a whole message", message([{ type: "text", text: "Hi" }]), { type: "application/json" }),
  next("HTML", "<html></html>", { type: "text/html" }),
  next("AWS's message", JSON.stringify({ message: "Too many requests, please wait before trying again." }), {
    type: "application/json",
  }),
  next("an error named message", name("message", { type: "error", error: { type: "api_error", message: "no" } })),
  next("cut behind the start", START, { end: "cut" }),

  caller("too long, behind the start", START + error("invalid_request_error", tooLong), "prompt is too long"),
  caller("the same without a name", START + unnamed(error("invalid_request_error", tooLong)), "prompt is too long"),
  caller("the same at once", error("invalid_request_error", tooLong), "prompt is too long"),
  caller(
    "unframed",
    JSON.stringify({ type: "error", error: { type: "invalid_request_error", message: tooLong } }),
    "prompt is too long",
    { type: "application/json" },
  ),
  caller(
    "in OpenAI's shape",
    frame({
      error: {
        message: "This model's maximum context length is 8192 tokens",
        type: "invalid_request_error",
        code: "context_length_exceeded",
      },
    }),
    "maximum context length",
  ),

  broken("overloaded in the middle", START + TEXT + error("overloaded_error", "Overloaded")),
  broken("the same without a name", START + TEXT + unnamed(error("overloaded_error", "Overloaded"))),
  broken("no end", START + TEXT),
  broken(
    "a stop reason, no end",
    START + TEXT + typed({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } }),
  ),
  broken("[DONE] in place of the end", START + TEXT + DONE),
  broken("an end without a name", START + TEXT + unnamed(last())),
  broken("cut in a block", START + begin({ type: "text", text: "" }) + part({ type: "text_delta", text: "Hi" }), {
    end: "cut",
  }),
  broken("cut in the words of an event", START + TEXT.slice(0, -20), { end: "cut" }),
  broken("OpenAI's error in the middle", START + TEXT + frame({ error: { message: "lost", type: "server_error" } })),
];

export const messagesPlain: Shape[] = [
  good("words", message([{ type: "text", text: "Hi" }])),
  good("an empty end of turn", message([], "end_turn")),
  good("a call", message([{ type: "tool_use", id: "t", name: "f", input: {} }], "tool_use")),
  good("a refusal", message([], "refusal")),
  good("no stop reason", message([{ type: "text", text: "Hi" }], null)),
  next("an error", JSON.stringify({ type: "error", error: { type: "api_error", message: "no" } })),
  next("type error, no error", JSON.stringify({ type: "error", message: "no" })),
  next("an empty message without a reason", message([], null)),
  next("OpenAI's completion", JSON.stringify({ choices: [{ message: { content: "Hi" } }] })),
  next("nothing", ""),
  next(
    "AWS's unknown operation",
    JSON.stringify({ Output: { __type: "com.amazon.coral.service#UnknownOperationException" } }),
  ),
  caller(
    "too long",
    JSON.stringify({ type: "error", error: { type: "invalid_request_error", message: tooLong } }),
    "prompt is too long",
  ),
].map(shape => ({ ...shape, stream: false }));
