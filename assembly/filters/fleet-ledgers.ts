/**
 * The ledgers that a fleet shares. `gather` finds what the store does not know yet, `merge` writes what the store says. Which of two
 * different views wins is decided in fleet/ledger-merge.ts.
 */
import { NS_PER_MS } from "../text/time-units";
import { close } from "../health/breaker-update";
import { Health } from "../health/health";
import { Ledger } from "../health/ledger";
import { Entry, FLAG_ORDERED, FLAG_WANTED, PERMIT_USED, Record } from "../health/ledger-record";
import { FleetBoard } from "../fleet/fleet-state";
import { FleetKey } from "../fleet/fleet-key";
import { Difference, PERMIT_WINDOW } from "../fleet/ledger-difference";
import { learn } from "../fleet/ledger-merge";
import { StorePoll } from "../fleet/store-poll";
import { StoreOp, StoredEntry } from "../fleet/stored-entry";
import { evidence } from "../response/evidence";

const TRIES = 4;
/** Bit of a version: the entry was known before all entries came anew, and has not come since. */
const STALE: u64 = 1 << 62;

const difference = new Difference();

export class FleetLedgers {
  /** Entries of other gateways in the last answer. */
  learnt: u32 = 0;
  /** All entries are coming, page after page, and more pages follow. */
  isPaging: bool = false;
  /** Each provider's ledger once, by one of the `Health` that read it, and the provider's id in the store. */
  private readonly ledgers: Ledger[] = [];
  private readonly healths: Health[] = [];
  private readonly providers: u64[] = [];
  /** The id of this gateway. */
  private gateway: u64 = 0;
  private isSweeping: bool = false;

  /** `sharers`: of all configurations that belong to this fleet. */
  constructor(
    key: FleetKey,
    private readonly sharers: Health[],
    private readonly poll: StorePoll,
  ) {
    for (let i = 0, k = sharers.length; i < k; i++)
      for (let j = 0, n = sharers[i].count; j < n; j++)
        if (!isAmong(this.ledgers, sharers[i].ledgerAt(j))) {
          this.ledgers.push(sharers[i].ledgerAt(j));
          this.healths.push(sharers[i]);
          this.providers.push(key.provider(sharers[i].ledgerAt(j).provider.ledgerKey));
        }
  }

  /** Adds to the call what the store does not know yet. `hold`: for how long "bring back" forbids openings, ms. */
  gather(hold: u64, now: u64): void {
    for (let i = 0, k = this.ledgers.length; i < k; i++) {
      const health = unchecked(this.healths[i]);
      const ledger = health.current(unchecked(this.ledgers[i]).provider.index);
      const view = ledger.view;
      for (let j = 0; j < view.count; j++) {
        const entry = view.at(j);
        if (entry.token != 0 && !this.isConfigured(ledger, entry.token)) continue;
        const provider = unchecked(this.providers[i]);
        if (difference.find(entry, hold, now)) {
          if (difference.op == StoreOp.Close) difference.number &= ~STALE;
          if (!this.poll.add(difference, provider, entry, i)) return;
        }
        if (difference.findPermit(ledger.provider, entry, health.isProbing, now))
          if (!this.poll.add(difference, provider, entry, i)) return;
      }
    }
  }

  /** By any configuration that has this record. */
  private isConfigured(ledger: Ledger, token: u64): bool {
    if (ledger.tokens.placeOf(token) >= 0) return true;
    const all = this.sharers;
    for (let i = 0, k = all.length; i < k; i++) {
      const health = unchecked(all[i]);
      for (let j = 0, n = health.count; j < n; j++) {
        const other = health.ledgerAt(j);
        if (other.isOf(ledger) && other.tokens.placeOf(token) >= 0) return true;
      }
    }
    return false;
  }

  /** Another VM speaks with the store now. */
  stopSweep(): void {
    this.isSweeping = false;
    this.isPaging = false;
  }

  /**
   * Merges the answer. `isSet`: the store's clock is another one than before. False: other VMs wrote first; the store sends the same again
   * with the next call.
   */
  merge(board: FleetBoard, isSet: bool, now: u64): bool {
    const state = board.state;
    const poll = this.poll;
    this.gateway = board.gateway;
    this.learnt = 0;
    // A server that was set back to what it had saved has another life as well.
    const isSetBack = poll.isAll && poll.version < state.version;
    const isSame =
      !isSetBack &&
      !isSet &&
      state.epochLen == <u32>poll.epochLen &&
      memory.compare(state.epoch, poll.epoch, poll.epochLen) == 0;
    const startsAnew = !isSame || poll.isAll;
    for (let i = 0, k = this.ledgers.length; i < k; i++) {
      let touches = startsAnew;
      const provider = unchecked(this.providers[i]);
      for (let j = 0; j < poll.entries && !touches; j++) touches = poll.entryAt(j).provider == provider;
      for (let j = 0; j < poll.ops && !touches; j++) touches = poll.at(j).ledger == i;
      if (touches && !this.mergeInto(i, isSame, startsAnew, now)) return false;
    }
    if (startsAnew) this.isSweeping = isSame;
    if (this.isSweeping && !poll.hasMore) {
      for (let i = 0, k = this.ledgers.length; i < k; i++) this.sweep(i, now);
      this.isSweeping = false;
    }
    state.strangers = startsAnew ? poll.strangers : state.strangers + poll.strangers;
    state.version = poll.version;
    state.epochLen = <u32>poll.epochLen;
    memory.copy(state.epoch, poll.epoch, poll.epochLen);
    this.isPaging = poll.hasMore && (startsAnew || this.isPaging);
    return true;
  }

