import type { ConsoleState } from "./console-types.js";

/** How often the gateway is asked while a page is open, milliseconds. */
const PERIOD = 1000;

/** The parts of the state that differ from those before. */
type Listener = (changed: Partial<ConsoleState>) => void;

/**
 * Tells open pages what has changed, at most once a second however many requests come. While no page is open nothing is asked and
 * nothing runs.
 */
export class LiveState {
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | undefined;
  private told = new Map<string, string>();
  /** The last look: one at a time. */
  private looking: Promise<void> = Promise.resolve();
  private isLooking = false;

  /** @param read the state; @param ticked called each second while a page is open */
  constructor(
    private readonly read: () => Promise<ConsoleState>,
    private readonly ticked: () => void = () => {},
  ) {}

  /** Calls back with what has changed, the first time with everything. Answers how to end it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    this.told.clear();
    this.timer ??= setInterval(() => this.isLooking || void this.look().catch(() => {}), PERIOD);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  /** Looks at once: something was changed here. */
  look(): Promise<void> {
    const before = this.looking.catch(() => {});
    this.looking = before.then(() => this.lookNow());
    return this.looking;
  }

  private async lookNow(): Promise<void> {
    this.isLooking = true;
    try {
      const state = await this.read();
      const changed = Object.entries(state).filter(([part, value]) => {
        const text = JSON.stringify(value);
        if (text === this.told.get(part)) return false;
        this.told.set(part, text);
        return true;
      });
      if (changed.length > 0) for (const listener of this.listeners) listener(Object.fromEntries(changed));
      this.ticked();
    } finally {
      this.isLooking = false;
    }
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.told.clear();
  }
}
