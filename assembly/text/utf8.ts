/** UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */

import { PART, Part } from "./part";

export const REPLACEMENT: u32 = 0xfffd;

/** Length of the well-formed sequence at p, which is below end; 0 when it is malformed or cut. */
export function sequenceLength(p: usize, end: usize): usize {
  const lead = <u32>load<u8>(p);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || p + 2 > end) return 0;
  const second = <u32>load<u8>(p + 1);
  if ((second & 0xc0) != 0x80) return 0;
  if (lead < 0xe0) return 2;
  if (p + 3 > end || (load<u8>(p + 2) & 0xc0) != 0x80) return 0;
  if (lead < 0xf0) {
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
    return 3;
  }
  if (p + 4 > end || (load<u8>(p + 3) & 0xc0) != 0x80) return 0;
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
  return 4;
}

/** Where the first malformed sequence starts; 0 when there is none. */
export function firstInvalid(start: usize, end: usize): usize {
  let p = start;
  if (ASC_FEATURE_SIMD) {
    p = skipValidBlocks(start, end);
    if (!p) p = start;
  }
  while (p < end) {
    const n = sequenceLength(p, end);
    if (n == 0) return p;
    p += n;
  }
  return 0;
}

/*
 * Blocks of 16 bytes after Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte" (2021): every fault shows
 * in two neighbouring bytes. Three tables, asked with the high and low half of the first byte and the high half of the
 * second, each say which faults are still possible; what all three allow is there. Bit 7 is no fault where a third or
 * fourth byte is due: a continuation after a continuation.
 */
const TOO_SHORT: u8 = 1; //        lead, then no continuation
const TOO_LONG: u8 = 1 << 1; //    ASCII, then a continuation
const OVERLONG_3: u8 = 1 << 2; //  e0 80-9f
const TOO_LARGE: u8 = 1 << 3; //   f4 90-bf, f5-ff 90-bf
const SURROGATE: u8 = 1 << 4; //   ed a0-bf
const OVERLONG_2: u8 = 1 << 5; //  c0-c1
const OVERLONG_4: u8 = 1 << 6; //  f0 80-8f, f5-ff 80-8f
const TWO_CONTINUATIONS: u8 = 1 << 7;
const ANY_LOW: u8 = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS;
const ABOVE_F4: u8 = ANY_LOW | TOO_LARGE | OVERLONG_4;
const SECOND: u8 = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS;

// prettier-ignore
const FIRST_HIGH = memory.data<u8>([
  TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
  TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
  TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | OVERLONG_4,
]);
// prettier-ignore
const FIRST_LOW = memory.data<u8>([
  ANY_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4, ANY_LOW | OVERLONG_2, ANY_LOW, ANY_LOW,
  ANY_LOW | TOO_LARGE, ABOVE_F4, ABOVE_F4, ABOVE_F4,
  ABOVE_F4, ABOVE_F4, ABOVE_F4, ABOVE_F4,
  ABOVE_F4, ABOVE_F4 | SURROGATE, ABOVE_F4, ABOVE_F4,
]);
// prettier-ignore
const SECOND_HIGH = memory.data<u8>([
  TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
  SECOND | OVERLONG_3 | OVERLONG_4, SECOND | OVERLONG_3 | TOO_LARGE,
  SECOND | SURROGATE | TOO_LARGE, SECOND | SURROGATE | TOO_LARGE,
  TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
]);

const DUE = memory.data<u64>([0x8080808080808080, 0x8080808080808080]);
const BELOW_THREE_BYTES = memory.data<u64>([0x6060606060606060, 0x6060606060606060]);
const BELOW_FOUR_BYTES = memory.data<u64>([0x7070707070707070, 0x7070707070707070]);

/** Looks at 16 bytes. Inlined, since a call would take twice the time. */
export class Utf8Part {
  /** Not zero where a byte does not follow the ones in front of it; `before` ends with those in front of the first. */
  @inline
  static faults(before: v128, part: v128): v128 {
    const back1 = Part.back1(before, part);
    const pairs = v128.and(Part.inTables(back1, FIRST_LOW, FIRST_HIGH), Part.ofHigh(part, SECOND_HIGH));
    // Bit 7 is set where the byte two before is e0 or more, or the byte three before f0 or more.
    const thirdDue = i8x16.sub_sat_u(Part.back2(before, part), v128.load(BELOW_THREE_BYTES));
    const fourthDue = i8x16.sub_sat_u(Part.back3(before, part), v128.load(BELOW_FOUR_BYTES));
    return v128.xor(v128.and(v128.or(thirdDue, fourthDue), v128.load(DUE)), pairs);
  }
}

/** Start of the first character that whole blocks have not settled; 0 when a block is malformed. */
function skipValidBlocks(start: usize, end: usize): usize {
  let before = i8x16.splat(0);
  let faults = i8x16.splat(0);
  let p = start;
  for (; p + PART <= end; p += PART) {
    const block = v128.load(p);
    if (Part.isMarked(v128.or(before, block))) faults = v128.or(faults, Utf8Part.faults(before, block));
    before = block;
  }
  if (v128.any_true(faults)) return 0;
  // A character may reach beyond the last block: go back to its lead.
  const floor = p - start < 3 ? start : p - 3;
  while (p > floor && (load<u8>(p - 1) & 0xc0) == 0x80) p--;
  if (p > start && load<u8>(p - 1) >= 0xc0) p--;
  return p;
}

/** Writes a code point, at most 4 bytes; returns how many. A surrogate becomes U+FFFD. */
export function encode(codePoint: u32, out: usize): usize {
  if (codePoint < 0x80) {
    store<u8>(out, codePoint);
    return 1;
  }
  if (codePoint < 0x800) {
    store<u8>(out, 0xc0 | (codePoint >> 6));
    store<u8>(out + 1, 0x80 | (codePoint & 0x3f));
    return 2;
  }
  if (codePoint < 0x10000) {
    if (codePoint >> 11 == 0xd800 >> 11) codePoint = REPLACEMENT;
    store<u8>(out, 0xe0 | (codePoint >> 12));
    store<u8>(out + 1, 0x80 | ((codePoint >> 6) & 0x3f));
    store<u8>(out + 2, 0x80 | (codePoint & 0x3f));
    return 3;
  }
  store<u8>(out, 0xf0 | (codePoint >> 18));
  store<u8>(out + 1, 0x80 | ((codePoint >> 12) & 0x3f));
  store<u8>(out + 2, 0x80 | ((codePoint >> 6) & 0x3f));
  store<u8>(out + 3, 0x80 | (codePoint & 0x3f));
  return 4;
}
