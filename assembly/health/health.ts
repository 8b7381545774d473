/**
 * What this worker knows of all tokens and providers of a configuration, and what it learns from its own attempts. Nothing here
 * allocates on the collector's heap after the constructor. Times are monotonic ns; models and APIs are keys of `names`.
 */
import { mix } from "../text/hash";
import { FleetConfig } from "../config/fleet-config";
import { Provider } from "../config/provider";
import { BreakerUpdate, UpdateKind } from "./breaker-update";
import { TokenSearch, choose, isEligible, soonestToken } from "./token-choice";
import { Waiting } from "./token-entries";
import { StaleConnections } from "./stale-connections";
import { BreakerState, CONCERNED, concernedEntry, ends, mayForce, opensAt, stateFor, stateOf } from "./breaker-state";
import { findMaker, makerOf, rememberMaker } from "./makers";
import { Ledger, seedKey } from "./ledger";
import { BreakerListener } from "./breaker-events";
import { isExpired, toldWait, trialLease } from "./breaker-timing";
import { Entry, FLAG_PROBED } from "./ledger-record";
import { Store } from "./ledger-store";
import { Permits, usePermit } from "./permits";
import { NO_MODEL, NameHash } from "./name-hash";
import { Cause, Scope, Verdict, bitOf } from "./verdict";

const TRIES = 3;
/** In the place of a token in an order that concerns the whole provider. */
export const WHOLE_PROVIDER: i32 = -1;

export class Health {
  /** Whether the hop that `pick` or `pickForced` found last is a trial. */
  isTrial: bool = false;
  /** A prober is at work: where a probe is possible it is the trial, not a client's request. Set by the role that probes. */
  isProbing: bool = false;
  /** Makes the keys of models and APIs. */
  readonly names: NameHash;
  /** By `Provider.index`; through `current` alone they are up to date. */
  private readonly ledgers: Ledger[] = [];
  private generation: u64 = 0;
  /** Indexes of ledgers with changes that are not written yet. */
  private readonly late: StaticArray<i32>;
  private lateCount: i32 = 0;
  /** Tells the leases of this worker from those of others. */
  private readonly salt: u64;
  private staleConnections: StaleConnections = new StaleConnections();
  private waiting: Waiting = new Waiting();

  constructor(
    providers: Provider[],
    private readonly store: Store,
    audience: BreakerListener | null = null,
    /** null: this gateway is alone. */
    fleet: FleetConfig | null = null,
    readonly permits: Permits | null = null,
  ) {
    const names = new NameHash(store, seedKey(), fleet);
    this.names = names;
    this.salt = store.random64() | 1;
    this.late = new StaticArray<i32>(providers.length);
    for (let i = 0, k = providers.length; i < k; i++)
      this.ledgers.push(new Ledger(providers[i], store, names, audience, fleet));
    this.generation = store.generation();
  }

  /** What the provider keeps under this id was made with this token. */
  madeBy(provider: Provider, token: i32, id: u64): void {
    if (token < provider.tokens.length) rememberMaker(this.store, id, makerOf(provider, token));
  }

  /** See `makerOf`; 0: nobody is known who has made it. */
  makerOf(id: u64): u64 {
    return findMaker(this.store, id);
  }

  /** Once per request, and on the tick: what other workers wrote since the last time counts from now on, and ours is written. */
  refresh(): void {
    this.generation = this.store.generation();
    if (this.lateCount > 0) this.settle();
  }

  /** Writes what lost its race. */
  private settle(): void {
    const count = this.lateCount;
    this.lateCount = 0;
    for (let i = 0; i < count; i++) {
      const index = unchecked(this.late[i]);
      const ledger = unchecked(this.ledgers[index]);
      ledger.isLate = !ledger.settle();
      if (ledger.isLate) unchecked((this.late[this.lateCount++] = index));
    }
  }

  get isSettled(): bool {
    return this.lateCount == 0;
  }

  get count(): i32 {
    return this.ledgers.length;
  }

  /** What is known of a provider, by `Provider.index`, as of the last `refresh`. */
  current(index: i32): Ledger {
    const ledger = unchecked(this.ledgers[index]);
    ledger.entries.isProbing = this.isProbing;
    ledger.refresh(this.generation);
    return ledger;
  }

  /** The same, as it was read last. */
  ledgerAt(index: i32): Ledger {
    return unchecked(this.ledgers[index]);
  }

  /** Makes the change of the last `newUpdate` of this ledger. */
  commit(ledger: Ledger): void {
    ledger.commit();
    if (ledger.isSettled || ledger.isLate) return;
    ledger.isLate = true;
    unchecked((this.late[this.lateCount++] = ledger.provider.index));
  }

  /** Gives its memory back: nothing of it is used any more. */
  drop(): void {
    for (let i = 0, k = this.ledgers.length; i < k; i++) unchecked(this.ledgers[i]).drop();
  }

