/** Anthropic's Messages. https://docs.anthropic.com/en/docs/build-with-claude/streaming */
import { named, type Recorded } from "./shape.js";

const start = {
  type: "message_start",
  message: { id: "msg_1", type: "message", role: "assistant", content: [], stop_reason: null, usage: {} },
};
const begun = (index: number, content_block: object) => ({ type: "content_block_start", index, content_block });
const delta = (index: number, delta: object) => ({ type: "content_block_delta", index, delta });
const stop = (index: number) => ({ type: "content_block_stop", index });
const end = (stop_reason: string) => [
  { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 15 } },
  { type: "message_stop" },
];

const plain = named(
  start,
  begun(0, { type: "text", text: "" }),
  { type: "ping" },
  delta(0, { type: "text_delta", text: "Hello" }),
  delta(0, { type: "text_delta", text: "!" }),
  stop(0),
  ...end("end_turn"),
);

const tool = named(
  start,
  begun(0, { type: "tool_use", id: "toolu_1", name: "weather", input: {} }),
  delta(0, { type: "input_json_delta", partial_json: "" }),
  delta(0, { type: "input_json_delta", partial_json: '{"a":1}' }),
  stop(0),
  ...end("tool_use"),
);

const thinking = named(
  start,
  begun(0, { type: "thinking", thinking: "", signature: "" }),
  { type: "ping" },
  delta(0, { type: "thinking_delta", thinking: "Hm" }),
  delta(0, { type: "signature_delta", signature: "EqQB" }),
  stop(0),
  begun(1, { type: "redacted_thinking", data: "EmwK" }),
  stop(1),
  begun(2, { type: "text", text: "" }),
  delta(2, { type: "text_delta", text: "Hi" }),
  stop(2),
  ...end("max_tokens"),
);

/** Its thoughts are not shown: only their signature comes. */
const signature = named(
  start,
  begun(0, { type: "thinking", thinking: "", signature: "" }),
  delta(0, { type: "signature_delta", signature: "EqQB" }),
  stop(0),
  ...end("end_turn"),
);

const search = named(
  start,
  begun(0, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }),
  delta(0, { type: "input_json_delta", partial_json: '{"query":"a"}' }),
  stop(0),
  begun(1, { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] }),
  stop(1),
  begun(2, { type: "text", text: "", citations: [] }),
  delta(2, { type: "citations_delta", citation: { type: "web_search_result_location" } }),
  delta(2, { type: "text_delta", text: "Hi" }),
  stop(2),
  ...end("pause_turn"),
);

/** Stopped by a classifier before a word was said. */
const refusal = named(start, ...end("refusal"));

export const anthropic: Recorded[] = [
  { provider: "Anthropic", dialect: "messages", text: plain, events: 7, content: 2 },
  { provider: "Anthropic with a tool", dialect: "messages", text: tool, events: 7, content: 1 },
  { provider: "Anthropic that thinks", dialect: "messages", text: thinking, events: 12, content: 1 },
  { provider: "Anthropic that hides its thoughts", dialect: "messages", text: signature, events: 6, content: 1 },
  { provider: "Anthropic with a search", dialect: "messages", text: search, events: 12, content: 1 },
  { provider: "Anthropic that refuses", dialect: "messages", text: refusal, events: 3, content: 1 },
];
