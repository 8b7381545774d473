/** Headers in the layout in which the host takes them (header-list.ts draws it). One set at a time, in memory of this file. */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";

const MAX_HEADERS: u32 = 256;
const TEXT_CAPACITY: usize = 128 << 10;
const SIZES: usize = 4 + <usize>MAX_HEADERS * 8;
const block: usize = heap.alloc(SIZES + TEXT_CAPACITY);

let count: u32 = 0;
let used: usize = 0;

const finished = new Span();

export function begin(): void {
  count = 0;
  used = 0;
}

/** Leaves out what does not fit: callers send far less. */
export function add(name: usize, nameLen: usize, value: usize, valueLen: usize): void {
  if (count == MAX_HEADERS || nameLen + valueLen + 2 > TEXT_CAPACITY - used) return;
  const sizes = block + 4 + <usize>count * 8;
  store<u32>(sizes, <u32>nameLen);
  store<u32>(sizes, <u32>valueLen, 4);
  const text = block + SIZES + used;
  memory.copy(text, name, nameLen);
  store<u8>(text + nameLen, 0);
  memory.copy(text + nameLen + 1, value, valueLen);
  store<u8>(text + nameLen + 1 + valueLen, 0);
  used += nameLen + valueLen + 2;
  count++;
}

export function put(name: Bytes, value: Bytes): void {
  add(name.ptr, name.len, value.ptr, value.len);
}

/** The finished set, valid until the next `begin`. */
export function end(): Span {
  store<u32>(block, count);
  const sizes: usize = 4 + <usize>count * 8;
  memory.copy(block + sizes, block + SIZES, used);
  return finished.set(block, sizes + used);
}
