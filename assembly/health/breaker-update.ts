/**
 * What an attempt, a probe or a person taught, as a change of its provider's record. It is a value, so that one that lost the race
 * for the record can be made again on what the winner wrote.
 */
import { Provider } from "../config/provider";
import { CONCERNED, concernedEntry, ends } from "./breaker-state";
import { FORCED_INTERVAL, failuresToOpen, interval, isExpired, openFor, successesToClose } from "./breaker-timing";
import { Entry, FLAG_API, FLAG_CLOSED, FLAG_ORDERED, FLAG_WANTED, Record } from "./ledger-record";
import { Cause, Scope } from "./verdict";
import { dismiss, isFault, suspect, wideScope } from "./widening";

export enum UpdateKind {
  Failed,
  Succeeded,
  /** Nothing was learnt: a trial is given back. */
  Released,
  /** A probe of one entry: closed another step, open for longer, open for as long again. */
  ProbeGood,
  ProbeBad,
  ProbeVain,
  /** A person's orders for a token, or for the provider where `token` is 0. */
  TakenOut,
  BroughtBack,
  TryNow,
}

@unmanaged
export class BreakerUpdate {
  kind: UpdateKind;
  scope: Scope;
  cause: Cause;
  /** 2, or 1 for half a failure. */
  halves: i32;
  /** Of the attempt; of a probe and of an order the entry's own. */
  token: u64;
  model: u64;
  api: u64;
  /** Monotonic ns. */
  at: u64;
  /** What the provider asked to wait, ns; 0: it did not say. Of an order until when it holds. */
  wait: u64;
  /** Hash of the exchange. */
  exchange: u32;
  /** The lease under which a trial ran. */
  lease: u32;
  random: u32;
  /** Whether a prober is at work. */
  probing: bool;
  /** See `Verdict.widens`. */
  widens: bool;
}

/** Makes the change. False: the record is as it was. */
export function apply(change: BreakerUpdate, record: Record, provider: Provider): bool {
  switch (change.kind) {
    case UpdateKind.Failed:
      return applyFailed(change, record, provider);
    case UpdateKind.Succeeded:
    case UpdateKind.Released:
      return applyEnd(change, record, provider);
    case UpdateKind.TakenOut:
    case UpdateKind.BroughtBack:
    case UpdateKind.TryNow:
      return applyOrder(change, record, provider);
    default:
      return applyProbe(change, record, provider);
  }
}

// === Attempts ===

function applyEnd(change: BreakerUpdate, record: Record, provider: Provider): bool {
  let changed = false;
  for (let i = 0; i < CONCERNED; i++) {
    const entry = concernedEntry(record, change.token, change.model, change.api, i);
    if (entry === null) continue;
    if (change.kind == UpdateKind.Succeeded ? succeed(change, record, entry, provider) : release(change, entry))
      changed = true;
  }
  return changed;
}

function applyFailed(change: BreakerUpdate, record: Record, provider: Provider): bool {
  const scope = change.scope;
  const wide = change.widens ? wideScope(scope) : Scope.Nobody;
  // A trial of the whole that one model fails takes that model out at once: the next trial is another one's.
  const whole = wide != Scope.Nobody ? record.find(tokenOf(wide, change), 0) : null;
  const atOnce = whole !== null && whole.isOpen && holds(change, whole);
  let changed = false;
  for (let i = 0; i < CONCERNED; i++) {
    const entry = concernedEntry(record, change.token, change.model, change.api, i);
    if (entry === null || isOf(entry, scope, change) || isOf(entry, wide, change) || !holds(change, entry)) continue;
    if (isFault(change.cause) && entry.token == 0) failTrial(change, entry, provider);
    else release(change, entry);
    changed = true;
  }
  if (scope == Scope.Nobody) return changed;
  if (fail(change, record, provider, atOnce)) changed = true;
  if (wide != Scope.Nobody && widen(change, record, provider, tokenOf(wide, change))) changed = true;
  return changed;
}

function tokenOf(scope: Scope, change: BreakerUpdate): u64 {
  return scope == Scope.Token || scope == Scope.TokenModel ? change.token : 0;
}

function modelOf(scope: Scope, change: BreakerUpdate): u64 {
  if (scope == Scope.ProviderApi) return change.api;
  return scope == Scope.TokenModel || scope == Scope.ProviderModel ? change.model : 0;
}

function isOf(entry: Entry, scope: Scope, change: BreakerUpdate): bool {
  return scope != Scope.Nobody && entry.token == tokenOf(scope, change) && entry.model == modelOf(scope, change);
}

