/**
 * A walk over headers as the host hands them over, all at once:
 *
 *   u32 count | count x (u32 name size, u32 value size) | count x (name NUL value NUL)
 */
export let name: usize = 0;
export let nameLen: usize = 0;
export let value: usize = 0;
export let valueLen: usize = 0;

let left: u32 = 0;
let sizes: usize = 0;
let text: usize = 0;

export function start(pairs: usize, len: usize): void {
  left = len >= 4 ? load<u32>(pairs) : 0;
  sizes = pairs + 4;
  text = sizes + <usize>left * 8;
}

/** Moves to the next header; false at the end. One walk at a time. */
export function next(): bool {
  if (left == 0) return false;
  left--;
  nameLen = load<u32>(sizes);
  valueLen = load<u32>(sizes + 4);
  sizes += 8;
  name = text;
  value = text + nameLen + 1;
  text = value + valueLen + 1;
  return true;
}
