/**
 * What the store does not know yet of a provider's record: state, not a log. Nothing is queued, so nothing is lost when the store is away,
 * or this VM dies; and each remaining time is reckoned when it is sent.
 */
import { Provider } from "../config/provider";
import { probeLease, probeOf, trialLease, ProbeKind } from "../health/breaker-timing";
import { Entry, FLAG_ORDERED, PERMIT_USED } from "../health/ledger-record";
import { NS_PER_MS } from "../text/time-units";
import { SAME_END } from "./ledger-merge";
import { MOST_LASTS, STORED_API, STORED_ENDLESS, StoreOp } from "./stored-entry";

/** What ends sooner is not worth a word, ns. */
const LEAST_LEFT: u64 = 200 * NS_PER_MS;
const WEEK: u64 = MOST_LASTS * NS_PER_MS;
/** Within this time a permit must be used. */
export const PERMIT_WINDOW: u64 = 5000 * NS_PER_MS;

/** What is to be said of an entry; filled anew by each `find`. */
export class Difference {
  op: StoreOp = StoreOp.Open;
  /** Ms; of a closing the version that is closed. */
  number: u64 = 0;
  flags: u32 = 0;

  /** What is known of the entry and not told yet; false: nothing. `hold`: for how long "bring back" forbids openings, ms. */
  find(entry: Entry, hold: u64, now: u64): bool {
    this.flags = entry.isOfApi ? STORED_API : 0;
    if (entry.isClosedMark && !entry.isOpen) {
      if (entry.fleetVersion == 0) return false;
      const isOrder = (entry.flags & FLAG_ORDERED) != 0;
      this.op = isOrder ? StoreOp.BringBack : StoreOp.Close;
      this.number = isOrder ? hold : entry.fleetVersion;
      return true;
    }
    if (entry.heldUntil > now + LEAST_LEFT) return this.findOrder(entry, now);
    if (entry.openUntil <= now + LEAST_LEFT || isTold(entry, entry.openUntil, now)) return false;
    // An order outranks it.
    if (entry.fleetRank > 0 && entry.fleetUntil > now) return false;
    this.op = StoreOp.Open;
    this.number = leftOf(entry.openUntil, now);
    return true;
  }

  private findOrder(entry: Entry, now: u64): bool {
    const isKnown = entry.fleetRank == 2 && entry.fleetUntil > now;
    const isShorter = entry.heldUntil != u64.MAX_VALUE && entry.fleetUntil > entry.heldUntil + SAME_END;
    if (isKnown && !isShorter && isTold(entry, entry.heldUntil, now)) return false;
    this.op = StoreOp.TakeOut;
    if (entry.heldUntil == u64.MAX_VALUE) this.flags |= STORED_ENDLESS;
    this.number = leftOf(entry.heldUntil, now);
    return true;
  }

  /** A trial that waits for a permit, or one whose permit is to be given back. */
  findPermit(provider: Provider, entry: Entry, isProbing: bool, now: u64): bool {
    if (entry.isWanted && entry.isLeased(now)) {
      this.op = StoreOp.Lease;
      const isProbed = isProbing && probeOf(provider, entry) != ProbeKind.None;
      const time = isProbed ? probeLease(provider.failover) : trialLease(provider, entry);
      this.number = (time + PERMIT_WINDOW) / NS_PER_MS;
      return true;
    }
    if (entry.permitUntil == 0) return false;
    const isOver = entry.permitUntil == PERMIT_USED ? !entry.isLeased(now) : entry.permitUntil <= now;
    this.op = StoreOp.Unlease;
    this.number = 0;
    return isOver;
  }
}

/** Whether the store has this end, or one so late that there is time to tell it again. */
function isTold(entry: Entry, end: u64, now: u64): bool {
  if (entry.fleetVersion == 0 || entry.fleetUntil <= now) return false;
  return end <= entry.fleetUntil || end - entry.fleetUntil <= SAME_END || entry.fleetUntil - now > WEEK / 2;
}

/** Ms. */
function leftOf(end: u64, now: u64): u64 {
  return min(end - now, WEEK) / NS_PER_MS;
}
