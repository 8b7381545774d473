/** A request's path and query, as far as it is not about an API. */
import { Char } from "../text/ascii";
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
