import type { Dialect } from "../validator-room.js";

/** A stream in the shape that a provider sends, complete and good; written by us, from what its documentation shows. */
export interface Recorded {
  provider: string;
  dialect: Dialect;
  text: string;
  /** Events that count, of which the one at `content` (from 0) is the first with content. */
  events: number;
  content: number;
}

export const data = (...events: object[]) => events.map(event => `data: ${JSON.stringify(event)}\n\n`).join("");

export const named = (...events: { type: string; [member: string]: unknown }[]) =>
  events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");

export const DONE = "data: [DONE]\n\n";

export const USAGE = { usage: { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 } };

/** One event of OpenAI's chat; `delta` null: without a choice. */
export const chunk = (delta: object | null, finish: string | null = null, more: object = {}) => ({
  id: "chatcmpl-9yqK",
  object: "chat.completion.chunk",
  created: 1732503600,
  model: "gpt-4o-mini",
  choices: delta === null ? [] : [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  ...more,
});
