/**
 * What this worker knows of all tokens and providers of a configuration, and what it learns from its own attempts. Nothing here
 * allocates after the constructor. Times are monotonic ns; `model` is `hash64` of the model's name at the provider.
 */
import { mix } from "../text/split-mix";
import { Provider, TokenChoice } from "../config/plugin";
import { BreakerUpdate, UpdateKind, concerns } from "./breaker-update";
import { FIRST, NOWHERE, TokenSearch, score } from "./token-choice";
import { StaleConnections } from "./stale-connections";
import { BreakerState, gateFor, gateOf, helps, isHeld, tokenWait, waitFor, waitIsLimit } from "./breaker-state";
import { Ledger } from "./ledger";
import { BreakerListener } from "./breaker-events";
import { LEASE_GRACE } from "./breaker-timing";
import { NS_PER_MS } from "../text/time-units";
import { MOST_WAIT } from "./retry-after";
import { Store } from "./ledger-store";
import { tokenHash } from "./token-hash";
import { Cause, Scope, Verdict } from "./verdict";

/** `hash64` of no name: a request that names no model cannot name a wrong one. */
const NO_MODEL: u64 = 0xcbf29ce484222325;
const TRIES = 3;

export class Health {
  /** Whether the hop that `pick` found last is a trial. */
  trial: bool = false;
  /** A prober is at work: where a probe is possible it is the trial, not a client's request. Set by the role that probes. */
  isProbing: bool = false;
  /** By `Provider.index`. */
  readonly ledgers: Ledger[] = [];
  private generation: u64 = 0;
  private fresh: bool = false;
  /** Tells the leases of this worker from those of others; from the first random number that comes by. */
  private salt: u64 = 0;
  private doubts: StaleConnections = new StaleConnections();
  private soonestIsLimit: bool = false;

  constructor(
    providers: Provider[],
    private readonly store: Store,
    audience: BreakerListener | null = null,
  ) {
    for (let i = 0, k = providers.length; i < k; i++) this.ledgers.push(new Ledger(providers[i], store, audience));
  }

  /** Once per request, and on the tick: takes over what other workers wrote since the last time, and writes what is left of our own. */
  refresh(): void {
    const generation = this.store.generation();
    if (this.fresh && generation == this.generation) {
      this.settle();
      return;
    }
    this.generation = generation;
    this.fresh = true;
    for (let i = 0, k = this.ledgers.length; i < k; i++) {
      const ledger = this.ledgerAt(i);
      if (ledger.read()) ledger.settle();
    }
  }

  /** Writes what lost its race. */
  private settle(): void {
    for (let i = 0, k = this.ledgers.length; i < k; i++) this.ledgerAt(i).settle();
  }

  get isSettled(): bool {
    for (let i = 0, k = this.ledgers.length; i < k; i++) if (!this.ledgerAt(i).isSettled) return false;
    return true;
  }

  // === Choice ===

  /**
   * A token that may be tried; -1: there is none. `trial` says that it is the one trial of a breaker, whose end must be told by
   * `failed`, `succeeded` or `released`.
   */
  pick(provider: Provider, search: TokenSearch): i32 {
    this.trial = false;
    if (this.salt == 0) this.salt = search.random | 1;
    const ledger = this.ledgerAt(provider.index);
    for (let i = 0; i < TRIES; i++) {
      const token = this.best(ledger, search);
      if (token < 0) return -1;
      const hash = tokenHash(provider, token);
      let gate = this.gate(ledger, hash, search.model, search.now);
      if (gate == BreakerState.Trial) gate = this.lease(ledger, hash, search);
      if (gate == BreakerState.Shut) continue;
      this.trial = gate == BreakerState.Trial;
      return token;
    }
    return -1;
  }

  /** A trial that waits comes before what is live, unless the choice is sticky: a token must come back even when nobody needs it. */
  private best(ledger: Ledger, search: TokenSearch): i32 {
    const provider = ledger.provider;
    const isSticky = provider.tokenChoice == TokenChoice.Sticky;
    let best = -1;
    let high = NOWHERE;
    for (let i = 0, k = max(provider.tokens.length, 1); i < k; i++) {
      if (search.hasTried(provider, i)) continue;
      const hash = tokenHash(provider, i);
      const gate = this.gate(ledger, hash, search.model, search.now);
      if (gate == BreakerState.Shut) continue;
      let points = FIRST;
      if (gate == BreakerState.Live || isSticky) points = score(provider, i, hash, search.sticky, search.random);
      if (best >= 0 && points <= high) continue;
      best = i;
      high = points;
    }
    return best;
  }

  /** The token that opens soonest, for when nothing is live. */
  pickSoonest(provider: Provider, model: u64, now: u64): i32 {
    this.trial = false;
    const view = this.ledgerAt(provider.index).view;
    let best = 0;
    let soonest: u64 = u64.MAX_VALUE;
    let own: u64 = u64.MAX_VALUE;
    for (let i = 0, k = provider.tokens.length; i < k; i++) {
      const wait = waitFor(provider, view, tokenHash(provider, i), model, this.isProbing, now);
      // Where the provider's breaker decides for all, the token's own tells them apart.
      if (wait > soonest || (wait == soonest && tokenWait >= own)) continue;
      best = i;
      soonest = wait;
      own = tokenWait;
    }
    return best;
  }

