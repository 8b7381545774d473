/** How answers are written down: each with what becomes of it, decided by what the official client shows when it calls the provider. */
import type { Dialect } from "../../unit/validator-room.js";

/**
 * - "good": the client gets these bytes, and the attempt counts as good.
 * - "next": nothing of it is an answer: the next hop is asked; where there is none, the client raises once.
 * - "caller": an error that no other hop would mend: the client raises it, once, in the words `says`.
 * - "broken": an answer that breaks off: the client has its beginning and raises once; with guard full the next hop is asked.
 */
export type Fate = "good" | "next" | "caller" | "broken";

export interface Shape {
  what: string;
  api: Exclude<Dialect, "other">;
  fate: Fate;
  /** Default: true. */
  stream?: boolean;
  status?: number;
  /** Default: that of a stream, or of JSON. */
  type?: string;
  headers?: Record<string, string>;
  body: string | Buffer;
  end?: "clean" | "cut";
  /** Words that the client must be shown. */
  says?: string;
}

/** What writes the shapes of one API, by their fate. */
export function shapesOf(api: Shape["api"]) {
  const row =
    (fate: Fate) =>
    (what: string, body: Shape["body"], more: Partial<Shape> = {}): Shape => ({ what, api, fate, body, ...more });
  const caller = (what: string, body: Shape["body"], says: string, more: Partial<Shape> = {}): Shape => ({
    ...{ what, api, fate: "caller" as const, body, says },
    ...more,
  });
  return { good: row("good"), next: row("next"), broken: row("broken"), caller };
}

export const frame = (value: object | string | null) =>
  `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
export const name = (event: string, value: object | string) => `event: ${event}\n${frame(value)}`;
export const typed = (...values: { type: string; [member: string]: unknown }[]) =>
  values.map(value => name(value.type, value)).join("");
export const DONE = frame("[DONE]");

/** An event of a chat with one choice. */
export const say = (delta: object | null, finish: string | object | null = null, more: object = {}) =>
  frame({
    ...{ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m" },
    choices: delta === null ? [] : [{ index: 0, delta, finish_reason: finish }],
    ...more,
  });
export const ROLE = say({ role: "assistant", content: "" });
export const HI = say({ content: "Hi" });
export const STOP = say({}, "stop");
export const used = (completion_tokens: number) => ({
  usage: { prompt_tokens: 9, completion_tokens, total_tokens: 9 + completion_tokens },
});
export const USAGE = say(null, null, used(2));
export const END = STOP + USAGE + DONE;

export const chat = (message: object, finish: string | null = "stop", more: object = {}) =>
  JSON.stringify({
    ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: "m" },
    choices: [{ index: 0, message, finish_reason: finish }],
    ...used(2),
    ...more,
  });

// Messages
export const START = typed({
  type: "message_start",
  message: {
    ...{ id: "msg_1", type: "message", role: "assistant", model: "m", content: [], stop_reason: null },
    usage: { input_tokens: 9, output_tokens: 1 },
  },
});
export const begin = (content_block: object, index = 0) => typed({ type: "content_block_start", index, content_block });
export const part = (delta: object, index = 0) => typed({ type: "content_block_delta", index, delta });
export const stop = (index = 0) => typed({ type: "content_block_stop", index });
export const TEXT = begin({ type: "text", text: "" }) + part({ type: "text_delta", text: "Hi" }) + stop();
export const last = (stop_reason = "end_turn", output_tokens = 2) =>
  typed({ type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens } }) +
  typed({ type: "message_stop" });
export const message = (content: object[], stop_reason: string | null = "end_turn", more: object = {}) =>
  JSON.stringify({
    ...{ id: "msg_1", type: "message", role: "assistant", model: "m", content, stop_reason },
    usage: { input_tokens: 9, output_tokens: 2 },
    ...more,
  });

// Responses
export const response = (status: string, more: object = {}) => ({
  ...{ id: "resp_1", object: "response", created_at: 1, status, model: "m", error: null, output: [] as object[] },
  ...more,
});
export const output = [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] }];
export const CREATED = typed({ type: "response.created", sequence_number: 0, response: response("in_progress") });
export const WORD = typed({ type: "response.output_text.delta", sequence_number: 3, delta: "Hi" });
export const COMPLETED = typed({
  ...{ type: "response.completed", sequence_number: 9 },
  response: response("completed", { output, usage: { input_tokens: 9, output_tokens: 2 } }),
});
