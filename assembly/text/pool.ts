/**
 * Records of one @unmanaged class, outside the collector's heap. What is given back is used again; the memory of the most that were
 * in use at one time stays. A record that is free holds a pointer to the next free one in its first bytes.
 */
export class Pool<T> {
  private free: usize = 0;

  /** A new record is all zeros; in a used one the first four bytes are undefined, and the others are as they were left. */
  take(): T {
    const at = this.free;
    if (at != 0) {
      this.free = load<usize>(at);
      return changetype<T>(at);
    }
    const made = heap.alloc(offsetof<T>());
    memory.fill(made, 0, offsetof<T>());
    return changetype<T>(made);
  }

  /** Nobody has a pointer to it any more. */
  give(record: T): void {
    const at = changetype<usize>(record);
    store<usize>(at, this.free);
    this.free = at;
  }
}
