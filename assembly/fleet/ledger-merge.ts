/**
 * What the store says, merged into a provider's record. The store has decided already between all gateways; here it is decided between it
 * and what this gateway has seen since:
 *
 *   - An opening counts until the later end. It is no failure of ours: it counts nothing, and ends no trial that runs here. The trial of
 *     another gateway, which was waited for, has failed.
 *   - A closing counts unless this gateway has opened the breaker since it last heard of it.
 *   - A person's order counts as if it had been given here.
 *
 * What comes back of our own only tells which version it became.
 */
import { Provider } from "../config/provider";
import * as breakerEvents from "../health/breaker-events";
import { close } from "../health/breaker-update";
import { isExpired } from "../health/breaker-timing";
import { Entry, FLAG_API, FLAG_CLOSED, FLAG_ORDERED, FLAG_WANTED, Record } from "../health/ledger-record";
import { Cause } from "../health/verdict";
import { NS_PER_MS } from "../text/time-units";
import { STORED_API, STORED_ENDLESS, StoreOp, StoredEntry } from "./stored-entry";

/** Two ends this near are the same one, ns: each was reckoned by another clock, over a round trip. */
export const SAME_END: u64 = 1500 * NS_PER_MS;

/** `end`: when it ends, as our clock has it; 0: closed. `isOurs`: this gateway wrote it. True: the record has changed. */
export function learn(record: Record, provider: Provider, stored: StoredEntry, isOurs: bool, end: u64, now: u64): bool {
  const known = record.find(stored.token, stored.model);
  const opens = stored.op == StoreOp.Open || stored.op == StoreOp.TakeOut;
  if (!opens) return known !== null && learnClosing(record, known, stored, isOurs, now);
  const entry = known !== null ? known : addEntry(record, provider, stored, now);
  if (entry === null) return false;
  if (known !== null && isExpired(known, now)) known.clear();
  const hadOrder = entry.fleetVersion != 0 && entry.fleetRank == 2;
  entry.fleetVersion = stored.version;
  entry.fleetUntil = end;
  entry.fleetRank = stored.rank;
  if (isOurs) return true;
  if (stored.op == StoreOp.TakeOut) learnOrder(entry, stored, end, now);
  else learnOpening(entry, stored, hadOrder, end, now);
  return true;
}

function addEntry(record: Record, provider: Provider, stored: StoredEntry, now: u64): Entry | null {
  const flags = (stored.flags & STORED_API) != 0 ? FLAG_API : 0;
  return record.add(stored.token, stored.model, flags, <Cause>stored.cause, true, provider.tokens.length, now);
}

function learnOrder(entry: Entry, stored: StoredEntry, end: u64, now: u64): void {
  const held = (stored.flags & STORED_ENDLESS) != 0 ? u64.MAX_VALUE : end;
  // Told once more, as after the store was emptied.
  if (isNear(entry.heldUntil, held)) return;
  entry.heldUntil = held;
  entry.fleetGateway = stored.gateway;
  entry.flags &= ~(FLAG_CLOSED | FLAG_ORDERED);
  entry.touched = now;
}

function isNear(one: u64, other: u64): bool {
  return (one > other ? one - other : other - one) <= SAME_END;
}

function learnOpening(entry: Entry, stored: StoredEntry, hadOrder: bool, end: u64, now: u64): void {
  // It took the place of an order, which has ended.
  if (hadOrder) entry.heldUntil = 0;
  if (end <= entry.openUntil) return;
  entry.flags &= ~(FLAG_CLOSED | FLAG_ORDERED);
  entry.cause = stored.cause;
  entry.openUntil = end;
  entry.opened = max(entry.opened, stored.opened);
  if (entry.since == 0) entry.since = now;
  entry.successes = 0;
  entry.touched = now;
  entry.fleetGateway = stored.gateway;
  if (entry.lease != 0) return;
  entry.leaseUntil = 0;
  entry.flags &= ~FLAG_WANTED;
}

function learnClosing(record: Record, entry: Entry, stored: StoredEntry, isOurs: bool, now: u64): bool {
  if (entry.isClosedMark) {
    // A trial that has just ended well may still have its permit.
    entry.fleetVersion = 0;
    if (entry.failures == 0 && entry.suspicions == 0) record.remove(entry);
    else entry.flags &= ~(FLAG_CLOSED | FLAG_ORDERED);
    return true;
  }
  const isNewer = entry.openUntil > entry.fleetUntil + SAME_END && entry.openUntil > now;
  entry.fleetVersion = stored.version;
  entry.fleetUntil = 0;
  entry.fleetRank = stored.rank;
  if (isOurs) return true;
  breakerEvents.credit(entry.token, entry.model, stored.gateway);
  if (stored.op == StoreOp.BringBack) entry.heldUntil = 0;
  if (isNewer) return true;
  entry.fleetVersion = 0;
  if (entry.isOpen) close(record, entry, now);
  else if (!entry.isHeldOut(now) && entry.failures == 0 && entry.suspicions == 0) record.remove(entry);
  return true;
}
