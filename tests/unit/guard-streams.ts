import type { Dialect } from "./guard.js";

/** Streams in the shapes that providers send, complete and good. */
export interface Recorded {
  provider: string;
  dialect: Dialect;
  text: string;
  /** Events that count, of which the one at `content` (from 0) is the first with content. */
  events: number;
  content: number;
}

const data = (...events: object[]) => events.map(event => `data: ${JSON.stringify(event)}\n\n`).join("");
const named = (...events: { type: string; [member: string]: unknown }[]) =>
  events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");

const chunk = (delta: object | null, finish: string | null = null, more: object = {}) => ({
  id: "chatcmpl-9yqK",
  object: "chat.completion.chunk",
  created: 1732503600,
  model: "gpt-4o-mini",
  system_fingerprint: "fp_0ba0d124f1",
  choices: delta === null ? [] : [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  ...more,
});

const USAGE = { usage: { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 } };

const openai =
  data(
    chunk({ role: "assistant", content: "", refusal: null }),
    chunk({ content: "Hello" }),
    chunk({ content: ' "world"\n{[]} \u00e9\u4f60\u{1f600} \\' }),
    chunk({}, "stop"),
    chunk(null, null, USAGE),
  ) + "data: [DONE]\n\n";

const azure =
  data(
    { ...chunk(null), id: "", created: 0, model: "", prompt_filter_results: [{ prompt_index: 0 }] },
    chunk({ content: "", role: "assistant" }),
    chunk({ content: "Hi" }),
    chunk({}, "stop"),
  ) + "data: [DONE]\n\n";

const tools =
  data(
    chunk({
      role: "assistant",
      content: null,
      tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "weather", arguments: "" } }],
    }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":"' } }] }),
    chunk({}, "tool_calls"),
  ) + "data: [DONE]\n\n";

/** CRLF, no space behind the colon, an empty choice at the end. */
const dashscope =
  [
    { choices: [{ delta: { content: "", role: "assistant" }, index: 0, logprobs: null, finish_reason: null }] },
    { choices: [{ finish_reason: null, logprobs: null, delta: { content: "你好" }, index: 0 }] },
    { choices: [{ finish_reason: "stop", delta: { content: "" }, index: 0, logprobs: null }] },
    { choices: [], object: "chat.completion.chunk", ...USAGE, model: "qwen-turbo" },
  ]
    .map(event => `data:${JSON.stringify(event)}\r\n\r\n`)
    .join("") + "data:[DONE]\r\n\r\n";

/** Waits in a queue with comments, then thinks. */
const deepseek =
  ": keep-alive\n\n: keep-alive\n\n" +
  data(
    chunk({ role: "assistant", content: null, reasoning_content: "" }),
    chunk({ content: null, reasoning_content: "Let me think" }),
    chunk({ content: "42", reasoning_content: null }),
    chunk({ content: "", reasoning_content: null }, "stop", USAGE),
  ) +
  "data: [DONE]\n\n";

/** Two choices side by side: the first finish reason is not the end. */
const twoChoices = data(
  ...[0, 1].map(index => ({ choices: [{ index, delta: { content: "a" }, finish_reason: null }] })),
  ...[0, 1].map(index => ({ choices: [{ index, delta: {}, finish_reason: "stop" }] })),
);

const legacy =
  data(
    { id: "cmpl-1", object: "text_completion", choices: [{ text: "", index: 0, logprobs: null, finish_reason: null }] },
    { id: "cmpl-1", object: "text_completion", choices: [{ text: "Once", index: 0, finish_reason: null }] },
    { id: "cmpl-1", object: "text_completion", choices: [{ text: "", index: 0, finish_reason: "length" }] },
  ) + "data: [DONE]\n\n";

const anthropic = named(
  {
    type: "message_start",
    message: { id: "msg_1", type: "message", role: "assistant", content: [], stop_reason: null, usage: {} },
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "ping" },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "!" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 15 } },
  { type: "message_stop" },
);

const anthropicTool = named(
  { type: "message_start", message: { id: "msg_2", type: "message", role: "assistant", content: [] } },
  { type: "content_block_start", index: 0, content_block: { type: "tool_use", id: "toolu_1", name: "w", input: {} } },
  { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: '{"a":1}' } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 15 } },
  { type: "message_stop" },
);

const response = (status: string, output: object[] = []) => ({
  response: { id: "resp_1", object: "response", created_at: 1732503600, status, error: null, output },
});

const responses = named(
  { type: "response.created", ...response("in_progress"), sequence_number: 0 },
  { type: "response.in_progress", ...response("in_progress"), sequence_number: 1 },
  {
    type: "response.output_item.added",
    output_index: 0,
    item: { id: "msg_1", type: "message", status: "in_progress", role: "assistant", content: [] },
    sequence_number: 2,
  },
  {
    type: "response.content_part.added",
    item_id: "msg_1",
    part: { type: "output_text", text: "", annotations: [] },
    sequence_number: 3,
  },
  { type: "response.output_text.delta", item_id: "msg_1", delta: "Hi", sequence_number: 4 },
  { type: "response.output_text.done", item_id: "msg_1", text: "Hi", sequence_number: 5 },
  { type: "response.completed", ...response("completed", [{ type: "message" }]), sequence_number: 6 },
);

const responsesCall = named(
  { type: "response.created", ...response("in_progress"), sequence_number: 0 },
  { type: "response.output_item.added", item: { id: "fc_1", type: "function_call", name: "w" }, sequence_number: 1 },
  { type: "response.function_call_arguments.delta", item_id: "fc_1", delta: "{}", sequence_number: 2 },
  {
    type: "response.incomplete",
    response: { status: "incomplete", error: null, incomplete_details: { reason: "max_output_tokens" } },
    sequence_number: 3,
  },
);

const speech = data(
  { type: "speech.audio.delta", audio: "UklGRg==" },
  { type: "speech.audio.done", usage: { total_tokens: 3 } },
);

export const recorded: Recorded[] = [
  { provider: "OpenAI", dialect: "chat", text: openai, events: 5, content: 1 },
  { provider: "Azure", dialect: "chat", text: azure, events: 4, content: 2 },
  { provider: "OpenAI with a tool", dialect: "chat", text: tools, events: 3, content: 0 },
  { provider: "DashScope", dialect: "chat", text: dashscope, events: 4, content: 1 },
  { provider: "DeepSeek", dialect: "chat", text: deepseek, events: 4, content: 1 },
  { provider: "OpenAI with n = 2", dialect: "chat", text: twoChoices, events: 4, content: 0 },
  { provider: "OpenAI's completions", dialect: "completions", text: legacy, events: 3, content: 1 },
  { provider: "Anthropic", dialect: "messages", text: anthropic, events: 7, content: 2 },
  { provider: "Anthropic with a tool", dialect: "messages", text: anthropicTool, events: 6, content: 1 },
  { provider: "OpenAI's Responses", dialect: "responses", text: responses, events: 7, content: 4 },
  { provider: "OpenAI's Responses with a call", dialect: "responses", text: responsesCall, events: 4, content: 1 },
  { provider: "OpenAI's speech", dialect: "other", text: speech, events: 2, content: 0 },
];

/** Each event with its blank line, comments among them. */
export const eventsOf = (text: string) => text.split(/(?<=\r\n\r\n|\n\n)/);

export function recordedBy(provider: string): Recorded {
  const found = recorded.find(one => one.provider === provider);
  if (!found) throw new Error(`nothing is recorded of ${provider}`);
  return found;
}
