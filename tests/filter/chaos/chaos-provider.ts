/** Providers that do with each attempt of a request what the scenario says, and repeat whose request it was. */
import { delta, DONE, event, json, openAiError, type Answer, type Behaviour } from "../../host/proxy-host.js";
import type { Piece } from "../../host/behaviour.js";
import type { Fate } from "./scenario.js";

/** "<7.2 w w 7.2>": the whole text of a good answer to the second attempt of request 7. */
export const textOf = (mark: number, attempt: number, words: number): string =>
  `<${mark}.${attempt} ${"w ".repeat(words)}${mark}.${attempt}>`;

/** Would steer the router, or give the client what is not its own. */
const EVIL = {
  "x-envoy-ratelimited": "true",
  "x-envoy-overloaded": "true",
  "x-ai-failover-retry": "1",
  "x-ai-failover-wait": "9",
  "x-ai-failover-trail": "stolen",
  "set-cookie": "provider-cookie",
  "alt-svc": 'h3=":443"',
};

export function behave(fate: Fate, text: string, stream: boolean): Behaviour {
  if (typeof fate.kind === "number") return failed(fate, fate.kind);
  switch (fate.kind) {
    case "refused":
    case "tls":
    case "silence":
      return { fault: fate.kind };
    case "connect-timeout":
      return { fault: fate.kind, wait: 300 };
    case "reset":
      return { fault: fate.kind, wait: fate.wait };
    default:
      return answer(fate, stream ? streamOf(fate, text) : plainOf(fate, text));
  }
}

function failed(fate: Fate, status: number): Behaviour {
  if (status === 204) return answer(fate, { status });
  if (status === 302) return answer(fate, { status, headers: { location: "https://elsewhere.test/" } });
  const headers: Record<string, string> = status === 429 ? { "retry-after": "1" } : {};
  const code = status === 401 ? "invalid_api_key" : status === 402 ? "insufficient_quota" : "an_error";
  return answer(fate, json(status, openAiError(code), { headers }));
}

const PLAIN = { "content-type": "application/json" };
const EVENTS = { "content-type": "text/event-stream" };

function completion(text: string): string {
  const message = { role: "assistant", content: text };
  return JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }] });
}

/** Pieces that end anywhere, with a pause between them. */
function pieces({ splits, pause }: Fate, text: string): Piece[] {
  const bytes = Buffer.from(text);
  const cuts = [...splits.map(percent => Math.round((percent * bytes.length) / 100)), bytes.length].sort(
    (a, b) => a - b,
  );
  return cuts.flatMap((cut, i) => [bytes.subarray(cuts[i - 1] ?? 0, cut), pause]).slice(0, -1);
}

/** Lets content go out before what follows. */
const HOLD = 120;

function plainOf(fate: Fate, text: string): Answer {
  const whole = completion(text);
  const half = whole.slice(0, whole.length >> 1);
  switch (fate.kind) {
    case "compressed":
      return { headers: { ...PLAIN, "content-encoding": "gzip" }, body: pieces(fate, text) };
    case "empty":
      return { headers: PLAIN };
    case "html":
      return { headers: { "content-type": "text/html" }, body: "<html>" };
    case "garbage":
      return { headers: PLAIN, body: "{nonsense" };
    case "error-inside":
      return json(200, openAiError("server_error"));
    case "half-json":
    case "no-end-mark":
      return { headers: PLAIN, body: pieces(fate, half) };
    case "cut-before":
      return { headers: PLAIN, body: [1], end: "cut" };
    case "silent-after-headers":
      return { headers: PLAIN, end: "stall" };
    case "comments":
      return { headers: PLAIN, body: Array.from({ length: 80 }, (_, i) => (i % 2 ? 100 : "\n")), end: "stall" };
    case "wrong-kind":
      return { headers: EVENTS, body: [delta(text), DONE] };
    case "cut":
      return { headers: PLAIN, body: [half, HOLD], end: "cut" };
    case "stall":
      return { headers: PLAIN, body: half, end: "stall" };
    case "only-done":
      return { headers: PLAIN, body: DONE };
    case "late-error":
      return json(200, openAiError("server_error"));
    default:
      return { headers: PLAIN, body: pieces(fate, whole) };
  }
}

function streamOf(fate: Fate, text: string): Answer {
  const deltas = text.match(/[^ ]+ ?/g)!.map(delta);
  const head = deltas.slice(0, Math.ceil(deltas.length / 2)).join("");
  const whole = `${deltas.join("")}${DONE}`;
  switch (fate.kind) {
    case "compressed":
      return { headers: { ...EVENTS, "content-encoding": "gzip" }, body: pieces(fate, text) };
    case "empty":
      return { headers: EVENTS };
    case "html":
      return { headers: { "content-type": "text/html" }, body: "<html>" };
    case "garbage":
      return { headers: EVENTS, body: "data: {nonsense\n\n" };
    case "error-inside":
      return { headers: EVENTS, body: pieces(fate, event(openAiError("server_error"))) };
    case "half-json":
      return { headers: EVENTS, body: 'data: {"choices":[{"delta":{"con' };
    case "cut-before":
      return { headers: EVENTS, body: [": wait\n\n", 1], end: "cut" };
    case "silent-after-headers":
      return { headers: EVENTS, end: "stall" };
    case "comments":
      return {
        headers: EVENTS,
        body: Array.from({ length: 80 }, (_, i) => (i % 2 ? 100 : ": wait\n\n")),
        end: "stall",
      };
    case "only-done":
      return { headers: EVENTS, body: DONE };
    case "wrong-kind":
      return { headers: { "content-type": "text/plain" }, body: "no stream" };
    case "cut":
      return { headers: EVENTS, body: [...pieces(fate, head), HOLD], end: "cut" };
    case "stall":
      return { headers: EVENTS, body: pieces(fate, head), end: "stall" };
    case "no-end-mark":
      return { headers: EVENTS, body: pieces(fate, head) };
    case "late-error":
      return { headers: EVENTS, body: [head, HOLD, event(openAiError("server_error"))] };
    default:
      return { headers: EVENTS, body: pieces(fate, whole) };
  }
}

function answer(fate: Fate, what: Answer): Answer {
  return {
    ...{ wait: fate.wait, endsWithLast: fate.endsWithLast },
    ...what,
    headers: { ...(what.headers as Record<string, string>), ...(fate.evil ? EVIL : {}) },
    ...(fate.interim ? { interim: [103] } : {}),
    ...(fate.trailers && what.end === undefined && what.body !== undefined ? { trailers: { "x-checksum": "1" } } : {}),
  };
}
