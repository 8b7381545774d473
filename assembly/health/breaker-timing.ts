/** How long a breaker stays open, what opens and closes it, and whether a probe may: by whose entry it is, and why. */
import { NS_PER_MS, NS_PER_S } from "../text/time-units";
import { FailoverSettings, Provider } from "../config/provider";
import { Entry } from "./ledger-record";
import { Cause } from "./verdict";

const SECOND: u64 = NS_PER_S;

/** Without a word of the provider a rate limit doubles from 1 s to a minute. */
const FIRST_BACK_OFF: u64 = SECOND;
const MOST_BACK_OFF: u64 = 60 * SECOND;
/** Tokens that no probe can ask for. */
const FIRST_COOLDOWN: u64 = 30 * SECOND;
const MOST_COOLDOWN: u64 = 600 * SECOND;
/** An account that is empty, or a window whose end nobody tells, lasts longer. */
const FIRST_EMPTY: u64 = 120 * SECOND;
const MOST_EMPTY: u64 = 1800 * SECOND;
const MOST_INTERVAL: u64 = 60 * SECOND;

/** A probe holds its lease this much longer than it may take: then its worker is taken for dead. */
const LEASE_GRACE: u64 = 5 * SECOND;
/** A rate limit that is not told again within this time has passed. */
const LIMIT_TRIAL: u64 = SECOND;
/** What is out is asked at most once in this time when nothing else is left. */
export const FORCED_INTERVAL: u64 = SECOND;
/** Bounds what a provider tells. */
const MOST_TOLD: u64 = 31 * 24 * 3600 * SECOND;
/** What is known is forgotten this long after it last mattered. */
const MEMORY: u64 = 3600 * SECOND;
/** Probes that tell nothing, in a row, until a client's request is let through again. */
const VAIN_PROBES: u8 = 3;
/** If probes do not come, a client request is the trial, this long after the time of the probe and its limit. */
const PROBE_GRACE: u64 = 20 * SECOND;

export enum ProbeKind {
  None,
  /** A free GET that the provider refuses to a bad token. */
  FreeCall,
  /** One token of `healthCheckModel`. */
  Completion,
}

/** How a probe could tell of this entry. What a free call proves is that the provider takes the token, not that it can pay. */
export function probeOf(provider: Provider, entry: Entry): ProbeKind {
  const failover = provider.failover;
  if (!failover.isEnabled || entry.model != 0) return ProbeKind.None;
  if (entry.isOpen) return probeOfOpen(provider, entry);
  const isDoubted = entry.token != 0 && entry.suspicions > 0 && entry.suspect == <u8>Cause.Credential;
  const isPossible = failover.cooldownDuration == 0 && provider.probePath !== null;
  return isDoubted && isPossible ? ProbeKind.FreeCall : ProbeKind.None;
}

/** The same of a breaker that is open, or about to. */
function probeOfOpen(provider: Provider, entry: Entry): ProbeKind {
  const failover = provider.failover;
  if (!failover.isEnabled || entry.model != 0) return ProbeKind.None;
  if (entry.token == 0) return failover.healthCheckModel !== null ? ProbeKind.Completion : ProbeKind.None;
  // A rate limit passes by itself.
  if (failover.cooldownDuration > 0 || entry.isRateLimit) return ProbeKind.None;
  if (failover.healthCheckModel !== null) return ProbeKind.Completion;
  return entry.cause == <u8>Cause.Credential && provider.probePath !== null ? ProbeKind.FreeCall : ProbeKind.None;
}

/** When a probe may be made; u64.MAX_VALUE: never. */
export function probeAt(provider: Provider, entry: Entry): u64 {
  if (probeOf(provider, entry) == ProbeKind.None) return u64.MAX_VALUE;
  if (entry.isOpen) return entry.openUntil;
  return entry.triedAt == 0 ? 0 : entry.triedAt + <u64>provider.failover.healthCheckInterval * NS_PER_MS;
}