  // === Choice ===

  /**
   * A token that may be tried; -1: there is none. `isTrial` says that it is the one trial of a breaker, whose end must be told by
   * `failed`, `succeeded` or `released`.
   */
  pick(provider: Provider, search: TokenSearch): i32 {
    this.isTrial = false;
    const ledger = this.current(provider.index);
    for (let i = 0; i < TRIES; i++) {
      const base = this.providerState(ledger, search);
      const token = choose(ledger, search, base, this.isProbing);
      if (token < 0) return -1;
      const key = ledger.tokens.keyOf(token);
      let state = ledger.view.count == 0 ? BreakerState.Live : this.stateOf(ledger, key, search);
      if (state == BreakerState.Trial) state = this.lease(ledger, key, search, false);
      if (state == BreakerState.Shut) continue;
      this.isTrial = state == BreakerState.Trial;
      return token;
    }
    return -1;
  }

  /**
   * For when nothing may be tried: the token that opens soonest, as the one forced attempt that its breakers allow at a time, and at
   * most once a second. It ends like a trial. -1: another has it, or had it just now, or a person took it out.
   */
  pickForced(provider: Provider, search: TokenSearch): i32 {
    this.isTrial = false;
    const ledger = this.current(provider.index);
    soonestToken(ledger, search, this.isProbing, true, this.waiting);
    const token = this.waiting.token;
    if (token < 0) return -1;
    const state = this.lease(ledger, ledger.tokens.keyOf(token), search, true);
    if (state == BreakerState.Shut) return -1;
    this.isTrial = state == BreakerState.Trial;
    return token;
  }

  /** The token that opens soonest, for a hop that waits for it. */
  soonestToken(provider: Provider, search: TokenSearch): i32 {
    return max(this.findWaiting(provider, search).token, 0);
  }

  /** Ns until something of this provider may be tried; 0: now; u64.MAX_VALUE: never by itself. */
  opensIn(provider: Provider, search: TokenSearch): u64 {
    const until = this.findWaiting(provider, search).until;
    if (until == u64.MAX_VALUE) return until;
    return until > search.now ? until - search.now : 0;
  }

  /** Whether it is a rate limit that keeps the token closed that opens soonest. */
  isRateLimited(provider: Provider, search: TokenSearch): bool {
    const waiting = this.findWaiting(provider, search);
    return waiting.until > search.now && waiting.isLimit;
  }

  /** Whether there is something of this provider that may be tried now and that the search does not leave out. Takes no trial. */
  hasHop(provider: Provider, search: TokenSearch): bool {
    const ledger = this.current(provider.index);
    const base = this.providerState(ledger, search);
    return base == BreakerState.Live && choose(ledger, search, base, this.isProbing) >= 0;
  }

  /** Why nothing of this provider may be tried: a bit for each cause that keeps a token out which serves the model; 0: something is live. */
  causesOut(provider: Provider, search: TokenSearch): u32 {
    if (this.opensIn(provider, search) == 0) return 0;
    const ledger = this.current(provider.index);
    let causes: u32 = 0;
    for (let i = 0; i < PROVIDERS_OWN; i++)
      causes |= this.causeOut(provider, concernedEntry(ledger.view, 0, search.model, search.api, i), search.now);
    const entries = ledger.entries;
    for (let i = 0, k = entries.count; i < k; i++) {
      const token = entries.at(i);
      if (!isEligible(ledger, search, token)) continue;
      const key = ledger.tokens.keyOf(token);
      for (let at = entries.firstOf(token); at < ledger.view.count && ledger.view.at(at).token == key; at++) {
        const entry = ledger.view.at(at);
        if (entry.model == 0 || entry.model == search.model) causes |= this.causeOut(provider, entry, search.now);
      }
    }
    return causes;
  }

  /** What a person took out has no cause of its own. */
  private causeOut(provider: Provider, entry: Entry | null, now: u64): u32 {
    if (entry === null || stateOf(provider, entry, this.isProbing, now) == BreakerState.Live) return 0;
    return bitOf(entry.isHeldOut(now) ? Cause.None : <Cause>entry.cause);
  }

  private findWaiting(provider: Provider, search: TokenSearch): Waiting {
    const ledger = this.current(provider.index);
    const waiting = this.waiting;
    soonestToken(ledger, search, this.isProbing, false, waiting);
    for (let i = 0; i < PROVIDERS_OWN && ledger.view.count > 0; i++) {
      const entry = concernedEntry(ledger.view, 0, search.model, search.api, i);
      if (entry === null) continue;
      const until = opensAt(provider, entry, this.isProbing, search.now);
      if (until <= waiting.until || until <= search.now) continue;
      waiting.until = until;
      waiting.isLimit = entry.isRateLimit;
    }
    return waiting;
  }

