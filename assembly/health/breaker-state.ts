/** Whether an attempt may be made, as a record has it: over all the entries that concern its token and its model. */
import { Provider } from "../config/plugin";
import { concerns } from "./breaker-update";
import { trialAt } from "./breaker-timing";
import { Entry, Record } from "./ledger-record";

export enum BreakerState {
  Live,
  /** As the one trial of a breaker that is half-open. */
  Trial,
  Shut,
}

/** `probing`: a prober is at work. */
export function gateFor(
  provider: Provider,
  view: Record,
  token: u64,
  model: u64,
  probing: bool,
  now: u64,
): BreakerState {
  let worst = BreakerState.Live;
  for (let i = 0, k = view.count; i < k; i++) {
    const entry = view.at(i);
    if (concerns(entry, token, model)) worst = max(worst, gateOf(provider, entry, probing, now));
  }
  return worst;
}

export function gateOf(provider: Provider, entry: Entry, probing: bool, now: u64): BreakerState {
  if (!entry.isOpen) return BreakerState.Live;
  if (entry.isRateLimit) return now < entry.openUntil ? BreakerState.Shut : BreakerState.Live;
  return entry.isLeased(now) || now < trialAt(provider, entry, probing) ? BreakerState.Shut : BreakerState.Trial;
}

/** Of the wait that `waitFor` found: what of it is the token's own, and whether a rate limit ends last. */
export let tokenWait: u64 = 0;
export let waitIsLimit: bool = false;

/** Ns until an attempt may be made; 0: now. */
export function waitFor(provider: Provider, view: Record, token: u64, model: u64, probing: bool, now: u64): u64 {
  let longest: u64 = 0;
  tokenWait = 0;
  waitIsLimit = false;
  for (let i = 0, k = view.count; i < k; i++) {
    const entry = view.at(i);
    if (!entry.isOpen || !concerns(entry, token, model)) continue;
    let until = entry.isRateLimit ? entry.openUntil : trialAt(provider, entry, probing);
    if (entry.isLeased(now)) until = max(until, entry.leaseUntil);
    const wait = until > now ? until - now : 0;
    if (entry.token != 0) tokenWait = max(tokenWait, wait);
    if (wait <= longest) continue;
    longest = wait;
    waitIsLimit = entry.isRateLimit;
  }
  return longest;
}

/** Whether an attempt of this lease is a trial that still counts. */
export function isHeld(view: Record, token: u64, model: u64, lease: u32, now: u64): bool {
  for (let i = 0, k = view.count; i < k; i++) {
    const entry = view.at(i);
    if (entry.isHeldBy(lease, now) && concerns(entry, token, model)) return true;
  }
  return false;
}

/** Whether a success has something to end: failures that were counted, a trial, a rate limit that has passed. */
export function helps(view: Record, token: u64, model: u64, lease: u32, now: u64): bool {
  for (let i = 0, k = view.count; i < k; i++) {
    const entry = view.at(i);
    if (!concerns(entry, token, model)) continue;
    if (!entry.isOpen || (entry.isRateLimit ? now >= entry.openUntil : entry.isHeldBy(lease, now))) return true;
  }
  return false;
}
