/** Steps over a JSON string (RFC 8259, section 7): most bytes of a prompt are passed here, a block at a time. */
import { isHex, isPlain, nextInEscape, Step } from "./grammar";
import { Char } from "../text/ascii";
import { Status, fail, peek, unexpected } from "./syntax-error";
import { firstInvalid } from "../text/utf8";

/** p is behind the opening quote. Returns the closing quote; 0: the string is malformed, cut, or not UTF-8. */
export function skipString(p: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    // Most keys and many values end within one small block.
    if (p + SMALL <= end) {
      const block = v128.load(p);
      // Also what is not ASCII, which is below a space as a signed number.
      const others = i8x16.lt_s(block, i8x16.splat(<i8>Char.Space));
      const stops = i8x16.bitmask(v128.or(v128.or(quotesIn(block), slashesIn(block)), others));
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

const SMALL: usize = 16;
const BLOCK: usize = 64;
const EVEN: u64 = 0x5555555555555555;

/** The last part of a text, when it is shorter than a block: zeros follow it, which end a string and are no quote. */
const lastBlock = memory.data(64, 16);

/**
 * Blocks of 64 bytes, of which bit masks are made: bit n stands for byte n. Which bytes a backslash escapes shows in the carries of one
 * addition, since only the end of an odd run of backslashes escapes: Langdale and Lemire, "Parsing Gigabytes of JSON per Second"
 * (2019). The four bytes behind an escaped `u` must be hex digits. 0: anything is wrong, whatever it is.
 */
function closingQuote(start: usize, end: usize): usize {
  /** Bit 0: the block before ended in a backslash that escapes the first byte of this one. */
  let escapesFirst: u64 = 0;
  /** Bits 0 to 3: the digits that the block before still asks for. */
  let digitsDue: u64 = 0;
  let any = i8x16.splat(0);
  for (let p = start; p < end; p += BLOCK) {
    let at = p;
    if (end - p < BLOCK) {
      memory.fill(lastBlock, 0, BLOCK);
      memory.copy(lastBlock, p, end - p);
      at = lastBlock;
    }
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    any = v128.or(any, v128.or(v128.or(a, b), v128.or(c, d)));
    const slashes = maskOf(slashesIn(a), slashesIn(b), slashesIn(c), slashesIn(d));
    let stops = maskOf(stopsIn(a), stopsIn(b), stopsIn(c), stopsIn(d));
    if (slashes | escapesFirst | digitsDue) {
      const openers = slashes & ~escapesFirst;
      const behind = (openers << 1) | escapesFirst;
      const oddOpeners = openers & ~EVEN & ~behind;
      const sum = oddOpeners + openers;
      const escaped = (EVEN ^ (sum << 1)) & behind;
      escapesFirst = u64(sum < openers);
      const units = escaped & maskOf(is(a, U), is(b, U), is(c, U), is(d, U));
      const digits = digitsDue | (units << 1) | (units << 2) | (units << 3) | (units << 4);
      digitsDue = (units >> 63) | (units >> 62) | (units >> 61) | (units >> 60);
      let wrong = escaped & ~maskOf(escapesIn(a), escapesIn(b), escapesIn(c), escapesIn(d));
      if (digits) wrong |= digits & ~maskOf(hexIn(a), hexIn(b), hexIn(c), hexIn(d));
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

function maskOf(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = (<u32>i8x16.bitmask(a)) | ((<u32>i8x16.bitmask(b)) << 16);
  const high = (<u32>i8x16.bitmask(c)) | ((<u32>i8x16.bitmask(d)) << 16);
  return (<u64>low) | ((<u64>high) << 32);
}

function is(block: v128, c: i32): v128 {
  return i8x16.eq(block, i8x16.splat(<i8>c));
}

function quotesIn(block: v128): v128 {
  return is(block, Char.Quote);
}

function slashesIn(block: v128): v128 {
  return is(block, Char.Backslash);
}

/** Quotes and control characters. */
function stopsIn(block: v128): v128 {
  return v128.or(quotesIn(block), i8x16.lt_u(block, i8x16.splat(<i8>Char.Space)));
}

/** What may stand behind a backslash: the tables have a bit in common for the low and the high half of the byte. */
const ESCAPE_LOW = memory.data<u8>([0, 0, 1 | 4 | 8, 0, 8, 8, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1]);
const ESCAPE_HIGH = memory.data<u8>([0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0]);

function escapesIn(block: v128): v128 {
  return inBoth(block, v128.load(ESCAPE_LOW), v128.load(ESCAPE_HIGH));
}

/** 0-9 in column 3, A-F in 4 and 6. */
const HEX_LOW = memory.data<u8>([1, 3, 3, 3, 3, 3, 3, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
const HEX_HIGH = memory.data<u8>([0, 0, 0, 1, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

function hexIn(block: v128): v128 {
  return inBoth(block, v128.load(HEX_LOW), v128.load(HEX_HIGH));
}

function inBoth(block: v128, low: v128, high: v128): v128 {
  const lows = i8x16.swizzle(low, v128.and(block, i8x16.splat(0x0f)));
  const highs = i8x16.swizzle(high, i8x16.shr_u(block, 4));
  return i8x16.ne(v128.and(lows, highs), i8x16.splat(0));
}