/** The entry that a failure counts against; what is older than our memory begins anew. */
function entryFor(
  change: BreakerUpdate,
  record: Record,
  provider: Provider,
  token: u64,
  model: u64,
  opens: bool,
): Entry | null {
  const known = record.find(token, model);
  if (known === null) {
    prune(record, change.at);
    const flags = change.scope == Scope.ProviderApi && model != 0 ? FLAG_API : 0;
    return record.add(token, model, flags, change.cause, opens, provider.tokens.length, change.at);
  }
  if (isExpired(known, change.at)) known.forget();
  return known;
}

function prune(record: Record, now: u64): void {
  for (let i = record.count - 1; i >= 0; i--) if (isExpired(record.at(i), now)) record.remove(record.at(i));
}

function fail(change: BreakerUpdate, record: Record, provider: Provider, atOnce: bool): bool {
  const token = tokenOf(change.scope, change);
  const opens = atOnce || change.cause == Cause.RateLimit;
  const entry = entryFor(change, record, provider, token, modelOf(change.scope, change), opens);
  if (entry === null) return false;
  if (holds(change, entry)) {
    failTrial(change, entry, provider);
    return true;
  }
  if (isOut(change, entry)) return extend(change, entry);
  if (token == 0 && entry.hasCounted(change.exchange)) return false;
  if (token == 0) entry.note(change.exchange);
  entry.cause = <u8>change.cause;
  entry.failures = <u16>min<i32>(<i32>entry.failures + change.halves, 0xffff);
  count(change, entry);
  if (atOnce || opensNow(entry, provider)) open(change, entry, provider);
  return true;
}

/** A rate limit hides no other failure. */
function isOut(change: BreakerUpdate, entry: Entry): bool {
  if (!entry.isOpen) return false;
  return !entry.isRateLimit || (change.cause == Cause.RateLimit && change.at < entry.openUntil);
}

function opensNow(entry: Entry, provider: Provider): bool {
  const enough = failuresToOpen(provider, entry);
  const failures = <i32>entry.failures;
  return failures >= enough || (entry.isCorroborated && failures + <i32>entry.suspicions >= enough);
}

function count(change: BreakerUpdate, entry: Entry): void {
  if (entry.counted < u32.MAX_VALUE) entry.counted++;
  entry.touched = change.at;
}

/** The same failure as a suspicion of the whole token, or of the whole provider. */
function widen(change: BreakerUpdate, record: Record, provider: Provider, token: u64): bool {
  const entry = entryFor(change, record, provider, token, 0, false);
  if (entry === null) return false;
  if (entry.isOpen && holds(change, entry)) {
    if (suspect(entry, change.model, change.cause, change.halves, change.exchange) && entry.isCorroborated)
      failTrial(change, entry, provider);
    else {
      endTrial(change, entry);
      entry.openUntil = max(entry.openUntil, change.at + FORCED_INTERVAL);
    }
    return true;
  }
  if (isOut(change, entry)) return false;
  if (!suspect(entry, change.model, change.cause, change.halves, change.exchange)) return false;
  entry.touched = change.at;
  if (!opensNow(entry, provider)) return true;
  entry.cause = <u8>change.cause;
  open(change, entry, provider);
  return true;
}

/** It is open already: what was under way then adds nothing but a longer time that the provider names itself. */
function extend(change: BreakerUpdate, entry: Entry): bool {
  if (change.wait == 0 || isFault(change.cause) || change.at + change.wait <= entry.openUntil) return false;
  entry.openUntil = change.at + change.wait;
  entry.touched = change.at;
  return true;
}

/** A trial before its time was forced: the breaker opens no longer for it. */
function failTrial(change: BreakerUpdate, entry: Entry, provider: Provider): void {
  entry.cause = <u8>change.cause;
  count(change, entry);
  if (change.at >= entry.openUntil) return open(change, entry, provider);
  endTrial(change, entry);
  extend(change, entry);
}

function open(change: BreakerUpdate, entry: Entry, provider: Provider): void {
  if (entry.since == 0) entry.since = change.at;
  if (entry.opened < 0xffff) entry.opened++;
  const usual = openFor(provider, entry, change.probing, change.random);
  const told = change.wait > 0 && !(isFault(change.cause) && change.wait < usual);
  // A rate limit that stood here may end later.
  entry.openUntil = max(entry.openUntil, change.at + (told ? change.wait : usual));
  endTrial(change, entry);
  dismiss(entry);
  entry.flags &= ~(FLAG_CLOSED | FLAG_ORDERED);
  entry.triedAt = change.at;
  entry.former = 0;
  entry.trials = 0;
  entry.successes = 0;
  entry.tripper = change.exchange;
  entry.fleetGateway = 0;
}

