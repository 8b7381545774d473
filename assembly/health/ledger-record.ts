/**
 * What all workers know of one provider, as the bytes that stand in shared data. Only what is not well has an entry: of a
 * healthy provider the record is empty.
 *
 *   record: u32 layout | u32 count | count entries
 *
 *   entry, 80 bytes
 *     0  u64 token       hash; 0: whatever the token
 *     8  u64 model       hash of its name there; 0: whatever the model
 *    16  u64 openUntil   monotonic ns; 0: closed, failures are only counted
 *    24  u64 leaseUntil  one trial has until then; 0: none runs
 *    32  u64 touched     when it changed last
 *    40  u32 lease       whose trial
 *    44  u16 failures    consecutive, in halves
 *    46  u16 successes   consecutive, of trials
 *    48  u16 opened      times in a row
 *    50  u8  cause       of the last failure
 *    52  u32 exchanges   the last seven whose failure counted, hashed, the newest first: exact up to a threshold of eight
 *
 * (token 0, model 0) is the provider's breaker, (token, 0) the token's, (0, model) the provider's for a model, (token, model)
 * a rate limit.
 */
import { Cause } from "./verdict";

/** A new layout needs a new number: it is part of the record and of its key. */
export const LAYOUT: u32 = 1;
export const CAPACITY: i32 = 128;
const HEADER: usize = 8;
const NOTED: usize = 7;

@unmanaged
export class Entry {
  token: u64;
  model: u64;
  openUntil: u64;
  leaseUntil: u64;
  touched: u64;
  lease: u32;
  failures: u16;
  successes: u16;
  opened: u16;
  cause: u8;
  private exchanges: u32;

  get isOpen(): bool {
    return this.openUntil != 0;
  }

  get isRateLimit(): bool {
    return this.cause == <u8>Cause.RateLimit;
  }

  isLeased(now: u64): bool {
    return this.leaseUntil > now;
  }

  isHeldBy(lease: u32, now: u64): bool {
    return lease != 0 && this.lease == lease && this.leaseUntil > now;
  }

  hasCounted(exchange: u32): bool {
    for (let i: usize = 0; i < NOTED; i++) if (load<u32>(this.noted + (i << 2)) == exchange) return true;
    return false;
  }

  note(exchange: u32): void {
    memory.copy(this.noted + 4, this.noted, (NOTED - 1) << 2);
    store<u32>(this.noted, exchange);
  }

  private get noted(): usize {
    return changetype<usize>(this) + offsetof<Entry>("exchanges");
  }
}

const ENTRY: usize = 80;
export const RECORD: usize = HEADER + <usize>CAPACITY * ENTRY;

/** How much would be lost with it; the least goes first when the record is full. */
function worth(token: u64, model: u64, open: bool): i32 {
  if (!open) return 0;
  if (model != 0) return 1;
  return token != 0 ? 2 : 3;
}

@unmanaged
export class Record {
  private layout: u32;
  count: i32;

  clear(): void {
    this.layout = LAYOUT;
    this.count = 0;
  }

  get size(): usize {
    return HEADER + <usize>this.count * ENTRY;
  }

  /** Takes over what stands in shared data; what is no record of this layout counts as empty. */
  take(ptr: usize, len: usize): void {
    this.clear();
    if (len < HEADER || load<u32>(ptr) != LAYOUT) return;
    const count = load<u32>(ptr, 4);
    if (count > <u32>CAPACITY || len != HEADER + <usize>count * ENTRY) return;
    memory.copy(changetype<usize>(this), ptr, len);
  }

  at(i: i32): Entry {
    return changetype<Entry>(changetype<usize>(this) + HEADER + <usize>i * ENTRY);
  }

  find(token: u64, model: u64): Entry | null {
    for (let i = 0, k = this.count; i < k; i++) {
      const entry = this.at(i);
      if (entry.token == token && entry.model == model) return entry;
    }
    return null;
  }

  /**
   * A new entry that is about to open, or only to count; in a full record in place of the one that is worth least, of equals the one
   * that opens soonest, then the oldest. Null: all are worth more.
   */
  add(token: u64, model: u64, opens: bool): Entry | null {
    let entry: Entry;
    if (this.count < CAPACITY) entry = this.at(this.count++);
    else {
      entry = this.least();
      if (worth(entry.token, entry.model, entry.isOpen) > worth(token, model, opens)) return null;
    }
    memory.fill(changetype<usize>(entry), 0, ENTRY);
    entry.token = token;
    entry.model = model;
    return entry;
  }

  private least(): Entry {
    let least = this.at(0);
    let low = worth(least.token, least.model, least.isOpen);
    for (let i = 1, k = this.count; i < k; i++) {
      const entry = this.at(i);
      const value = worth(entry.token, entry.model, entry.isOpen);
      if (value > low) continue;
      if (value == low) {
        if (entry.openUntil > least.openUntil) continue;
        if (entry.openUntil == least.openUntil && entry.touched >= least.touched) continue;
      }
      least = entry;
      low = value;
    }
    return least;
  }

  /** The last one takes its place. */
  remove(entry: Entry): void {
    const last = this.at(--this.count);
    if (last != entry) memory.copy(changetype<usize>(entry), changetype<usize>(last), ENTRY);
  }
}
