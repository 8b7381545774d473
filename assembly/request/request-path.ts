/** A request's path and query, as far as it is not about an API. */
import { Char } from "../text/ascii";
import { leadsOut } from "../text/path-traversal";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";

/** Length of a path before its query. */
export function pathLength(ptr: usize, len: usize): usize {
  for (let i: usize = 0; i < len; i++) if (load<u8>(ptr + i) == Char.Question) return i;
  return len;
}

export const V1 = Bytes.of("/v1");

/** Whether the path begins with "/v1" as a whole segment: "/v1beta" is another one. */
export function hasVersion(ptr: usize, size: usize): bool {
  if (size < V1.len || !V1.equals(ptr, V1.len)) return false;
  return size == V1.len || load<u8>(ptr + V1.len) == Char.Slash;
}

/** Longer ones stay as they are. */
const TIDY_ROOM: usize = 8192;
const tidyRoom: usize = memory.data(8192);
const tidied = new Span();

/** The path and query with one slash where more stand together, and none at the path's end; null: it is so, or too long. */
export function withoutIdleSlashes(path: Span): Span | null {
  const size = pathLength(path.ptr, path.len);
  if (!hasIdleSlashes(path.ptr, size) || path.len > TIDY_ROOM) return null;
  let to = tidyRoom;
  for (let i: usize = 0; i < size; i++) {
    const c = load<u8>(path.ptr + i);
    if (c == Char.Slash && to > tidyRoom && load<u8>(to - 1) == Char.Slash) continue;
    store<u8>(to++, c);
  }
  if (to > tidyRoom + 1 && load<u8>(to - 1) == Char.Slash) to--;
  memory.copy(to, path.ptr + size, path.len - size);
  return tidied.set(tidyRoom, to - tidyRoom + path.len - size);
}

function hasIdleSlashes(ptr: usize, size: usize): bool {
  if (size > 1 && load<u8>(ptr + size - 1) == Char.Slash) return true;
  for (let i: usize = 1; i < size; i++)
    if (load<u8>(ptr + i) == Char.Slash && load<u8>(ptr + i - 1) == Char.Slash) return true;
  return false;
}

/** Whether a server that reads the path in its own way may leave the base that it is put behind. */
export function pathLeadsOut(path: Span): bool {
  return leadsOut(path.ptr, pathLength(path.ptr, path.len));
}
