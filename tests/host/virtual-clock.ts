/** Virtual time. Nothing happens by itself: events run, in their order, only while a test lets time pass. */

/** Unix time at virtual time 0, ms: the wall clock differs from the monotonic one on purpose. */
const WALL_START = Date.UTC(2026, 0, 1);
/** What the monotonic clock shows at virtual time 0, ms. */
const MONOTONIC_START = 1_000_000;

export class Timer {
  cancelled = false;
  constructor(
    readonly at: number,
    readonly order: number,
    readonly run: () => void,
    private readonly clock: Clock,
  ) {}

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.clock.forget();
  }
}

export class Clock {
  /** Virtual milliseconds since the start. */
  now = 0;
  /** What the wall clock was set by, ms. */
  wallShift = 0;
  /** A binary heap: the next timer first. */
  private heap: Timer[] = [];
  private cancelled = 0;
  private order = 0;

  get monotonicNs(): bigint {
    return BigInt(Math.round((this.now + MONOTONIC_START) * 1e6));
  }

  get wallNs(): bigint {
    return BigInt(WALL_START + Math.round(this.now + this.wallShift)) * 1_000_000n;
  }

  after(ms: number, run: () => void): Timer {
    const timer = new Timer(this.now + Math.max(ms, 0), this.order++, run, this);
    this.heap.push(timer);
    this.rise(this.heap.length - 1);
    return timer;
  }

  /** Lets time pass, with all that happens in it. */
  advance(ms: number): void {
    const until = this.now + ms;
    while (this.step(until));
    this.now = until;
  }

  /** Runs what comes next, if it comes until `until`. False: nothing does. */
  step(until = Infinity): boolean {
    for (;;) {
      const next = this.heap[0];
      if (!next || (!next.cancelled && next.at > until)) return false;
      this.pop();
      if (next.cancelled) {
        this.cancelled--;
        continue;
      }
      // So that a later cancel() counts nothing.
      next.cancelled = true;
      this.now = Math.max(this.now, next.at);
      next.run();
      return true;
    }
  }

  /** A timer was cancelled: they are thrown out when they are the most. */
  forget(): void {
    if (++this.cancelled < 64 || this.cancelled * 2 < this.heap.length) return;
    this.heap = this.heap.filter(timer => !timer.cancelled).sort((a, b) => (isSooner(a, b) ? -1 : 1));
    this.cancelled = 0;
  }

  private pop(): void {
    const last = this.heap.pop()!;
    if (this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink(0);
  }

  private rise(at: number): void {
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isSooner(this.heap[parent]!, this.heap[at]!)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private sink(at: number): void {
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.heap.length && isSooner(this.heap[child]!, this.heap[least]!)) least = child;
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private swap(a: number, b: number): void {
    [this.heap[a], this.heap[b]] = [this.heap[b]!, this.heap[a]!];
  }
}

function isSooner(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
