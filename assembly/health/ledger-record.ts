/**
 * What all workers know of one provider, as the bytes that stand in shared data. Only what is not well has an entry: of a
 * healthy provider the record is empty.
 *
 *   record: u32 layout | u32 count | count entries, sorted by token, then by model
 *
 *   entry, 176 bytes
 *     0  u64 token       its key (name-hash.ts); 0: whatever the token
 *     8  u64 model       key of the model's name there, or of the API; 0: whatever the model
 *    16  u64 openUntil   monotonic ns; 0: closed, failures are only counted
 *    24  u64 leaseUntil  one trial has until then; 0: none runs
 *    32  u64 triedAt     when the last trial or forced attempt began, or the last failure opened it
 *    40  u64 touched     when it changed last
 *    48  u64 since       when it opened first of the times in a row; 0: it has not
 *    56  u64 goodAt      the last good answer that was written here; 0: none was
 *    64  u64 heldUntil   a person took it out until then, whatever is learnt; 0: nobody did
 *    72  u64 firstModel  of a suspicion (widening.ts): the model that failed first; 0: there is none
 *    80  u64 permitUntil   of a fleet (permits.ts): its trial may begin until then; PERMIT_USED: it has begun
 *    88  u64 fleetVersion  of what the fleet's store says; 0: it says nothing
 *    96  u64 fleetUntil    until when that holds, as our clock has it
 *   104  u64 fleetGateway  who opened it, or where a person took it out; 0: this gateway
 *   112  u32 lease       whose trial; 0 while leaseUntil holds: another gateway's, or the fleet is being asked
 *   116  u32 former      whose trial ran before, and may still end well
 *   120  u32 counted     failures since it was well
 *   124  u32 tripper     hash of the exchange that opened it last
 *   128  u16 failures    consecutive, in halves
 *   130  u16 suspicions  the same, of single models (widening.ts)
 *   132  u16 successes   consecutive, of trials
 *   134  u16 opened      times in a row
 *   136  u16 failedProbes  in a row
 *   138  u8  cause       of the last failure
 *   139  u8  suspect     cause of the suspicion
 *   140  u8  trials      since it opened last
 *   141  u8  flags       FLAG_*
 *   142  u8  vainProbes  in a row: they told nothing
 *   143  u8  fleetRank   0: learnt; 1: a person brought it back; 2: a person took it out
 *   144  7 x u32         the last exchanges whose failure counted, hashed, the newest first: exact up to a threshold of eight
 *
 * (token 0, model 0) is the provider's breaker, (token, 0) the token's, (0, model) the provider's for a model or an API,
 * (token, model) the token's for a model.
 *
 * Entries of the provider and of its tokens always find a place. Those of names that callers choose are bounded: `NAMES` of a
 * provider, `TOKEN_NAMES` of a token. Of these the one that is worth least goes first.
 */
import { Cause } from "./verdict";

/** A new layout needs a new number: it is part of the record and of its key. */
export const LAYOUT: u32 = 3;
/** Models and APIs of one provider. */
export const NAMES: i32 = 32;
/** Models of one token. */
export const TOKEN_NAMES: i32 = 8;
/** Models of all tokens together are at most this many, and two for each token. */
const ALL_TOKEN_NAMES: i32 = 64;
const HEADER: usize = 8;
const NOTED: usize = 7;
/** No record has more entries: a greater count is damage. */
const MOST_ENTRIES: u32 = 1 << 20;
const ENTRY: usize = 176;

export const FLAG_API: u8 = 1;
/** Two models have failed in the same way. */
export const FLAG_CORROBORATED: u8 = 2;
/** It is well again, and the fleet is not told yet. */
export const FLAG_CLOSED: u8 = 4;
/** By a person's order. */
export const FLAG_ORDERED: u8 = 8;
/** Its trial waits for the fleet's permit. */
export const FLAG_WANTED: u8 = 16;

/** A probe is its trial. */
export const FLAG_PROBED: u8 = 32;

/** In the place of a permit's time. */
export const PERMIT_USED: u64 = 1;

