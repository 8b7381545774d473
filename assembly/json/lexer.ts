/**
 * Strict RFC 8259 on UTF-8 bytes: functions that step over one piece of JSON and return where it ends, or 0 and leave in
 * `fault` and `faultAt` what is wrong. They read nothing at or beyond `end`, recurse never and allocate nothing.
 */
import { Char, isDigit } from "../text/ascii";
import { skipBlanks } from "./grammar";
import { LENGTHS, noteKey } from "./kept-names";
import { Status, fail, peek, syntaxError, unexpected } from "./syntax-error";
import { skipString } from "./string-scanner";

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

export const MAX_DEPTH: i32 = 512;

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
  return p < end && <i32>load<u8>(p) <= Char.Space ? skipBlanks(p, end) : p;
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

/** p is where a key should be. Returns its closing quote; 0: there is no key. */
export function keyEndAt(p: usize, end: usize): usize {
  return peek(p, end) == Char.Quote ? skipString(p + 1, end) : unexpected(p, end);
}

/** The start of the value whose key has its closing quote at `keyEnd`. */
export function valueAfter(keyEnd: usize, end: usize): usize {
  const p = skipBlank(keyEnd + 1, end);
  return peek(p, end) == Char.Colon ? skipBlank(p + 1, end) : unexpected(p, end);
}

/** p is where a key should be. Returns the start of its value. */
function skipKey(p: usize, end: usize): usize {
  const keyEnd = keyEndAt(p, end);
  if (!keyEnd) return 0;
  const value = valueAfter(keyEnd, end);
  if (!value) return 0;
  // Looked at without a call: a body of tools has thousands of keys.
  const len = keyEnd - p - 1;
  const lengths = load<u32>(LENGTHS + (((<usize>load<u8>(keyEnd - 1)) & 31) << 2));
  if (len < 32 && (lengths >> (<u32>len)) & 1) noteKey(p + 1, len, value);
  return value;
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

/** Whether the bytes are one JSON text of any kind. Not Ok: `syntaxError.at` says where. */
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
  return syntaxError.status;
}

function hasByteOrderMark(p: usize, end: usize): bool {
  return p + 3 <= end && load<u16>(p) == 0xbbef && load<u8>(p + 2) == 0xbf;
}
