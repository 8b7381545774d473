/**
 * 16 bytes of a text in a register. All is inlined, since a call costs more than what is done. Constants are loaded from memory: V8 makes
 * one of the code anew at each use, by three instructions.
 */

/** Bytes of a register. */
export const PART: usize = 16;

const HALF = memory.data<u64>([0x0f0f0f0f0f0f0f0f, 0x0f0f0f0f0f0f0f0f]);

export class Part {
  /** The byte in front of each, of a text that goes on from `before`. */
  @inline
  static back1(before: v128, part: v128): v128 {
    // prettier-ignore
    return i8x16.shuffle(before, part, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  }

  /** The second byte in front of each. */
  @inline
  static back2(before: v128, part: v128): v128 {
    // prettier-ignore
    return i8x16.shuffle(before, part, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  }

  /** The third byte in front of each. */
  @inline
  static back3(before: v128, part: v128): v128 {
    // prettier-ignore
    return i8x16.shuffle(before, part, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  }

  /** What a table of 16 says of the high half of each byte. */
  @inline
  static ofHigh(part: v128, table: usize): v128 {
    return i8x16.swizzle(v128.load(table), v128.and(i16x8.shr_u(part, 4), v128.load(HALF)));
  }

  /** What a table of 16 says of the low half of each byte. */
  @inline
  static ofLow(part: v128, table: usize): v128 {
    return i8x16.swizzle(v128.load(table), v128.and(part, v128.load(HALF)));
  }

  /** For each byte the bits that its halves have in common in two tables. */
  @inline
  static inTables(part: v128, lows: usize, highs: usize): v128 {
    return v128.and(Part.ofLow(part, lows), Part.ofHigh(part, highs));
  }

  @inline
  static zeros(part: v128): v128 {
    return i8x16.eq(part, i8x16.splat(0));
  }

  /** Whether any byte has its top bit set. */
  @inline
  static isMarked(part: v128): bool {
    return i8x16.bitmask(part) != 0;
  }

  /** The top bits of four parts. */
  @inline
  static bits(a: v128, b: v128, c: v128, d: v128): u64 {
    return (
      (<u64>((<u32>i8x16.bitmask(a)) | ((<u32>i8x16.bitmask(b)) << 16))) |
      ((<u64>((<u32>i8x16.bitmask(c)) | ((<u32>i8x16.bitmask(d)) << 16))) << 32)
    );
  }
}
