/** Answers to chat completions. */
import { DONE, END, HI, ROLE, STOP, chat, frame, name, say, used, shapesOf, type Shape } from "./shape-kit.js";

const { good, next, broken, caller } = shapesOf("chat");
const crlf = (text: string) => text.replaceAll("\n", "\r\n");
const TOOL = { index: 0, id: "call_1", type: "function", function: { name: "f", arguments: "" } };
const limit = {
  error: {
    message: "This model's maximum context length is 8192 tokens",
    type: "invalid_request_error",
    code: "context_length_exceeded",
  },
};
const policy = { error: { message: "The response was filtered", type: null, code: "content_filter", status: 400 } };

export const chatStreams: Shape[] = [
  good(
    "OpenAI's with obfuscation and usage null",
    say({ role: "assistant", content: "", refusal: null }, null, { obfuscation: "x", usage: null }) +
      say({ content: "Hi" }, null, { usage: null, obfuscation: "yy" }) +
      END,
  ),
  good(
    "Azure's filter chunk first",
    frame({
      choices: [],
      created: 0,
      id: "",
      model: "",
      object: "",
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: { hate: { filtered: false } } }],
    }) +
      ROLE +
      HI +
      END,
  ),
  good(
    "Azure's asynchronous filter with offsets behind words",
    ROLE +
      HI +
      frame({
        id: "",
        object: "",
        choices: [
          {
            index: 0,
            finish_reason: null,
            content_filter_results: { hate: { filtered: false } },
            content_filter_offsets: { check_offset: 1 },
          },
        ],
      }) +
      END,
  ),
  good(
    "Azure's filter chunk behind the finish reason",
    ROLE +
      HI +
      STOP +
      frame({
        id: "",
        choices: [{ index: 0, finish_reason: null, content_filter_results: {}, content_filter_offsets: {} }],
      }) +
      DONE,
  ),
  good("content filter as a finish reason without words", ROLE + say({}, "content_filter") + DONE),
  good("length without words", ROLE + say({}, "length") + DONE),
  good(
    "OpenRouter's comments before and between",
    ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n" + ROLE + ": OPENROUTER PROCESSING\n\n" + HI + END,
  ),
  good(
    "OpenRouter's reasoning details",
    say({
      role: "assistant",
      content: "",
      reasoning: "Hm",
      reasoning_details: [{ type: "reasoning.text", text: "Hm" }],
    }) +
      HI +
      END,
  ),
  good(
    "OpenRouter's encrypted reasoning alone, then a call",
    say({
      role: "assistant",
      content: "",
      reasoning: null,
      reasoning_details: [{ type: "reasoning.encrypted", data: "eA==" }],
    }) +
      say({ tool_calls: [TOOL] }) +
      say({}, "tool_calls") +
      DONE,
  ),
  good("AgentRouter's data: null in between", ROLE + "data: null\n\n" + HI + END),
  good(
    "MiniMax's empty role and sensitive flags",
    say({ role: "", reasoning_content: "" }, null, {
      usage: { total_tokens: 0 },
      input_sensitive: false,
      output_sensitive: false,
      base_resp: { status_code: 0, status_msg: "" },
    }) +
      HI +
      END,
  ),
  good(
    "MiniMax's last event, the whole message beside an empty delta",
    HI +
      frame({
        id: "1",
        choices: [{ index: 0, finish_reason: "stop", delta: {}, message: { role: "assistant", content: "Hi" } }],
        base_resp: { status_code: 0 },
      }),
  ),
  good(
    "Kimi's usage within the last choice",
    ROLE +
      HI +
      frame({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop", usage: { completion_tokens: 2 } }] }) +
      DONE,
  ),
  good(
    "GLM's sensitive finish",
    say({ role: "assistant", content: "" }) + say({ role: "assistant", content: "" }, "sensitive") + DONE,
  ),
  good(
    "GLM's tool stream with role in each",
    say({ role: "assistant", tool_calls: [{ ...TOOL, function: { name: "f", arguments: "{}" } }] }) +
      say({ role: "assistant", content: "" }, "tool_calls") +
      DONE,
  ),
  good(
    "Qwen's search info before words",
    say({ role: "assistant", content: "" }, null, { search_info: { search_results: [] } }) + HI + END,
  ),
  good(
    "Gemini's thought signature alone",
    say({ role: "assistant", extra_content: { google: { thought_signature: "eA==" } } }) +
      say({ role: "assistant", content: "Hi" }, "stop") +
      DONE,
  ),
  good(
    "Gemini without an id, usage in each",
    frame({
      choices: [{ index: 0, delta: { role: "assistant", content: "Hi" } }],
      object: "chat.completion.chunk",
      ...used(1),
    }) +
      frame({ choices: [{ index: 0, delta: { role: "assistant" }, finish_reason: "stop" }], ...used(1) }) +
      DONE,
  ),
  good(
    "Mistral's parts as content",
    say({ role: "assistant", content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm" }] }] }) +
      say({ content: "Hi" }, "stop") +
      DONE,
  ),
  good(
    "Groq's x_groq envelope",
    say({ role: "assistant", content: "" }, null, { x_groq: { id: "req_1" } }) +
      HI +
      say({}, "stop", { x_groq: { id: "req_1", usage: {} } }) +
      DONE,
  ),
  good(
    "Groq's executed tools alone",
    say({ role: "assistant", executed_tools: [{ index: 0, type: "search" }] }) + HI + END,
  ),
  good(
    "Perplexity's citations and whole message",
    frame({
      id: "p",
      citations: ["a"],
      choices: [
        {
          index: 0,
          finish_reason: null,
          message: { role: "assistant", content: "Hi" },
          delta: { role: "assistant", content: "Hi" },
        },
      ],
    }) +
      frame({
        id: "p",
        choices: [
          {
            index: 0,
            finish_reason: "stop",
            message: { role: "assistant", content: "Hi" },
            delta: { role: "assistant", content: "" },
          },
        ],
      }),
  ),
  good("xAI's last words with the finish reason, no [DONE]", HI + say({ content: "!" }, "stop")),
  good(
    "llama.cpp's timings and progress",
    frame({ choices: [], prompt_progress: { total: 10, processed: 5 } }) +
      ROLE +
      HI +
      say({}, "stop", { timings: { predicted_n: 2 } }) +
      DONE,
  ),
  good("LM Studio's CRLF", crlf(ROLE + HI + END)),
  good("single carriage returns", (ROLE + HI + END).replaceAll("\n", "\r")),
  good("mixed line ends", ROLE + crlf(HI) + END),
  good("a byte order mark before the first event", `\ufeff${ROLE + HI + END}`),
  good("no space behind the colon", (ROLE + HI + END).replaceAll("data: ", "data:")),
  good("id, retry and event lines", `retry: 3000\n\nid: 1\nevent: message\n${HI}id: 2\n${END}`),
  good(
    "events named like their object",
    name("chat.completion.chunk", HI.slice(6, -2)) +
      name("chat.completion.chunk", STOP.slice(6, -2)) +
      name("done", "[DONE]"),
  ),
  good(
    "data over several lines",
    'data: {"choices":[{"index":0,\ndata: "delta":{"content":"Hi"},\ndata: "finish_reason":null}]}\n\n' + END,
  ),
  good("a null choice list in usage", HI + STOP + frame({ choices: null, ...used(2) }) + DONE),
  good("usage without choices", HI + STOP + frame({ object: "chat.completion.chunk", ...used(2) }) + DONE),
  good("words behind a finish reason, then [DONE]", HI + STOP + HI + DONE),
  good(
    "two choices, one long after the other",
    frame({ choices: [{ index: 1, delta: { content: "b" }, finish_reason: "stop" }] }) +
      frame({ choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }] }) +
      frame({ choices: [{ index: 0, delta: {}, finish_reason: "length" }] }) +
      DONE,
  ),
  good("a refusal", say({ role: "assistant", refusal: "" }) + say({ refusal: "I cannot" }) + END),
  good(
    "audio",
    say({ role: "assistant", audio: { id: "a", transcript: "Hi" } }) + say({ audio: { data: "AAAA" } }) + END,
  ),
  good(
    "an old function call",
    say({ role: "assistant", content: null, function_call: { name: "f", arguments: "" } }) +
      say({ function_call: { arguments: "{}" } }) +
      say({}, "function_call") +
      DONE,
  ),
  good(
    "log probabilities with each word",
    frame({
      choices: [
        {
          index: 0,
          delta: { content: "Hi" },
          logprobs: { content: [{ token: "Hi", logprob: -1, bytes: [72], top_logprobs: [] }] },
          finish_reason: null,
        },
      ],
    }) + END,
  ),
  good("a finish reason as an object", HI + say({}, { type: "stop", matched: 2 }) + DONE),
  good("a finish reason in capitals", HI + say({}, "STOP") + DONE),
  good("only blanks as words", say({ content: " " }) + say({ content: "\n" }) + END),
  good(
    "an error member that is null",
    say({ content: "Hi" }, null, { error: null }) + say({}, "stop", { error: null }) + DONE,
  ),
  good("a code and a message beside choices", say({ content: "Hi" }, null, { code: 200, message: "ok" }) + END),
  good("the words 'error' and '[DONE]' within words", say({ content: 'data: {"error":"x"} [DONE]' }) + END),
  good("Chinese, emoji and escapes", say({ content: "你好 😀 \u0000 \\" }) + END),
  good(
    "Cohere's tool plan",
    say({ role: "assistant", tool_plan: "I will" }) + say({ tool_calls: [TOOL] }) + say({}, "tool_calls") + DONE,
  ),
  good(
    "LiteLLM's provider fields and citations",
    say({ role: "assistant", content: "Hi", provider_specific_fields: { citations: [] } }) + END,
  ),
  good(
    "SGLang's matched stop and hidden states",
    frame({
      choices: [
        {
          index: 0,
          delta: { role: "assistant", content: "Hi", reasoning_content: null, tool_calls: null },
          logprobs: null,
          finish_reason: null,
          matched_stop: null,
        },
      ],
      usage: null,
    }) +
      frame({ choices: [{ index: 0, delta: { content: null }, finish_reason: "stop", matched_stop: 2 }] }) +
      DONE,
  ),
  good("no type at all", HI + END, { type: "" }),
  good("text/plain", HI + END, { type: "text/plain; charset=utf-8" }),
  good("application/json for events", HI + END, { type: "application/json" }),
  good("text/event-stream in capitals with a charset", HI + END, { type: "Text/Event-Stream;charset=UTF-8" }),
  good("no blank line behind [DONE]", HI + STOP + "data: [DONE]"),
  good("one line end behind [DONE]", HI + STOP + "data: [DONE]\n"),
  good("[DONE] twice", HI + END + DONE),
  good("rubbish behind [DONE]", HI + END + "garbage\n\n" + frame({ error: { message: "late" } })),
  good("a comment behind [DONE]", HI + END + ": bye\n\n"),
  good("cut behind [DONE]", HI + END, { end: "cut" }),
  good("a stop of a model that counted tokens of thought", ROLE + STOP + say(null, null, used(50)) + DONE),
  good(
    "a whole message in place of a delta",
    frame({ choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }] }) + DONE,
  ),
  good(
    "annotations behind words",
    HI + say({ annotations: [{ type: "url_citation", url_citation: { url: "u" } }] }) + END,
  ),
  good("Ollama's finish with load", HI + say({ role: "assistant", content: "" }, "load") + DONE),
  good("Bedrock's guardrail trace", HI + say({}, "guardrail_intervened", { amazon_bedrock_trace: {} }) + DONE),

  next("nothing", ""),
  next("[DONE] alone", DONE),
  next("a comment alone", ": hello\n\n"),
  next("the role alone, then [DONE]", ROLE + DONE),
  next("the role alone, then the end", ROLE),
  next("usage of 0 tokens alone", say(null, null, used(0)) + DONE),
  next("a stop without words or tokens", ROLE + say({}, "stop", used(0)) + DONE),
  next("a stop whose usage comes behind", ROLE + STOP + say(null, null, used(0)) + DONE),
  next("a plain completion where a stream was asked", chat({ role: "assistant", content: "Hi" }), {
    type: "application/json",
  }),
  next("HTML", "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", { type: "text/html" }),
  next("HTML under the type of a stream", "<html>down</html>"),
  next("plain words", "upstream connect error", { type: "text/plain" }),
  next("events of plain words", frame("upstream error")),
  next("broken JSON in the first event", 'data: {"choices":[{"delta":{"content":"Hi"\n\n' + DONE),
  next(
    "an error event of the provider's own fault",
    frame({ error: { message: "Internal server error", type: "server_error", code: 500 } }),
  ),
  next(
    "the same behind the role",
    ROLE +
      frame({ error: { message: "The server had an error", type: "server_error", param: null, code: null } }) +
      DONE,
  ),
  next("an error as a text", frame({ error: "CUDA out of memory" })),
  next("an error as a text with [DONE]", ROLE + frame({ error: "engine queue full" }) + DONE),
  next(
    "vLLM's object of an error",
    frame({ object: "error", message: "EngineCore died", type: "InternalServerError", param: null, code: 500 }) + DONE,
  ),
  next("llama.cpp's error line", 'error: {"code":500,"message":"slot unavailable","type":"server_error"}\n\n'),
  next("llama.cpp's named error", name("error", { code: 503, message: "Loading model", type: "unavailable_error" })),
  next("an error named by its event, in words", name("error", "overloaded")),
  next("an error named by its event, without data", "event: error\n\n"),
  next(
    "unframed JSON of an error",
    JSON.stringify({ error: { message: "overloaded", type: "server_error", code: 529 } }),
  ),
  next(
    "unframed JSON of an error behind a comment",
    ": wait\n\n" + JSON.stringify({ error: { message: "overloaded", type: "server_error" } }) + "\n\n",
  ),
  next(
    "OpenRouter's error with choices",
    say({ role: "assistant", content: "" }, "error", { error: { code: 502, message: "Provider disconnected" } }) + DONE,
  ),
  next(
    "OpenRouter's rate limit inside",
    frame({ id: "g", error: { code: 429, message: "Rate limit exceeded" } }) + DONE,
  ),
  next(
    "a rate limit in a framed 200",
    frame({ error: { message: "Rate limit reached for m", type: "tokens", code: "rate_limit_exceeded" } }),
  ),
  next(
    "DashScope's native error",
    frame({ code: "Throttling.RateQuota", message: "Requests rate limit exceeded", request_id: "r" }),
  ),
  next(
    "DashScope's named lines",
    'id:1\nevent:error\n:HTTP_STATUS/500\ndata:{"code":"InternalError.Algo","message":"An internal error","request_id":"r"}\n\n',
  ),
  next("MiniMax's envelope alone", JSON.stringify({ base_resp: { status_code: 1002, status_msg: "rate limit" } }), {
    type: "application/json",
  }),
  next(
    "MiniMax's envelope framed, with null choices",
    frame({ id: "1", choices: null, base_resp: { status_code: 1000, status_msg: "unknown error" } }),
  ),
  next("Baidu's error code", frame({ error_code: 336100, error_msg: "server error, please retry" })),
  next("Spark's header", frame({ code: 10007, message: "user is busy", sid: "x" })),
  next(
    "a JSON list with an error, as Gemini sends it",
    JSON.stringify([{ error: { code: 503, message: "The model is overloaded", status: "UNAVAILABLE" } }]),
    { type: "application/json" },
  ),
  next(
    "the same in an event",
    frame([{ error: { code: 503, message: "The model is overloaded", status: "UNAVAILABLE" } }]),
  ),
  next("a given-up choice at once", ROLE + say({}, "abort") + DONE),
  next("a timeout as a finish reason at once", ROLE + say({}, "timeout") + DONE),
  next("a failed dependency as a detail", JSON.stringify({ detail: "Internal Server Error" }), {
    type: "application/json",
  }),
  next("a detail in an event", frame({ detail: "model not ready" })),
  next("a message alone in an event", frame({ message: "Service temporarily unavailable" })),
  next("success: false", frame({ success: false, msg: "no channel" })),
  next("one word that is no JSON, then nothing", "OK", { type: "text/plain" }),
  next("cut behind the role", ROLE, { end: "cut" }),
  next("cut within the first word", ROLE + HI.slice(0, 30), { end: "cut" }),

  caller("a context length behind the role", ROLE + frame(limit) + DONE, "maximum context length"),
  caller("the same behind a comment", ": OPENROUTER PROCESSING\n\n" + frame(limit), "maximum context length"),
  caller(
    "Azure's filter error behind its filter chunk",
    frame({ choices: [], prompt_filter_results: [] }) + frame(policy),
    "filtered",
  ),
  caller(
    "vLLM's unwrapped context length",
    frame({
      object: "error",
      message: "This model's maximum context length is 8192 tokens.",
      type: "BadRequestError",
      param: null,
      code: 400,
    }) + DONE,
    "maximum context length",
  ),
  caller("unframed JSON of a context length", JSON.stringify(limit), "maximum context length"),
  caller("the same as application/json", JSON.stringify(limit), "maximum context length", { type: "application/json" }),
  caller("the same as text/plain", JSON.stringify(limit), "maximum context length", { type: "text/plain" }),
  caller("the same behind a byte order mark", `\ufeff${JSON.stringify(limit)}`, "maximum context length"),
  caller("the same over several lines", JSON.stringify(limit, null, 2), "maximum context length", {
    type: "application/json",
  }),
  caller(
    "Gemini's list",
    JSON.stringify([
      { error: { code: 400, message: "The input token count exceeds the maximum", status: "INVALID_ARGUMENT" } },
    ]),
    "token count exceeds",
    { type: "application/json" },
  ),
  caller(
    "the same in an event, behind the role",
    ROLE +
      frame([
        { error: { code: 400, message: "The input token count exceeds the maximum", status: "INVALID_ARGUMENT" } },
      ]),
    "token count exceeds",
  ),
  caller(
    "llama.cpp's context error event",
    name("error", {
      code: 400,
      message: "the request exceeds the available context size, try increasing it",
      type: "exceed_context_size_error",
      n_ctx: 4096,
    }),
    "available context size",
  ),
  caller(
    "llama.cpp's context error line",
    'error: {"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}\n\n',
    "available context size",
  ),
  caller(
    "DashScope's inspection",
    frame({ code: "DataInspectionFailed", message: "Input data may contain inappropriate content.", request_id: "r" }),
    "inappropriate content",
  ),
  caller(
    "a moderation refusal of OpenRouter's",
    frame({
      error: {
        code: 403,
        message: "Your chosen model requires moderation and your input was flagged",
        metadata: { reasons: ["violence"] },
      },
    }),
    "input was flagged",
  ),

  broken(
    "an error in the middle",
    ROLE + HI + frame({ error: { message: "The server had an error", type: "server_error" } }),
  ),
  broken(
    "the same with [DONE] behind",
    ROLE + HI + frame({ error: { message: "boom", type: "server_error", code: 500 } }) + DONE,
  ),
  broken("an error as a text in the middle", HI + frame({ error: "CUDA out of memory" }) + DONE),
  broken(
    "vLLM's object in the middle",
    HI + frame({ object: "error", message: "EngineCore died", type: "InternalServerError", code: 500 }) + DONE,
  ),
  broken("an error line in the middle", HI + 'error: {"code":500,"message":"slot lost","type":"server_error"}\n\n'),
  broken(
    "unframed JSON in the middle",
    HI + JSON.stringify({ error: { message: "lost", type: "server_error" } }) + "\n",
  ),
  broken("an error named by its event in the middle", HI + name("error", { message: "worker lost", code: 500 })),
  broken(
    "an error with choices in the middle",
    HI + say({ content: "" }, "error", { error: { code: 502, message: "lost" } }) + DONE,
  ),
  broken(
    "MiniMax's envelope in the middle",
    HI + frame({ choices: null, base_resp: { status_code: 1000, status_msg: "unknown" } }),
  ),
  broken("a list with an error in the middle", HI + frame([{ error: { code: 503, message: "overloaded" } }])),
  broken("no end", ROLE + HI),
  broken("a given-up finish", HI + say({}, "abort") + DONE),
  broken("a finish that is an object and given up", HI + say({}, { type: "abort", message: "Aborted" }) + DONE),
  broken("a cancelled finish", HI + say({}, "cancelled") + DONE),
  broken("a finish that says error, no error", HI + say({}, "error")),
  broken("an empty finish reason at the end", HI + say({}, "")),
  broken(
    "one choice of two ends",
    HI + frame({ choices: [{ index: 1, delta: { content: "b" }, finish_reason: "stop" }] }),
  ),
  broken("cut in the middle", HI, { end: "cut" }),
  broken(
    "cut in a character",
    Buffer.concat([
      Buffer.from(HI),
      Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"'),
      Buffer.from([0xe4, 0xbd]),
    ]),
    { end: "cut" },
  ),
  broken("the end in an event", HI + HI.slice(0, 40)),
  broken("HTML in the middle", HI + "<html><body>504 Gateway Time-out</body></html>"),
  broken("finish in each event, no [DONE], ends early", say({ content: "a" }, "stop") + say({ content: "b" }, "stop")),
];

