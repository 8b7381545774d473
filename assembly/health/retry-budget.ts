/** A route's retryBudget: how large a share of the requests of the last minute may be retries. Counted by each worker for itself. */

/** The minute in slices: what is counted is never older than a minute, and at least 55 s of it. */
const SLICES = 12;
const SLICE: u64 = 5_000_000_000;

export class RetryBudget {
  private requests: StaticArray<i32> = new StaticArray<i32>(SLICES);
  private retries: StaticArray<i32> = new StaticArray<i32>(SLICES);
  private requestSum: i32 = 0;
  private retrySum: i32 = 0;
  /** Retries that it did not allow, since they were last taken. */
  private refusals: u64 = 0;
  /** Number of the newest slice since the clock's start. */
  private newest: u64 = 0;

  /** `perMille` 0: no limit. */
  constructor(private readonly perMille: i32) {}

  /** A client's request has come. `now`: monotonic ns. */
  request(now: u64): void {
    if (this.perMille == 0) return;
    const slice = this.turn(now);
    unchecked(this.requests[slice]++);
    this.requestSum++;
  }

  /** Whether no further attempt of a request may be made now. */
  isUsedUp(now: u64): bool {
    if (this.perMille == 0) return false;
    this.turn(now);
    return <i64>(this.retrySum + 1) * 1000 > <i64>this.requestSum * <i64>this.perMille;
  }

  /** Whether one more attempt of a request may be made; if so, it counts. */
  take(now: u64): bool {
    if (this.perMille == 0) return true;
    if (this.isUsedUp(now)) {
      this.refusals++;
      return false;
    }
    const slice = this.turn(now);
    unchecked(this.retries[slice]++);
    this.retrySum++;
    return true;
  }

  /** How many retries it did not allow since the last time that this was asked. */
  takeRefusals(): u64 {
    const count = this.refusals;
    this.refusals = 0;
    return count;
  }

  /** Forgets what is older than a minute; the slice to count in. */
  private turn(now: u64): i32 {
    const current = now / SLICE;
    const steps = min(current - this.newest, <u64>SLICES);
    for (let i: u64 = 0; i < steps; i++) {
      const slice = <i32>((current - i) % SLICES);
      this.requestSum -= unchecked(this.requests[slice]);
      this.retrySum -= unchecked(this.retries[slice]);
      unchecked((this.requests[slice] = 0));
      unchecked((this.retries[slice] = 0));
    }
    this.newest = current;
    return <i32>(current % SLICES);
  }
}
