/** Steps over a JSON string: most bytes of a prompt are passed here, a block at a time. */
import { Char, isDigit } from "./ascii";
import { Status, fail, peek, unexpected } from "./fault";
import { firstInvalid } from "./utf8";

/** Whether the string that was stepped over last has an escape. */
export let escaped: bool = false;

const ONES: u64 = 0x0101010101010101;
const HIGHS: u64 = 0x8080808080808080;

/** p is behind the opening quote. Returns the closing quote. */
export function skipString(p: usize, end: usize): usize {
  escaped = false;
  if (ASC_FEATURE_SIMD) {
    // Most keys and many values end within one block.
    if (p + 16 <= end) {
      const stops = stopsOf(v128.load(p), true);
      if (stops) {
        const stop = p + <usize>ctz(stops);
        if (load<u8>(stop) == Char.Quote) return stop;
      }
    }
  }
  return skipLongString(p, end);
}

function skipLongString(start: usize, end: usize): usize {
  let p = skipAscii(start, end);
  let ascii = true;
  while (true) {
    const c = peek(p, end);
    if (c == Char.Backslash) {
      escaped = true;
      p = skipEscape(p, end);
      if (!p) return 0;
    } else if (c >= 0x80) ascii = false;
    else break;
    p = ascii ? skipAscii(p, end) : skipUnicode(p, end);
  }
  if (peek(p, end) != Char.Quote) return unexpected(p, end);
  if (!ascii) {
    const bad = firstInvalid(start, p);
    if (bad) return fail(Status.BadUtf8, bad);
  }
  return p;
}

/** A bit for each quote, backslash and control character of a block, and with `high` for each byte that is not ASCII. */
function stopsOf(block: v128, high: bool): i32 {
  const quotes = i8x16.eq(block, i8x16.splat(<i8>Char.Quote));
  const slashes = i8x16.eq(block, i8x16.splat(<i8>Char.Backslash));
  const blank = i8x16.splat(<i8>Char.Space);
  const controls = high ? i8x16.lt_s(block, blank) : i8x16.lt_u(block, blank);
  return i8x16.bitmask(v128.or(v128.or(quotes, slashes), controls));
}

/** The same for eight bytes, a bit 7 each. Only the lowest is exact: a borrow may spoil the bytes above it. */
function stopsOfWord(word: u64): u64 {
  const quotes = word ^ (ONES * <u64>Char.Quote);
  const slashes = word ^ (ONES * <u64>Char.Backslash);
  return ((quotes - ONES) & ~quotes) | ((slashes - ONES) & ~slashes) | ((word - ONES * <u64>Char.Space) & ~word);
}

/** To the next quote, backslash, control character or byte that is not ASCII, or the end. */
function skipAscii(p: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    for (; p + 16 <= end; p += 16) {
      const stops = stopsOf(v128.load(p), true);
      if (stops) return p + <usize>ctz(stops);
    }
  } else {
    for (; p + 8 <= end; p += 8) {
      const word = load<u64>(p);
      const stops = (stopsOfWord(word) | word) & HIGHS;
      if (stops) return p + <usize>(ctz(stops) >> 3);
    }
  }
  while (p < end && isPlain(load<u8>(p)) && load<u8>(p) < 0x80) p++;
  return p;
}

/** The same, over bytes that are not ASCII. */
function skipUnicode(p: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    for (; p + 16 <= end; p += 16) {
      const stops = stopsOf(v128.load(p), false);
      if (stops) return p + <usize>ctz(stops);
    }
  } else {
    for (; p + 8 <= end; p += 8) {
      const stops = stopsOfWord(load<u64>(p)) & HIGHS;
      if (stops) return p + <usize>(ctz(stops) >> 3);
    }
  }
  while (p < end && isPlain(load<u8>(p))) p++;
  return p;
}

function isPlain(c: i32): bool {
  return c >= Char.Space && c != Char.Quote && c != Char.Backslash;
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
