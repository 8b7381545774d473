/**
 * How long a provider asks to stay away, from the headers of its answer, or from headers that a body quotes.
 *
 *   retry-after                        seconds or a date, RFC 9110 section 10.2.3
 *   retry-after-ms                     Azure, OpenAI
 *   x-ratelimit-retry-after            and others that end so
 *   [x-]rate[-]limit-KIND[-LIMIT]      "6m0s", "20ms" (OpenAI, Groq), seconds, Unix time (OpenRouter: ms); LIMIT: "tokens", "requests-day"
 *                                      (Cerebras) ...; KIND: reset, remaining, status; either may come first
 *   anthropic-ratelimit-LIMIT-KIND     RFC 3339, Unix time; "unified" is a subscription's: of the account, in hours and days
 *   ratelimit                          IETF draft: `"day";r=0;t=33`, older `limit=9, remaining=0, reset=33`
 *   date                               the provider's own clock: dates are told by it
 *
 * A retry-after is the provider's word for this answer. Resets are there on good answers too: they count by what remains of their
 * limit.
 */
import { RETRY_AFTER } from "../http/header-names";
import { Char, equalsIgnoreCase, isDigit, lowerCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { hash64 } from "../text/hash";
import { parseDecimal, parseReset } from "../http/durations";
import { parseHttpDate } from "../http/dates";
import { headersIn } from "../http/header-list";
import { durationOf } from "./wait-words";

/** What an answer asks for. */
@unmanaged
export class AskedWait {
  /** The provider's wall clock, ms; 0: not known. */
  unixMs: i64 = 0;
  /** Ms; -1: nothing. */
  ms: i64 = -1;
  /** By a retry-after or by a limit that is spent; else it is the longest that it can take. */
  isFirm: bool = false;
  /** The limit is a subscription's, which lasts for hours or days. */
  isSubscription: bool = false;
}

/** What `finish` found. */
export const asked = new AskedWait();

const DATE = Bytes.of("date");
const RETRY_AFTER_MS = Bytes.of("retry-after-ms");
const AZURE_RETRY_AFTER_MS = Bytes.of("x-ms-retry-after-ms");
const RATELIMIT = Bytes.of("ratelimit");
const RATE_LIMIT = Bytes.of("rate-limit");
const ANTHROPIC = Bytes.of("anthropic-");
const UNIFIED = Bytes.of("unified");
const RESET = Bytes.of("reset");
const REMAINING = Bytes.of("remaining");
const STATUS = Bytes.of("status");
const TOKENS = Bytes.of("tokens");
const REJECTED = Bytes.of("rejected");

/** What remains of a limit where nothing says it. */
const UNKNOWN: i64 = -1;
const MOST_LIMITS = 12;

@unmanaged
class Limit {
  name: u64;
  resetMs: i64;
  remaining: i64;
  /** Of tokens: a request may be larger than what remains. */
  countsTokens: bool;
  isSubscription: bool;
}

const limits: usize = heap.alloc(MOST_LIMITS * offsetof<Limit>());
let limitCount = 0;
let askedMs: i64 = -1;
let nowMs: i64 = 0;

function limitAt(i: i32): Limit {
  return changetype<Limit>(limits + <usize>i * offsetof<Limit>());
}

/** Reads all headers of an answer into `asked`. */
export function readAskedWait(list: usize, len: usize, unixMs: i64): void {
  start(clockOf(list, len, unixMs));
  const header = headersIn(list, len);
  while (header.next()) see(header.name, header.nameLen, header.value, header.valueLen);
  finish();
}

/** The provider's clock at the time of its answer. Ours may be wrong, and a date is only good by the clock that it was made with. */
function clockOf(list: usize, len: usize, unixMs: i64): i64 {
  const header = headersIn(list, len);
  while (header.next()) {
    if (!equalsIgnoreCase(header.name, header.nameLen, DATE)) continue;
    const date = parseHttpDate(header.value, header.valueLen);
    if (date > 0 && abs(date * 1000 - unixMs) > 2000) return date * 1000;
  }
  return unixMs;
}

/** Before the first header. `unixMs`: wall time, for dates. */
export function start(unixMs: i64): void {
  nowMs = unixMs;
  askedMs = -1;
  limitCount = 0;
}

/** One header, in any order; its name in any case. */
export function see(name: usize, nameLen: usize, value: usize, valueLen: usize): void {
  if (nameLen < RATELIMIT.len) return;
  switch (lowerCase(load<u8>(name))) {
    case 0x72: // r
    case 0x61: // a
    case 0x78: // x
      break;
    default:
      return;
  }
  if (endsWith(name, nameLen, RETRY_AFTER)) ask(parseAsked(value, valueLen, 1000, nowMs));
  else if (equalsIgnoreCase(name, nameLen, RETRY_AFTER_MS) || equalsIgnoreCase(name, nameLen, AZURE_RETRY_AFTER_MS))
    ask(parseAsked(value, valueLen, 1, nowMs));
  else if (equalsIgnoreCase(name, nameLen, RATELIMIT)) seeFields(value, valueLen);
  else seeLimit(name, nameLen, value, valueLen);
}

/** "x-ratelimit-retry-after" is one, too. */
function endsWith(ptr: usize, len: usize, text: Bytes): bool {
  if (len < text.len || !equalsIgnoreCase(ptr + len - text.len, text.len, text)) return false;
  return len == text.len || load<u8>(ptr + len - text.len - 1) == Char.Minus;
}

function ask(ms: i64): void {
  askedMs = max(askedMs, ms);
}

/** A plain number in this unit, a duration, or a point in time; ms, -1: none of these. */
export function parseAsked(ptr: usize, len: usize, unit: i64, unixMs: i64): i64 {
  if (unit == 1) {
    const ms = parseMillis(ptr, len);
    return ms < EPOCH ? ms : unixMs == 0 ? -1 : max(ms - unixMs, 0);
  }
  if (unixMs == 0 && isPoint(ptr, len)) return -1;
  const ms = parseReset(ptr, len, unixMs);
  return ms >= 0 ? ms : durationOf(ptr, len);
}

/** From here on milliseconds are a point in time: in 2001. */
const EPOCH: i64 = 1_000_000_000_000;

/** Whether it cannot be told without a clock. */
function isPoint(ptr: usize, len: usize): bool {
  const number = parseDecimal(ptr, len);
  return number >= 1_000_000_000 || (number < 0 && len >= 19);
}

/** Whole milliseconds; a fraction is rounded up. */
function parseMillis(ptr: usize, len: usize): i64 {
  for (let i: usize = 0; i < len; i++)
    if (load<u8>(ptr + i) == Char.Dot) {
      const whole = parseDecimal(ptr, i);
      return whole < 0 ? -1 : whole + 1;
    }
  return parseDecimal(ptr, len);
}

// === Limits by name ===

function beginsWith(p: usize, end: usize, text: Bytes): bool {
  return p + text.len <= end && equalsIgnoreCase(p, text.len, text);
}

/** Splits the name into its kind and the limit's own name. */
function seeLimit(name: usize, nameLen: usize, value: usize, valueLen: usize): void {
  const end = name + nameLen;
  let p = name;
  if (beginsWith(p, end, ANTHROPIC)) p += ANTHROPIC.len;
  else if (lowerCase(load<u8>(p)) == 0x78 && load<u8>(p + 1) == Char.Minus) p += 2;
  if (beginsWith(p, end, RATELIMIT)) p += RATELIMIT.len;
  else if (beginsWith(p, end, RATE_LIMIT)) p += RATE_LIMIT.len;
  else return;
  // "ratelimitbysize-reset" (Mistral)
  while (p < end && load<u8>(p) != Char.Minus) p++;
  if (p == end) return;
  p++;
  const kind = kindIn(p, end);
  if (kind === null) return;
  // "requests-day" of "reset-requests-day" and of "requests-day-reset".
  const leads = beginsWith(p, end, kind);
  const own = leads ? min(p + kind.len + 1, end) : p;
  const ownEnd = leads ? end : end - kind.len - 1;
  const limit = isHow(own, ownEnd) ? limitNamed(own, 0) : limitNamed(own, ownEnd - own);
  if (limit === null) return;
  if (kind === RESET) limit.resetMs = parseAsked(value, valueLen, 1000, nowMs);
  else if (kind === REMAINING) limit.remaining = remainingOf(value, valueLen);
  else limit.remaining = equalsIgnoreCase(value, valueLen, REJECTED) ? 0 : 1;
}

const HOW: Bytes[] = Bytes.ofAll(["after", "at", "in", "time", "seconds", "after-seconds", "timestamp"]);

/** "x-ratelimit-reset-after": no name of a limit. */
function isHow(p: usize, end: usize): bool {
  for (let i = 0, k = HOW.length; i < k; i++) if (equalsIgnoreCase(p, end - p, unchecked(HOW[i]))) return true;
  return false;
}

/** The kind that a name begins or ends with. */
function kindIn(p: usize, end: usize): Bytes | null {
  if (standsIn(p, end, RESET)) return RESET;
  if (standsIn(p, end, REMAINING)) return REMAINING;
  return standsIn(p, end, STATUS) ? STATUS : null;
}

function standsIn(p: usize, end: usize, kind: Bytes): bool {
  const len = <usize>(end - p);
  if (beginsWith(p, end, kind)) return len == kind.len || load<u8>(p + kind.len) == Char.Minus;
  return len > kind.len && load<u8>(end - kind.len - 1) == Char.Minus && beginsWith(end - kind.len, end, kind);
}

/** "0", "17997", "0.0"; anything else is not known. */
function remainingOf(ptr: usize, len: usize): i64 {
  let n: usize = 0;
  while (n < len && isDigit(load<u8>(ptr + n))) n++;
  if (n < len && load<u8>(ptr + n) == Char.Minus) return 0;
  return n == 0 ? (len > 0 && load<u8>(ptr) == Char.Minus ? 0 : UNKNOWN) : parseDecimal(ptr, n);
}

function limitNamed(ptr: usize, len: usize): Limit | null {
  const key = nameOf(ptr, len);
  for (let i = 0; i < limitCount; i++) if (limitAt(i).name == key) return limitAt(i);
  if (limitCount == MOST_LIMITS) return null;
  const limit = limitAt(limitCount++);
  limit.name = key;
  limit.resetMs = -1;
  limit.remaining = UNKNOWN;
  limit.countsTokens = beginsWithin(ptr, len, TOKENS);
  limit.isSubscription = beginsWith(ptr, ptr + len, UNIFIED);
  return limit;
}

const MOST_NAME: usize = 48;
const nameRoom = memory.data(48);

/** Case does not count. */
function nameOf(ptr: usize, len: usize): u64 {
  const n = min(len, MOST_NAME);
  for (let i: usize = 0; i < n; i++) store<u8>(nameRoom + i, lowerCase(load<u8>(ptr + i)));
  return hash64(nameRoom, n);
}

function beginsWithin(ptr: usize, len: usize, text: Bytes): bool {
  for (let p = ptr; p + text.len <= ptr + len; p++) if (equalsIgnoreCase(p, text.len, text)) return true;
  return false;
}

// === The IETF's field ===

/**
 * `"minute";r=0;t=10, "day";r=5;t=3600`, or one limit as `limit=9, remaining=0, reset=33`. Each quoted name begins another
 * limit.
 */
function seeFields(ptr: usize, len: usize): void {
  const end = ptr + len;
  let limit: Limit | null = null;
  let p = ptr;
  while (p < end) {
    const c = <i32>load<u8>(p);
    if (c == Char.Quote) {
      const start = ++p;
      while (p < end && load<u8>(p) != Char.Quote) p++;
      limit = limitNamed(start, p - start);
      p++;
    } else if (c == Char.Equals && p > ptr) {
      const key = wordBefore(p, ptr);
      const keyLen = p - key;
      const value = ++p;
      while (p < end && isDigit(load<u8>(p))) p++;
      if (limit === null) limit = limitNamed(ptr, 0);
      if (limit === null) return;
      if (isNamed(key, keyLen, 0x74, RESET)) limit.resetMs = parseAsked(value, p - value, 1000, nowMs);
      else if (isNamed(key, keyLen, 0x72, REMAINING)) limit.remaining = parseDecimal(value, p - value);
    } else p++;
  }
}

function wordBefore(p: usize, start: usize): usize {
  while (p > start && <u32>(((<i32>load<u8>(p - 1)) | 0x20) - 0x61) < 26) p--;
  return p;
}

function isNamed(key: usize, len: usize, letter: i32, name: Bytes): bool {
  return (len == 1 && lowerCase(load<u8>(key)) == letter) || equalsIgnoreCase(key, len, name);
}

// === What they ask for together ===

/** Behind the last header: fills `asked`. */
export function finish(): void {
  asked.unixMs = nowMs;
  asked.ms = askedMs;
  asked.isFirm = askedMs >= 0;
  asked.isSubscription = false;
  let spent: i64 = -1;
  let unknown: i64 = -1;
  let short: i64 = -1;
  let isSubscription = false;
  for (let i = 0; i < limitCount; i++) {
    const limit = limitAt(i);
    if (limit.remaining == 0) {
      if (limit.isSubscription && (limit.resetMs >= 0 || askedMs >= 0)) isSubscription = true;
      spent = max(spent, limit.resetMs);
    } else if (limit.remaining == UNKNOWN) unknown = max(unknown, limit.resetMs);
    else if (limit.countsTokens) short = max(short, limit.resetMs);
  }
  asked.isSubscription = isSubscription;
  if (askedMs >= 0) return;
  asked.isFirm = spent >= 0;
  // Nothing is spent: then there were fewer tokens left than the request needs.
  asked.ms = spent >= 0 ? spent : unknown >= 0 ? unknown : short;
}
