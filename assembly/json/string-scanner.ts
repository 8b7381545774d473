/** Steps over a JSON string (RFC 8259, section 7): most bytes of a prompt are passed here, a block at a time. */
import { isHex, isPlain, nextInEscape, Step, StringPart } from "./grammar";
import { Char } from "../text/ascii";
import { Status, fail, peek, unexpected } from "./syntax-error";
import { Utf8Part, firstInvalid } from "../text/utf8";

/** p is behind the opening quote. Returns the closing quote; 0: the string is malformed, cut, or not UTF-8. */
export function skipString(p: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    // Most keys and many values end within one block.
    if (p + PART <= end) {
      const block = v128.load(p);
      // Also what is not ASCII: its top bit is set.
      const stops = i8x16.bitmask(v128.or(StringPart.marks(block), block));
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

/** What one register holds. */
const PART: usize = 16;
const BLOCK: usize = 4 * PART;
const EVEN: u64 = 0x5555555555555555;

/**
 * The last part of a text, when it is shorter than a block: zeros follow it, which end a string and are no quote. In front of it is
 * room for a part of the block before.
 */
const lastBlock: usize = memory.data(80, 16) + PART;

/** What may stand behind a backslash: the tables have a bit in common for the low and the high half of the byte; for a `u` the top one. */
const ESCAPE_LOW = memory.data<u8>([0, 0, 1 | 4 | 8, 0, 8, 0x80, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1]);
const ESCAPE_HIGH = memory.data<u8>([0, 0, 1, 0, 0, 2, 4, 8 | 0x80, 0, 0, 0, 0, 0, 0, 0, 0]);
/** Hex digits: 0-9 begin with 3, A-F with 4 or 6. */
const HEX_LOW = memory.data<u8>([1, 3, 3, 3, 3, 3, 3, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
const HEX_HIGH = memory.data<u8>([0, 0, 0, 1, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/**
 * Blocks of 64 bytes, of which bit masks are made where anything but plain text is in them: bit n stands for byte n. Which bytes a
 * backslash escapes shows in the carries of one addition, since only the end of an odd run of backslashes escapes: Langdale and Lemire,
 * "Parsing Gigabytes of JSON per Second" (2019). The four bytes behind an escaped `u` must be hex digits. 0: anything is wrong,
 * whatever it is.
 */
function closingQuote(start: usize, end: usize): usize {
  /** Bit 0: the block before ended in a backslash that escapes the first byte of this one. */
  let escapesFirst: u64 = 0;
  /** Bits 0 to 3: the digits that the block before still asks for. */
  let digitsDue: u64 = 0;
  let wasAscii = true;
  let faults = i8x16.splat(0);
  for (let p = start; p < end; p += BLOCK) {
    let at = p;
    if (end - p < BLOCK) {
      memory.fill(lastBlock, 0, BLOCK);
      memory.copy(lastBlock - 3, p - 3, end - p + 3);
      at = lastBlock;
    }
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const isAscii = !i8x16.bitmask(v128.or(v128.or(a, b), v128.or(c, d)));
    const marks = v128.or(
      v128.or(StringPart.marks(a), StringPart.marks(b)),
      v128.or(StringPart.marks(c), StringPart.marks(d)),
    );
    if (!(isAscii && wasAscii)) {
      for (let q = at; q < at + BLOCK; q += PART) {
        const part = v128.load(q);
        // In front of the string is its quote, and what an invalid text has before that sends it the slow way.
        const back3 = v128.load(q - 3);
        if (i8x16.bitmask(v128.or(part, back3)))
          faults = v128.or(faults, Utf8Part.faults(part, v128.load(q - 1), v128.load(q - 2), back3));
      }
    }
    wasAscii = isAscii;
    if (!(escapesFirst | digitsDue) && !v128.any_true(marks)) continue;
    let stops = Part.bits(StringPart.stops(a), StringPart.stops(b), StringPart.stops(c), StringPart.stops(d));
    const slashes = Part.bits(
      StringPart.slashes(a),
      StringPart.slashes(b),
      StringPart.slashes(c),
      StringPart.slashes(d),
    );
    if (slashes | escapesFirst | digitsDue) {
      const openers = slashes & ~escapesFirst;
      const behind = (openers << 1) | escapesFirst;
      const odd = openers & ~EVEN & ~behind;
      const sum = odd + openers;
      const escaped = (EVEN ^ (sum << 1)) & behind;
      escapesFirst = u64(sum < odd);
      const escapesA = Part.inTables(a, ESCAPE_LOW, ESCAPE_HIGH);
      const escapesB = Part.inTables(b, ESCAPE_LOW, ESCAPE_HIGH);
      const escapesC = Part.inTables(c, ESCAPE_LOW, ESCAPE_HIGH);
      const escapesD = Part.inTables(d, ESCAPE_LOW, ESCAPE_HIGH);
      let wrong =
        escaped & Part.bits(Part.zeros(escapesA), Part.zeros(escapesB), Part.zeros(escapesC), Part.zeros(escapesD));
      const units = escaped & Part.bits(escapesA, escapesB, escapesC, escapesD);
      const digits = digitsDue | (units << 1) | (units << 2) | (units << 3) | (units << 4);
      digitsDue = (units >> 63) | (units >> 62) | (units >> 61) | (units >> 60);
      if (digits) wrong |= digits & Part.bits(Part.noHex(a), Part.noHex(b), Part.noHex(c), Part.noHex(d));
      stops &= ~escaped;
      // Behind the first stop nothing belongs to the string.
      if (wrong & (stops ^ (stops - 1))) return 0;
    }
    if (!stops) continue;
    const stop = p + <usize>ctz(stops);
    return peek(stop, end) == Char.Quote && !v128.any_true(faults) ? stop : 0;
  }
  return 0;
}

/** Looks at 16 bytes. Inlined, since calls would take twice the time. */
class Part {
  @inline
  static noHex(part: v128): v128 {
    return Part.zeros(Part.inTables(part, HEX_LOW, HEX_HIGH));
  }

  @inline
  static zeros(part: v128): v128 {
    return i8x16.eq(part, i8x16.splat(0));
  }

  /** A mask of the top bits in four parts. */
  @inline
  static bits(a: v128, b: v128, c: v128, d: v128): u64 {
    return (
      (<u64>i8x16.bitmask(a)) |
      ((<u64>i8x16.bitmask(b)) << 16) |
      ((<u64>i8x16.bitmask(c)) << 32) |
      ((<u64>i8x16.bitmask(d)) << 48)
    );
  }

  /** For each byte the bits that its halves have in common in the two tables. */
  @inline
  static inTables(part: v128, lows: usize, highs: usize): v128 {
    const half = i8x16.splat(0x0f);
    const low = i8x16.swizzle(v128.load(lows), v128.and(part, half));
    return v128.and(low, i8x16.swizzle(v128.load(highs), v128.and(i16x8.shr_u(part, 4), half)));
  }
}
