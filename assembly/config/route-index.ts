/** Which route serves a model: one pass over its name, however many routes there are. Built once. */
import { Bytes } from "../text/bytes";
import { Predicate } from "./predicate";

const BASIS: u64 = 0xcbf29ce484222325;
const PRIME: u64 = 0x100000001b3;
const NONE: i32 = i32.MAX_VALUE;

/** What a route says that it serves: this name, or all that begin so. */
class Name {
  constructor(
    readonly value: Bytes,
    readonly isExact: bool,
    readonly hash: u64,
    /** The first that says so. */
    readonly route: i32,
  ) {}
}

export class RouteIndex {
  private readonly names: Name[] = [];
  /** Open addressing: place in `names` + 1; 0: free. */
  private readonly table: StaticArray<i32>;
  /** By length of a name's beginning: whether some route names one of that length. */
  private readonly lengths: StaticArray<bool>;
  /** The first that serves everything, also what names no model; NONE: there is none. */
  private readonly whole: i32;

  /** By route: none restrict nothing. */
  constructor(all: Predicate[][]) {
    let count = 0;
    let longest = 0;
    let whole = NONE;
    for (let i = 0; i < all.length; i++) {
      const predicates = all[i];
      if (predicates.length == 0) whole = min(whole, i);
      for (let j = 0; j < predicates.length; j++) longest = max(longest, <i32>predicates[j].value.len);
      count += predicates.length;
    }
    this.whole = whole;
    let size = 2;
    while (size < count * 2) size *= 2;
    this.table = new StaticArray<i32>(size);
    this.lengths = new StaticArray<bool>(longest + 1);
    for (let i = 0; i < all.length; i++)
      for (let j = 0; j < all[i].length; j++) this.add(all[i][j].value, all[i][j].isExact, i);
  }

  private add(value: Bytes, isExact: bool, route: i32): void {
    let hash = BASIS;
    for (let i: usize = 0; i < value.len; i++) hash = step(hash, load<u8>(value.ptr + i));
    if (this.find(value.ptr, value.len, hash, isExact) != NONE) return;
    let at = this.home(hash);
    while (this.table[at] != 0) at = (at + 1) & (this.table.length - 1);
    this.names.push(new Name(value, isExact, hash, route));
    this.table[at] = this.names.length;
    this.lengths[<i32>value.len] = true;
  }

  /** Place of the first route that serves a model of this name; -1: none does. Without a name only one for everything does, for a prefix cannot fit. */
  routeOf(model: usize, len: usize): i32 {
    let route = this.whole;
    let hash = BASIS;
    const most = min(<i32>len, this.lengths.length - 1);
    for (let i = 0; i <= most && len > 0; i++) {
      if (unchecked(this.lengths[i])) route = min(route, this.find(model, i, hash, false));
      if (i < most) hash = step(hash, load<u8>(model + i));
    }
    if (<i32>len == most && len > 0) route = min(route, this.find(model, len, hash, true));
    return route == NONE ? -1 : route;
  }

  private find(ptr: usize, len: usize, hash: u64, isExact: bool): i32 {
    let at = this.home(hash);
    while (true) {
      const place = unchecked(this.table[at]);
      if (place == 0) return NONE;
      const name = unchecked(this.names[place - 1]);
      if (name.hash == hash && name.isExact == isExact && name.value.equals(ptr, len)) return name.route;
      at = (at + 1) & (this.table.length - 1);
    }
  }

  private home(hash: u64): i32 {
    return <i32>((hash ^ (hash >> 32)) & (<u64>(this.table.length - 1)));
  }
}

function step(hash: u64, byte: u8): u64 {
  return (hash ^ (<u64>byte)) * PRIME;
}
