/** Text on the wire is ASCII where we look at it: names of characters, and comparison without regard to case. */
import { Bytes } from "./bytes";

export const enum Char {
  Tab = 0x09,
  LineFeed = 0x0a,
  Return = 0x0d,
  Space = 0x20,
  Quote = 0x22,
  Hash = 0x23,
  Percent = 0x25,
  Ampersand = 0x26,
  Apostrophe = 0x27,
  Plus = 0x2b,
  Comma = 0x2c,
  Minus = 0x2d,
  Dot = 0x2e,
  Slash = 0x2f,
  Zero = 0x30,
  Nine = 0x39,
  Colon = 0x3a,
  Semicolon = 0x3b,
  Less = 0x3c,
  Equals = 0x3d,
  Question = 0x3f,
  OpenBracket = 0x5b,
  Backslash = 0x5c,
  CloseBracket = 0x5d,
  OpenBrace = 0x7b,
  CloseBrace = 0x7d,
}

export function isDigit(c: i32): bool {
  return <u32>(c - Char.Zero) <= 9;
}

export function isLetter(c: i32): bool {
  return <u32>((c | 0x20) - 0x61) < 26;
}

/** Whether UTF-8 holds a control character: of ASCII, which no header may hold, or of U+0080 to U+009F, which steer a terminal. */
export function hasControl(ptr: usize, len: usize): bool {
  for (let i: usize = 0; i < len; i++) {
    const c = <i32>load<u8>(ptr + i);
    if (c < Char.Space || c == 0x7f) return true;
    if (c == 0xc2 && i + 1 < len && load<u8>(ptr + i, 1) < 0xa0) return true;
  }
  return false;
}

export function lowerCase(c: i32): i32 {
  return <u32>(c - 0x41) < 26 ? c | 0x20 : c;
}

export function equalsIgnoreCase(ptr: usize, len: usize, text: Bytes): bool {
  if (len != text.len) return false;
  const other = text.ptr;
  for (let i: usize = 0; i < len; i++) if (lowerCase(load<u8>(ptr + i)) != lowerCase(load<u8>(other + i))) return false;
  return true;
}

/** Offset of the first occurrence, or -1. Case counts; quick enough for megabytes of audio. */
export function indexOf(ptr: usize, len: usize, needle: usize, needleLen: usize): isize {
  if (needleLen == 0) return 0;
  if (needleLen > len) return -1;
  const last = ptr + len - needleLen;
  const first = load<u8>(needle);
  let p = ptr;
  if (ASC_FEATURE_SIMD) {
    // Sixteen places at a time: where the first and the last byte both fit, the rest is compared.
    const heads = i8x16.splat(first);
    const tails = i8x16.splat(load<u8>(needle + needleLen - 1));
    for (; p + 16 <= last + 1; p += 16) {
      const head = i8x16.eq(v128.load(p), heads);
      const tail = i8x16.eq(v128.load(p + needleLen - 1), tails);
      for (let places = i8x16.bitmask(v128.and(head, tail)); places; places &= places - 1) {
        const at = p + <usize>ctz(places);
        if (memory.compare(at, needle, needleLen) == 0) return at - ptr;
      }
    }
  }
  for (; p <= last; p++) if (load<u8>(p) == first && memory.compare(p, needle, needleLen) == 0) return p - ptr;
  return -1;
}

export function containsIgnoreCase(ptr: usize, len: usize, text: Bytes): bool {
  for (let i: usize = 0; i + text.len <= len; i++) if (equalsIgnoreCase(ptr + i, text.len, text)) return true;
  return false;
}
