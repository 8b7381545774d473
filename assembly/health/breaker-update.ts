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
  isProbing: bool;
  /** See `Verdict.widens`. */
  widens: bool;
}

/** Makes the change. False: the record is as it was. */
export function apply(update: BreakerUpdate, record: Record, provider: Provider): bool {
  switch (update.kind) {
    case UpdateKind.Failed:
      return applyFailed(update, record, provider);
    case UpdateKind.Succeeded:
    case UpdateKind.Released:
      return applyEnd(update, record, provider);
    case UpdateKind.TakenOut:
    case UpdateKind.BroughtBack:
    case UpdateKind.TryNow:
      return applyOrder(update, record, provider);
    default:
      return applyProbe(update, record, provider);
  }
}

// === Attempts ===

function applyEnd(update: BreakerUpdate, record: Record, provider: Provider): bool {
  let changed = false;
  for (let i = 0; i < CONCERNED; i++) {
    const entry = concernedEntry(record, update.token, update.model, update.api, i);
    if (entry === null) continue;
    if (update.kind == UpdateKind.Succeeded ? succeed(update, record, entry, provider) : release(update, entry))
      changed = true;
  }
  return changed;
}

function applyFailed(update: BreakerUpdate, record: Record, provider: Provider): bool {
  const scope = update.scope;
  const wide = update.widens ? wideScope(scope) : Scope.Nobody;
  // A trial of the whole that one model fails takes that model out at once: the next trial is another one's.
  const whole = wide != Scope.Nobody ? record.find(tokenOf(wide, update), 0) : null;
  const atOnce = whole !== null && whole.isOpen && holds(update, whole);
  let changed = false;
  for (let i = 0; i < CONCERNED; i++) {
    const entry = concernedEntry(record, update.token, update.model, update.api, i);
    if (entry === null || isOf(entry, scope, update) || isOf(entry, wide, update) || !holds(update, entry)) continue;
    if (isFault(update.cause) && entry.token == 0) failTrial(update, entry, provider);
    else release(update, entry);
    changed = true;
  }
  if (scope == Scope.Nobody) return changed;
  if (fail(update, record, provider, atOnce)) changed = true;
  if (wide != Scope.Nobody && widen(update, record, provider, tokenOf(wide, update))) changed = true;
  return changed;
}

function tokenOf(scope: Scope, update: BreakerUpdate): u64 {
  return scope == Scope.Token || scope == Scope.TokenModel ? update.token : 0;
}

function modelOf(scope: Scope, update: BreakerUpdate): u64 {
  if (scope == Scope.ProviderApi) return update.api;
  return scope == Scope.TokenModel || scope == Scope.ProviderModel ? update.model : 0;
}

function isOf(entry: Entry, scope: Scope, update: BreakerUpdate): bool {
  return scope != Scope.Nobody && entry.token == tokenOf(scope, update) && entry.model == modelOf(scope, update);
}

/** The entry that a failure counts against; what is older than our memory begins anew. */
function entryFor(
  update: BreakerUpdate,
  record: Record,
  provider: Provider,
  token: u64,
  model: u64,
  opens: bool,
): Entry | null {
  const known = record.find(token, model);
  if (known === null) {
    prune(record, update.at);
    const flags = update.scope == Scope.ProviderApi && model != 0 ? FLAG_API : 0;
    return record.add(token, model, flags, update.cause, opens, provider.tokens.length, update.at);
  }
  if (isExpired(known, update.at)) known.clear();
  return known;
}

function prune(record: Record, now: u64): void {
  for (let i = record.count - 1; i >= 0; i--) if (isExpired(record.at(i), now)) record.remove(record.at(i));
}

function fail(update: BreakerUpdate, record: Record, provider: Provider, atOnce: bool): bool {
  const token = tokenOf(update.scope, update);
  const opens = atOnce || update.cause == Cause.RateLimit;
  const entry = entryFor(update, record, provider, token, modelOf(update.scope, update), opens);
  if (entry === null) return false;
  if (holds(update, entry)) {
    failTrial(update, entry, provider);
    return true;
  }
  if (isOut(update, entry)) return extend(update, entry);
  if (token == 0 && entry.hasCounted(update.exchange)) return false;
  if (token == 0) entry.note(update.exchange);
  entry.cause = <u8>update.cause;
  entry.failures = <u16>min<i32>(<i32>entry.failures + update.halves, 0xffff);
  count(update, entry);
  if (atOnce || opensNow(entry, provider)) open(update, entry, provider);
  return true;
}

/** A rate limit hides no other failure. */
function isOut(update: BreakerUpdate, entry: Entry): bool {
  if (!entry.isOpen) return false;
  return !entry.isRateLimit || (update.cause == Cause.RateLimit && update.at < entry.openUntil);
}

function opensNow(entry: Entry, provider: Provider): bool {
  const enough = failuresToOpen(provider, entry);
  const failures = <i32>entry.failures;
  return failures >= enough || (entry.isCorroborated && failures + <i32>entry.suspicions >= enough);
}

function count(update: BreakerUpdate, entry: Entry): void {
  if (entry.counted < u32.MAX_VALUE) entry.counted++;
  entry.touched = update.at;
}

