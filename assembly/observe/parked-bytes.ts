/**
 * Bytes of parked bodies of all workers. Each worker knows its own; a gauge that each moved up and down would keep for ever what a crashed
 * one had parked. So each keeps a seat in shared data, and one that is not renewed counts no more:
 *
 *   seat: u64 worker | u64 renewed at, monotonic ns | u64 bytes
 */
import { Bytes } from "../text/bytes";
import { Store, ABSENT } from "../health/ledger-store";
import { NS_PER_MS } from "../text/time-units";

@unmanaged
class Seat {
  worker: u64;
  at: u64;
  bytes: u64;
}

const KEY = Bytes.of("ai-failover/parked");
const MOST_SEATS: i32 = 256;
const room: usize = heap.alloc(<usize>MOST_SEATS * offsetof<Seat>());
/** Several times as long as what a worker takes to renew its seat. */
const LIFE: u64 = 5000 * NS_PER_MS;

function seatAt(i: i32): Seat {
  return changetype<Seat>(room + <usize>i * offsetof<Seat>());
}

export class ParkedBytes {
  /** What this worker has told last. */
  told: u64 = 0;

  constructor(
    private readonly store: Store,
    private readonly worker: u64,
  ) {}

  /** Renews the seat of this worker, and answers what all have parked. */
  renew(bytes: u64, now: u64): u64 {
    const isThere = this.store.read(KEY);
    const found = isThere ? <i32>(this.store.len / offsetof<Seat>()) : 0;
    if (found == 0 && bytes == 0) {
      this.told = 0;
      return 0;
    }
    let sum = bytes;
    let count = 0;
    for (let i = 0; i < found && count < MOST_SEATS - 1; i++) {
      const seat = changetype<Seat>(this.store.ptr + <usize>i * offsetof<Seat>());
      if (seat.worker == this.worker || now > seat.at + LIFE) continue;
      memory.copy(changetype<usize>(seatAt(count++)), changetype<usize>(seat), offsetof<Seat>());
      sum += seat.bytes;
    }
    if (bytes > 0) {
      const own = seatAt(count++);
      own.worker = this.worker;
      own.at = now;
      own.bytes = bytes;
    }
    // Who loses the race renews it the next time.
    if (bytes == 0 && this.told == 0 && count == found) return sum;
    if (this.store.write(KEY, room, <usize>count * offsetof<Seat>(), isThere ? this.store.version : ABSENT))
      this.told = bytes;
    return sum;
  }
}