  private mergeInto(i: i32, isSame: bool, startsAnew: bool, now: u64): bool {
    const ledger = unchecked(this.ledgers[i]);
    for (let tries = 0; tries < TRIES; tries++) {
      const record = ledger.edit();
      let changed = false;
      if (startsAnew && resetVersions(record, isSame)) changed = true;
      for (let j = 0; j < this.poll.entries; j++) {
        const stored = this.poll.entryAt(j);
        if (stored.provider != unchecked(this.providers[i])) continue;
        if (this.mergeEntry(record, ledger, stored, now)) changed = true;
      }
      for (let j = 0; j < this.poll.ops; j++)
        if (this.poll.at(j).ledger == i && this.mergeAnswer(record, j, now)) changed = true;
      if (!changed) return true;
      evidence.isLearnt = true;
      const isDone = ledger.finish();
      evidence.clear();
      if (isDone) return true;
    }
    return false;
  }

  private mergeEntry(record: Record, ledger: Ledger, stored: StoredEntry, now: u64): bool {
    if (stored.token != 0 && !this.isConfigured(ledger, stored.token)) return false;
    let end: u64 = 0;
    if (stored.until > 0) {
      // From the server's clock to ours, as of this answer.
      const left = stored.until - this.poll.serverTime;
      const ns = <u64>abs(left) * NS_PER_MS;
      end = left > 0 ? now + ns : ns < now ? now - ns : 1;
    }
    const isOurs = stored.gateway == this.gateway;
    if (!isOurs) this.learnt++;
    return learn(record, ledger.provider, stored, isOurs, end, now);
  }

  /** What the store says to an op; true: the record has changed. */
  private mergeAnswer(record: Record, j: i32, now: u64): bool {
    const told = this.poll.at(j);
    const entry = record.find(told.token, told.model);
    if (entry === null) return false;
    switch (told.op) {
      case StoreOp.Lease:
        if (!entry.isWanted) return giveBack(entry, told.answer > 0);
        entry.flags &= ~FLAG_WANTED;
        entry.lease = 0;
        entry.permitUntil = told.answer > 0 ? now + PERMIT_WINDOW : 0;
        // It is never longer than a trial of ours would be.
        entry.leaseUntil = told.answer > 0 ? 0 : now + min(<u64>(1 - told.answer), told.number) * NS_PER_MS;
        return true;
      case StoreOp.Unlease:
        if (entry.permitUntil > now) return false;
        entry.permitUntil = 0;
        return true;
      case StoreOp.Close:
      case StoreOp.BringBack:
        // It is decided, whatever came of it: what another has written since has come with this answer.
        if (!entry.isClosedMark || entry.isOpen) return false;
        entry.fleetVersion = 0;
        record.remove(entry);
        return true;
      default:
        return false;
    }
  }

  /** What did not come again in one life of the store has been closed since. */
  private sweep(i: i32, now: u64): void {
    const ledger = unchecked(this.ledgers[i]);
    const record = ledger.edit();
    let changed = false;
    for (let j = record.count - 1; j >= 0; j--) {
      const entry = record.at(j);
      if ((entry.fleetVersion & STALE) == 0) continue;
      changed = true;
      const holds = entry.openUntil > now || entry.isHeldOut(now);
      entry.fleetVersion = 0;
      if (!holds) continue;
      entry.heldUntil = 0;
      close(record, entry, now);
    }
    if (changed) ledger.finish();
  }
}

/** A permit that nobody wants any more; true: the entry has changed. */
function giveBack(entry: Entry, isGiven: bool): bool {
  if (!isGiven || entry.permitUntil == PERMIT_USED) return false;
  entry.permitUntil = PERMIT_USED;
  return true;
}

function isAmong(list: Ledger[], ledger: Ledger): bool {
  for (let i = 0, k = list.length; i < k; i++) if (list[i].isOf(ledger)) return true;
  return false;
}

/** All entries come anew. In another life of the store what it knew is gone; in the same one what does not come again is closed. */
function resetVersions(record: Record, isSame: bool): bool {
  let changed = false;
  for (let j = record.count - 1; j >= 0; j--) {
    const entry = record.at(j);
    if (entry.fleetVersion == 0) continue;
    changed = true;
    if (isSame) {
      entry.fleetVersion |= STALE;
      continue;
    }
    // A person's word is said again: others may still say what it has ended.
    const isOrder = entry.isClosedMark && (entry.flags & FLAG_ORDERED) != 0;
    entry.fleetVersion = isOrder ? 1 : 0;
    entry.fleetUntil = 0;
    entry.fleetRank = 0;
    if (entry.isClosedMark && !isOrder && entry.failures == 0) record.remove(entry);
  }
  return changed;
}
