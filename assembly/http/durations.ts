/** Durations as headers carry them: the forms in which providers say when a limit ends. Dates are in date.ts. */
import { Char, isDigit, lowerCase } from "../text/ascii";
import { parseHttpDate, parseTimestamp } from "./dates";

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/** Larger numbers end here, so that no sum overflows; in milliseconds three million years. */
const MOST: i64 = 100_000_000_000_000_000;

/** A run of digits and nothing else; -1 when it is none. Saturates at 10^17. */
export function parseDecimal(ptr: usize, len: usize): i64 {
  const end = ptr + len;
  if (len == 0 || skipDigits(ptr, end) != end) return -1;
  return digits;
}

/**
 * Milliseconds, rounded up, of "6m0s", "20ms", "1h2m3.5s", or of plain seconds, "12" and "1.5"; -1 for anything else.
 * The forms of x-ratelimit-reset-* (OpenAI, Groq), Retry-After and the like.
 */
export function parseDuration(ptr: usize, len: usize): i64 {
  const end = ptr + len;
  let p = ptr;
  let sum: i64 = 0;
  while (p < end) {
    const start = p;
    p = skipDigits(p, end);
    if (p == start) return -1;
    const whole = digits;
    let micros: i64 = 0; // of a unit
    if (p < end && load<u8>(p) == Char.Dot) {
      const fraction = p + 1;
      p = skipDigits(fraction, end);
      if (p == fraction) return -1;
      micros = millionths(fraction, p);
    }
    let unit = SECOND;
    if (p == end) {
      if (start != ptr) return -1; // "1m30"
    } else {
      unit = unitAt(p, end);
      if (!unit) return -1;
      p += unit == 1 ? 2 : 1;
    }
    sum = min(sum + min(whole, MOST / unit) * unit + (micros * unit + 999_999) / 1_000_000, MOST);
  }
  return len ? sum : -1;
}

/** Milliseconds in the unit at p; 0 when it is none. */
function unitAt(p: usize, end: usize): i64 {
  const followedByS = p + 1 < end && load<u8>(p + 1) == 0x73;
  switch (<i32>load<u8>(p)) {
    case 0x64: // d
      return DAY;
    case 0x68: // h
      return HOUR;
    case 0x6d: // m
      return followedByS ? 1 : MINUTE;
    case 0x73: // s
      return SECOND;
    default:
      return 0;
  }
}

/** From here on a plain number is a date: 2001 in seconds, in milliseconds. Nobody asks for a wait of 30 years. */
const EPOCH_SECONDS: i64 = 1_000_000_000;
const EPOCH_MILLISECONDS: i64 = 1_000_000_000_000;

/**
 * Milliseconds from now until a limit ends, never below 0; -1 when the text is none of: a duration as above, a Unix time in
 * seconds or milliseconds (OpenRouter), an HTTP-date, an RFC 3339 time (Anthropic), an ISO 8601 duration.
 */
export function parseReset(ptr: usize, len: usize, nowUnixMs: i64): i64 {
  const duration = parseDuration(ptr, len);
  if (duration >= 0) {
    const last = <i32>load<u8>(ptr + len - 1);
    if (!isDigit(last)) return duration;
    if (duration >= EPOCH_MILLISECONDS * SECOND) return max(duration / SECOND - nowUnixMs, 0);
    if (duration >= EPOCH_SECONDS * SECOND) return max(duration - nowUnixMs, 0);
    return duration;
  }
  const span = parseIsoDuration(ptr, len);
  if (span >= 0) return span;
  let date = parseHttpDate(ptr, len);
  if (date < 0) date = parseTimestamp(ptr, len);
  return date < 0 ? -1 : max(date * SECOND - nowUnixMs, 0);
}

/** "PT1M30S", "P1DT2H": ISO 8601, of days and shorter; -1 for anything else. */
function parseIsoDuration(ptr: usize, len: usize): i64 {
  if (len < 3 || len > MOST_ISO || load<u8>(ptr) != 0x50) return -1;
  let n: usize = 0;
  let isTime = false;
  for (let i: usize = 1; i < len; i++) {
    const c = <i32>load<u8>(ptr + i);
    // A month before the T is none that can be counted.
    if (c == 0x4d && !isTime) return -1;
    if (c == 0x54) isTime = true;
    else store<u8>(isoRoom + n++, lowerCase(c));
  }
  return n > 0 && isDigit(load<u8>(isoRoom + n - 1)) ? -1 : parseDuration(isoRoom, n);
}

const MOST_ISO: usize = 32;
const isoRoom = memory.data(32);

let digits: i64 = 0;

/** Reads a run of digits, also an empty one, into `digits`; returns what follows it. */
function skipDigits(p: usize, end: usize): usize {
  digits = 0;
  for (; p < end; p++) {
    const c = <i32>load<u8>(p);
    if (!isDigit(c)) break;
    digits = min(digits * 10 + (c - Char.Zero), MOST);
  }
  return p;
}

/** The digits behind a dot as millionths, rounded up. */
function millionths(p: usize, end: usize): i64 {
  let value: i64 = 0;
  for (let place = 0; place < 6; place++) value = value * 10 + (p < end ? <i64>load<u8>(p++) - Char.Zero : 0);
  for (; p < end; p++) if (load<u8>(p) != Char.Zero) return value + 1;
  return value;
}
