/** OpenAI's Responses. https://platform.openai.com/docs/api-reference/responses-streaming */
import { named, type Recorded } from "./shape.js";

type Event = { type: string; [member: string]: unknown };

const numbered = (...events: Event[]) => named(...events.map((event, i) => ({ ...event, sequence_number: i })));

const response = (status: string, more: object = {}) => ({
  response: { id: "resp_1", object: "response", created_at: 1732503600, status, error: null, output: [], ...more },
});
const start: Event[] = [
  { type: "response.created", ...response("in_progress") },
  { type: "response.in_progress", ...response("in_progress") },
];
const item = (item: object) => ({ type: "response.output_item.added", output_index: 0, item });
const message = item({ id: "msg_1", type: "message", status: "in_progress", role: "assistant", content: [] });
const part = (type: string) => ({ type: "response.content_part.added", item_id: "msg_1", part: { type, text: "" } });
const done = { type: "response.completed", ...response("completed", { output: [{ type: "message" }] }) };

const plain = numbered(
  ...start,
  message,
  part("output_text"),
  { type: "response.output_text.delta", item_id: "msg_1", delta: "Hi", logprobs: [], obfuscation: "xyz" },
  { type: "response.output_text.done", item_id: "msg_1", text: "Hi" },
  done,
);

const call = numbered(
  start[0]!,
  item({ id: "fc_1", type: "function_call", name: "weather", arguments: "" }),
  { type: "response.function_call_arguments.delta", item_id: "fc_1", delta: "{}" },
  {
    type: "response.incomplete",
    ...response("incomplete", { incomplete_details: { reason: "max_output_tokens" } }),
  },
);

const refusal = numbered(
  ...start,
  message,
  part("refusal"),
  { type: "response.refusal.delta", item_id: "msg_1", delta: "I cannot help." },
  { type: "response.refusal.done", item_id: "msg_1", refusal: "I cannot help." },
  done,
);

const thinking = numbered(
  ...start,
  item({ id: "rs_1", type: "reasoning", summary: [] }),
  { type: "response.reasoning_summary_part.added", item_id: "rs_1", part: { type: "summary_text", text: "" } },
  { type: "response.reasoning_summary_text.delta", item_id: "rs_1", delta: "**Think" },
  { type: "response.reasoning_summary_text.done", item_id: "rs_1", text: "**Think" },
  message,
  part("output_text"),
  { type: "response.output_text.delta", item_id: "msg_1", delta: "Hi" },
  { type: "response.incomplete", ...response("incomplete", { incomplete_details: { reason: "content_filter" } }) },
);

/** As vLLM words what a model thinks. */
const vllm = numbered(
  ...start,
  item({ id: "rs_1", type: "reasoning", summary: [], content: null }),
  { type: "response.reasoning_part.added", item_id: "rs_1", part: { type: "reasoning_text", text: "" } },
  { type: "response.reasoning_text.delta", item_id: "rs_1", delta: "Hm" },
  { type: "response.reasoning_text.done", item_id: "rs_1", text: "Hm" },
  done,
);

const search = numbered(
  ...start,
  item({ id: "ws_1", type: "web_search_call", status: "in_progress" }),
  { type: "response.web_search_call.searching", item_id: "ws_1" },
  { type: "response.web_search_call.completed", item_id: "ws_1" },
  done,
);

export const responses: Recorded[] = [
  { provider: "OpenAI's Responses", dialect: "responses", text: plain, events: 7, content: 4 },
  { provider: "OpenAI's Responses with a call", dialect: "responses", text: call, events: 4, content: 1 },
  { provider: "OpenAI's Responses that refuse", dialect: "responses", text: refusal, events: 7, content: 4 },
  { provider: "OpenAI's Responses that think", dialect: "responses", text: thinking, events: 10, content: 2 },
  { provider: "vLLM's Responses", dialect: "responses", text: vllm, events: 7, content: 2 },
  { provider: "OpenAI's Responses with a search", dialect: "responses", text: search, events: 6, content: 2 },
];