/** When an open breaker lets a client request through as its trial. */
export function trialAt(provider: Provider, entry: Entry, isProbing: bool): u64 {
  if (!isProbing || entry.vainProbes >= VAIN_PROBES || probeOf(provider, entry) == ProbeKind.None)
    return entry.openUntil;
  return entry.openUntil + <u64>provider.failover.healthCheckTimeout * NS_PER_MS + PROBE_GRACE;
}

/**
 * How long a trial keeps others out. One that hangs holds nobody: after `openFor` another may start, and after twice that time the
 * next one, so that also what answers slowly is given time.
 */
export function trialLease(provider: Provider, entry: Entry): u64 {
  const first = entry.isRateLimit ? LIMIT_TRIAL : <u64>provider.breaker.openFor * NS_PER_MS;
  return first << min<u64>(<u64>entry.trials, 6);
}

/** Nothing of it matters any more. */
export function isExpired(entry: Entry, now: u64): bool {
  return now > max(entry.openUntil, entry.touched) + MEMORY && now > entry.heldUntil;
}

export function probeLease(failover: FailoverSettings): u64 {
  return <u64>failover.healthCheckTimeout * NS_PER_MS + LEASE_GRACE;
}

/** What the provider asked to wait, ns. */
export function toldWait(ms: i64): u64 {
  return ms > 0 ? min(<u64>ms * NS_PER_MS, MOST_TOLD) : 0;
}

/** Failures that open it, in halves. */
export function failuresToOpen(provider: Provider, entry: Entry): i32 {
  if (entry.isRateLimit) return 1;
  if (entry.token != 0) return provider.failover.failureThreshold * 2;
  return provider.breaker.failureThreshold * 2;
}

export function successesToClose(provider: Provider, entry: Entry): i32 {
  return entry.token != 0 ? provider.failover.successThreshold : 1;
}

/** How long it is open when it opens for the `opened`-th time in a row, ns. */
export function openFor(provider: Provider, entry: Entry, isProbing: bool, random: u32): u64 {
  const times = <i32>entry.opened;
  if (entry.isRateLimit) {
    const most = doubled(FIRST_BACK_OFF, times, MOST_BACK_OFF);
    return most / 2 + share(most / 2, random);
  }
  const failover = provider.failover;
  const probed = isProbing && probeOfOpen(provider, entry) != ProbeKind.None;
  if (entry.token == 0) {
    const first = <u64>provider.breaker.openFor * NS_PER_MS;
    if (probed && times > 1) return interval(failover, random);
    return doubled(first, times, max(first, <u64>provider.breaker.maxOpenFor * NS_PER_MS));
  }
  if (failover.cooldownDuration > 0) return <u64>failover.cooldownDuration * NS_PER_MS;
  if (!probed && entry.cause == <u8>Cause.Quota) return doubled(FIRST_EMPTY, times, MOST_EMPTY);
  if (!probed) return doubled(FIRST_COOLDOWN, times, MOST_COOLDOWN);
  // A wrong or empty token seldom comes back soon; a provider that is down often does.
  if (entry.cause != <u8>Cause.Credential && entry.cause != <u8>Cause.Quota) return interval(failover, random);
  const first = <u64>failover.healthCheckInterval * NS_PER_MS;
  const time = doubled(first, times, max(first, MOST_INTERVAL));
  return time + share(time / 10, random);
}

/** Until the next probe, when it is not the token's fault that there must be another one. */
export function interval(failover: FailoverSettings, random: u32): u64 {
  const time = <u64>failover.healthCheckInterval * NS_PER_MS;
  return time + share(time / 10, random);
}

function doubled(first: u64, times: i32, most: u64): u64 {
  return min(first << (<u64>min(max(times - 1, 0), 20)), most);
}

function share(time: u64, random: u32): u64 {
  return (time >> 10) * <u64>(random & 1023);
}
