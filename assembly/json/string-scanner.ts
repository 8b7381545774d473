/** Steps over a JSON string: most bytes of a prompt are passed here, a block at a time. */
import { isPlain } from "./grammar";
import { Char, isDigit } from "../text/ascii";
import { Status, fail, peek, unexpected } from "./syntax-error";
import { firstInvalid } from "../text/utf8";

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
      const block = v128.load(p);
      const quotes = i8x16.eq(block, i8x16.splat(<i8>Char.Quote));
      const slashes = i8x16.eq(block, i8x16.splat(<i8>Char.Backslash));
      // Also what is not ASCII, which is below as a signed number.
      const others = i8x16.lt_s(block, i8x16.splat(<i8>Char.Space));
      const stops = i8x16.bitmask(v128.or(v128.or(quotes, slashes), others));
      if (stops) {
        const stop = p + <usize>ctz(stops);
        if (load<u8>(stop) == Char.Quote) return stop;
      }
    }
  }
  return skipLongString(p, end);
}

function skipLongString(start: usize, end: usize): usize {
  let p = start;
  // Not 0: not all is ASCII.
  let high: u64 = 0;
  while (true) {
    if (ASC_FEATURE_SIMD) {
      p = skipBlocks(p, end);
      high |= <u64>highOfBlocks;
    } else {
      for (; p + 8 <= end; p += 8) {
        const word = load<u64>(p);
        high |= word & HIGHS;
        const stops = stopsOf(word) & HIGHS;
        if (!stops) continue;
        p += <usize>(ctz(stops) >> 3);
        break;
      }
    }
    while (p < end && isPlain(load<u8>(p))) high |= <u64>(load<u8>(p++) & 0x80);
    if (peek(p, end) != Char.Backslash) break;
    escaped = true;
    p = skipEscape(p, end);
    if (!p) return 0;
  }
  if (peek(p, end) != Char.Quote) return unexpected(p, end);
  if (high) {
    const bad = firstInvalid(start, p);
    if (bad) return fail(Status.BadUtf8, bad);
  }
  return p;
}

const EVEN: u32 = 0x5555;
const BLOCK_END: u32 = 1 << 16;

/** What may stand behind a backslash, but "u": the tables have a bit in common for the low and the high half of the byte. */
const ESCAPE_LOW = memory.data<u8>([0, 0, 1 | 4 | 8, 0, 8, 0, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1]);
const ESCAPE_HIGH = memory.data<u8>([0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0]);

/** Not 0: among what `skipBlocks` has read was a byte that is not ASCII. */
let highOfBlocks: i32 = 0;

/**
 * Blocks of 16 bytes, to the closing quote, a fault, an escape of more than two characters, or the last few bytes. Masks tell what an
 * odd number of backslashes escapes: Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019).
 */
function skipBlocks(p: usize, end: usize): usize {
  const low = v128.load(ESCAPE_LOW);
  const high = v128.load(ESCAPE_HIGH);
  let all = i8x16.splat(0);
  // 1: the block before ended in a backslash that escapes the first byte of this one.
  let carry: u32 = 0;
  while (true) {
    if (!carry)
      for (; p + 16 <= end; p += 16) {
        const block = v128.load(p);
        if (i8x16.bitmask(v128.or(endsIn(block), slashesIn(block)))) break;
        all = v128.or(all, block);
      }
    if (p + 16 > end) break;
    const block = v128.load(p);
    all = v128.or(all, block);
    const slashes = <u32>i8x16.bitmask(slashesIn(block));
    const openers = slashes & ~carry;
    const behind = (openers << 1) | carry;
    const sum = (openers & ~EVEN & ~behind) + openers;
    const taken = (EVEN ^ (sum << 1)) & behind & (BLOCK_END - 1);
    const lows = i8x16.swizzle(low, v128.and(block, i8x16.splat(0x0f)));
    const highs = i8x16.swizzle(high, i8x16.shr_u(block, 4));
    const wrong = taken & (<u32>i8x16.bitmask(i8x16.eq(v128.and(lows, highs), i8x16.splat(0))));
    const stops = (<u32>i8x16.bitmask(endsIn(block))) & ~taken;
    if (slashes & (stops - 1) & ~stops) escaped = true;
    carry = sum >> 16;
    if (!(stops | wrong)) {
      p += 16;
      continue;
    }
    const stop = ctz(stops | wrong);
    p += <usize>stop;
    // Of a wrong escape, its backslash.
    carry = (wrong >> stop) & 1;
    break;
  }
  highOfBlocks = i8x16.bitmask(all);
  return p - <usize>carry;
}

function slashesIn(block: v128): v128 {
  return i8x16.eq(block, i8x16.splat(<i8>Char.Backslash));
}

/** Quotes and control characters. */
function endsIn(block: v128): v128 {
  return v128.or(i8x16.eq(block, i8x16.splat(<i8>Char.Quote)), i8x16.lt_u(block, i8x16.splat(<i8>Char.Space)));
}

/** Of eight bytes, bit 7 of each quote, backslash and control character. Only the lowest is exact: a borrow may spoil the bytes above it. */
function stopsOf(word: u64): u64 {
  const quotes = word ^ (ONES * <u64>Char.Quote);
  const slashes = word ^ (ONES * <u64>Char.Backslash);
  return ((quotes - ONES) & ~quotes) | ((slashes - ONES) & ~slashes) | ((word - ONES * <u64>Char.Space) & ~word);
}

/** A bit for each of the characters b f n r t, from 'b' on. */
const LETTERS: u32 = 0x51011;

/** Whether a backslash and this byte are a whole escape. */
function isSimpleEscape(c: i32): bool {
  if (<u32>(c - 0x62) < 32) return ((LETTERS >> (c - 0x62)) & 1) != 0;
  return c == Char.Quote || c == Char.Backslash || c == Char.Slash;
}

/** p is at the backslash. */
function skipEscape(p: usize, end: usize): usize {
  const c = peek(p + 1, end);
  if (isSimpleEscape(c)) return p + 2;
  if (c != 0x75) return unexpected(p + 1, end);
  // u: a lone surrogate is valid JSON
  for (let i: usize = 2; i < 6; i++) {
    const c = peek(p + i, end);
    if (!isDigit(c) && <u32>((c | 0x20) - 0x61) > 5) return unexpected(p + i, end);
  }
  return p + 6;
}
