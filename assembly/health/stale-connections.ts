/** Exchanges whose first try at a provider was reset without an answer: only the second one counts. */
import { mix } from "../text/split-mix";

const ROOM = 64;

export class StaleConnections {
  private marks: StaticArray<u64> = new StaticArray<u64>(ROOM);
  private next: i32 = 0;

  /** Whether this exchange was reset there before; if not, it is noted. */
  isSecond(exchange: u64, provider: i32): bool {
    const mark = mix(exchange ^ mix(<u64>provider)) | 1;
    for (let i = 0; i < ROOM; i++) if (unchecked(this.marks[i]) == mark) return true;
    unchecked((this.marks[this.next] = mark));
    this.next = (this.next + 1) % ROOM;
    return false;
  }
}
