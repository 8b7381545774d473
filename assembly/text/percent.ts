/** Percent-encoding (RFC 3986, section 2.1). */
import { Char } from "./ascii";

/** The byte that the three at `p` encode ("%2F"); -1: they are no such. */
export function decodePercent(p: usize): i32 {
  const high = digit(load<u8>(p, 1));
  const low = digit(load<u8>(p, 2));
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
}

function digit(c: i32): i32 {
  if (<u32>(c - Char.Zero) <= 9) return c - Char.Zero;
  const letter = (c | 0x20) - 0x61;
  return <u32>letter < 6 ? letter + 10 : -1;
}
