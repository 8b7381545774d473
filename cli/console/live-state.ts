import type { ConsoleState } from "./console-types.js";

/** How often the gateway is asked while a page is open, milliseconds. */
const PERIOD = 1000;

type Listener = (state: ConsoleState) => void;

/** Tells open pages what has changed. While no page is open nothing is asked and nothing runs. */
export class LiveState {
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | undefined;
  private told = "";

  constructor(private readonly read: () => Promise<ConsoleState>) {}

  /** Calls back with each state that differs from the one before. Answers how to end it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => void this.look(), PERIOD);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  /** Looks at once: something was changed here. */
  async look(): Promise<void> {
    const state = await this.read();
    const text = JSON.stringify(state);
    if (text === this.told) return;
    this.told = text;
    for (const listener of this.listeners) listener(state);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.told = "";
  }
}
