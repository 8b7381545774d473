/**
 * One pass over a request's body: is it a strict JSON object, and where are the top-level members that decide its way.
 * The results stay in the members below until the next scan; copy what must live longer.
 */
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { equalsDecoded } from "./unescape";
import { Status, fail, fault, faultAt, peek, unexpected } from "./syntax-error";
import { Kind, check, keyEnd, kindOf, skipBlank, skipKey, skipValue } from "./lexer";
import { JsonMember } from "./member";
import { escaped } from "./string-scanner";

export { Status } from "./syntax-error";
export { Kind } from "./lexer";
export { unescape } from "./unescape";
export { JsonMember } from "./member";

export const model = new JsonMember(Bytes.of("model"));
export const stream = new JsonMember(Bytes.of("stream"));
export const user = new JsonMember(Bytes.of("user"));
export const previousResponseId = new JsonMember(Bytes.of("previous_response_id"));
export const conversation = new JsonMember(Bytes.of("conversation"));

const members: StaticArray<JsonMember> = [model, stream, user, previousResponseId, conversation];

/** Where the last scan that was not Ok found its fault, in bytes from the start. */
export let errorOffset: usize = 0;

/**
 * A second top-level `model` is refused, since two readers could see two models; of other duplicates the last one
 * counts, as in JSON.parse. Keys are compared decoded.
 */
export function scan(ptr: usize, len: usize): Status {
  for (let i = 0; i < members.length; i++) unchecked(members[i]).put(Kind.Absent, 0, 0);
  const status = scanObject(ptr, ptr + len);
  errorOffset = status == Status.Ok ? 0 : faultAt - ptr;
  return status;
}

function scanObject(ptr: usize, end: usize): Status {
  let p = skipBlank(ptr, end);
  if (peek(p, end) != Char.OpenBrace) return refuseOther(p, end);
  p = skipBlank(p + 1, end);
  if (peek(p, end) != Char.CloseBrace) {
    while (true) {
      const key = p + 1;
      const value = skipKey(p, end);
      if (!value) return fault;
      const member = memberNamed(key, keyEnd - key, escaped);
      p = skipValue(value, end, 1);
      if (!p) return fault;
      if (member) {
        if (member == model && model.kind) {
          fail(Status.DuplicateModel, key - 1);
          return fault;
        }
        member.put(kindOf(value), value - ptr, p - ptr);
      }
      p = skipBlank(p, end);
      if (peek(p, end) != Char.Comma) break;
      p = skipBlank(p + 1, end);
    }
    if (peek(p, end) != Char.CloseBrace) {
      unexpected(p, end);
      return fault;
    }
  }
  p = skipBlank(p + 1, end);
  if (p == end) return Status.Ok;
  fail(Status.Malformed, p);
  return fault;
}

function refuseOther(p: usize, end: usize): Status {
  const status = check(p, end - p);
  if (status != Status.Ok) return status;
  fail(Status.NotObject, p);
  return fault;
}

function memberNamed(key: usize, len: usize, hasEscape: bool): JsonMember | null {
  for (let i = 0; i < members.length; i++) {
    const member = unchecked(members[i]);
    if (hasEscape ? equalsDecoded(key, len, member.name) : member.name.equals(key, len)) return member;
  }
  return null;
}
