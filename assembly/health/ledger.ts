/**
 * One provider's record as this worker knows it: what stands in the store, with the changes on top that are not written yet.
 * A write is a compare-and-swap: who loses reads again, makes the change on what the winner wrote, and tries once more; what
 * has still not won is kept for the next `settle`.
 */
import { Bytes } from "../text/bytes";
import { FleetConfig } from "../config/fleet-config";
import { Provider } from "../config/provider";
import { BreakerUpdate, apply } from "./breaker-update";
import * as breakerEvents from "./breaker-events";
import { LAYOUT, Record } from "./ledger-record";
import { ABSENT, Store } from "./ledger-store";
import { NameHash } from "./name-hash";
import { TokenEntries } from "./token-entries";
import { TokenIndex } from "./token-index";

const PREFIX = `ai-failover/${LAYOUT}/`;
const TRIES = 4;
/** Changes that wait to be written; when more come, the oldest are given up. */
const WAITING = 64;
/** Besides its tokens a provider seldom has more. */
const USUAL_ENTRIES = 8;
/** APIs that have answered well: a provider has few. */
const SERVED_APIS = 8;

/** Where the seed of the keys is kept, beside the records. */
export function seedKey(): Bytes {
  return Bytes.of(PREFIX + "seed");
}

export class Ledger {
  readonly tokens: TokenIndex;
  /** Read it freely; only changes and leases write it. */
  readonly view: Record;
  /** The view's, by token. */
  readonly entries: TokenEntries;
  /** It stands in the list of those that have changes to write (health.ts). */
  isLate: bool = false;
  private readonly key: Bytes;
  private readonly changes: StaticArray<u8> = new StaticArray<u8>(WAITING * <i32>offsetof<BreakerUpdate>());
  private waiting: i32 = 0;
  private version: u32 = ABSENT;
  private generation: u64 = 0;
  private isFresh: bool = false;
  /** The view holds what no record in the store does. */
  private isEdited: bool = true;
  private readonly servedApis: StaticArray<u64> = new StaticArray<u64>(SERVED_APIS);
  private servedCount: i32 = 0;

  constructor(
    readonly provider: Provider,
    private readonly store: Store,
    names: NameHash,
    private readonly audience: breakerEvents.BreakerListener | null = null,
    fleet: FleetConfig | null = null,
  ) {
    // Keys that are made in another way stand in another record.
    const world = fleet !== null ? PREFIX + fleet.tag + "/" : PREFIX;
    this.key = Bytes.of(world + provider.ledgerKey.toString());
    const tokens = new TokenIndex(provider, names);
    this.tokens = tokens;
    const view = new Record(tokens.count + USUAL_ENTRIES);
    this.view = view;
    this.entries = new TokenEntries(provider, tokens, view);
  }

  /** Whether both are the same record. */
  isOf(other: Ledger): bool {
    return this.key.equals(other.key.ptr, other.key.len);
  }

  get isSettled(): bool {
    return this.waiting == 0;
  }

  /** An attempt by this API was answered well: the provider has it. */
  noteServed(api: u64): void {
    if (this.hasServed(api) || this.servedCount == SERVED_APIS) return;
    unchecked((this.servedApis[this.servedCount++] = api));
  }

  hasServed(api: u64): bool {
    for (let i = 0; i < this.servedCount; i++) if (unchecked(this.servedApis[i]) == api) return true;
    return false;
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
    const version = this.store.read(this.key) ? this.store.version : ABSENT;
    if (version != this.version || this.isEdited) this.take(version);
    let changed = false;
    for (let i = 0; i < this.waiting; i++) if (apply(this.updateAt(i), this.view, this.provider)) changed = true;
    if (this.waiting > 0) this.noteEdit();
    return changed;
  }

  private take(version: u32): void {
    if (version != ABSENT) this.view.take(this.store.ptr, this.store.len);
    else this.view.clear();
    this.version = version;
    this.isEdited = false;
    this.entries.invalidate();
  }

  private noteEdit(): void {
    this.isEdited = true;
    this.entries.invalidate();
  }

  /** Room for a change to fill and `commit`. */
  newUpdate(): BreakerUpdate {
    if (this.waiting == WAITING) {
      this.waiting--;
      const first = changetype<usize>(this.changes);
      memory.copy(first, first + offsetof<BreakerUpdate>(), <usize>this.waiting * offsetof<BreakerUpdate>());
    }
    const update = this.updateAt(this.waiting);
    memory.fill(changetype<usize>(update), 0, offsetof<BreakerUpdate>());
    return update;
  }

  /** Makes the change of the last `newUpdate`, here and for all. */
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
    this.keepBefore();
    return this.finish();
  }

  private keepBefore(): void {
    if (this.version == ABSENT) breakerEvents.keep(0, 0);
    else breakerEvents.keep(this.store.ptr, this.store.len);
  }

  /** Reads the record anew, for an edit of the view that ends with `finish`. */
  edit(): Record {
    this.read();
    this.keepBefore();
    return this.view;
  }

  /** Writes what was edited, and tells those who want to know. False: another was faster. */
  finish(): bool {
    if (!this.write()) return false;
    const audience = this.audience;
    if (audience !== null) breakerEvents.tell(audience, this.provider, this.tokens, this.view);
    return true;
  }

  /** Writes the view as it was just read and then edited, with the changes that were on top. False: another was faster. */
  write(): bool {
    this.noteEdit();
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

  private updateAt(i: i32): BreakerUpdate {
    return changetype<BreakerUpdate>(changetype<usize>(this.changes) + <usize>i * offsetof<BreakerUpdate>());
  }
}
