/** Paths that lead out of themselves. */
import { Char } from "./ascii";
import { decodePercent } from "./percent";

/**
 * Whether a segment is "..", in any way that a server may read as such: dots, slashes and backslashes may be percent-encoded, and
 * parameters may follow (";x").
 */
export function leadsOut(ptr: usize, len: usize): bool {
  const end = ptr + len;
  let dots = 0;
  for (let p = ptr; p <= end; p += size) {
    const c = charAt(p, end);
    if (dots == 2 && (isSlash(c) || c == Char.Semicolon || c == END)) return true;
    if (isSlash(c)) dots = 0;
    else dots = c == Char.Dot && dots >= 0 ? dots + 1 : OTHER;
  }
  return false;
}

const END = -1;
/** The segment holds more than dots. */
const OTHER = i32.MIN_VALUE;
/** How many bytes the character that was read last takes. */
let size: usize = 1;

function charAt(p: usize, end: usize): i32 {
  size = 1;
  if (p == end) return END;
  const c = <i32>load<u8>(p);
  const decoded = c == Char.Percent && p + 3 <= end ? decodePercent(p) : -1;
  if (decoded < 0) return c;
  size = 3;
  return decoded;
}

function isSlash(c: i32): bool {
  return c == Char.Slash || c == Char.Backslash;
}
