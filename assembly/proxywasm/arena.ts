/**
 * Where the host puts what it hands over. An arena that is emptied at the end of the outermost callback: the host needs an
 * allocation only until we return, and a garbage-collected one would have to be pinned and would slow every call.
 */
const CHUNK: usize = 64 << 10;
const chunk: usize = heap.alloc(CHUNK);
let used: usize = 0;

/** Allocations that did not fit, as a list: each starts with a pointer to the one before. */
let oversize: usize = 0;

/** Where the next allocation goes instead: see `placeNext`. */
let place: usize = 0;
let placeSize: usize = 0;

export function allocate(size: usize): usize {
  if (place != 0 && size <= placeSize) {
    const at = place;
    place = 0;
    return at;
  }
  const rounded = (size + 7) & ~7;
  if (rounded <= CHUNK - used) {
    const at = chunk + used;
    used += rounded;
    return at;
  }
  const block = heap.alloc(rounded + 16);
  store<usize>(block, oversize);
  oversize = block;
  return block + 16;
}

/** Lets the host write what the next call returns straight to `at`, if it fits into `size` bytes: saves a copy of a body. */
export function placeNext(at: usize, size: usize): void {
  place = at;
  placeSize = size;
}

export function placeNowhere(): void {
  place = 0;
}

export function reset(): void {
  used = 0;
  while (oversize != 0) {
    const before = load<usize>(oversize);
    heap.free(oversize);
    oversize = before;
  }
}
