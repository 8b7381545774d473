/** Steps over a JSON string (RFC 8259, section 7): most bytes of a prompt are passed here, a block at a time. */
import { isHex, isPlain, nextInEscape, Step } from "./grammar";
import { Char } from "../text/ascii";
import { Status, fail, peek, unexpected } from "./syntax-error";
import { firstInvalid } from "../text/utf8";

/** p is behind the opening quote. Returns the closing quote; 0: the string is malformed, cut, or not UTF-8. */
export function skipString(p: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    // Most keys and many values end within one block.
    if (p + BLOCK <= end) {
      const block = v128.load(p);
      const quotes = i8x16.eq(block, i8x16.splat(<i8>Char.Quote));
      const slashes = i8x16.eq(block, i8x16.splat(<i8>Char.Backslash));
      // Also what is not ASCII, which is below a space as a signed number.
      const others = i8x16.lt_s(block, i8x16.splat(<i8>Char.Space));
      const stops = i8x16.bitmask(v128.or(v128.or(quotes, slashes), others));
      const stop = p + <usize>ctz(stops);
      if (stops && load<u8>(stop) == Char.Quote) return stop;
    }
    const closing = closingQuote(p, end);
    if (closing) return closing;
  }
  return skipBytes(p, end);
}

/** A byte at a time: says where an error is. */
function skipBytes(start: usize, end: usize): usize {
  let p = start;
  while (true) {
    while (p < end && isPlain(load<u8>(p))) p++;
    if (peek(p, end) != Char.Backslash) break;
    p = skipEscape(p, end);
    if (!p) return 0;
  }
  if (peek(p, end) != Char.Quote) return unexpected(p, end);
  const bad = firstInvalid(start, p);
  return bad ? fail(Status.BadUtf8, bad) : p;
}

/** p is at the backslash. A lone surrogate is valid JSON. */
function skipEscape(p: usize, end: usize): usize {
  const next = nextInEscape(peek(p + 1, end));
  if (next == Step.Text) return p + 2;
  if (next != Step.Hex) return unexpected(p + 1, end);
  for (let i: usize = 2; i < 6; i++) if (!isHex(peek(p + i, end))) return unexpected(p + i, end);
  return p + 6;
}

const BLOCK: usize = 16;
const EVEN: u32 = 0x5555;
const ALL: u32 = 0xffff;

/** The last part of a text, when it is shorter than a block: zeros follow it, which end a string and are no quote. */
const lastBlock = memory.data(16, 16);

/** What may stand behind a backslash: the tables have a bit in common for the low and the high half of the byte. */
const ESCAPE_LOW = memory.data<u8>([0, 0, 1 | 4 | 8, 0, 8, 8, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1]);
const ESCAPE_HIGH = memory.data<u8>([0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
/** Hex digits: 0-9 begin with 3, A-F with 4 or 6. */
const HEX_LOW = memory.data<u8>([1, 3, 3, 3, 3, 3, 3, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
const HEX_HIGH = memory.data<u8>([0, 0, 0, 1, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/**
 * Blocks of 16 bytes, of which bit masks are made: bit n stands for byte n. Which bytes a backslash escapes shows in the carries of one
 * addition, since only the end of an odd run of backslashes escapes: Langdale and Lemire, "Parsing Gigabytes of JSON per Second"
 * (2019). The four bytes behind an escaped `u` must be hex digits. 0: anything is wrong, whatever it is.
 *
 * One function without calls: at the level of optimization of the shipped module a call for each mask would take twice the time.
 */
function closingQuote(start: usize, end: usize): usize {
  const quote = i8x16.splat(<i8>Char.Quote);
  const slash = i8x16.splat(<i8>Char.Backslash);
  const space = i8x16.splat(<i8>Char.Space);
  const nibble = i8x16.splat(0x0f);
  const zero = i8x16.splat(0);
  /** Bit 0: the block before ended in a backslash that escapes the first byte of this one. */
  let escapesFirst: u32 = 0;
  /** Bits 0 to 3: the digits that the block before still asks for. */
  let digitsDue: u32 = 0;
  let any = zero;
  for (let p = start; p < end; p += BLOCK) {
    let at = p;
    if (end - p < BLOCK) {
      memory.fill(lastBlock, 0, BLOCK);
      memory.copy(lastBlock, p, end - p);
      at = lastBlock;
    }
    const block = v128.load(at);
    any = v128.or(any, block);
    let stops = <u32>i8x16.bitmask(v128.or(i8x16.eq(block, quote), i8x16.lt_u(block, space)));
    const slashes = <u32>i8x16.bitmask(i8x16.eq(block, slash));
    if (slashes | escapesFirst | digitsDue) {
      const openers = slashes & ~escapesFirst;
      const behind = (openers << 1) | escapesFirst;
      const sum = (openers & ~EVEN & ~behind) + openers;
      const escaped = (EVEN ^ (sum << 1)) & behind & ALL;
      escapesFirst = sum >> 16;
      const units = escaped & (<u32>i8x16.bitmask(i8x16.eq(block, i8x16.splat(<i8>U))));
      const digits = digitsDue | (units << 1) | (units << 2) | (units << 3) | (units << 4);
      digitsDue = digits >> 16;
      const low = v128.and(block, nibble);
      const high = v128.and(i16x8.shr_u(block, 4), nibble);
      const escapes = v128.and(i8x16.swizzle(v128.load(ESCAPE_LOW), low), i8x16.swizzle(v128.load(ESCAPE_HIGH), high));
      let wrong = escaped & (<u32>i8x16.bitmask(i8x16.eq(escapes, zero)));
      if (digits) {
        const hex = v128.and(i8x16.swizzle(v128.load(HEX_LOW), low), i8x16.swizzle(v128.load(HEX_HIGH), high));
        wrong |= digits & (<u32>i8x16.bitmask(i8x16.eq(hex, zero)));
      }
      stops &= ~escaped;
      // Behind the first stop nothing belongs to the string.
      if (wrong & (stops ^ (stops - 1))) return 0;
    }
    if (!stops) continue;
    const stop = p + <usize>ctz(stops);
    if (peek(stop, end) != Char.Quote) return 0;
    return i8x16.bitmask(any) && firstInvalid(start, stop) ? 0 : stop;
  }
  return 0;
}

const U = 0x75;