function succeed(change: BreakerUpdate, record: Record, entry: Entry, provider: Provider): bool {
  if (!ends(entry, change.lease, change.at)) return false;
  const isTrial = entry.isOpen && !entry.isRateLimit;
  if (isTrial && <i32>++entry.successes < successesToClose(provider, entry)) {
    endTrial(change, entry);
    entry.goodAt = change.at;
    entry.triedAt = 0;
    return true;
  }
  close(record, entry, change.at);
  return true;
}

/** Nothing is left of it but a person's order, or what the fleet is to be told. */
export function close(record: Record, entry: Entry, now: u64, ordered: bool = false): void {
  if (entry.isHeldOut(now) && !ordered) forgetLearnt(entry);
  else if (entry.fleetVersion != 0) entry.markClosed(now, ordered);
  else record.remove(entry);
}

/** What the fleet's store says of the order stays true. */
function forgetLearnt(entry: Entry): void {
  const version = entry.fleetVersion;
  const until = entry.fleetUntil;
  const rank = entry.fleetRank;
  const gateway = entry.fleetGateway;
  entry.forget();
  entry.fleetGateway = gateway;
  entry.fleetVersion = version;
  entry.fleetUntil = until;
  entry.fleetRank = rank;
}

function release(change: BreakerUpdate, entry: Entry): bool {
  if (!holds(change, entry)) return false;
  // A forced attempt has been made, whatever came of it.
  if (change.at >= entry.openUntil) entry.triedAt = 0;
  endTrial(change, entry);
  return true;
}

function holds(change: BreakerUpdate, entry: Entry): bool {
  return entry.isHeldBy(change.lease);
}

function endTrial(change: BreakerUpdate, entry: Entry): void {
  entry.lease = 0;
  entry.leaseUntil = 0;
  entry.flags &= ~FLAG_WANTED;
  entry.touched = change.at;
}

// === Probes ===

function applyProbe(change: BreakerUpdate, record: Record, provider: Provider): bool {
  const entry = record.find(change.token, change.model);
  // Closed, forgotten, or another's trial by now: a late answer changes nothing.
  if (entry === null || !holds(change, entry) || !entry.isLeased(change.at)) return false;
  if (change.kind == UpdateKind.ProbeVain) {
    if (entry.vainProbes < 0xff) entry.vainProbes++;
    entry.successes = 0;
    askAgain(change, entry, provider);
    return true;
  }
  entry.vainProbes = 0;
  if (change.kind == UpdateKind.ProbeBad) {
    if (entry.failedProbes < 0xffff) entry.failedProbes++;
    entry.cause = <u8>change.cause;
    open(change, entry, provider);
    return true;
  }
  entry.failedProbes = 0;
  if (!entry.isOpen || <i32>++entry.successes >= successesToClose(provider, entry)) close(record, entry, change.at);
  else askAgain(change, entry, provider);
  return true;
}

function askAgain(change: BreakerUpdate, entry: Entry, provider: Provider): void {
  if (entry.isOpen) entry.openUntil = change.at + interval(provider.failover, change.random);
  endTrial(change, entry);
}

// === Orders ===

function applyOrder(change: BreakerUpdate, record: Record, provider: Provider): bool {
  if (change.kind == UpdateKind.TakenOut) {
    const entry = entryFor(change, record, provider, change.token, 0, true);
    if (entry === null || entry.heldUntil == change.wait) return false;
    entry.heldUntil = change.wait;
    entry.fleetGateway = 0;
    entry.flags &= ~(FLAG_CLOSED | FLAG_ORDERED);
    entry.touched = change.at;
    return true;
  }
  let changed = false;
  for (let i = record.count - 1; i >= 0; i--) {
    const entry = record.at(i);
    if (entry.token != change.token) continue;
    if (change.kind == UpdateKind.BroughtBack) close(record, entry, change.at, true);
    else if (entry.isOpen && (entry.openUntil > change.at || entry.lease != 0)) {
      entry.openUntil = min(entry.openUntil, change.at);
      entry.triedAt = 0;
      endTrial(change, entry);
    } else continue;
    changed = true;
  }
  return changed;
}