@unmanaged
export class Entry {
  token: u64;
  model: u64;
  openUntil: u64;
  leaseUntil: u64;
  triedAt: u64;
  touched: u64;
  since: u64;
  goodAt: u64;
  heldUntil: u64;
  firstModel: u64;
  permitUntil: u64;
  fleetVersion: u64;
  fleetUntil: u64;
  fleetGateway: u64;
  lease: u32;
  former: u32;
  counted: u32;
  tripper: u32;
  failures: u16;
  suspicions: u16;
  successes: u16;
  opened: u16;
  failedProbes: u16;
  cause: u8;
  suspect: u8;
  trials: u8;
  flags: u8;
  vainProbes: u8;
  fleetRank: u8;
  private exchanges: u32;

  get isOpen(): bool {
    return this.openUntil != 0;
  }

  get isRateLimit(): bool {
    return this.cause == <u8>Cause.RateLimit;
  }

  get isOfApi(): bool {
    return (this.flags & FLAG_API) != 0;
  }

  get isCorroborated(): bool {
    return (this.flags & FLAG_CORROBORATED) != 0;
  }

  /** Only there for the fleet to be told that it is well. */
  get isClosedMark(): bool {
    return (this.flags & FLAG_CLOSED) != 0;
  }

  /** A trial of it was wanted, and the fleet has not answered yet. */
  get isWanted(): bool {
    return (this.flags & FLAG_WANTED) != 0;
  }

  /** Whether the trial that runs, or ran last, is a probe. */
  get isProbed(): bool {
    return (this.flags & FLAG_PROBED) != 0;
  }

  /** A person took it out. */
  isHeldOut(now: u64): bool {
    return this.heldUntil > now;
  }

  isLeased(now: u64): bool {
    return this.leaseUntil > now;
  }

  /** The trial that runs. */
  isHeldBy(lease: u32): bool {
    return lease != 0 && this.lease == lease;
  }

  /** The trial that runs, or the one that it took over from. */
  isTriedBy(lease: u32): bool {
    return lease != 0 && (this.lease == lease || this.former == lease);
  }

  hasCounted(exchange: u32): bool {
    for (let i: usize = 0; i < NOTED; i++) if (load<u32>(this.noted + (i << 2)) == exchange) return true;
    return false;
  }

  note(exchange: u32): void {
    memory.copy(this.noted + 4, this.noted, (NOTED - 1) << 2);
    store<u32>(this.noted, exchange);
  }

  /** Forgets everything that was learnt; what a person ordered holds on. */
  clear(): void {
    const token = this.token;
    const model = this.model;
    const heldUntil = this.heldUntil;
    const flags = this.flags & FLAG_API;
    memory.fill(changetype<usize>(this), 0, ENTRY);
    this.token = token;
    this.model = model;
    this.heldUntil = heldUntil;
    this.flags = flags;
  }

  /** It is well: the fleet, which thinks that it is not, is to be told. */
  markClosed(now: u64, ordered: bool): void {
    const version = this.fleetVersion;
    const until = this.fleetUntil;
    const rank = this.fleetRank;
    const permit = this.permitUntil;
    this.clear();
    this.heldUntil = 0;
    this.fleetVersion = version;
    this.fleetUntil = until;
    this.fleetRank = rank;
    this.permitUntil = permit;
    this.touched = now;
    this.flags |= FLAG_CLOSED | (ordered ? FLAG_ORDERED : 0);
  }

  private get noted(): usize {
    return changetype<usize>(this) + offsetof<Entry>("exchanges");
  }
}

/** What would be lost with it: a model that does not exist concerns nobody but who asks for it; then it counts whether it is open. */
function worth(cause: u8, open: bool): i32 {
  const isUnknownName = cause == <u8>Cause.Model || cause == <u8>Cause.Api;
  return (isUnknownName ? 0 : 2) + (open ? 1 : 0);
}

export class Record {
  count: i32 = 0;
  /** Enough for most; what needs more moves to a block of its own. */
  private readonly ownRoom: StaticArray<u8>;
  private block: usize = 0;
  private room: usize;

  constructor(private capacity: i32) {
    const ownRoom = new StaticArray<u8>(<i32>(HEADER + <usize>capacity * ENTRY));
    this.ownRoom = ownRoom;
    this.room = changetype<usize>(ownRoom);
  }

  clear(): void {
    this.count = 0;
  }

  /** Its bytes, valid until the next change. */
  get ptr(): usize {
    store<u32>(this.room, LAYOUT);
    store<u32>(this.room, this.count, 4);
    return this.room;
  }

  get size(): usize {
    return HEADER + <usize>this.count * ENTRY;
  }

