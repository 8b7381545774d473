/** What an answer is made of. */
export interface Saying {
  id: string;
  model: string;
  words: string[];
  /** Whether a streamed answer tells its usage. */
  usage: boolean;
  promptTokens: number;
}

/** How one API says it: as one JSON value, and as the texts of an event stream, one for each word and some around them. */
export interface Dialect {
  plain(saying: Saying): object;
  stream?(saying: Saying): string[];
}

const CREATED = 1_764_000_000;

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const event = (type: string, fields: object = {}) => `event: ${type}\n${data({ type, ...fields })}`;
const DONE = "data: [DONE]\n\n";

const openaiUsage = ({ promptTokens, words }: Saying) => ({
  prompt_tokens: promptTokens,
  completion_tokens: words.length,
  total_tokens: promptTokens + words.length,
});

const chat: Dialect = {
  plain: saying => ({
    id: saying.id,
    object: "chat.completion",
    created: CREATED,
    model: saying.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: saying.words.join("") },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: openaiUsage(saying),
  }),
  stream(saying) {
    const head = { id: saying.id, object: "chat.completion.chunk", created: CREATED, model: saying.model };
    const chunk = (delta: object, finish_reason: string | null = null) =>
      data({ ...head, choices: [{ index: 0, delta, finish_reason }] });
    return [
      chunk({ role: "assistant", content: "" }),
      ...saying.words.map(content => chunk({ content })),
      chunk({}, "stop"),
      ...(saying.usage ? [data({ ...head, choices: [], usage: openaiUsage(saying) })] : []),
      DONE,
    ];
  },
};

const completions: Dialect = {
  plain: saying => ({
    id: saying.id,
    object: "text_completion",
    created: CREATED,
    model: saying.model,
    choices: [{ index: 0, text: saying.words.join(""), logprobs: null, finish_reason: "stop" }],
    usage: openaiUsage(saying),
  }),
  stream(saying) {
    const head = { id: saying.id, object: "text_completion", created: CREATED, model: saying.model };
    const chunk = (text: string, finish_reason: string | null = null) =>
      data({ ...head, choices: [{ index: 0, text, logprobs: null, finish_reason }] });
    return [...saying.words.map(word => chunk(word)), chunk("", "stop"), DONE];
  },
};

const messages: Dialect = {
  plain: saying => ({
    id: saying.id,
    type: "message",
    role: "assistant",
    model: saying.model,
    content: [{ type: "text", text: saying.words.join("") }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: saying.promptTokens, output_tokens: saying.words.length },
  }),
  stream(saying) {
    const message = { ...messages.plain({ ...saying, words: [] }), content: [], stop_reason: null };
    const usage = { output_tokens: saying.words.length };
    return [
      event("message_start", { message }),
      event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
      ...saying.words.map(text => event("content_block_delta", { index: 0, delta: { type: "text_delta", text } })),
      event("content_block_stop", { index: 0 }),
      event("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage }),
      event("message_stop"),
    ];
  },
};

const responses: Dialect = {
  plain: saying => response(saying, "completed"),
  stream(saying) {
    let sequence = 0;
    const next = (type: string, fields: object) => event(type, { sequence_number: sequence++, ...fields });
    const place = { item_id: `msg_${saying.id}`, output_index: 0, content_index: 0 };
    const text = saying.words.join("");
    const [item] = response(saying, "completed").output;
    return [
      next("response.created", { response: response(saying, "in_progress") }),
      next("response.output_item.added", { output_index: 0, item: { ...item, status: "in_progress", content: [] } }),
      next("response.content_part.added", { ...place, part: { type: "output_text", text: "", annotations: [] } }),
      ...saying.words.map(delta => next("response.output_text.delta", { ...place, delta })),
      next("response.output_text.done", { ...place, text }),
      next("response.content_part.done", { ...place, part: { type: "output_text", text, annotations: [] } }),
      next("response.output_item.done", { output_index: 0, item }),
      next("response.completed", { response: response(saying, "completed") }),
    ];
  },
};

function response(saying: Saying, status: "in_progress" | "completed") {
  const content = [{ type: "output_text", text: saying.words.join(""), annotations: [] }];
  const done = status === "completed";
  return {
    id: saying.id,
    object: "response",
    created_at: CREATED,
    status,
    error: null,
    model: saying.model,
    output: done ? [{ id: `msg_${saying.id}`, type: "message", role: "assistant", status, content }] : [],
    usage: done
      ? {
          input_tokens: saying.promptTokens,
          output_tokens: saying.words.length,
          total_tokens: saying.promptTokens + saying.words.length,
        }
      : null,
  };
}

const embeddings: Dialect = {
  plain: ({ model, promptTokens }) => ({
    object: "list",
    model,
    data: [{ object: "embedding", index: 0, embedding: [0.1, -0.2, 0.3] }],
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  }),
};

/** Whatever else is asked (images, audio, files): it is only said who answered. */
const other: Dialect = {
  plain: ({ id, model, words }) => ({ id, object: "demo", model, text: words.join("") }),
};

const dialects: [suffix: string, dialect: Dialect][] = [
  ["/chat/completions", chat],
  ["/completions", completions],
  ["/messages", messages],
  ["/responses", responses],
  ["/embeddings", embeddings],
];

/** The dialect of a path, whatever base path stands before it. */
export function dialectOf(path: string): Dialect {
  return dialects.find(([suffix]) => path.endsWith(suffix))?.[1] ?? other;
}
