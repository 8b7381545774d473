/**
 * Strict RFC 8259 on UTF-8 bytes: functions that step over one piece of JSON and return where it ends, or 0 and leave in
 * `fault` and `faultAt` what is wrong. They read nothing at or beyond `end`, recurse never and allocate nothing.
 */
import { Char, isDigit } from "./ascii";
import { firstInvalid } from "./utf8";

/** What a value is, by its first byte. */
export enum Kind {
  Absent,
  Null,
  True,
  False,
  Number,
  String,
  Object,
  Array,
}

export enum Status {
  Ok,
  /** JSON, but not an object. */
  NotObject,
  Malformed,
  /** The text ends too early. */
  Truncated,
  BadUtf8,
  /** U+FEFF in front, which RFC 8259, section 8.1 lets a parser refuse. */
  ByteOrderMark,
  /** More than MAX_DEPTH arrays and objects inside each other. */
  TooDeep,
  DuplicateModel,
}

export const MAX_DEPTH: i32 = 512;

export let fault: Status = Status.Ok;
/** Pointer to the byte that is wrong. */
export let faultAt: usize = 0;
/** Whether the string that was stepped over last has an escape. */
export let escaped: bool = false;
/** The closing quote of the key that was stepped over last, and whether the key has an escape. */
export let keyEnd: usize = 0;
export let keyEscaped: bool = false;

export function fail(status: Status, at: usize): usize {
  fault = status;
  faultAt = at;
  return 0;
}

/** The byte at p, or -1 at the end. */
export function peek(p: usize, end: usize): i32 {
  return p < end ? <i32>load<u8>(p) : -1;
}

/** A byte that does not belong here, or the end where one should be. */
export function unexpected(p: usize, end: usize): usize {
  return fail(p < end ? Status.Malformed : Status.Truncated, p);
}

export function kindOf(p: usize): Kind {
  switch (<i32>load<u8>(p)) {
    case Char.Quote:
      return Kind.String;
    case Char.OpenBrace:
      return Kind.Object;
    case Char.OpenBracket:
      return Kind.Array;
    case 0x74:
      return Kind.True;
    case 0x66:
      return Kind.False;
    case 0x6e:
      return Kind.Null;
    default:
      return Kind.Number;
  }
}

export function skipBlank(p: usize, end: usize): usize {
  while (p < end) {
    const c = <i32>load<u8>(p);
    if (c > Char.Space || (c != Char.Space && c != Char.LineFeed && c != Char.Return && c != Char.Tab)) break;
    p++;
  }
  return p;
}

const ONES: u64 = 0x0101010101010101;
const HIGHS: u64 = 0x8080808080808080;

let ascii: bool = true;

/** p is behind the opening quote. Returns the closing quote. */
export function skipString(p: usize, end: usize): usize {
  const start = p;
  ascii = true;
  escaped = false;
  p = skipPlain(p, end);
  while (peek(p, end) == Char.Backslash) {
    escaped = true;
    p = skipEscape(p, end);
    if (!p) return 0;
    p = skipPlain(p, end);
  }
  if (peek(p, end) != Char.Quote) return unexpected(p, end);
  if (!ascii) {
    const bad = firstInvalid(start, p);
    if (bad) return fail(Status.BadUtf8, bad);
  }
  return p;
}

/** To the next quote, backslash or control character, or the end; clears `ascii` when a byte on the way is none. */
function skipPlain(p: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    let seen = i8x16.splat(0);
    for (; p + 16 <= end; p += 16) {
      const block = v128.load(p);
      const quotes = i8x16.eq(block, i8x16.splat(<i8>Char.Quote));
      const slashes = i8x16.eq(block, i8x16.splat(<i8>Char.Backslash));
      const controls = i8x16.lt_u(block, i8x16.splat(<i8>Char.Space));
      const stops = i8x16.bitmask(v128.or(v128.or(quotes, slashes), controls));
      if (stops) {
        const n = ctz(stops);
        if (i8x16.bitmask(seen) | (i8x16.bitmask(block) & ((1 << n) - 1))) ascii = false;
        return p + <usize>n;
      }
      seen = v128.or(seen, block);
    }
    if (i8x16.bitmask(seen)) ascii = false;
  } else {
    for (; p + 8 <= end; p += 8) {
      const word = load<u64>(p);
      const quotes = word ^ (ONES * <u64>Char.Quote);
      const slashes = word ^ (ONES * <u64>Char.Backslash);
      const controls = (word - ONES * <u64>Char.Space) & ~word;
      const stops = (((quotes - ONES) & ~quotes) | ((slashes - ONES) & ~slashes) | controls) & HIGHS;
      // The lowest bit is exact: a borrow only ever spoils bytes above it.
      const before = stops ? (stops & -stops) - 1 : ~0;
      if (word & before & HIGHS) ascii = false;
      if (stops) return p + <usize>(ctz(stops) >> 3);
    }
  }
  for (; p < end; p++) {
    const c = <i32>load<u8>(p);
    if (c < Char.Space || c == Char.Quote || c == Char.Backslash) break;
    if (c >= 0x80) ascii = false;
  }
  return p;
}

