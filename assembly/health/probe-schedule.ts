/**
 * Which probes are due. A probe is the trial of a breaker that is open: one worker makes it, by a lease in the record, and its
 * answer counts only while that lease stands, so that a late one brings nothing back.
 */
import { Bytes } from "../text/bytes";
import { mix } from "../text/hash";
import { Provider } from "../config/plugin";
import { UpdateKind } from "./breaker-update";
import { Health } from "./health";
import { Ledger } from "./ledger";
import { ProbeKind, probeAt, probeLease, probeOf } from "./breaker-timing";
import { Entry } from "./ledger-record";
import { Cause, Scope, Verdict } from "./verdict";
import { isFault } from "./widening";

/** At once, by one worker: what probes may cost. */
const SEATS = 4;

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
  private seats: StaticArray<Probe> = new StaticArray<Probe>(SEATS);
  private tickets: u64 = 0;
  /** Where the search goes on, so that every provider has its turn. */
  private turn: i32 = 0;

  constructor(
    private readonly health: Health,
    private readonly providers: Provider[],
  ) {
    for (let i = 0; i < SEATS; i++) this.seats[i] = new Probe();
  }

  /** Finds a probe that is due and takes its lease: then it must be made. `random`: a new one for each call. */
  next(random: u64, now: u64): bool {
    const seat = this.freeSeat(now);
    if (seat === null) return false;
    for (let i = 0, k = this.providers.length; i < k; i++) {
      const at = (this.turn + i) % k;
      if (!this.find(this.health.current(at), seat, random, now)) continue;
      this.turn = (at + 1) % k;
      this.due = seat;
      return true;
    }
    return false;
  }

  private freeSeat(now: u64): Probe | null {
    for (let i = 0; i < SEATS; i++) if (unchecked(this.seats[i]).until <= now) return unchecked(this.seats[i]);
    return null;
  }

  private find(ledger: Ledger, seat: Probe, random: u64, now: u64): bool {
    const view = ledger.view;
    for (let i = 0, k = view.count; i < k; i++) {
      const entry = view.at(i);
      if (!isDue(ledger.provider, entry, now)) continue;
      const token = entry.token == 0 ? liveToken(ledger) : ledger.tokens.placeOf(entry.token);
      if (token < 0) continue;
      // A lost race leaves a view that was read anew: what else is due is found the next time.
      return this.lease(ledger, entry.token, token, seat, random, now);
    }
    return false;
  }

  private lease(ledger: Ledger, key: u64, token: i32, seat: Probe, random: u64, now: u64): bool {
    const provider = ledger.provider;
    ledger.read();
    const entry = ledger.view.find(key, 0);
    if (entry === null || !isDue(provider, entry, now)) return false;
    const ticket = (<u32>mix(random ^ ++this.tickets)) | 1;
    const until = now + probeLease(provider.failover);
    entry.lease = ticket;
    entry.leaseUntil = until;
    entry.triedAt = now;
    const kind = probeOf(provider, entry);
    const cause = <Cause>(entry.isOpen ? entry.cause : entry.suspect);
    if (!ledger.write()) {
      ledger.read();
      return false;
    }
    seat.kind = kind;
    seat.provider = provider.index;
    seat.token = token;
    seat.model = kind == ProbeKind.Completion ? provider.failover.healthCheckModel : null;
    seat.timeoutMs = provider.failover.healthCheckTimeout;
    seat.ticket = ticket;
    seat.until = until;
    seat.entry = key;
    seat.cause = cause;
    return true;
  }

  /** Index of the provider that the probe asks; 0 for a ticket that is not known. */
  providerOf(ticket: u32): i32 {
    const seat = this.seatOf(ticket);
    return seat !== null ? seat.provider : 0;
  }

  /** The probe's answer, judged like an attempt's; null: it was good. Returns what it changes: a ticket that is not known is a late one. */
  answered(ticket: u32, verdict: Verdict | null, now: u64): UpdateKind {
    const seat = this.seatOf(ticket);
    if (seat === null) return UpdateKind.ProbeVain;
    seat.until = now;
    const ledger = this.health.current(seat.provider);
    const change = ledger.newChange();
    change.kind = outcomeOf(seat, verdict);
    change.token = seat.entry;
    change.at = now;
    change.lease = ticket;
    change.random = <u32>mix((<u64>ticket) ^ now);
    change.probing = true;
    change.cause = verdict !== null && change.kind == UpdateKind.ProbeBad ? verdict.cause : seat.cause;
    const kind = change.kind;
    this.health.commit(ledger);
    return kind;
  }

  private seatOf(ticket: u32): Probe | null {
    for (let i = 0; i < SEATS; i++) if (unchecked(this.seats[i]).ticket == ticket) return unchecked(this.seats[i]);
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
