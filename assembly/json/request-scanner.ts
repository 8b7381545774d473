/**
 * One pass over a request's body: is it a strict JSON object, and where are the top-level members that decide its way.
 * The members below and the result stay until the next scan; copy what must live longer.
 */
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { equalsDecoded, equalsFolded } from "./unescape";
import { Status, fail, peek, syntaxError, unexpected } from "./syntax-error";
import { Kind, check, keyEndAt, kindOf, skipBlank, skipValue, valueAfter } from "./lexer";
import { forgetNamed, noteKey } from "./kept-names";
import { JsonMember } from "./member";

export { Status } from "./syntax-error";
export { Kind } from "./lexer";
export { unescape } from "./unescape";
export { JsonMember } from "./member";

export const model = new JsonMember(Bytes.of("model"));
export const stream = new JsonMember(Bytes.of("stream"));
export const user = new JsonMember(Bytes.of("user"));
export const previousResponseId = new JsonMember(Bytes.of("previous_response_id"));
export const conversation = new JsonMember(Bytes.of("conversation"));
/** Whether the provider shall keep the answer. */
export const keep = new JsonMember(Bytes.of("store"));

const members: StaticArray<JsonMember> = [model, stream, user, previousResponseId, conversation, keep];

export class ScanResult {
  status: Status = Status.Ok;
  /** Where the error is, bytes from the start; 0 when there is none. */
  errorOffset: usize = 0;
}

const result = new ScanResult();

/**
 * A second top-level `model` is refused, since two readers could see two models; of other duplicates the last one counts, as in
 * JSON.parse. So is a key that only its case keeps from being `model` or `stream`. Keys are compared decoded. What the body names of what
 * a provider keeps is in kept-names.ts afterwards.
 */
export function scan(ptr: usize, len: usize): ScanResult {
  for (let i = 0; i < members.length; i++) unchecked(members[i]).put(Kind.Absent, 0, 0);
  forgetNamed();
  result.status = scanObject(ptr, ptr + len);
  result.errorOffset = result.status == Status.Ok ? 0 : syntaxError.at - ptr;
  return result;
}

function scanObject(ptr: usize, end: usize): Status {
  let p = skipBlank(ptr, end);
  if (peek(p, end) != Char.OpenBrace) return refuseOther(p, end);
  p = skipBlank(p + 1, end);
  if (peek(p, end) != Char.CloseBrace) {
    while (true) {
      const key = p + 1;
      const keyEnd = keyEndAt(p, end);
      const value = keyEnd ? valueAfter(keyEnd, end) : 0;
      if (!value) return syntaxError.status;
      const member = memberNamed(key, keyEnd - key);
      if (!member && keyEnd - key < 32) noteKey(key, keyEnd - key, value);
      p = skipValue(value, end, 1);
      if (!p) return syntaxError.status;
      if (member) {
        if (member == model && model.kind) {
          fail(Status.DuplicateModel, key - 1);
          return syntaxError.status;
        }
        member.put(kindOf(value), value - ptr, p - ptr);
      } else if (hasForeignCase(key, keyEnd - key)) {
        fail(Status.ForeignCase, key - 1);
        return syntaxError.status;
      }
      p = skipBlank(p, end);
      if (peek(p, end) != Char.Comma) break;
      p = skipBlank(p + 1, end);
    }
    if (peek(p, end) != Char.CloseBrace) {
      unexpected(p, end);
      return syntaxError.status;
    }
  }
  p = skipBlank(p + 1, end);
  if (p == end) return Status.Ok;
  fail(Status.Trailing, p);
  return syntaxError.status;
}

/** Whether some reader may take the key for `model` or `stream`, as we do not. The first letter keeps other keys from being compared. */
function hasForeignCase(key: usize, len: usize): bool {
  // "\u017fTREAM" in escapes alone.
  if (len < 5 || len > 36) return false;
  const first = (<i32>load<u8>(key)) | 0x20;
  // An m, an s, a backslash, and the first byte of U+017F.
  if (first != 0x6d && first != 0x73 && first != 0x7c && first != 0xe5) return false;
  return equalsFolded(key, len, model.name) || equalsFolded(key, len, stream.name);
}

function refuseOther(p: usize, end: usize): Status {
  if (p == end) {
    fail(Status.Empty, p);
    return syntaxError.status;
  }
  const status = check(p, end - p);
  if (status != Status.Ok) return status;
  fail(Status.NotObject, p);
  return syntaxError.status;
}

function memberNamed(key: usize, len: usize): JsonMember | null {
  for (let i = 0; i < members.length; i++) {
    const member = unchecked(members[i]);
    if (equalsDecoded(key, len, member.name)) return member;
  }
  return null;
}