/** p is at the backslash. */
function skipEscape(p: usize, end: usize): usize {
  switch (peek(p + 1, end)) {
    case Char.Quote:
    case Char.Backslash:
    case Char.Slash:
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return p + 2;
    case 0x75: // u: a lone surrogate is valid JSON
      for (let i: usize = 2; i < 6; i++) {
        const c = peek(p + i, end);
        if (!isDigit(c) && <u32>((c | 0x20) - 0x61) > 5) return unexpected(p + i, end);
      }
      return p + 6;
    default:
      return unexpected(p + 1, end);
  }
}

/** p is at the first byte, '-' or a digit. */
function skipNumber(p: usize, end: usize): usize {
  if (load<u8>(p) == Char.Minus) p++;
  if (peek(p, end) == Char.Zero) p++;
  else {
    p = skipDigits(p, end);
    if (!p) return 0;
  }
  if (peek(p, end) == Char.Dot) {
    p = skipDigits(p + 1, end);
    if (!p) return 0;
  }
  if ((peek(p, end) | 0x20) == 0x65) {
    const sign = peek(p + 1, end);
    p = skipDigits(sign == Char.Plus || sign == Char.Minus ? p + 2 : p + 1, end);
  }
  return p;
}

function skipDigits(p: usize, end: usize): usize {
  if (!isDigit(peek(p, end))) return unexpected(p, end);
  do p++;
  while (isDigit(peek(p, end)));
  return p;
}

const TRUE: u32 = 0x65757274; // "true", little-endian
const FALSE: u32 = 0x736c6166; // "fals"
const NULL: u32 = 0x6c6c756e; // "null"

function skipWord(p: usize, end: usize, word: u32): usize {
  if (p + 4 <= end && load<u32>(p) == word) return p + 4;
  while ((word & 0xff) == <u32>peek(p, end)) {
    word >>= 8;
    p++;
  }
  return unexpected(p, end);
}

/** A string, number, true, false or null. */
function skipScalar(p: usize, end: usize): usize {
  const c = peek(p, end);
  if (c == Char.Quote) {
    p = skipString(p + 1, end);
    return p ? p + 1 : 0;
  }
  if (c == Char.Minus || isDigit(c)) return skipNumber(p, end);
  switch (c) {
    case 0x74:
      return skipWord(p, end, TRUE);
    case 0x6e:
      return skipWord(p, end, NULL);
    case 0x66:
      p = skipWord(p, end, FALSE);
      return p == 0 ? 0 : peek(p, end) == 0x65 ? p + 1 : unexpected(p, end);
    default:
      return unexpected(p, end);
  }
}

/** p is where a key should be. Returns the start of its value; the key ends at `keyEnd`. */
export function skipKey(p: usize, end: usize): usize {
  if (peek(p, end) != Char.Quote) return unexpected(p, end);
  p = skipString(p + 1, end);
  if (!p) return 0;
  keyEnd = p;
  keyEscaped = escaped;
  p = skipBlank(p + 1, end);
  return peek(p, end) == Char.Colon ? skipBlank(p + 1, end) : unexpected(p, end);
}

/** The closing characters of the open arrays and objects, outermost first. */
const closers = memory.data(MAX_DEPTH);

/** Any value, with `depth` arrays and objects open around it. p is at its first byte. */
export function skipValue(p: usize, end: usize, depth: i32): usize {
  const bottom = depth;
  let closer: i32 = 0;
  while (true) {
    const c = peek(p, end);
    if (c == Char.OpenBrace || c == Char.OpenBracket) {
      if (depth == MAX_DEPTH) return fail(Status.TooDeep, p);
      closer = c + 2; // '{' '}' and '[' ']' are two apart
      store<u8>(closers + depth++, closer);
      p = skipBlank(p + 1, end);
      if (peek(p, end) != closer) {
        if (closer == Char.CloseBrace) {
          p = skipKey(p, end);
          if (!p) return 0;
        }
        continue;
      }
      // An empty one: closed below.
    } else {
      p = skipScalar(p, end);
      if (!p) return 0;
      if (depth == bottom) return p;
      p = skipBlank(p, end);
    }
    while (peek(p, end) == closer) {
      p++;
      if (--depth == bottom) return p;
      closer = load<u8>(closers + depth - 1);
      p = skipBlank(p, end);
    }
    if (peek(p, end) != Char.Comma) return unexpected(p, end);
    p = skipBlank(p + 1, end);
    if (closer == Char.CloseBrace) {
      p = skipKey(p, end);
      if (!p) return 0;
    }
  }
}

/** Whether the bytes are one JSON text of any kind. Not Ok: `faultAt` says where. */
export function check(ptr: usize, len: usize): Status {
  const end = ptr + len;
  let p = skipBlank(ptr, end);
  if (hasByteOrderMark(p, end)) fail(Status.ByteOrderMark, p);
  else {
    p = skipValue(p, end, 0);
    if (p) {
      p = skipBlank(p, end);
      if (p == end) return Status.Ok;
      fail(Status.Malformed, p);
    }
  }
  return fault;
}

export function hasByteOrderMark(p: usize, end: usize): bool {
  return p + 3 <= end && load<u16>(p) == 0xbbef && load<u8>(p + 2) == 0xbf;
}
