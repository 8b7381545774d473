/** Answers to OpenAI's Responses, and to the older completions. */
import {
  COMPLETED,
  CREATED,
  DONE,
  WORD,
  frame,
  name,
  output,
  response,
  typed,
  shapesOf,
  type Shape,
} from "./shape-kit.js";

const { good, next, broken, caller } = shapesOf("responses");
const event = (type: string, more: object = {}) => typed({ type, sequence_number: 1, ...more });
const PROGRESS = event("response.in_progress", { response: response("in_progress") });
const failed = (code: string, message: string) =>
  event("response.failed", { response: response("failed", { error: { code, message } }) });
const tooLong = "Your input exceeds the context window of this model.";

export const responsesStreams: Shape[] = [
  good("words", CREATED + PROGRESS + WORD + COMPLETED),
  good(
    "a queue and keep-alives",
    event("response.queued", { response: response("queued") }) + event("keepalive") + CREATED + WORD + COMPLETED,
  ),
  good(
    "a call of a function",
    CREATED +
      event("response.output_item.added", { item: { type: "function_call", name: "f", arguments: "", call_id: "c" } }) +
      event("response.function_call_arguments.delta", { delta: "{}" }) +
      event("response.function_call_arguments.done", { arguments: "{}" }) +
      COMPLETED,
  ),
  good(
    "a custom tool",
    CREATED +
      event("response.output_item.added", { item: { type: "custom_tool_call", name: "apply_patch", input: "" } }) +
      event("response.custom_tool_call_input.delta", { delta: "*" }) +
      COMPLETED,
  ),
  good(
    "a web search",
    CREATED +
      event("response.output_item.added", { item: { type: "web_search_call", status: "in_progress" } }) +
      event("response.web_search_call.searching") +
      WORD +
      COMPLETED,
  ),
  good(
    "MCP's list and failure within",
    CREATED + event("response.mcp_list_tools.in_progress") + event("response.mcp_list_tools.failed") + WORD + COMPLETED,
  ),
  good(
    "reasoning summary",
    CREATED +
      event("response.output_item.added", { item: { type: "reasoning", summary: [] } }) +
      event("response.reasoning_summary_part.added", { part: { type: "summary_text", text: "" } }) +
      event("response.reasoning_summary_text.delta", { delta: "Hm" }) +
      WORD +
      COMPLETED,
  ),
  good("reasoning text of vLLM", CREATED + event("response.reasoning_text.delta", { delta: "Hm" }) + WORD + COMPLETED),
  good("a refusal", CREATED + event("response.refusal.delta", { delta: "I cannot" }) + COMPLETED),
  good(
    "a picture in parts",
    CREATED +
      event("response.image_generation_call.in_progress") +
      event("response.image_generation_call.partial_image", { partial_image_b64: "AAAA" }) +
      COMPLETED,
  ),
  good("annotations", CREATED + WORD + event("response.output_text.annotation.added", { annotation: {} }) + COMPLETED),
  good(
    "incomplete by max tokens",
    CREATED +
      WORD +
      event("response.incomplete", {
        response: response("incomplete", { incomplete_details: { reason: "max_output_tokens" } }),
      }),
  ),
  good(
    "incomplete without words",
    CREATED +
      event("response.incomplete", {
        response: response("incomplete", { incomplete_details: { reason: "content_filter" } }),
      }),
  ),
  good("words only in the end", CREATED + COMPLETED),
  good("[DONE] behind", CREATED + WORD + COMPLETED + DONE),
  good("no names", (CREATED + WORD + COMPLETED).replace(/^event: .*\n/gm, "")),
  good("codex's rate limits event", event("codex.rate_limits", { rate_limits: {} }) + CREATED + WORD + COMPLETED),
  good(
    "response.done of a relay behind completed",
    CREATED + WORD + COMPLETED + event("response.done", { response: response("completed") }),
  ),
  good("CRLF", (CREATED + WORD + COMPLETED).replaceAll("\n", "\r\n")),
  good(
    "a completed call of a tool that failed",
    CREATED +
      event("response.output_item.done", {
        item: { type: "mcp_call", status: "failed", error: { type: "mcp_error", message: "x" } },
      }) +
      WORD +
      COMPLETED,
  ),

  next("nothing", ""),
  next("created alone", CREATED),
  next("created and in progress, [DONE]", CREATED + PROGRESS + DONE),
  next(
    "completed without output or tokens",
    CREATED + event("response.completed", { response: response("completed", { usage: { output_tokens: 0 } }) }),
  ),
  next("failed by the server", CREATED + failed("server_error", "An error occurred")),
  next("failed by rate limit", CREATED + failed("rate_limit_exceeded", "Rate limit reached for m")),
  next("failed by quota", failed("insufficient_quota", "You exceeded your current quota")),
  next(
    "an error event of the server",
    CREATED + event("error", { code: "server_error", message: "boom", param: null }),
  ),
  next(
    "an error event in the newer shape",
    CREATED + event("error", { error: { type: "server_error", code: null, message: "boom", param: null } }),
  ),
  next("overloaded", CREATED + failed("server_is_overloaded", "Our servers are currently overloaded.")),
  next("an error without a type", frame({ error: { message: "boom", type: "server_error" } })),
  next(
    "an error within the first event, which nobody raises",
    event("response.created", { response: response("failed", { error: { code: "server_error", message: "boom" } }) }),
  ),
  next("cancelled", CREATED + event("response.cancelled", { response: response("cancelled") })),
  next("unframed JSON", JSON.stringify({ error: { message: "boom", type: "server_error" } }), {
    type: "application/json",
  }),
  next("detail", JSON.stringify({ detail: "boom" }), { type: "application/json" }),
  next("chat chunks", frame({ choices: [{ delta: { content: "Hi" } }] }) + DONE),
  next("a whole response", JSON.stringify(response("completed", { output })), { type: "application/json" }),
  next("HTML", "<html></html>", { type: "text/html" }),

  caller(
    "a context length as failed",
    CREATED + PROGRESS + failed("context_length_exceeded", tooLong),
    "exceeds the context window",
  ),
  caller(
    "the same as an error event",
    CREATED + event("error", { code: "context_length_exceeded", message: tooLong, param: "input" }),
    "exceeds the context window",
  ),
  caller(
    "the same in the newer shape",
    CREATED +
      event("error", {
        error: { type: "invalid_request_error", code: "context_length_exceeded", message: tooLong, param: "input" },
      }),
    "exceeds the context window",
  ),
  caller("an invalid prompt", CREATED + failed("invalid_prompt", "Invalid prompt: your prompt was flagged"), "flagged"),
  caller(
    "unframed",
    JSON.stringify({ error: { message: tooLong, type: "invalid_request_error", code: "context_length_exceeded" } }),
    "exceeds the context window",
  ),

  broken("failed in the middle", CREATED + WORD + failed("server_error", "boom")),
  broken(
    "an error event in the middle",
    CREATED + WORD + event("error", { code: "server_error", message: "boom", param: null }),
  ),
  broken(
    "the newer shape in the middle",
    CREATED + WORD + event("error", { error: { type: "server_error", message: "boom" } }),
  ),
  broken(
    "an error without a type in the middle",
    CREATED + WORD + frame({ error: { message: "boom", type: "server_error" } }),
  ),
  broken(
    "an error within an event of progress",
    CREATED +
      WORD +
      event("response.in_progress", {
        response: response("failed", { error: { code: "server_error", message: "boom" } }),
      }),
  ),
  broken("no end", CREATED + WORD),
  broken("an item that is done, no end", CREATED + WORD + event("response.output_item.done", { item: output[0] })),
  broken("[DONE] in place of the end", CREATED + WORD + DONE),
  broken("cut", CREATED + WORD, { end: "cut" }),
  broken("cancelled in the middle", CREATED + WORD + event("response.cancelled", { response: response("cancelled") })),
  broken("named error in words", CREATED + WORD + name("error", "stream lost")),
];

