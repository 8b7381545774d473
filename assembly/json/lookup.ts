/** One value deep inside a document that is small or read once: error bodies, answers, events. */
import { Char, isDigit } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { equalsDecodedBytes } from "./unescape";
import { peek } from "./syntax-error";
import { Kind, keyEndAt, kindOf, skipBlank, skipValue, valueAfter } from "./lexer";
import { JsonMember } from "./member";

/** The value that the last lookup found. */
export const foundMember = new JsonMember(Bytes.of(""));

/**
 * Follows a path of keys and of places in arrays, separated by dots: "error.code", "choices.0.delta.content". The first key
 * that fits counts, and what lies behind the value is not read: a document that was cut there still answers.
 */
export function lookup(ptr: usize, len: usize, path: Bytes): Kind {
  const end = ptr + len;
  foundMember.put(Kind.Absent, 0, 0);
  let p = skipBlank(ptr, end);
  let step = path.ptr;
  const last = step + path.len;
  while (step < last) {
    let stop = step;
    while (stop < last && load<u8>(stop) != Char.Dot) stop++;
    p = child(p, end, step, stop - step);
    if (!p) return Kind.Absent;
    step = stop + 1;
  }
  const behind = skipValue(p, end, 0);
  if (behind) foundMember.put(kindOf(p), p - ptr, behind - ptr);
  return foundMember.kind;
}

/** The start of the value of this key, or at this place, in the object or array at p; 0 when there is none. */
function child(p: usize, end: usize, name: usize, len: usize): usize {
  const opened = peek(p, end);
  const isObject = opened == Char.OpenBrace;
  if (!isObject && opened != Char.OpenBracket) return 0;
  let place = isObject ? -1 : placeNamed(name, len);
  p = skipBlank(p + 1, end);
  if (peek(p, end) == opened + 2) return 0; // empty
  while (true) {
    if (isObject) {
      const key = p + 1;
      const keyEnd = keyEndAt(p, end);
      p = keyEnd ? valueAfter(keyEnd, end) : 0;
      if (!p || equalsDecodedBytes(key, keyEnd - key, name, len)) return p;
    } else if (place-- == 0) return p;
    p = skipValue(p, end, 0);
    if (!p) return 0;
    p = skipBlank(p, end);
    if (peek(p, end) != Char.Comma) return 0;
    p = skipBlank(p + 1, end);
  }
}

/** The number that this step of a path is; -1, which no place is, for a name. */
function placeNamed(name: usize, len: usize): i32 {
  let place = len == 0 || len > 4 ? -1 : 0;
  for (let i: usize = 0; i < len && place >= 0; i++) {
    const c = <i32>load<u8>(name + i);
    place = isDigit(c) ? place * 10 + c - Char.Zero : -1;
  }
  return place;
}
