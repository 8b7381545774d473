/** Which members of a client's query go on to a provider: those that the API knows, and those that `forwardQuery` names. */
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { decodePercent } from "../text/percent";
import { Writer } from "../text/writer";

const OF_CALLS: Bytes[] = Bytes.ofAll(["beta"]);
/** Of lists and of what is kept at a provider: https://platform.openai.com/docs/api-reference, https://docs.claude.com/en/api */
const OF_STATE: Bytes[] = [
  "beta",
  "after",
  "before",
  "limit",
  "order",
  "page",
  "after_id",
  "before_id",
  "starting_after",
  "purpose",
  "filter",
  "status",
  "order_by",
  "model",
  "source",
  "version",
  "variant",
  "include_archived",
  "include",
  "include[]",
  "include_obfuscation",
  "stream",
].map<Bytes>((name: string) => Bytes.of(name));

/** Longest name that is looked for; a longer one is none of them. */
const NAME_ROOM: usize = 64;
const name: usize = memory.data(64);

/**
 * Writes "?a=b&c=d" of what goes on; answers whether there is any. `own` is the endpoint's query: a client does not say the same
 * member in its place. A member with a ";" in it may be two to its reader, one of them a credential.
 */
export function writeQuery(to: Writer, ptr: usize, len: usize, isCall: bool, more: Bytes[], own: Bytes | null): bool {
  const end = ptr + len;
  let isAny = false;
  for (let from = ptr + 1; from < end;) {
    let size = from;
    let until = from;
    let isWhole = true;
    while (until < end && load<u8>(until) != Char.Ampersand) {
      const c = load<u8>(until);
      if (c == Char.Equals && size == from) size = until;
      if (c == Char.Semicolon) isWhole = false;
      until++;
    }
    const nameLen = decodeName(from, (size == from ? until : size) - from);
    if (isWhole && goesOn(nameLen, isCall, more) && (own === null || !hasMember(own, nameLen))) {
      to.byte(isAny ? Char.Ampersand : Char.Question);
      to.raw(from, until - from);
      isAny = true;
    }
    from = until + 1;
  }
  return isAny;
}

/** Decodes a member's name, as its reader does. Answers its length; 0: it is longer than any that is looked for. */
function decodeName(ptr: usize, len: usize): usize {
  const end = ptr + len;
  let size: usize = 0;
  while (ptr < end && size < NAME_ROOM) {
    const c = <i32>load<u8>(ptr);
    const decoded = c == Char.Percent && ptr + 3 <= end ? decodePercent(ptr) : -1;
    store<u8>(name + size++, decoded < 0 ? c : decoded);
    ptr += decoded < 0 ? 1 : 3;
  }
  return ptr < end ? 0 : size;
}

function goesOn(len: usize, isCall: bool, more: Bytes[]): bool {
  return len > 0 && (isOneOf(isCall ? OF_CALLS : OF_STATE, len) || isOneOf(more, len));
}

function isOneOf(list: Bytes[], len: usize): bool {
  for (let i = 0, k = list.length; i < k; i++) if (unchecked(list[i]).equals(name, len)) return true;
  return false;
}

/** Whether the endpoint's query has a member of the decoded name, of `len` bytes. */
function hasMember(own: Bytes, len: usize): bool {
  const end = own.ptr + own.len;
  for (let from = own.ptr; from < end;) {
    let until = from;
    while (until < end && load<u8>(until) != Char.Ampersand) until++;
    let size = from;
    while (size < until && load<u8>(size) != Char.Equals) size++;
    if (size - from == len && memory.compare(from, name, len) == 0) return true;
    from = until + 1;
  }
  return false;
}