export const responsesPlain: Shape[] = [
  good("words", JSON.stringify(response("completed", { output, usage: { output_tokens: 2 } }))),
  good("in the background", JSON.stringify(response("queued"))),
  good("incomplete", JSON.stringify(response("incomplete", { incomplete_details: { reason: "max_output_tokens" } }))),
  next("failed", JSON.stringify(response("failed", { error: { code: "server_error", message: "boom" } }))),
  next("no output or tokens", JSON.stringify(response("completed", { usage: { output_tokens: 0 } }))),
  next("an error", JSON.stringify({ error: { message: "boom", type: "server_error" } })),
  next("cancelled", JSON.stringify(response("cancelled"))),
  caller(
    "failed by a context length",
    JSON.stringify(response("failed", { error: { code: "context_length_exceeded", message: tooLong } })),
    "exceeds the context window",
  ),
].map(shape => ({ ...shape, stream: false }));

const text = (words: string, finish: string | null = null, more: object = {}) =>
  frame({
    id: "cmpl-1",
    object: "text_completion",
    choices: [{ index: 0, text: words, logprobs: null, finish_reason: finish }],
    ...more,
  });
const old = (fate: Shape["fate"], what: string, body: string, more: Partial<Shape> = {}): Shape => ({
  what,
  api: "completions",
  fate,
  body,
  ...more,
});

export const completions: Shape[] = [
  old("good", "words", text("Hi") + text("", "stop") + DONE),
  old("good", "length at once", text("", "length") + DONE),
  old("good", "an echo and blanks", text("\n") + text("Hi", "stop") + DONE),
  old("next", "nothing", DONE),
  old("next", "empty words and [DONE]", text("") + DONE),
  old("next", "an error", frame({ error: { message: "boom", type: "server_error" } })),
  old("broken", "no end", text("Hi")),
  old("broken", "an error in the middle", text("Hi") + frame({ error: { message: "boom" } })),
  old(
    "good",
    "plain",
    JSON.stringify({ id: "c", object: "text_completion", choices: [{ index: 0, text: "Hi", finish_reason: "stop" }] }),
    { stream: false },
  ),
  old("next", "plain and empty", JSON.stringify({ choices: [] }), { stream: false }),
];