export const chatPlain: Shape[] = [
  good("words", chat({ role: "assistant", content: "Hi" })),
  good("words with blanks before", `\n\n   ${chat({ role: "assistant", content: "Hi" })}`),
  good("keep-alive blanks before and behind", `${"\n".repeat(50)}${chat({ role: "assistant", content: "Hi" })}\n`),
  good("printed over lines", JSON.stringify(JSON.parse(chat({ role: "assistant", content: "Hi" })), null, 4)),
  good(
    "calls with null words",
    chat(
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      "tool_calls",
    ),
  ),
  good("length without words", chat({ role: "assistant", content: "" }, "length")),
  good("a content filter without words", chat({ role: "assistant", content: null }, "content_filter")),
  good("thoughts only", chat({ role: "assistant", content: "", reasoning_content: "Hm" }, "length")),
  good("an empty stop that counts thoughts", chat({ role: "assistant", content: "" }, "stop")),
  good("no finish reason", chat({ role: "assistant", content: "Hi" }, null)),
  good("error null beside choices", chat({ role: "assistant", content: "Hi" }, "stop", { error: null })),
  good(
    "MiniMax's good envelope",
    chat({ role: "assistant", content: "Hi" }, "stop", { base_resp: { status_code: 0, status_msg: "success" } }),
  ),
  good("text/plain", chat({ role: "assistant", content: "Hi" }), { type: "text/plain" }),
  good("no type", chat({ role: "assistant", content: "Hi" }), { type: "" }),
  good("vendor's JSON type", chat({ role: "assistant", content: "Hi" }), {
    type: "application/vnd.api+json; charset=utf-8",
  }),
  good("201", chat({ role: "assistant", content: "Hi" }), { status: 201 }),
  next("nothing", ""),
  next("blanks", "\n\n"),
  next("204", "", { status: 204 }),
  next("an empty object", "{}"),
  next("null", "null"),
  next("an empty list of choices", JSON.stringify({ id: "c", object: "chat.completion", choices: [], ...used(0) })),
  next("null choices", JSON.stringify({ id: "c", object: "chat.completion", choices: null })),
  next(
    "an empty stop of 0 tokens",
    JSON.stringify({
      choices: [{ index: 0, message: { role: "assistant", content: "" }, finish_reason: "stop" }],
      ...used(0),
    }),
  ),
  next("a stream where none was asked", HI + END, { type: "text/event-stream" }),
  next("HTML", "<html>login</html>", { type: "text/html" }),
  next("a text", '"ok"'),
  next("cut", chat({ role: "assistant", content: "Hi" }).slice(0, 80), { end: "cut" }),
  next("ended early", chat({ role: "assistant", content: "Hi" }).slice(0, 80)),
  next("an error object", JSON.stringify({ error: { message: "overloaded", type: "server_error", code: "500" } })),
  next("an error text", JSON.stringify({ error: "model runner has unexpectedly stopped" })),
  next("an error list", JSON.stringify([{ error: { code: 503, message: "overloaded", status: "UNAVAILABLE" } }])),
  next("a detail", JSON.stringify({ detail: "Internal Server Error" })),
  next("code and msg", JSON.stringify({ code: 500, msg: "system busy", data: null })),
  next("success false", JSON.stringify({ success: false, message: "no channel" })),
  next(
    "Tencent's error",
    JSON.stringify({ Response: { Error: { Code: "LimitExceeded", Message: "limit" }, RequestId: "r" } }),
  ),
  next("Baidu's error", JSON.stringify({ error_code: 18, error_msg: "Open api qps request limit reached" })),
  next(
    "OpenRouter's error within a choice",
    JSON.stringify({
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "" },
          finish_reason: "error",
          error: { code: 502, message: "lost" },
        },
      ],
    }),
  ),
  next("a given-up choice with words", chat({ role: "assistant", content: "Hi the" }, "abort")),
  next("two documents", chat({ role: "assistant", content: "Hi" }) + chat({ role: "assistant", content: "Ho" })),
  caller("a context length", JSON.stringify(limit), "maximum context length"),
  caller(
    "vLLM's object",
    JSON.stringify({
      object: "error",
      message: "This model's maximum context length is 8192 tokens.",
      type: "BadRequestError",
      param: null,
      code: 400,
    }),
    "maximum context length",
  ),
  caller("behind a byte order mark", `\ufeff${JSON.stringify(limit)}`, "maximum context length"),
].map(shape => ({ ...shape, stream: false }));
