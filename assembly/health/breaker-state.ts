/**
 * Whether an attempt may be made, as a record has it: over the entries of its provider, of its model there, of its API, of its token
 * and of its token for that model.
 */
import { Provider } from "../config/provider";
import { FORCED_INTERVAL, isExpired, trialAt } from "./breaker-timing";
import { Entry, Record } from "./ledger-record";

export enum BreakerState {
  Live,
  /** As the one trial of a breaker that is half-open. */
  Trial,
  Shut,
}

/** How many entries an attempt may concern. */
export const CONCERNED = 5;

/** The `i`-th of the entries that an attempt concerns; null: all is well with that. */
export function concernedEntry(view: Record, token: u64, model: u64, api: u64, i: i32): Entry | null {
  if (i == 0) return view.find(0, 0);
  if (i == 1) return view.find(0, model);
  if (i == 2) return api != 0 ? view.find(0, api) : null;
  return view.find(token, i == 3 ? 0 : model);
}

export function stateOf(provider: Provider, entry: Entry, isProbing: bool, now: u64): BreakerState {
  if (entry.isHeldOut(now)) return BreakerState.Shut;
  if (!entry.isOpen || isExpired(entry, now)) return BreakerState.Live;
  if (entry.isLeased(now) || now < trialAt(provider, entry, isProbing)) return BreakerState.Shut;
  // The one that tried whether it has passed was not told of it again.
  if (entry.isRateLimit && entry.leaseUntil != 0 && !entry.isWanted) return BreakerState.Live;
  return BreakerState.Trial;
}

/** Over all entries that an attempt concerns. */
export function stateFor(
  provider: Provider,
  view: Record,
  token: u64,
  model: u64,
  api: u64,
  isProbing: bool,
  now: u64,
): BreakerState {
  let worst = BreakerState.Live;
  for (let i = 0; i < CONCERNED && view.count > 0; i++) {
    const entry = concernedEntry(view, token, model, api, i);
    if (entry !== null) worst = max(worst, stateOf(provider, entry, isProbing, now));
  }
  return worst;
}

/** When this entry lets an attempt through; 0: it does. u64.MAX_VALUE: not before a person says so. */
export function opensAt(provider: Provider, entry: Entry, isProbing: bool, now: u64): u64 {
  const held = entry.isHeldOut(now) ? entry.heldUntil : 0;
  if (!entry.isOpen || isExpired(entry, now)) return held;
  let until = trialAt(provider, entry, isProbing);
  if (entry.isLeased(now)) until = max(until, entry.leaseUntil);
  return max(held, until);
}

/** Whether one attempt may be made although it is out, because nothing else is left. */
export function mayForce(entry: Entry, now: u64): bool {
  if (entry.isHeldOut(now)) return false;
  // What another gateway tries, and what the fleet is asked for, does not forbid it.
  const isTried = entry.lease != 0 && entry.isLeased(now);
  return !entry.isOpen || (!isTried && now >= entry.triedAt + FORCED_INTERVAL);
}

/** Whether a success has something to end: failures that were counted, a trial, a rate limit that has passed. */
export function ends(entry: Entry, lease: u32, now: u64): bool {
  if (!entry.isOpen) return entry.failures > 0 || entry.suspicions > 0 || !(entry.isHeldOut(now) || entry.isClosedMark);
  return entry.isTriedBy(lease) || (entry.isRateLimit && now >= entry.openUntil);
}