  /** Takes over what stands in shared data; what is no record of this layout counts as empty. */
  take(ptr: usize, len: usize): void {
    this.clear();
    if (len < HEADER || load<u32>(ptr) != LAYOUT) return;
    const count = load<u32>(ptr, 4);
    if (count > MOST_ENTRIES || len != HEADER + <usize>count * ENTRY) return;
    this.reserve(<i32>count);
    memory.copy(this.room, ptr, len);
    this.count = <i32>count;
    for (let i = 1; i < this.count; i++)
      if (!isBefore(this.at(i - 1), this.at(i).token, this.at(i).model)) return this.clear();
  }

  at(i: i32): Entry {
    return changetype<Entry>(this.room + HEADER + <usize>i * ENTRY);
  }

  find(token: u64, model: u64): Entry | null {
    if (this.count == 0) return null;
    const i = this.placeOf(token, model);
    if (i == this.count) return null;
    const entry = this.at(i);
    return entry.token == token && entry.model == model ? entry : null;
  }

  /** Where the first entry is, or would be, that does not come before these. */
  placeOf(token: u64, model: u64): i32 {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.at(middle), token, model)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * A new entry; where names are at their bound in place of the one that is worth least, of equals the one that opens soonest, then
   * the oldest. Null: all are worth more. Entries found before may have moved. `tokens`: how many the provider has.
   */
  add(token: u64, model: u64, flags: u8, cause: Cause, opens: bool, tokens: i32, now: u64): Entry | null {
    if (model != 0 && !this.makeRoom(token, worth(<u8>cause, opens), tokens, now)) return null;
    this.reserve(this.count + 1);
    const i = this.placeOf(token, model);
    const entry = this.at(i);
    memory.copy(changetype<usize>(entry) + ENTRY, changetype<usize>(entry), <usize>(this.count - i) * ENTRY);
    this.count++;
    memory.fill(changetype<usize>(entry), 0, ENTRY);
    entry.token = token;
    entry.model = model;
    entry.flags = flags;
    return entry;
  }

  remove(entry: Entry): void {
    const next = changetype<usize>(entry) + ENTRY;
    memory.copy(changetype<usize>(entry), next, changetype<usize>(this.at(this.count)) - next);
    this.count--;
  }

  /** Gives its memory back: nothing of it is used any more. */
  drop(): void {
    if (this.block != 0) heap.free(this.block);
    this.block = 0;
    this.room = changetype<usize>(this.ownRoom);
    this.capacity = (this.ownRoom.length - <i32>HEADER) / <i32>ENTRY;
    this.count = 0;
  }

  /** Keeps the bounds of names before one more of `token`. False: it is worth less than all that are there. */
  private makeRoom(token: u64, value: i32, tokens: i32, now: u64): bool {
    const from = this.placeOf(token, 1);
    const to = token == u64.MAX_VALUE ? this.count : this.placeOf(token + 1, 0);
    if (to - from >= (token == 0 ? NAMES : TOKEN_NAMES)) return this.removeLeast(from, to, value, now);
    if (token == 0) return true;
    const first = this.placeOf(1, 0);
    let names = 0;
    for (let i = first; i < this.count; i++) if (this.at(i).model != 0) names++;
    return names < ALL_TOKEN_NAMES + 2 * tokens || this.removeLeast(first, this.count, value, now);
  }

  private removeLeast(from: i32, to: i32, value: i32, now: u64): bool {
    let least: Entry | null = null;
    let low = value;
    for (let i = from; i < to; i++) {
      const entry = this.at(i);
      if (entry.model == 0) continue;
      const its = worth(entry.cause, entry.openUntil > now);
      if (its > low || (its == low && least !== null && !isLess(entry, least))) continue;
      least = entry;
      low = its;
    }
    if (least === null) return false;
    this.remove(least);
    return true;
  }

  private reserve(count: i32): void {
    if (count <= this.capacity) return;
    const capacity = max(count, this.capacity * 2);
    const block = heap.alloc(HEADER + <usize>capacity * ENTRY);
    memory.copy(block, this.room, this.size);
    if (this.block != 0) heap.free(this.block);
    this.block = block;
    this.room = block;
    this.capacity = capacity;
  }
}

function isBefore(entry: Entry, token: u64, model: u64): bool {
  return entry.token < token || (entry.token == token && entry.model < model);
}

function isLess(entry: Entry, other: Entry): bool {
  return entry.openUntil < other.openUntil || (entry.openUntil == other.openUntil && entry.touched < other.touched);
}
