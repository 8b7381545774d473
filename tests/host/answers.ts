/** What LLM providers answer, in the OpenAI dialect. */
import type { Answer, Piece } from "./behaviour.js";

/** Any JSON answer, with its length. */
export function json(status: number, value: object, more: Answer = {}): Answer {
  const body = JSON.stringify(value);
  const headers = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
  return { status, body, ...more, headers: { ...headers, ...more.headers } };
}

/** A completion that was asked for without a stream. */
export function chat(text: string, more: Answer = {}): Answer {
  const message = { role: "assistant", content: text };
  const value = { id: "c", object: "chat.completion", choices: [{ index: 0, message, finish_reason: "stop" }] };
  return json(200, value, more);
}

export const openAiError = (code: string, message = code): object => ({
  error: { message, type: "invalid_request_error", param: null, code },
});

export const event = (data: object | string): string =>
  `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;

export const delta = (text: string): string =>
  event({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content: text } }] });

export const DONE = event("[DONE]");

/** A stream of events as they are given, a number being a pause in ms. */
export const events = (body: Piece[], more: Answer = {}): Answer => ({
  ...{ body, ...more },
  headers: { "content-type": "text/event-stream", ...more.headers },
});

/** A streamed completion, one event for each word, with its end mark; a number is a pause in ms. */
export const sse = (...words: (string | number)[]): Answer =>
  events([...words.map(word => (typeof word === "number" ? word : delta(word))), DONE]);

/** The words of a streamed or plain completion. */
export function wordsOf(text: string): string {
  const values = text.startsWith("data:")
    ? text.split("\n\n").filter(line => line.startsWith("data: {"))
    : [`data: ${text}`];
  return values
    .map(line => JSON.parse(line.slice(6)).choices?.[0])
    .map(choice => choice?.delta?.content ?? choice?.message?.content ?? "")
    .join("");
}
