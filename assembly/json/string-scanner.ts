/** Steps over a JSON string (RFC 8259, section 7): most bytes of a prompt are passed here, a block at a time. */
import { isHex, isPlain, nextInEscape, Step, StringPart } from "./grammar";
import { Char } from "../text/ascii";
import { Status, fail, peek, unexpected } from "./syntax-error";
import { PART, Part } from "../text/part";
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

const BLOCK: usize = 4 * PART;
const EVEN: u64 = 0x5555555555555555;

/** The last part of a text, when it is shorter than a block: zeros follow it, which end a string and are no quote. */
const lastBlock: usize = memory.data(64, 16);

/** What most escapes of a prompt are: `\"` and `\n`. */
const QUOTES = memory.data<u64>([0x2222222222222222, 0x2222222222222222]);
const LINE_BREAKS = memory.data<u64>([0x6e6e6e6e6e6e6e6e, 0x6e6e6e6e6e6e6e6e]);
/** What may stand behind a backslash: the tables have a bit in common for the low and the high half of the byte; for a `u` the top one. */
const ESCAPE_LOW = memory.data<u8>([0, 0, 1 | 4 | 8, 0, 8, 0x80, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1]);
const ESCAPE_HIGH = memory.data<u8>([0, 0, 1, 0, 0, 2, 4, 8 | 0x80, 0, 0, 0, 0, 0, 0, 0, 0]);
/** Hex digits: 0-9 begin with 3, A-F with 4 or 6. */
const HEX_LOW = memory.data<u8>([1, 3, 3, 3, 3, 3, 3, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
const HEX_HIGH = memory.data<u8>([0, 0, 0, 1, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/**
 * Blocks of 64 bytes. In most of them each backslash stands alone, in front of a quote or an n. Bit masks, in which bit n stands for byte
 * n, are made only of the others: which bytes are escaped shows in the carries of one addition, since only the end of an odd run of
 * backslashes escapes (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019), and the four bytes behind an escaped `u` must
 * be hex digits. 0: anything is wrong, whatever it is.
 */
function closingQuote(start: usize, end: usize): usize {
  /** The last part of the block before. */
  let before = i8x16.splat(0);
  /** And its backslashes. Its last byte counts, which is 0 where that backslash is escaped itself. */
  let slashesBefore = i8x16.splat(0);
  /** Bits 0 to 3: the digits that the block before still asks for. */
  let digitsDue: u64 = 0;
  /** Masks were needed for the block before, and will be for this one. */
  let isDense: bool = false;
  let faults = i8x16.splat(0);
  let p = start;
  /** From where the last bytes are read to where they stand. */
  let moved: usize = 0;
  while (true) {
    if (p + BLOCK > end && moved == 0) {
      memory.fill(lastBlock, 0, BLOCK);
      memory.copy(lastBlock, p, end - p);
      moved = p - lastBlock;
      p = lastBlock;
    }
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    if (Part.isMarked(v128.or(v128.or(v128.or(before, a), v128.or(b, c)), d))) {
      if (Part.isMarked(v128.or(before, a))) faults = v128.or(faults, Utf8Part.faults(before, a));
      if (Part.isMarked(v128.or(a, b))) faults = v128.or(faults, Utf8Part.faults(a, b));
      if (Part.isMarked(v128.or(b, c))) faults = v128.or(faults, Utf8Part.faults(b, c));
      if (Part.isMarked(v128.or(c, d))) faults = v128.or(faults, Utf8Part.faults(c, d));
    }
    before = d;
    let stopsA = StringPart.stops(a);
    let stopsB = StringPart.stops(b);
    let stopsC = StringPart.stops(c);
    let stopsD = StringPart.stops(d);
    const slashesA = StringPart.slashes(a);
    const slashesB = StringPart.slashes(b);
    const slashesC = StringPart.slashes(c);
    const slashesD = StringPart.slashes(d);
    const marks = v128.or(
      v128.or(v128.or(stopsA, slashesA), v128.or(stopsB, slashesB)),
      v128.or(v128.or(stopsC, slashesC), v128.or(stopsD, v128.or(slashesBefore, slashesD))),
    );
    if (isDense || Part.isMarked(marks)) {
      const escapedA = Part.back1(slashesBefore, slashesA);
      const escapedB = Part.back1(slashesA, slashesB);
      const escapedC = Part.back1(slashesB, slashesC);
      const escapedD = Part.back1(slashesC, slashesD);
      if (!isDense)
        isDense = Part.isMarked(
          v128.or(
            v128.or(Escaped.others(a, escapedA), Escaped.others(b, escapedB)),
            v128.or(Escaped.others(c, escapedC), Escaped.others(d, escapedD)),
          ),
        );
      let stops: u64 = 0;
      if (isDense) {
        const first = u64(i8x16.extract_lane_u(slashesBefore, 15) & 1);
        const slashes = Part.bits(slashesA, slashesB, slashesC, slashesD);
        const openers = slashes & ~first;
        const behind = (openers << 1) | first;
        const odd = openers & ~EVEN & ~behind;
        const sum = odd + openers;
        const escaped = (EVEN ^ (sum << 1)) & behind;
        slashesBefore = i8x16.splat(sum < odd ? -1 : 0);
        const escapesA = Part.inTables(a, ESCAPE_LOW, ESCAPE_HIGH);
        const escapesB = Part.inTables(b, ESCAPE_LOW, ESCAPE_HIGH);
        const escapesC = Part.inTables(c, ESCAPE_LOW, ESCAPE_HIGH);
        const escapesD = Part.inTables(d, ESCAPE_LOW, ESCAPE_HIGH);
        let wrong =
          escaped & Part.bits(Part.zeros(escapesA), Part.zeros(escapesB), Part.zeros(escapesC), Part.zeros(escapesD));
        const units = escaped & Part.bits(escapesA, escapesB, escapesC, escapesD);
        const digits = digitsDue | (units << 1) | (units << 2) | (units << 3) | (units << 4);
        digitsDue = (units >> 63) | (units >> 62) | (units >> 61) | (units >> 60);
        if (digits) wrong |= digits & Part.bits(Escaped.noHex(a), Escaped.noHex(b), Escaped.noHex(c), Escaped.noHex(d));
        isDense = ((slashes & (slashes << 1)) | units) != 0;
        stops = Part.bits(stopsA, stopsB, stopsC, stopsD) & ~escaped;
        // Behind the first stop nothing belongs to the string.
        if (wrong & (stops ^ (stops - 1))) return 0;
      } else {
        slashesBefore = slashesD;
        stopsA = v128.andnot(stopsA, escapedA);
        stopsB = v128.andnot(stopsB, escapedB);
        stopsC = v128.andnot(stopsC, escapedC);
        stopsD = v128.andnot(stopsD, escapedD);
        if (Part.isMarked(v128.or(v128.or(stopsA, stopsB), v128.or(stopsC, stopsD))))
          stops = Part.bits(stopsA, stopsB, stopsC, stopsD);
      }
      if (stops) {
        const stop = p + <usize>ctz(stops);
        return load<u8>(stop) == Char.Quote && !v128.any_true(faults) ? stop + moved : 0;
      }
    }
    p += BLOCK;
  }
}

/** Looks at 16 bytes of a string. Inlined, since calls would take twice the time. */
class Escaped {
  /** Those of the `escaped` ones that are neither a quote nor an n. */
  @inline
  static others(part: v128, escaped: v128): v128 {
    return v128.andnot(escaped, v128.or(i8x16.eq(part, v128.load(QUOTES)), i8x16.eq(part, v128.load(LINE_BREAKS))));
  }

  @inline
  static noHex(part: v128): v128 {
    return Part.zeros(Part.inTables(part, HEX_LOW, HEX_HIGH));
  }
}