  /** After a fault of the provider, whether the same token may be tried once more. */
  mayTryAgain(provider: Provider, token: i32, search: TokenSearch): bool {
    const ledger = this.current(provider.index);
    return this.stateOf(ledger, ledger.tokens.keyOf(token), search) == BreakerState.Live;
  }

  private stateOf(ledger: Ledger, token: u64, search: TokenSearch): BreakerState {
    const view = ledger.view;
    return stateFor(ledger.provider, view, token, search.model, search.api, this.isProbing, search.now);
  }

  /** Of what is not the token's own. */
  private providerState(ledger: Ledger, search: TokenSearch): BreakerState {
    let worst = BreakerState.Live;
    for (let i = 0; i < PROVIDERS_OWN && ledger.view.count > 0; i++) {
      const entry = concernedEntry(ledger.view, 0, search.model, search.api, i);
      if (entry !== null) worst = max(worst, stateOf(ledger.provider, entry, this.isProbing, search.now));
    }
    return worst;
  }

  /**
   * Takes the one trial of every breaker in the way, for all workers: of those that are half-open, or with `isForced` of all that are
   * open. Shut: another has it.
   */
  private lease(ledger: Ledger, token: u64, search: TokenSearch, isForced: bool): BreakerState {
    for (let tries = 0; tries < TRIES; tries++) {
      ledger.read();
      const state = this.stateOf(ledger, token, search);
      if (isForced ? state == BreakerState.Live || !this.mayForce(ledger, token, search) : state != BreakerState.Trial)
        return state == BreakerState.Live ? state : BreakerState.Shut;
      if (search.isDry) return BreakerState.Trial;
      if (!isForced && !this.isPermitted(ledger, token, search)) {
        // Who loses the race for the record asks with the next request.
        ledger.write();
        return BreakerState.Shut;
      }
      for (let i = 0; i < CONCERNED; i++) {
        const entry = concernedEntry(ledger.view, token, search.model, search.api, i);
        if (entry === null || !entry.isOpen || isExpired(entry, search.now)) continue;
        if (!isForced && stateOf(ledger.provider, entry, this.isProbing, search.now) != BreakerState.Trial) continue;
        this.hold(ledger.provider, entry, token, search);
      }
      if (ledger.write()) return BreakerState.Trial;
    }
    ledger.read();
    return BreakerState.Shut;
  }

  /** Whether the fleet lets this gateway try all that is half-open in the way; what it is not asked for yet is noted. */
  private isPermitted(ledger: Ledger, token: u64, search: TokenSearch): bool {
    const permits = this.permits;
    if (permits === null) return true;
    let isAllowed = true;
    for (let i = 0; i < CONCERNED; i++) {
      const entry = concernedEntry(ledger.view, token, search.model, search.api, i);
      if (entry === null || stateOf(ledger.provider, entry, this.isProbing, search.now) != BreakerState.Trial) continue;
      if (!permits.allows(entry, search.now)) isAllowed = false;
    }
    return isAllowed;
  }

  private mayForce(ledger: Ledger, token: u64, search: TokenSearch): bool {
    for (let i = 0; i < CONCERNED; i++) {
      const entry = concernedEntry(ledger.view, token, search.model, search.api, i);
      if (entry !== null && !mayForce(entry, search.now)) return false;
    }
    return true;
  }

  private hold(provider: Provider, entry: Entry, token: u64, search: TokenSearch): void {
    entry.former = entry.lease;
    entry.lease = this.leaseOf(token, search.model);
    entry.leaseUntil = search.now + trialLease(provider, entry);
    entry.triedAt = search.now;
    entry.flags &= ~FLAG_PROBED;
    usePermit(entry);
    if (entry.trials < 0xff) entry.trials++;
  }

  private leaseOf(token: u64, model: u64): u32 {
    return (<u32>mix(this.salt ^ mix(token ^ mix(model)))) | 1;
  }

  // === What attempts teach ===

  /**
   * An attempt failed. `exchange`: its number; one exchange counts once against a provider. `isTrial`: what `pick` said of it;
   * without it the attempt ends no trial.
   */
  failed(
    provider: Provider,
    token: i32,
    model: u64,
    api: u64,
    verdict: Verdict,
    exchange: u64,
    now: u64,
    isTrial: bool = true,
  ): void {
    const ledger = this.current(provider.index);
    const key = ledger.tokens.keyOf(token);
    const lease = isTrial ? this.leaseOf(key, model) : 0;
    const holds = isHeld(ledger, key, model, api, lease);
    const scope = scopeOf(ledger, model, api, verdict);
    if (scope == Scope.Nobody && !holds) return;
    if (verdict.mayBeStale && !holds && !this.staleConnections.isSecond(exchange, provider.index)) return;
    const update = this.newUpdate(ledger, UpdateKind.Failed, key, model, api, lease, now);
    update.scope = scope;
    update.cause = verdict.cause;
    update.widens = verdict.widens;
    update.halves = verdict.countsHalf ? 1 : 2;
    update.wait = toldWait(verdict.waitMs);
    update.exchange = (<u32>mix(exchange ^ this.salt)) | 1;
    this.commit(ledger);
  }

