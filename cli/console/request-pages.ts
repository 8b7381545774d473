import type { RequestSource } from "./console-host.js";
import type { FreshRequests } from "./console-types.js";

/** Records that one message holds at most: a page that is told of more says how many it was not shown. */
const MOST_TOLD = 200;

type Listener = (fresh: FreshRequests) => void;

/** The open pages that show requests. Records are read only for them, and told together. */
export class RequestPages {
  private readonly listeners = new Set<Listener>();
  private told = 0;

  constructor(private readonly source: RequestSource | undefined) {}

  /** Calls back with what comes from now on. Answers how to end it. */
  listen(listener: Listener): () => void {
    if (this.listeners.size === 0) this.told = this.source?.since(0).count ?? 0;
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Tells what has come since the last time. */
  tell(): void {
    if (this.listeners.size === 0 || this.source === undefined) return;
    const { records, count } = this.source.since(this.told);
    if (count === this.told) return;
    this.told = count;
    for (const listener of this.listeners) listener({ records: records.slice(-MOST_TOLD), count });
  }
}
