/**
 * Which probes are due. A probe is the trial of a breaker that is open: one worker makes it, by a lease in the record, and its
 * answer counts only while that lease stands, so that a late one brings nothing back.
 */
import { Bytes } from "../text/bytes";
import { mix } from "../text/hash";
import { Provider } from "../config/provider";
import { UpdateKind } from "./breaker-update";
import { Health } from "./health";
import { Ledger } from "./ledger";
import { ProbeKind, probeAt, probeLease, probeOf } from "./breaker-timing";
import { Entry, FLAG_PROBED } from "./ledger-record";
import { usePermit } from "./permits";
import { Cause, Scope, Verdict } from "./verdict";
import { isFault } from "./widening";

/** At once, by one worker: what probes may cost. */
const MOST_PROBES = 4;

/** A probe that is due or under way. */
export class Probe {
  kind: ProbeKind = ProbeKind.None;
  provider: i32 = 0;
  token: i32 = 0;
  /** `healthCheckModel`, as the provider calls it; null with a free call. */
  model: Bytes | null = null;
  timeoutMs: i32 = 0;
  /** Names it when it is answered. */
  ticket: u32 = 0;
  /** Its place is free again after that. */
  until: u64 = 0;
  /** Whose breaker it tries: a token's key, 0 the provider's. */
  entry: u64 = 0;
  /** Why that is open. */
  cause: Cause = Cause.None;
}

export class Probes {
  /** What `next` found. */
  due: Probe = new Probe();
  private slots: StaticArray<Probe> = new StaticArray<Probe>(MOST_PROBES);
  private tickets: u64 = 0;
  /** Where the search goes on, so that every provider has its turn. */
  private turn: i32 = 0;

  constructor(
    private readonly health: Health,
    private readonly providers: Provider[],
  ) {
    for (let i = 0; i < MOST_PROBES; i++) this.slots[i] = new Probe();
  }

  /** Finds a probe that is due and takes its lease: then it must be made. `random`: a new one for each call. */
  next(random: u64, now: u64): bool {
    const probe = this.freeProbe(now);
    if (probe === null) return false;
    for (let i = 0, k = this.providers.length; i < k; i++) {
      const at = (this.turn + i) % k;
      if (!this.find(this.health.current(at), probe, random, now)) continue;
      this.turn = (at + 1) % k;
      this.due = probe;
      return true;
    }
    return false;
  }

  private freeProbe(now: u64): Probe | null {
    for (let i = 0; i < MOST_PROBES; i++) if (unchecked(this.slots[i]).until <= now) return unchecked(this.slots[i]);
    return null;
  }

  private find(ledger: Ledger, probe: Probe, random: u64, now: u64): bool {
    const view = ledger.view;
    for (let i = 0, k = view.count; i < k; i++) {
      const entry = view.at(i);
      if (!isDue(ledger.provider, entry, now)) continue;
      const token = entry.token == 0 ? liveToken(ledger) : ledger.tokens.placeOf(entry.token);
      if (token < 0) continue;
      // A lost race leaves a view that was read anew: what else is due is found the next time.
      return this.lease(ledger, entry.token, token, probe, random, now);
    }
    return false;
  }

  private lease(ledger: Ledger, key: u64, token: i32, probe: Probe, random: u64, now: u64): bool {
    const provider = ledger.provider;
    ledger.read();
    const entry = ledger.view.find(key, 0);
    if (entry === null || !isDue(provider, entry, now)) return false;
    const permits = this.health.permits;
    if (permits !== null && entry.isOpen && !permits.allows(entry, now)) {
      if (!ledger.write()) ledger.read();
      return false;
    }
    const ticket = (<u32>mix(random ^ ++this.tickets)) | 1;
    const until = now + probeLease(provider.failover);
    entry.lease = ticket;
    entry.leaseUntil = until;
    entry.triedAt = now;
    entry.flags |= FLAG_PROBED;
    usePermit(entry);
    const kind = probeOf(provider, entry);
    const cause = <Cause>(entry.isOpen ? entry.cause : entry.suspect);
    if (!ledger.write()) {
      ledger.read();
      return false;
    }
    probe.kind = kind;
    probe.provider = provider.index;
    probe.token = token;
    probe.model = kind == ProbeKind.Completion ? provider.failover.healthCheckModel : null;
    probe.timeoutMs = provider.failover.healthCheckTimeout;
    probe.ticket = ticket;
    probe.until = until;
    probe.entry = key;
    probe.cause = cause;
    return true;
  }

  /** Index of the provider that the probe asks; 0 for a ticket that is not known. */
  providerOf(ticket: u32): i32 {
    const probe = this.underWay(ticket);
    return probe !== null ? probe.provider : 0;
  }

  /** The probe's answer, judged like an attempt's; null: it was good. Returns what it changes: a ticket that is not known is a late one. */
  answered(ticket: u32, verdict: Verdict | null, now: u64): UpdateKind {
    const probe = this.underWay(ticket);
    if (probe === null) return UpdateKind.ProbeVain;
    probe.until = now;
    const ledger = this.health.current(probe.provider);
    const update = ledger.newUpdate();
    update.kind = outcomeOf(probe, verdict);
    update.token = probe.entry;
    update.at = now;
    update.lease = ticket;
    update.random = <u32>mix((<u64>ticket) ^ now);
    update.isProbing = true;
    update.cause = verdict !== null && update.kind == UpdateKind.ProbeBad ? verdict.cause : probe.cause;
    const kind = update.kind;
    this.health.commit(ledger);
    return kind;
  }

  private underWay(ticket: u32): Probe | null {
    for (let i = 0; i < MOST_PROBES; i++)
      if (unchecked(this.slots[i]).ticket == ticket) return unchecked(this.slots[i]);
    return null;
  }
}

function isDue(provider: Provider, entry: Entry, now: u64): bool {
  return now >= probeAt(provider, entry) && !entry.isLeased(now) && !entry.isHeldOut(now);
}

/** What a probe's answer proves of the breaker that it tries. */
function outcomeOf(probe: Probe, verdict: Verdict | null): UpdateKind {
  if (verdict === null) return UpdateKind.ProbeGood;
  // It was never sent.
  if (verdict.cause == Cause.Local) return UpdateKind.ProbeVain;
  // A provider that refuses this token, or this model, is there.
  if (probe.entry == 0) return isFault(verdict.cause) ? UpdateKind.ProbeBad : UpdateKind.ProbeGood;
  // A provider that is down says nothing of the token.
  if (isFault(verdict.cause)) return UpdateKind.ProbeVain;
  const isRefused = verdict.scope == Scope.Token || verdict.cause == Cause.Credential || verdict.cause == Cause.Quota;
  if (isRefused) return verdict.cause == Cause.RateLimit ? UpdateKind.ProbeVain : UpdateKind.ProbeBad;
  // Whatever else it says, it said it to a token that it takes; that the token can pay again, only a good answer proves.
  return probe.cause == Cause.Credential ? UpdateKind.ProbeGood : UpdateKind.ProbeVain;
}

/** A token to probe the provider with: one that is not out, else any. */
function liveToken(ledger: Ledger): i32 {
  for (let i = 0, k = ledger.tokens.count; i < k; i++) {
    const entry = ledger.view.find(ledger.tokens.keyOf(i), 0);
    if (entry === null || !entry.isOpen) return i;
  }
  return 0;
}