/** The same failure as a suspicion of the whole token, or of the whole provider. */
function widen(update: BreakerUpdate, record: Record, provider: Provider, token: u64): bool {
  const entry = entryFor(update, record, provider, token, 0, false);
  if (entry === null) return false;
  if (entry.isOpen && holds(update, entry)) {
    if (suspect(entry, update.model, update.cause, update.halves, update.exchange) && entry.isCorroborated)
      failTrial(update, entry, provider);
    else {
      endTrial(update, entry);
      entry.openUntil = max(entry.openUntil, update.at + FORCED_INTERVAL);
    }
    return true;
  }
  if (isOut(update, entry)) return false;
  if (!suspect(entry, update.model, update.cause, update.halves, update.exchange)) return false;
  entry.touched = update.at;
  if (!opensNow(entry, provider)) return true;
  entry.cause = <u8>update.cause;
  open(update, entry, provider);
  return true;
}

/** It is open already: what was under way then adds nothing but a longer time that the provider names itself. */
function extend(update: BreakerUpdate, entry: Entry): bool {
  if (update.wait == 0 || isFault(update.cause) || update.at + update.wait <= entry.openUntil) return false;
  entry.openUntil = update.at + update.wait;
  entry.touched = update.at;
  return true;
}

/** A trial before its time was forced: the breaker opens no longer for it. */
function failTrial(update: BreakerUpdate, entry: Entry, provider: Provider): void {
  entry.cause = <u8>update.cause;
  count(update, entry);
  if (update.at >= entry.openUntil) return open(update, entry, provider);
  endTrial(update, entry);
  extend(update, entry);
}

function open(update: BreakerUpdate, entry: Entry, provider: Provider): void {
  if (entry.since == 0) entry.since = update.at;
  if (entry.opened < 0xffff) entry.opened++;
  const ownTime = openFor(provider, entry, update.isProbing, update.random);
  const told = update.wait > 0 && !(isFault(update.cause) && update.wait < ownTime);
  // A rate limit that stood here may end later.
  entry.openUntil = max(entry.openUntil, update.at + (told ? update.wait : ownTime));
  endTrial(update, entry);
  dismiss(entry);
  entry.flags &= ~(FLAG_CLOSED | FLAG_ORDERED);
  entry.triedAt = update.at;
  entry.former = 0;
  entry.trials = 0;
  entry.successes = 0;
  entry.tripper = update.exchange;
  entry.fleetGateway = 0;
}

function succeed(update: BreakerUpdate, record: Record, entry: Entry, provider: Provider): bool {
  if (!ends(entry, update.lease, update.at)) return false;
  const isTrial = entry.isOpen && !entry.isRateLimit;
  if (isTrial && <i32>++entry.successes < successesToClose(provider, entry)) {
    endTrial(update, entry);
    entry.goodAt = update.at;
    entry.triedAt = 0;
    return true;
  }
  close(record, entry, update.at);
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
  entry.clear();
  entry.fleetGateway = gateway;
  entry.fleetVersion = version;
  entry.fleetUntil = until;
  entry.fleetRank = rank;
}

function release(update: BreakerUpdate, entry: Entry): bool {
  if (!holds(update, entry)) return false;
  // A forced attempt has been made, whatever came of it.
  if (update.at >= entry.openUntil) entry.triedAt = 0;
  endTrial(update, entry);
  return true;
}

function holds(update: BreakerUpdate, entry: Entry): bool {
  return entry.isHeldBy(update.lease);
}

function endTrial(update: BreakerUpdate, entry: Entry): void {
  entry.lease = 0;
  entry.leaseUntil = 0;
  entry.flags &= ~FLAG_WANTED;
  entry.touched = update.at;
}

// === Probes ===

function applyProbe(update: BreakerUpdate, record: Record, provider: Provider): bool {
  const entry = record.find(update.token, update.model);
  // Closed, forgotten, or another's trial by now: a late answer changes nothing.
  if (entry === null || !holds(update, entry) || !entry.isLeased(update.at)) return false;
  if (update.kind == UpdateKind.ProbeVain) {
    if (entry.vainProbes < 0xff) entry.vainProbes++;
    entry.successes = 0;
    askAgain(update, entry, provider);
    return true;
  }
  entry.vainProbes = 0;
  if (update.kind == UpdateKind.ProbeBad) {
    if (entry.failedProbes < 0xffff) entry.failedProbes++;
    entry.cause = <u8>update.cause;
    open(update, entry, provider);
    return true;
  }
  entry.failedProbes = 0;
  if (!entry.isOpen || <i32>++entry.successes >= successesToClose(provider, entry)) close(record, entry, update.at);
  else askAgain(update, entry, provider);
  return true;
}

function askAgain(update: BreakerUpdate, entry: Entry, provider: Provider): void {
  if (entry.isOpen) entry.openUntil = update.at + interval(provider.failover, update.random);
  endTrial(update, entry);
}

// === Orders ===

function applyOrder(update: BreakerUpdate, record: Record, provider: Provider): bool {
  if (update.kind == UpdateKind.TakenOut) {
    const entry = entryFor(update, record, provider, update.token, 0, true);
    if (entry === null || entry.heldUntil == update.wait) return false;
    entry.heldUntil = update.wait;
    entry.fleetGateway = 0;
    entry.flags &= ~(FLAG_CLOSED | FLAG_ORDERED);
    entry.touched = update.at;
    return true;
  }
  let changed = false;
  for (let i = record.count - 1; i >= 0; i--) {
    const entry = record.at(i);
    if (entry.token != update.token) continue;
    if (update.kind == UpdateKind.BroughtBack) close(record, entry, update.at, true);
    else if (entry.isOpen && (entry.openUntil > update.at || entry.lease != 0)) {
      entry.openUntil = min(entry.openUntil, update.at);
      entry.triedAt = 0;
      endTrial(update, entry);
    } else continue;
    changed = true;
  }
  return changed;
}
