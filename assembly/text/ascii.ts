/** Text on the wire is ASCII where we look at it: names of characters, and comparison without regard to case. */
import { Bytes } from "./bytes";
import { PART } from "./part";

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

/** Of sixteen places in a text, those where a needle may stand. Inlined, since a call costs more than what is done. */
class Ends {
  /** By its first byte and by its last one, which is `toTail` bytes further on. */
  @inline
  static fit(p: usize, toTail: usize, heads: v128, tails: v128): v128 {
    return v128.and(i8x16.eq(v128.load(p), heads), i8x16.eq(v128.load(p + toTail), tails));
  }
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
    const toTail = needleLen - 1;
    while (p + PART <= last + 1) {
      // Nearly everywhere there is no such place, and one branch is enough for four parts.
      if (p + 4 * PART <= last + 1) {
        const near = v128.or(Ends.fit(p, toTail, heads, tails), Ends.fit(p + PART, toTail, heads, tails));
        const far = v128.or(Ends.fit(p + 2 * PART, toTail, heads, tails), Ends.fit(p + 3 * PART, toTail, heads, tails));
        if (!v128.any_true(v128.or(near, far))) {
          p += 4 * PART;
          continue;
        }
      }
      for (let places = i8x16.bitmask(Ends.fit(p, toTail, heads, tails)); places; places &= places - 1) {
        const at = p + <usize>ctz(places);
        if (memory.compare(at, needle, needleLen) == 0) return at - ptr;
      }
      p += PART;
    }
  }
  for (; p <= last; p++) if (load<u8>(p) == first && memory.compare(p, needle, needleLen) == 0) return p - ptr;
  return -1;
}

export function containsIgnoreCase(ptr: usize, len: usize, text: Bytes): bool {
  for (let i: usize = 0; i + text.len <= len; i++) if (equalsIgnoreCase(ptr + i, text.len, text)) return true;
  return false;
}