  /** Ns until something of this provider may be tried; 0: now. */
  opensIn(provider: Provider, model: u64, now: u64): u64 {
    const view = this.ledgerAt(provider.index).view;
    let soonest: u64 = u64.MAX_VALUE;
    for (let i = 0, k = max(provider.tokens.length, 1); i < k; i++) {
      const wait = waitFor(provider, view, tokenHash(provider, i), model, this.isProbing, now);
      if (wait >= soonest) continue;
      soonest = wait;
      this.soonestIsLimit = waitIsLimit;
    }
    return soonest;
  }

  /** Whether it is a rate limit that keeps the token that opens soonest closed. */
  isRateLimited(provider: Provider, model: u64, now: u64): bool {
    return this.opensIn(provider, model, now) > 0 && this.soonestIsLimit;
  }

  /** After a fault of the provider, whether the same token may be tried once more. */
  mayTryAgain(provider: Provider, token: i32, model: u64, now: u64): bool {
    return this.gate(this.ledgerAt(provider.index), tokenHash(provider, token), model, now) == BreakerState.Live;
  }

  private gate(ledger: Ledger, token: u64, model: u64, now: u64): BreakerState {
    return gateFor(ledger.provider, ledger.view, token, model, this.isProbing, now);
  }

  /** Takes the one trial of every half-open breaker in the way, for all workers. Shut: another has it. */
  private lease(ledger: Ledger, token: u64, search: TokenSearch): BreakerState {
    const model = search.model;
    const now = search.now;
    for (let tries = 0; tries < TRIES; tries++) {
      ledger.read();
      const gate = this.gate(ledger, token, model, now);
      if (gate != BreakerState.Trial) return gate;
      const view = ledger.view;
      for (let i = 0, k = view.count; i < k; i++) {
        const entry = view.at(i);
        if (!concerns(entry, token, model) || gateOf(ledger.provider, entry, this.isProbing, now) != BreakerState.Trial)
          continue;
        entry.lease = this.leaseOf(token, model);
        entry.leaseUntil = search.deadline + LEASE_GRACE;
      }
      if (ledger.write()) return BreakerState.Trial;
    }
    ledger.read();
    return BreakerState.Shut;
  }

  private leaseOf(token: u64, model: u64): u32 {
    return (<u32>mix(this.salt ^ mix(token ^ mix(model)))) | 1;
  }

  // === What attempts teach ===

  /**
   * An attempt failed. `exchange`: its number; one exchange counts once against a provider. `trial`: what `pick` said of it;
   * without it any attempt of this worker with this token and model may end a trial.
   */
  failed(
    provider: Provider,
    token: i32,
    model: u64,
    verdict: Verdict,
    exchange: u64,
    now: u64,
    trial: bool = true,
  ): void {
    const ledger = this.ledgerAt(provider.index);
    const hash = tokenHash(provider, token);
    const lease = trial ? this.leaseOf(hash, model) : 0;
    const held = isHeld(ledger.view, hash, model, lease, now);
    const scope = scopeOf(provider, model, verdict);
    if (scope == Scope.Nobody && !held) return;
    if (verdict.doubtful && !held && !this.doubts.isSecond(exchange, provider.index)) return;
    const change = this.newChange(ledger, UpdateKind.Failed, hash, model, lease, now);
    change.scope = scope;
    change.cause = verdict.cause;
    change.halves = verdict.half ? 1 : 2;
    if (verdict.cause == Cause.RateLimit) change.wait = <u64>min(max(verdict.waitMs, 0), MOST_WAIT) * NS_PER_MS;
    change.exchange = (<u32>mix(exchange ^ this.salt)) | 1;
    ledger.commit();
  }

  /** An attempt was answered well. Costs nothing while all is well. */
  succeeded(provider: Provider, token: i32, model: u64, now: u64, trial: bool = true): void {
    const ledger = this.ledgerAt(provider.index);
    if (ledger.view.count == 0) return;
    const hash = tokenHash(provider, token);
    const lease = trial ? this.leaseOf(hash, model) : 0;
    if (!helps(ledger.view, hash, model, lease, now)) return;
    this.newChange(ledger, UpdateKind.Succeeded, hash, model, lease, now);
    ledger.commit();
  }

  /** An attempt ended without a verdict, or was never made: a trial is given back. */
  released(provider: Provider, token: i32, model: u64, now: u64, trial: bool = true): void {
    const ledger = this.ledgerAt(provider.index);
    const hash = tokenHash(provider, token);
    const lease = this.leaseOf(hash, model);
    if (!trial || !isHeld(ledger.view, hash, model, lease, now)) return;
    this.newChange(ledger, UpdateKind.Released, hash, model, lease, now);
    ledger.commit();
  }

  private newChange(ledger: Ledger, kind: UpdateKind, token: u64, model: u64, lease: u32, now: u64): BreakerUpdate {
    const change = ledger.newChange();
    change.kind = kind;
    change.token = token;
    change.model = model;
    change.at = now;
    change.lease = lease;
    change.random = <u32>mix(now ^ this.salt);
    change.probing = this.isProbing;
    return change;
  }

  private ledgerAt(i: i32): Ledger {
    return unchecked(this.ledgers[i]);
  }
}

/** Who answers for a failure under this configuration. */
function scopeOf(provider: Provider, model: u64, verdict: Verdict): Scope {
  const scope = verdict.scope;
  if (!provider.failover.enabled && (scope == Scope.Token || scope == Scope.TokenModel)) return Scope.Nobody;
  if (verdict.cause == Cause.Model && model == NO_MODEL) return Scope.Nobody;
  return scope;
}
