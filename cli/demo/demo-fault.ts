/**
 * What a demo provider does in place of a good answer.
 *
 *     before the headers   status, reset, refused, hang, slow
 *     after the headers    silent, keep-alive, slow-token, empty, garbage, error-in-200
 *     within the answer    cut, truncated, stall
 */
export interface Fault {
  kind: Kind;
  /** Of kind status. */
  status?: number;
  /** Of kind status: the Retry-After header, seconds or a date. */
  retryAfter?: string;
  /** Of kind status: these headers as well, for example x-ratelimit-reset-requests. */
  headers?: Record<string, string>;
  /** Of kinds status and error-in-200: the error object's code in place of the provider's usual one. */
  code?: string;
  /** Of kinds slow and slow-token: milliseconds. */
  delay?: number;
  /** Of kinds cut, truncated and stall: how many events (or of a plain answer, halves) go out before; default: half of them. */
  after?: number;
  /** For how many requests; after them all is well again. Default: until it is changed. */
  times?: number;
}

export const kinds = {
  ok: "a good answer",
  status: "an error answer with that status, as the provider would word it: 401, 429, 503 ...",
  hang: "takes the request and never answers",
  silent: "sends the headers of a good answer, then nothing",
  "keep-alive": "sends headers, then comments (or blank lines) for ever",
  slow: "sends nothing for 3 s (or `slow 500ms`), then a good answer",
  "slow-token": "sends headers at once, the first token after 3 s",
  cut: "breaks the connection in the middle of the answer",
  truncated: "ends the answer in the middle, cleanly",
  stall: "stops in the middle of the answer, with the connection open",
  reset: "breaks the connection before it answers",
  refused: "closes the port (of the whole provider)",
  "error-in-200": "answers 200 with an error inside",
  empty: "answers 200 with nothing inside",
  garbage: "answers 200 with a web page inside",
} as const;

export type Kind = keyof typeof kinds;

const DELAY = /^(\d+)(ms|s)?$/;

/** Reads what a person types: "401", "429" with a Retry-After, "slow 500ms", "cut". Throws what is wrong with it. */
export function parseFault(words: readonly string[], retryAfter?: string): Fault {
  const [word = "", argument] = words;
  const fault = readKind(word);
  if (retryAfter !== undefined) {
    if (fault.kind !== "status") throw new Error(`Retry-After belongs to a status, not to "${word}"`);
    if (!/^\d+$|^\w{3}, .* GMT$/.test(retryAfter))
      throw new Error(
        `"${retryAfter}" is no Retry-After: a number of seconds, or a date like ${new Date(0).toUTCString()}`,
      );
    fault.retryAfter = retryAfter;
  }
  if (argument === undefined) return fault;
  const [, amount, unit] = DELAY.exec(argument) ?? [];
  if (amount === undefined || !(fault.kind === "slow" || fault.kind === "slow-token") || words.length > 2)
    throw new Error(`"${words.join(" ")}" is no fault; only slow and slow-token take a time, as in "slow 500ms"`);
  return { ...fault, delay: Number(amount) * (unit === "s" ? 1000 : 1) };
}

function readKind(word: string): Fault {
  if (/^[2-5]\d\d$/.test(word)) return { kind: "status", status: Number(word) };
  if (Object.hasOwn(kinds, word) && word !== "status") return { kind: word as Kind };
  const known = Object.keys(kinds).filter(kind => kind !== "status");
  throw new Error(`"${word}" is no fault; known are a status from 200 to 599 and ${known.join(", ")}`);
}

/** As a person reads it: "429 (Retry-After 2)". */
export function faultText({ kind, status, retryAfter, delay }: Fault): string {
  if (kind === "status") return `${status}${retryAfter === undefined ? "" : ` (Retry-After ${retryAfter})`}`;
  return delay === undefined ? kind : `${kind} ${delay}ms`;
}
