/**
 * One provider's record as this worker knows it: what stands in the store, with the changes on top that are not written yet.
 * A write is a compare-and-swap: who loses reads again, makes the change on what the winner wrote, and tries once more; what
 * has still not won is kept for the next `settle`.
 */
import { Bytes } from "../text/bytes";
import { Provider } from "../config/plugin";
import { BreakerUpdate, apply } from "./breaker-update";
import * as breakerEvents from "./breaker-events";
import { LAYOUT, Record } from "./ledger-record";
import { ABSENT, Store } from "./ledger-store";
import { NameHash } from "./name-hash";
import { TokenIndex } from "./token-index";

const PREFIX = `ai-failover/${LAYOUT}/`;
const TRIES = 4;
/** Changes that wait to be written; when more come, the oldest are given up. */
const WAITING = 64;
/** Besides its tokens a provider seldom has more. */
const USUAL_ENTRIES = 8;

/** Where the seed of the keys is kept, beside the records. */
export function seedKey(): Bytes {
  return Bytes.of(PREFIX + "seed");
}

export class Ledger {
  readonly tokens: TokenIndex;
  /** Read it freely; only changes and leases write it. */
  readonly view: Record;
  /** It stands in the list of those that have changes to write (health.ts). */
  isLate: bool = false;
  private readonly key: Bytes;
  private readonly changes: StaticArray<u8> = new StaticArray<u8>(WAITING * <i32>offsetof<BreakerUpdate>());
  private waiting: i32 = 0;
  private version: u32 = ABSENT;
  private generation: u64 = 0;
  private isFresh: bool = false;
  // What `join` found: by place, where the entries of a token begin in the view, + 1; 0: it has none.
  private readonly starts: StaticArray<i32>;
  private readonly unwell: StaticArray<i32>;
  private unwellCount: i32 = 0;
  /** Places in `tokens.order` of those that are not out as a whole. */
  private readonly hopeful: StaticArray<i32>;
  private hopefulCount: i32 = 0;
  private isJoined: bool = false;
  private soonest: u64 = 0;

  constructor(
    readonly provider: Provider,
    private readonly store: Store,
    names: NameHash,
    private readonly audience: breakerEvents.BreakerListener | null = null,
  ) {
    this.key = Bytes.of(PREFIX + provider.ledgerKey.toString());
    const tokens = new TokenIndex(provider, names);
    this.tokens = tokens;
    this.view = new Record(tokens.count + USUAL_ENTRIES);
    this.starts = new StaticArray<i32>(tokens.count);
    this.unwell = new StaticArray<i32>(tokens.count);
    this.hopeful = new StaticArray<i32>(tokens.count);
  }

  /** Whether both are the same record. */
  isOf(other: Ledger): bool {
    return this.key.equals(other.key.ptr, other.key.len);
  }

  get isSettled(): bool {
    return this.waiting == 0;
  }

  // === Tokens and their entries ===

  /** Finds the entries of each token, once after each change of the view. */
  private join(): void {
    this.isJoined = true;
    for (let i = 0; i < this.unwellCount; i++) unchecked((this.starts[unchecked(this.unwell[i])] = 0));
    this.unwellCount = 0;
    this.soonest = u64.MAX_VALUE;
    const view = this.view;
    let token: u64 = 0;
    for (let i = view.placeOf(1, 0), k = view.count; i < k; i++) {
      const entry = view.at(i);
      if (entry.isOpen) this.soonest = min(this.soonest, entry.openUntil);
      if (entry.token == token) continue;
      token = entry.token;
      // A token of another configuration is none of ours.
      const place = this.tokens.placeOf(token);
      if (place < 0) continue;
      unchecked((this.starts[place] = i + 1));
      unchecked((this.unwell[this.unwellCount++] = place));
    }
    this.hopefulCount = 0;
    // Where most are well, a draw finds one.
    if (this.unwellCount * 2 < this.tokens.count) return;
    for (let i = 0, k = this.tokens.count; i < k; i++) {
      const start = unchecked(this.starts[unchecked(this.tokens.order[i])]) - 1;
      if (start >= 0 && view.at(start).model == 0 && view.at(start).isOpen) continue;
      unchecked((this.hopeful[this.hopefulCount++] = i));
    }
  }

  /** Index in the view of the first entry of the token at `place`; -1: it is well. */
  entriesOf(place: i32): i32 {
    if (!this.isJoined) this.join();
    return unchecked(this.starts[place]) - 1;
  }

  /** How many tokens have entries. */
  get unwellTokens(): i32 {
    if (!this.isJoined) this.join();
    return this.unwellCount;
  }

  unwellAt(i: i32): i32 {
    return unchecked(this.unwell[i]);
  }

  /** How many tokens are worth a look when a draw has found none; -1: all. */
  get hopefulTokens(): i32 {
    return this.unwellTokens * 2 < this.tokens.count ? -1 : this.hopefulCount;
  }

  /** Place in `tokens.order`. */
  hopefulAt(i: i32): i32 {
    return unchecked(this.hopeful[i]);
  }

  /** Before this no entry of a token has its trial. */
  get soonestTrial(): u64 {
    if (!this.isJoined) this.join();
    return this.soonest;
  }

  // === Changes ===

  /** Reads what others have written, unless it has done so at this generation of the store. */
  refresh(generation: u64): void {
    if (this.isFresh && this.generation == generation) return;
    this.generation = generation;
    this.isFresh = true;
    if (this.read()) this.settle();
  }

  /** Takes over what others have written. True: something of ours is new against it. */
  read(): bool {
    this.isJoined = false;
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
    if (audience !== null) breakerEvents.tell(audience, this.provider, this.tokens, this.view);
    return true;
  }

  /** Writes the view as it was just read and then edited, with the changes that were on top. False: another was faster. */
  write(): bool {
    this.isJoined = false;
    if (!this.store.write(this.key, this.view.ptr, this.view.size, this.version)) return false;
    this.waiting = 0;
    this.store.advance();
    return true;
  }

  /** Gives its memory back: nothing of it is used any more. */
  drop(): void {
    this.view.drop();
    this.waiting = 0;
  }

  private changeAt(i: i32): BreakerUpdate {
    return changetype<BreakerUpdate>(changetype<usize>(this.changes) + <usize>i * offsetof<BreakerUpdate>());
  }
}
