/**
 * What an attempt or a probe taught, as a change of its provider's record. It is a value, so that one that lost the race for
 * the record can be made again on what the winner wrote.
 */
import { Provider } from "../config/plugin";
import { failuresToOpen, interval, openFor, successesToClose } from "./breaker-timing";
import { Entry, Record } from "./ledger-record";
import { Cause, Scope } from "./verdict";

export enum UpdateKind {
  Failed,
  Succeeded,
  /** Nothing was learnt: a trial is given back. */
  Released,
  /** A probe of one entry: closed another step, open for longer, open for as long again. */
  ProbeGood,
  ProbeBad,
  ProbeVain,
}

@unmanaged
export class BreakerUpdate {
  kind: UpdateKind;
  scope: Scope;
  cause: Cause;
  /** 2, or 1 for half a failure. */
  halves: i32;
  /** Of the attempt; of a probe the entry's own. */
  token: u64;
  model: u64;
  /** Monotonic ns. */
  at: u64;
  /** What the provider asked to wait, ns; 0: it did not say. */
  wait: u64;
  /** Hash of the exchange. */
  exchange: u32;
  /** The lease under which a trial ran. */
  lease: u32;
  random: u32;
  /** Whether a prober is at work. */
  probing: bool;
}

/** Makes the change. False: the record is as it was. */
export function apply(change: BreakerUpdate, record: Record, provider: Provider): bool {
  switch (change.kind) {
    case UpdateKind.Failed:
      return applyFailed(change, record, provider);
    case UpdateKind.Succeeded:
      return applyToAll(change, record, provider);
    case UpdateKind.Released:
      return applyToAll(change, record, provider);
    default:
      return applyProbe(change, record, provider);
  }
}

/** The entries that an attempt of this token and model concerns are those of both, of either and of neither. */
export function concerns(entry: Entry, token: u64, model: u64): bool {
  return (entry.token == 0 || entry.token == token) && (entry.model == 0 || entry.model == model);
}

function applyToAll(change: BreakerUpdate, record: Record, provider: Provider): bool {
  let changed = false;
  for (let i = record.count - 1; i >= 0; i--) {
    const entry = record.at(i);
    if (!concerns(entry, change.token, change.model)) continue;
    if (change.kind == UpdateKind.Succeeded ? succeed(change, record, entry, provider) : release(change, entry))
      changed = true;
  }
  return changed;
}

function applyFailed(change: BreakerUpdate, record: Record, provider: Provider): bool {
  const byToken = change.scope == Scope.Token || change.scope == Scope.TokenModel;
  const byModel = change.scope == Scope.TokenModel || change.scope == Scope.ProviderModel;
  const token = byToken ? change.token : 0;
  const model = byModel ? change.model : 0;
  let changed = false;
  for (let i = record.count - 1; i >= 0; i--) {
    const entry = record.at(i);
    if (!concerns(entry, change.token, change.model)) continue;
    if (change.scope != Scope.Nobody && entry.token == token && entry.model == model) continue;
    if (isFault(change.cause) && entry.token == 0 && holds(change, entry)) {
      reopen(change, entry, provider);
      changed = true;
    } else if (release(change, entry)) changed = true;
  }
  if (change.scope == Scope.Nobody) return changed;
  return fail(change, record, record.find(token, model), token, model, provider) || changed;
}

/** The provider's, whichever of its breakers counts it: the trial of every one has failed. */
function isFault(cause: Cause): bool {
  return cause == Cause.Provider || cause == Cause.Connect || cause == Cause.Slow || cause == Cause.BrokenStream;
}

function fail(
  change: BreakerUpdate,
  record: Record,
  known: Entry | null,
  token: u64,
  model: u64,
  provider: Provider,
): bool {
  let entry: Entry;
  if (known !== null) entry = known;
  else {
    const added = record.add(token, model, change.cause == Cause.RateLimit);
    if (added === null) return false;
    entry = added;
  }
  if (holds(change, entry)) {
    reopen(change, entry, provider);
    return true;
  }
  if (entry.isOpen && (!entry.isRateLimit || change.at < entry.openUntil)) return extend(change, entry);
  const counted = token != 0 || !entry.hasCounted(change.exchange);
  if (!counted) return false;
  if (token == 0) entry.note(change.exchange);
  entry.cause = <u8>change.cause;
  entry.failures = <u16>min<i32>(<i32>entry.failures + change.halves, 0xffff);
  entry.touched = change.at;
  if (<i32>entry.failures >= failuresToOpen(provider, entry)) reopen(change, entry, provider);
  return true;
}

/** It is open already: what was under way then adds nothing but a longer time that the provider names itself. */
function extend(change: BreakerUpdate, entry: Entry): bool {
  if (!entry.isRateLimit || change.at + change.wait <= entry.openUntil) return false;
  entry.openUntil = change.at + change.wait;
  entry.touched = change.at;
  return true;
}

function reopen(change: BreakerUpdate, entry: Entry, provider: Provider): void {
  entry.cause = <u8>change.cause;
  if (entry.opened < 0xffff) entry.opened++;
  const time = change.wait > 0 ? change.wait : openFor(provider, entry, change.probing, change.random);
  entry.openUntil = change.at + time;
  endTrial(change, entry);
  entry.successes = 0;
}

function succeed(change: BreakerUpdate, record: Record, entry: Entry, provider: Provider): bool {
  if (entry.isOpen) {
    if (entry.isRateLimit ? change.at < entry.openUntil : !holds(change, entry)) return false;
    if (!entry.isRateLimit && <i32>++entry.successes < successesToClose(provider, entry)) {
      endTrial(change, entry);
      return true;
    }
  }
  record.remove(entry);
  return true;
}

function release(change: BreakerUpdate, entry: Entry): bool {
  if (!holds(change, entry)) return false;
  endTrial(change, entry);
  return true;
}

function applyProbe(change: BreakerUpdate, record: Record, provider: Provider): bool {
  const entry = record.find(change.token, change.model);
  // Closed, forgotten, or another's trial by now: a late answer changes nothing.
  if (entry === null || !holds(change, entry)) return false;
  if (change.kind == UpdateKind.ProbeBad) reopen(change, entry, provider);
  else if (change.kind == UpdateKind.ProbeGood && <i32>++entry.successes >= successesToClose(provider, entry))
    record.remove(entry);
  else {
    if (change.kind == UpdateKind.ProbeVain) entry.successes = 0;
    entry.openUntil = change.at + interval(provider.failover, change.random);
    endTrial(change, entry);
  }
  return true;
}

function holds(change: BreakerUpdate, entry: Entry): bool {
  return entry.isHeldBy(change.lease, change.at);
}

function endTrial(change: BreakerUpdate, entry: Entry): void {
  entry.lease = 0;
  entry.leaseUntil = 0;
  entry.touched = change.at;
}
