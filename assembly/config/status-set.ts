/** A set of HTTP statuses, 100 to 599, as bits. */
export class StatusSet {
  private bits: StaticArray<u32> = new StaticArray<u32>(16);
  add(status: i32): void {
    const at = status - 100;
    if (at >= 0 && at < 500) this.bits[at >> 5] |= 1 << (at & 31);
  }
  has(status: i32): bool {
    const at = status - 100;
    return at >= 0 && at < 500 && ((this.bits[at >> 5] >> (at & 31)) & 1) != 0;
  }
}
