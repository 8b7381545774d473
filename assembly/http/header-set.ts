/**
 * Header names that are looked for among all headers of every message: most names are turned away by their length, or by their
 * first four bytes where only the beginning counts.
 */
import { Bytes } from "../text/bytes";

const LENGTHS: usize = 64;
const NONE: u8 = 0xff;

export class HeaderSet {
  private readonly names: StaticArray<Bytes>;
  /** By length: the first name of it; by name: the next one of the same length. */
  private readonly firsts: StaticArray<u8> = new StaticArray<u8>(<i32>LENGTHS);
  private readonly nexts: StaticArray<u8>;
  private readonly starts: StaticArray<Bytes>;
  private readonly heads: StaticArray<u32>;

  /** @param starts each of four bytes or more */
  constructor(names: string[], starts: string[] = []) {
    const count = names.length;
    this.names = new StaticArray<Bytes>(count);
    this.nexts = new StaticArray<u8>(count);
    this.starts = new StaticArray<Bytes>(starts.length);
    this.heads = new StaticArray<u32>(starts.length);
    for (let i = 0; i < <i32>LENGTHS; i++) this.firsts[i] = NONE;
    for (let i = 0; i < count; i++) {
      const name = Bytes.of(names[i]);
      this.names[i] = name;
      this.nexts[i] = this.firsts[<i32>name.len];
      this.firsts[<i32>name.len] = <u8>i;
    }
    for (let i = 0; i < starts.length; i++) {
      const start = Bytes.of(starts[i]);
      this.starts[i] = start;
      this.heads[i] = load<u32>(start.ptr);
    }
  }

  /** Position of the name among `names`; -1: it is none of them. */
  find(name: usize, len: usize): i32 {
    if (len >= LENGTHS) return -1;
    for (let i = unchecked(this.firsts[<i32>len]); i != NONE; i = unchecked(this.nexts[i]))
      if (unchecked(this.names[i]).equals(name, len)) return i;
    return -1;
  }

  /** Whether the name is one of `names`, or begins with one of `starts`. */
  has(name: usize, len: usize): bool {
    if (this.find(name, len) >= 0) return true;
    if (len < 4) return false;
    const head = load<u32>(name);
    for (let i = 0, k = this.heads.length; i < k; i++) {
      if (unchecked(this.heads[i]) != head) continue;
      const start = unchecked(this.starts[i]);
      if (len >= start.len && memory.compare(name, start.ptr, start.len) == 0) return true;
    }
    return false;
  }
}
