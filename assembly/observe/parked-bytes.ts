/**
 * Bytes of the parked bodies of all workers. A gauge that each worker moves up and down would keep the bytes of a crashed worker for ever.
 * So each worker keeps its share in shared data. A share that is not renewed no longer counts.
 *
 *   share: u64 worker | u64 renewed at, monotonic ns | u64 bytes
 */
import { Bytes } from "../text/bytes";
import { Store, ABSENT } from "../health/ledger-store";
import { NS_PER_MS } from "../text/time-units";

@unmanaged
class WorkerShare {
  worker: u64;
  at: u64;
  bytes: u64;
}

const KEY = Bytes.of("ai-failover/parked");
const MOST_WORKERS: i32 = 256;
const room: usize = heap.alloc(<usize>MOST_WORKERS * offsetof<WorkerShare>());
/** A share counts for this long: several of the periods in which workers renew theirs. */
const LIFE: u64 = 5000 * NS_PER_MS;

function shareAt(i: i32): WorkerShare {
  return changetype<WorkerShare>(room + <usize>i * offsetof<WorkerShare>());
}

export class ParkedBytes {
  /** The share that this worker wrote last. */
  told: u64 = 0;

  constructor(
    private readonly store: Store,
    private readonly worker: u64,
  ) {}

  /** Renews the share of this worker and returns the sum of all shares. */
  renew(bytes: u64, now: u64): u64 {
    const isThere = this.store.read(KEY);
    const found = isThere ? <i32>(this.store.len / offsetof<WorkerShare>()) : 0;
    if (found == 0 && bytes == 0) {
      this.told = 0;
      return 0;
    }
    let sum = bytes;
    let count = 0;
    for (let i = 0; i < found && count < MOST_WORKERS - 1; i++) {
      const share = changetype<WorkerShare>(this.store.ptr + <usize>i * offsetof<WorkerShare>());
      if (share.worker == this.worker || now > share.at + LIFE) continue;
      memory.copy(changetype<usize>(shareAt(count++)), changetype<usize>(share), offsetof<WorkerShare>());
      sum += share.bytes;
    }
    if (bytes > 0) {
      const own = shareAt(count++);
      own.worker = this.worker;
      own.at = now;
      own.bytes = bytes;
    }
    // A worker that loses the race renews its share the next time.
    if (bytes == 0 && this.told == 0 && count == found) return sum;
    if (this.store.write(KEY, room, <usize>count * offsetof<WorkerShare>(), isThere ? this.store.version : ABSENT))
      this.told = bytes;
    return sum;
  }
}