  /** An attempt was answered well. Costs nothing while all is well. */
  succeeded(provider: Provider, token: i32, model: u64, api: u64, now: u64, isTrial: bool = true): void {
    const ledger = this.current(provider.index);
    ledger.noteServed(api);
    if (ledger.view.count == 0) return;
    const key = ledger.tokens.keyOf(token);
    const lease = isTrial ? this.leaseOf(key, model) : 0;
    if (!hasToEnd(ledger, key, model, api, lease, now)) return;
    this.newUpdate(ledger, UpdateKind.Succeeded, key, model, api, lease, now);
    this.commit(ledger);
  }

  /** An attempt ended without a verdict, or was never made: a trial is given back. */
  released(provider: Provider, token: i32, model: u64, api: u64, now: u64, isTrial: bool = true): void {
    const ledger = this.current(provider.index);
    const key = ledger.tokens.keyOf(token);
    const lease = this.leaseOf(key, model);
    if (!isTrial || !isHeld(ledger, key, model, api, lease)) return;
    this.newUpdate(ledger, UpdateKind.Released, key, model, api, lease, now);
    this.commit(ledger);
  }

  private newUpdate(
    ledger: Ledger,
    kind: UpdateKind,
    token: u64,
    model: u64,
    api: u64,
    lease: u32,
    now: u64,
  ): BreakerUpdate {
    const update = ledger.newUpdate();
    update.kind = kind;
    update.token = token;
    update.model = model;
    update.api = api;
    update.at = now;
    update.lease = lease;
    update.random = <u32>mix(now ^ this.salt);
    update.isProbing = this.isProbing;
    return update;
  }

  // === A person's orders: they outrank what is learnt, and outlast reloads ===

  /** `token`: its place, or WHOLE_PROVIDER. `until`: u64.MAX_VALUE: until it is brought back. */
  takeOut(provider: Provider, token: i32, until: u64, now: u64): void {
    this.order(UpdateKind.TakenOut, provider, token, until, now);
  }

  /** Ends such an order, and forgets what was learnt of it: of a provider for models and APIs, too, of a token for models. */
  bringBack(provider: Provider, token: i32, now: u64): void {
    this.order(UpdateKind.BroughtBack, provider, token, 0, now);
  }

  /** What is out has its trial, or its probe, now. */
  tryNow(provider: Provider, token: i32, now: u64): void {
    this.order(UpdateKind.TryNow, provider, token, 0, now);
  }

  private order(kind: UpdateKind, provider: Provider, token: i32, until: u64, now: u64): void {
    const ledger = this.current(provider.index);
    const key = token == WHOLE_PROVIDER ? 0 : ledger.tokens.keyOf(token);
    const update = this.newUpdate(ledger, kind, key, 0, 0, 0, now);
    update.wait = until;
    this.commit(ledger);
  }
}

/** The first of the entries that an attempt concerns are not its token's own. */
export const PROVIDERS_OWN = 3;

/** Whether an attempt of this lease is a trial that still counts. */
function isHeld(ledger: Ledger, token: u64, model: u64, api: u64, lease: u32): bool {
  for (let i = 0; i < CONCERNED && lease != 0 && ledger.view.count > 0; i++) {
    const entry = concernedEntry(ledger.view, token, model, api, i);
    if (entry !== null && entry.isHeldBy(lease)) return true;
  }
  return false;
}

function hasToEnd(ledger: Ledger, token: u64, model: u64, api: u64, lease: u32, now: u64): bool {
  for (let i = 0; i < CONCERNED; i++) {
    const entry = concernedEntry(ledger.view, token, model, api, i);
    if (entry !== null && ends(entry, lease, now)) return true;
  }
  return false;
}

/** What a failure counts against under this configuration. */
function scopeOf(ledger: Ledger, model: u64, api: u64, verdict: Verdict): Scope {
  const scope = verdict.scope;
  const isOff = !ledger.provider.failover.isEnabled;
  if (isOff && (scope == Scope.Token || scope == Scope.TokenModel)) return Scope.Nobody;
  if (verdict.cause == Cause.Model && model == NO_MODEL) return Scope.Nobody;
  if (scope != Scope.ProviderApi) return scope;
  // An API that has served another model is there: it is the model that is not.
  if (ledger.hasServed(api)) return model == NO_MODEL ? Scope.Nobody : Scope.ProviderModel;
  return api == 0 ? Scope.Nobody : scope;
}
