/** Paths that lead out of themselves. */
import { Char } from "./ascii";
import { decodePercent } from "./percent";

/**
 * Whether a segment is "..", in any way that a server may read as such: dots, slashes and backslashes may be percent-encoded, more than
 * once too, and what ends a name somewhere may follow (";x", "?", "#", a space). A control character, an overlong form of UTF-8 (a dot
 * or a slash of two bytes or more), or "%u002e" counts as one: no path has a use for it.
 */
export function leadsOut(ptr: usize, len: usize): bool {
  const end = ptr + len;
  let dots = 0;
  let before = END;
  for (let p = ptr; p <= end; p += size) {
    const c = charAt(p, end);
    if (dots == 2 && endsName(c)) return true;
    if (c != END && isUseless(c, before)) return true;
    if (c == Char.Percent && isWideEscape(p + size, end)) return true;
    before = c;
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
  let c = <i32>load<u8>(p);
  // "%252e" is "%2e" to the first who decodes it, and a dot to the next.
  while (c == Char.Percent && p + size + 2 <= end) {
    const decoded = decodePercent(p + size - 1);
    if (decoded < 0) break;
    c = decoded;
    size += 2;
  }
  return c;
}

function endsName(c: i32): bool {
  return isSlash(c) || c == Char.Semicolon || c == Char.Question || c == Char.Hash || c == Char.Space || c == END;
}

function isUseless(c: i32, before: i32): bool {
  if (c < 0x20 || c == 0x7f || c == 0xc0 || c == 0xc1 || c > 0xf4) return true;
  return (before == 0xe0 && c < 0xa0) || (before == 0xf0 && c < 0x90);
}

/** Whether "u" and four hex digits follow a "%": to some servers a character of UTF-16. */
function isWideEscape(p: usize, end: usize): bool {
  return p + 5 <= end && (load<u8>(p) | 0x20) == 0x75 && decodePercent(p) >= 0 && decodePercent(p + 2) >= 0;
}

function isSlash(c: i32): bool {
  return c == Char.Slash || c == Char.Backslash;
}
