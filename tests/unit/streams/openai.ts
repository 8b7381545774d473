/** OpenAI's chat and completions, and Azure's. https://platform.openai.com/docs/api-reference/chat-streaming */
import { DONE, USAGE, chunk, data, type Recorded } from "./shape.js";

const plain =
  data(
    chunk({ role: "assistant", content: "", refusal: null }, null, { service_tier: "default", obfuscation: "xK2" }),
    chunk({ content: "Hello" }, null, { obfuscation: "" }),
    chunk({ content: ' "world"\n{[]} \u00e9\u4f60\u{1f600} \\' }),
    chunk({}, "stop"),
    chunk(null, null, USAGE),
  ) + DONE;

const call = (index: number, more: object) => ({ tool_calls: [{ index, ...more }] });
const begun = (index: number, name: string) =>
  call(index, { id: `call_${index}`, type: "function", function: { name, arguments: "" } });

/** Nothing but calls: no text ever comes. */
const tools =
  data(
    chunk({ role: "assistant", content: null, ...begun(0, "weather") }),
    chunk(call(0, { function: { arguments: '{"city":"' } })),
    chunk(call(0, { function: { arguments: 'Paris"}' } })),
    chunk(begun(1, "time")),
    chunk(call(1, { function: { arguments: "{}" } })),
    chunk({}, "tool_calls"),
  ) + DONE;

const refusal =
  data(
    chunk({ role: "assistant", content: "", refusal: null }),
    chunk({ refusal: "I cannot" }),
    chunk({ refusal: " help with that." }),
    chunk({}, "stop"),
  ) + DONE;

const length = data(chunk({ role: "assistant", content: "" }), chunk({ content: "Once" }), chunk({}, "length")) + DONE;

/** Two choices side by side: the first finish reason is not the end. */
const twoChoices = data(
  ...[0, 1].map(index => ({ choices: [{ index, delta: { content: "a" }, finish_reason: null }] })),
  ...[0, 1].map(index => ({ choices: [{ index, delta: {}, finish_reason: "stop" }] })),
);

const text = (text: string, finish: string | null) => ({
  ...{ id: "cmpl-1", object: "text_completion", created: 1732503600, model: "gpt-3.5-turbo-instruct" },
  choices: [{ text, index: 0, logprobs: null, finish_reason: finish }],
});
const completions = data(text("", null), text("Once", null), text("", "length"), { ...text("", null), choices: [] });

const safe = { hate: { filtered: false, severity: "safe" }, violence: { filtered: false, severity: "safe" } };
const prompt = {
  ...{ id: "", object: "", created: 0, model: "", choices: [] },
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: safe }],
};
const azure =
  data(
    prompt,
    chunk({ content: "", refusal: null, role: "assistant" }),
    chunk({ content: "Hi" }),
    chunk({}, "stop"),
    chunk(null, null, USAGE),
  ) + DONE;

/** Filtered beside the stream: what a filter found comes without a delta, also behind the finish reason. */
const annotation = {
  ...{ id: "", object: "", created: 0, model: "" },
  choices: [
    {
      ...{ index: 0, finish_reason: null },
      content_filter_results: { ...safe, error: { code: "content_filter_error", message: "Not filtered" } },
      content_filter_offsets: { check_offset: 44, start_offset: 44, end_offset: 198 },
    },
  ],
};
const azureBeside =
  data(
    { ...prompt, prompt_filter_results: undefined, prompt_annotations: [{ prompt_index: 0 }] },
    annotation,
    chunk({ role: "assistant" }),
    chunk({ content: "Hi" }),
    annotation,
    chunk({}, "stop"),
    annotation,
  ) + DONE;

/** All that the model said was filtered. */
const azureFiltered =
  data(prompt, chunk({ role: "assistant", content: null }), chunk({}, "content_filter"), annotation) + DONE;

export const openai: Recorded[] = [
  { provider: "OpenAI", dialect: "chat", text: plain, events: 5, content: 1 },
  { provider: "OpenAI with two calls", dialect: "chat", text: tools, events: 6, content: 0 },
  { provider: "OpenAI that refuses", dialect: "chat", text: refusal, events: 4, content: 1 },
  { provider: "OpenAI at max_tokens", dialect: "chat", text: length, events: 3, content: 1 },
  { provider: "OpenAI with n = 2", dialect: "chat", text: twoChoices, events: 4, content: 0 },
  { provider: "OpenAI's completions", dialect: "completions", text: completions + DONE, events: 4, content: 1 },
  { provider: "Azure", dialect: "chat", text: azure, events: 5, content: 2 },
  { provider: "Azure with the asynchronous filter", dialect: "chat", text: azureBeside, events: 7, content: 3 },
  { provider: "Azure that filters everything", dialect: "chat", text: azureFiltered, events: 4, content: 2 },
];
