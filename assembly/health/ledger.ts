/**
 * One provider's record as this worker knows it: what stands in the store, with the changes on top that are not written yet.
 * A write is a compare-and-swap: who loses reads again, makes the change on what the winner wrote, and tries once more; what
 * has still not won is kept for the next `settle`.
 */
import { Bytes } from "../text/bytes";
import { Provider } from "../config/plugin";
import { BreakerUpdate, apply } from "./breaker-update";
import * as breakerEvents from "./breaker-events";
import { LAYOUT, RECORD, Record } from "./ledger-record";
import { indexOfToken } from "./token-hash";
import { ABSENT, Store } from "./ledger-store";

const PREFIX = `ai-failover/${LAYOUT}/`;
const TRIES = 4;
/** Changes that wait to be written; when more come, the oldest are given up. */
const WAITING = 64;

export class Ledger {
  private readonly key: Bytes;
  private readonly room: StaticArray<u8> = new StaticArray<u8>(<i32>RECORD);
  private readonly changes: StaticArray<u8> = new StaticArray<u8>(WAITING * <i32>offsetof<BreakerUpdate>());
  private waiting: i32 = 0;
  private version: u32 = ABSENT;

  constructor(
    readonly provider: Provider,
    private readonly store: Store,
    private readonly audience: breakerEvents.BreakerListener | null = null,
  ) {
    this.key = Bytes.of(PREFIX + provider.ledgerKey.toString());
    this.view.clear();
  }

  /** Read it freely; only changes and leases write it. */
  get view(): Record {
    return changetype<Record>(changetype<usize>(this.room));
  }

  /** Whether both are the same record. */
  isOf(other: Ledger): bool {
    return this.key.equals(other.key.ptr, other.key.len);
  }

  hasToken(hash: u64): bool {
    return indexOfToken(this.provider, hash) >= 0;
  }

  get isSettled(): bool {
    return this.waiting == 0;
  }

  /** Takes over what others have written. True: something of ours is new against it. */
  read(): bool {
    if (this.store.read(this.key)) {
      this.view.take(this.store.ptr, this.store.len);
      this.version = this.store.version;
    } else {
      this.view.clear();
      this.version = ABSENT;
    }
    let changed = false;
    for (let i = 0; i < this.waiting; i++) if (apply(this.changeAt(i), this.view, this.provider)) changed = true;
    return changed;
  }

  /** Room for a change to fill and `commit`. */
  newChange(): BreakerUpdate {
    if (this.waiting == WAITING) {
      this.waiting--;
      const first = changetype<usize>(this.changes);
      memory.copy(first, first + offsetof<BreakerUpdate>(), <usize>this.waiting * offsetof<BreakerUpdate>());
    }
    const change = this.changeAt(this.waiting);
    memory.fill(changetype<usize>(change), 0, offsetof<BreakerUpdate>());
    return change;
  }

  /** Makes the change of the last `newChange`, here and for all. */
  commit(): void {
    this.waiting++;
    this.settle();
  }

  /** Writes what is not written yet. False: others were faster once more. */
  settle(): bool {
    for (let i = 0; i < TRIES && this.waiting > 0; i++) {
      if (!this.read() || this.writeAndTell()) this.waiting = 0;
    }
    return this.waiting == 0;
  }

  private writeAndTell(): bool {
    if (this.version == ABSENT) breakerEvents.keep(0, 0);
    else breakerEvents.keep(this.store.ptr, this.store.len);
    if (!this.write()) return false;
    const audience = this.audience;
    if (audience !== null) breakerEvents.tell(audience, this.provider, this.view);
    return true;
  }

  /** Writes the view as it was just read and then edited, with the changes that were on top. False: another was faster. */
  write(): bool {
    if (!this.store.write(this.key, changetype<usize>(this.view), this.view.size, this.version)) return false;
    this.waiting = 0;
    this.store.advance();
    return true;
  }

  private changeAt(i: i32): BreakerUpdate {
    return changetype<BreakerUpdate>(changetype<usize>(this.changes) + <usize>i * offsetof<BreakerUpdate>());
  }
}
