/**
 * How long a provider asks to stay away, from the headers of its answer.
 *
 *   retry-after                 seconds or a date, RFC 9110 section 10.2.3
 *   retry-after-ms              Azure, OpenAI
 *   x-ratelimit-reset, x-ratelimit-reset-requests, -tokens
 *                               "6m0s", "20ms" (OpenAI, Groq), seconds, Unix time (OpenRouter: ms)
 *   anthropic-ratelimit-*-reset RFC 3339
 *
 * A retry-after is the provider's word for this answer. Resets are there on good answers too: of them only those count whose
 * limit has nothing remaining, or where nothing says what remains.
 */
import { RETRY_AFTER } from "../http/header-names";
import { equalsIgnoreCase, lowerCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { parseDecimal, parseReset } from "../http/durations";

/** Longest wait that a provider's word is good for, ms. */
export const MOST_WAIT: i64 = 3600_000;

const RETRY_AFTER_MS = Bytes.of("retry-after-ms");

class Limit {
  readonly reset: Bytes;
  readonly remaining: Bytes;
  resetMs: i64 = -1;
  spent: bool = true;
  constructor(reset: string, remaining: string) {
    this.reset = Bytes.of(reset);
    this.remaining = Bytes.of(remaining);
  }
}

const LIMITS: Limit[] = [
  new Limit("x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"),
  new Limit("x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
  new Limit("x-ratelimit-reset", "x-ratelimit-remaining"),
  new Limit("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"),
  new Limit("anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"),
  new Limit("anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-input-tokens-remaining"),
  new Limit("anthropic-ratelimit-output-tokens-reset", "anthropic-ratelimit-output-tokens-remaining"),
];

let asked: i64 = -1;
let nowMs: i64 = 0;

/** Before the first header of an answer. `unixMs`: wall time, for dates. */
export function start(unixMs: i64): void {
  nowMs = unixMs;
  asked = -1;
  for (let i = 0, k = LIMITS.length; i < k; i++) {
    const limit = unchecked(LIMITS[i]);
    limit.resetMs = -1;
    limit.spent = true;
  }
}

/** One header of the answer, in any order; its name in any case. */
export function see(name: usize, nameLen: usize, value: usize, valueLen: usize): void {
  if (nameLen < RETRY_AFTER.len) return;
  switch (lowerCase(load<u8>(name))) {
    case 0x72: // r
      if (equalsIgnoreCase(name, nameLen, RETRY_AFTER)) asked = max(asked, parseReset(value, valueLen, nowMs));
      else if (equalsIgnoreCase(name, nameLen, RETRY_AFTER_MS)) asked = max(asked, parseMillis(value, valueLen));
      return;
    case 0x61: // a
    case 0x78: // x
      seeLimit(name, nameLen, value, valueLen);
  }
}

function seeLimit(name: usize, nameLen: usize, value: usize, valueLen: usize): void {
  for (let i = 0, k = LIMITS.length; i < k; i++) {
    const limit = unchecked(LIMITS[i]);
    if (equalsIgnoreCase(name, nameLen, limit.reset)) limit.resetMs = parseReset(value, valueLen, nowMs);
    else if (equalsIgnoreCase(name, nameLen, limit.remaining)) limit.spent = parseDecimal(value, valueLen) <= 0;
  }
}

/** Whole milliseconds; a fraction is rounded up. */
function parseMillis(ptr: usize, len: usize): i64 {
  for (let i: usize = 0; i < len; i++)
    if (load<u8>(ptr + i) == 0x2e) {
      const whole = parseDecimal(ptr, i);
      return whole < 0 ? -1 : whole + 1;
    }
  return parseDecimal(ptr, len);
}

/** What they ask for together, ms, at most `MOST_WAIT`; -1: nothing. */
export function waitMs(): i64 {
  let wait = asked;
  if (wait < 0) {
    let longest: i64 = -1;
    for (let i = 0, k = LIMITS.length; i < k; i++) {
      const limit = unchecked(LIMITS[i]);
      longest = max(longest, limit.resetMs);
      if (limit.spent) wait = max(wait, limit.resetMs);
    }
    // All have something left: the request was larger than that.
    if (wait < 0) wait = longest;
  }
  return min(wait, MOST_WAIT);
}
