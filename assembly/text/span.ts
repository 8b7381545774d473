/** Runs of bytes in somebody else's memory. */
import { Bytes } from "./bytes";

/**
 * Where a result lies. Whoever returns one uses the record again: read `ptr` and `len` before the next call of the same function.
 *
 *   u32 ptr | u32 len
 */
@unmanaged
export class Span {
  ptr: usize = 0;
  len: usize = 0;

  set(ptr: usize, len: usize): this {
    this.ptr = ptr;
    this.len = len;
    return this;
  }

  is(text: Bytes): bool {
    return text.equals(this.ptr, this.len);
  }

  startsWith(text: Bytes): bool {
    return this.len >= text.len && text.equals(this.ptr, text.len);
  }
}

export const EMPTY = new Span();
