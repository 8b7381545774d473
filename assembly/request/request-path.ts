/** A request's path and query, as far as it is not about an API. */
import { Char, equalsIgnoreCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { decodePercent } from "../text/percent";
import { leadsOut } from "../text/path-traversal";
import { Span } from "../text/span";

/** Length of a path before its query. */
export function pathLength(ptr: usize, len: usize): usize {
  for (let i: usize = 0; i < len; i++) if (load<u8>(ptr + i) == Char.Question) return i;
  return len;
}

/** Whether a server that reads the path in its own way may leave the base that it is put behind. */
export function pathLeadsOut(path: Span): bool {
  return leadsOut(path.ptr, pathLength(path.ptr, path.len));
}

const SECRET_KEYS: Bytes[] = ["key", "api-key", "api_key", "access_token"].map<Bytes>((name: string) => Bytes.of(name));
/** Room for any of them, and for one byte more. */
const KEY_ROOM: usize = 13;
const key: usize = memory.data(13);

/** Whatever of the name is percent-encoded: its reader decodes it. */
function isSecretKey(ptr: usize, len: usize): bool {
  const size = decodeKey(ptr, len);
  for (let i = 0, k = SECRET_KEYS.length; i < k; i++) if (equalsIgnoreCase(key, size, SECRET_KEYS[i])) return true;
  return false;
}

function decodeKey(ptr: usize, len: usize): usize {
  const end = ptr + len;
  let size: usize = 0;
  while (ptr < end && size < KEY_ROOM) {
    const c = <i32>load<u8>(ptr);
    const decoded = c == Char.Percent && ptr + 3 <= end ? decodePercent(ptr) : -1;
    store<u8>(key + size++, decoded < 0 ? c : decoded);
    ptr += decoded < 0 ? 1 : 3;
  }
  return size;
}

/** Copies a path without the query members that carry a credential; `out` has room for `len`. Answers the new length. */
export function copyPath(ptr: usize, len: usize, out: usize): usize {
  const split = pathLength(ptr, len);
  memory.copy(out, ptr, split);
  let at = split;
  let from = split + 1;
  while (from < len) {
    let to = from;
    while (to < len && load<u8>(ptr + to) != Char.Ampersand) to++;
    let name = from;
    while (name < to && load<u8>(ptr + name) != Char.Equals) name++;
    if (!isSecretKey(ptr + from, name - from)) {
      store<u8>(out + at, at == split ? Char.Question : Char.Ampersand);
      memory.copy(out + at + 1, ptr + from, to - from);
      at += 1 + (to - from);
    }
    from = to + 1;
  }
  return at;
}
