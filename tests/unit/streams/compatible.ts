/** Providers of OpenAI's chat, each with what it adds or leaves out. */
import { DONE, USAGE, chunk, data, type Recorded } from "./shape.js";

/** CRLF, no space behind the colon, an empty choice at the end. help.aliyun.com/zh/model-studio/stream */
const dashscope =
  [
    { choices: [{ delta: { content: "", role: "assistant" }, index: 0, logprobs: null, finish_reason: null }] },
    { choices: [{ finish_reason: null, logprobs: null, delta: { content: "你好" }, index: 0 }] },
    { choices: [{ finish_reason: "stop", delta: { content: "" }, index: 0, logprobs: null }] },
    { choices: [], object: "chat.completion.chunk", ...USAGE, model: "qwen-turbo" },
  ]
    .map(event => `data:${JSON.stringify(event)}\r\n\r\n`)
    .join("") + "data:[DONE]\r\n\r\n";

const dashscopeThinking =
  data(
    chunk({ content: null, reasoning_content: "", role: "assistant" }, null, { usage: null }),
    chunk({ content: null, reasoning_content: "好" }, null, { usage: null }),
    chunk({ content: "你好", reasoning_content: null }, null, { usage: null }),
    chunk({ content: "", reasoning_content: null }, "stop", { usage: null }),
    chunk(null, null, USAGE),
  ) + DONE;

/** Waits in a queue with comments, then thinks. api-docs.deepseek.com/quick_start/rate_limit, guides/reasoning_model */
const deepseek =
  ": keep-alive\n\n: keep-alive\n\n" +
  data(
    chunk({ role: "assistant", content: null, reasoning_content: "" }),
    chunk({ content: null, reasoning_content: "Let me think" }),
    chunk({ content: "42", reasoning_content: null }),
    chunk({ content: "", reasoning_content: null }, "stop", USAGE),
  ) +
  DONE;

/** The role in every event, usage too, the finish reason with the last text. ai.google.dev/gemini-api/docs/openai */
const gemini =
  data(
    chunk({ role: "assistant", content: "Hel" }, null, USAGE),
    chunk(
      { role: "assistant", content: "lo", extra_content: { google: { thought_signature: "c2ln" } } },
      "stop",
      USAGE,
    ),
  ) + DONE;

/** A call in one piece, whose finish reason says stop. */
const geminiCall =
  data(
    chunk({
      role: "assistant",
      tool_calls: [
        {
          ...{ index: 0, id: "function-call-1", type: "function", function: { arguments: "{}", name: "weather" } },
          extra_content: { google: { thought_signature: "c2ln" } },
        },
      ],
    }),
    chunk({ role: "assistant" }, "stop", USAGE),
  ) + DONE;

/** docs.ollama.com/api/openai-compatibility */
const ollama =
  data(
    chunk({ role: "assistant", content: "", reasoning: "The user" }, null, { system_fingerprint: "fp_ollama" }),
    chunk({ role: "assistant", content: "Hi" }, null, { system_fingerprint: "fp_ollama" }),
    chunk({ role: "assistant", content: "" }, "stop", { system_fingerprint: "fp_ollama" }),
    chunk(null, null, { ...USAGE, system_fingerprint: "fp_ollama" }),
  ) + DONE;

/** Empty texts while it looks for a stop word, the last one with the finish reason. docs.vllm.ai/en/latest/serving */
const vllmChoice = (delta: object, finish: string | null) => ({
  ...chunk(null),
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish, stop_reason: null, token_ids: null }],
});
const vllm =
  data(
    { ...vllmChoice({ role: "assistant", content: "" }, null), prompt_token_ids: null },
    vllmChoice({ content: "" }, null),
    vllmChoice({ reasoning: "Hm", reasoning_content: "Hm" }, null),
    vllmChoice({ content: "Hi" }, null),
    vllmChoice({ content: "!", reasoning_content: null }, "length"),
    chunk(null, null, USAGE),
  ) + DONE;

/** openrouter.ai/docs/api/reference/streaming */
const openrouter =
  ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n" +
  data(
    chunk({ role: "assistant", content: "" }, null, { provider: "Some" }),
    chunk({ role: "assistant", content: "", reasoning: "Hm", reasoning_details: [{ type: "reasoning.text" }] }),
  ) +
  ": OPENROUTER PROCESSING\n\n" +
  data(
    chunk({ role: "assistant", content: "Hi" }),
    chunk({ role: "assistant", content: "" }, "stop"),
    chunk(null, null, USAGE),
  ) +
  DONE;

/** Thinks in parts. docs.mistral.ai/capabilities/reasoning */
const mistral =
  data(
    chunk({ role: "assistant", content: "" }),
    chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm" }] }] }),
    chunk({ content: "Hi" }, "stop", { ...USAGE, p: "abc" }),
  ) + DONE;

/** console.groq.com/docs/api-reference */
const groq =
  data(
    chunk({ role: "assistant", content: "" }, null, { x_groq: { id: "req_1" } }),
    chunk({ content: "Hi" }),
    chunk({}, "stop", { x_groq: { id: "req_1", ...USAGE } }),
  ) + DONE;

/** An empty finish reason is none. */
const emptyFinish = data(chunk({ content: "Hi" }, ""), chunk({ content: "!" }, ""), chunk({ content: "" }, "stop"));

export const compatible: Recorded[] = [
  { provider: "DashScope", dialect: "chat", text: dashscope, events: 4, content: 1 },
  { provider: "DashScope that thinks", dialect: "chat", text: dashscopeThinking, events: 5, content: 1 },
  { provider: "DeepSeek", dialect: "chat", text: deepseek, events: 4, content: 1 },
  { provider: "Gemini", dialect: "chat", text: gemini, events: 2, content: 0 },
  { provider: "Gemini with a call", dialect: "chat", text: geminiCall, events: 2, content: 0 },
  { provider: "Ollama", dialect: "chat", text: ollama, events: 4, content: 0 },
  { provider: "vLLM", dialect: "chat", text: vllm, events: 6, content: 2 },
  { provider: "OpenRouter", dialect: "chat", text: openrouter, events: 5, content: 1 },
  { provider: "Mistral", dialect: "chat", text: mistral, events: 3, content: 1 },
  { provider: "Groq", dialect: "chat", text: groq, events: 3, content: 1 },
  { provider: "one with empty finish reasons", dialect: "chat", text: emptyFinish, events: 3, content: 0 },
];
