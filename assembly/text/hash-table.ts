/**
 * A hash table from a 32-bit key that is not 0 to a pointer, outside the collector's heap: AssemblyScript's Map allocates on it
 * now and then even when its size stays the same. Open addressing, linear probing, deletion by shifting back.
 *
 *   slot: u32 key (0: free) | u32 value
 */
export class HashTable {
  private slots: usize;
  private mask: u32;
  private count: u32 = 0;

  constructor(capacity: u32 = 256) {
    this.mask = capacity - 1;
    this.slots = heap.alloc(<usize>capacity * 8);
    memory.fill(this.slots, 0, <usize>capacity * 8);
  }

  get size(): u32 {
    return this.count;
  }

  /** 0: there is none. */
  get(key: u32): usize {
    let at = this.home(key);
    while (true) {
      const slot = this.slots + <usize>at * 8;
      const found = load<u32>(slot);
      if (found == key) return load<u32>(slot, 4);
      if (found == 0) return 0;
      at = (at + 1) & this.mask;
    }
  }

  set(key: u32, value: usize): void {
    if ((this.count + 1) * 2 > this.mask) this.grow();
    let at = this.home(key);
    while (true) {
      const slot = this.slots + <usize>at * 8;
      const found = load<u32>(slot);
      if (found == 0 || found == key) {
        if (found == 0) this.count++;
        store<u32>(slot, key);
        store<u32>(slot, <u32>value, 4);
        return;
      }
      at = (at + 1) & this.mask;
    }
  }

  delete(key: u32): void {
    let hole = this.home(key);
    while (true) {
      const found = load<u32>(this.slots + <usize>hole * 8);
      if (found == key) break;
      if (found == 0) return;
      hole = (hole + 1) & this.mask;
    }
    this.count--;
    let at = hole;
    while (true) {
      at = (at + 1) & this.mask;
      const slot = this.slots + <usize>at * 8;
      const key = load<u32>(slot);
      if (key == 0) break;
      // A key may fill the hole if its home does not lie between the hole and where it stands.
      if (((at - this.home(key)) & this.mask) >= ((at - hole) & this.mask)) {
        store<u64>(this.slots + <usize>hole * 8, load<u64>(slot));
        hole = at;
      }
    }
    store<u64>(this.slots + <usize>hole * 8, 0);
  }

  /** Key in slot `at` of `capacity`, 0 when that slot is free: for a walk over all. */
  keyAt(at: u32): u32 {
    return load<u32>(this.slots + <usize>at * 8);
  }

  valueAt(at: u32): usize {
    return load<u32>(this.slots + <usize>at * 8, 4);
  }

  get capacity(): u32 {
    return this.mask + 1;
  }

  /** Gives its memory back: nothing of it is used any more. */
  drop(): void {
    heap.free(this.slots);
  }

  private home(key: u32): u32 {
    const h = key * 0x9e3779b1;
    return (h ^ (h >> 15)) & this.mask;
  }

  private grow(): void {
    const old = this.slots;
    const capacity = this.mask + 1;
    this.mask = capacity * 2 - 1;
    this.slots = heap.alloc(<usize>capacity * 16);
    memory.fill(this.slots, 0, <usize>capacity * 16);
    this.count = 0;
    for (let i: usize = 0; i < <usize>capacity; i++) {
      const key = load<u32>(old + i * 8);
      if (key != 0) this.set(key, load<u32>(old + i * 8, 4));
    }
    heap.free(old);
  }
}
