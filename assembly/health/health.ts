/**
 * What this worker knows of all tokens and providers of a configuration, and what it learns from its own attempts. Nothing here
 * allocates after the constructor. Times are monotonic ns; `model` is `hash64` of the model's name at the provider.
 */
import { Provider, TokenChoice } from "../config/types";
import { Change, Kind, concerns } from "./change";
import { FIRST, NOWHERE, mix, score } from "./choice";
import { Ledger } from "./ledger";
import { NS_PER_MS, ProbeKind, TRIAL_LEASE, probeOf, trialAt } from "./policy";
import { Entry, Record } from "./record";
import { OwnStore } from "./own-store";
import { Store } from "./store";
import { tokenHash } from "./token";
import { Scope, Verdict } from "./verdict";

/** `hash64` of no name: what a request without a model asks for says nothing about models. */
export const NO_MODEL: u64 = 0xcbf29ce484222325;
const TRIES = 3;
const DOUBTS = 64;

/** Whether an attempt may be made. */
export enum Gate {
  Live,
  /** As the one trial of a breaker that is half-open. */
  Trial,
  Shut,
}

export class Health {
  /** Whether the hop that `pick` found last is a trial. */
  trial: bool = false;
  /** A prober is at work: where a probe is possible it is the trial, not a client's request. Set by the role that probes. */
  probing: bool = false;
  readonly ledgers: Ledger[] = [];
  private readonly store: Store;
  private generation: u64 = 0;
  private fresh: bool = false;
  /** Tells the leases of this worker from those of others; from the first random number that comes by. */
  private salt: u64 = 0;
  /** Exchanges whose first try was reset without an answer. */
  private doubts: StaticArray<u64> = new StaticArray<u64>(DOUBTS);
  private doubtAt: i32 = 0;

  constructor(providers: Provider[], store: Store | null = null) {
    this.store = store !== null ? store : new OwnStore();
    for (let i = 0, k = providers.length; i < k; i++) this.ledgers.push(new Ledger(providers[i], this.store));
  }

  /** Once per request: takes over what other workers wrote since the last time, and writes what is left of our own. */
  refresh(now: u64): void {
    const generation = this.store.generation();
    if (this.fresh && generation == this.generation) {
      if (!this.isSettled) this.settle(now);
      return;
    }
    this.generation = generation;
    this.fresh = true;
    for (let i = 0, k = this.ledgers.length; i < k; i++) {
      const ledger = this.ledgerAt(i);
      if (ledger.read()) ledger.settle();
    }
  }

  /** On the tick: writes what lost its race. True: all is written. */
  settle(_now: u64): bool {
    let settled = true;
    for (let i = 0, k = this.ledgers.length; i < k; i++) if (!this.ledgerAt(i).settle()) settled = false;
    return settled;
  }

  get isSettled(): bool {
    for (let i = 0, k = this.ledgers.length; i < k; i++) if (!this.ledgerAt(i).isSettled) return false;
    return true;
  }

  /** Nothing is left to write or to probe: no tick is needed. What no probe can close, a client's request tries. */
  get isQuiet(): bool {
    for (let i = 0, k = this.ledgers.length; i < k; i++) {
      const ledger = this.ledgerAt(i);
      if (!ledger.isSettled) return false;
      for (let j = 0, n = ledger.view.count; j < n; j++) {
        const entry = ledger.view.at(j);
        if (entry.isOpen && probeOf(ledger.provider, entry) != ProbeKind.None) return false;
      }
    }
    return true;
  }

  // === Choice ===

  /**
   * A token that may be tried and is not among `tried` (u32 values `provider << 16 | token`); -1: there is none. `trial` says
   * that it is the one trial of a breaker: its end must be told by `failed`, `succeeded` or `released`. A trial that waits is
   * taken before what is live, unless the choice is sticky: a token must come back even when nobody needs it.
   */
  pick(provider: Provider, model: u64, sticky: u64, tried: usize, triedCount: i32, random: u64, now: u64): i32 {
    this.trial = false;
    if (this.salt == 0) this.salt = random | 1;
    const ledger = this.ledgerAt(provider.index);
    for (let i = 0; i < TRIES; i++) {
      const token = this.best(ledger, model, sticky, tried, triedCount, random, now);
      if (token < 0) return -1;
      let gate = this.gate(ledger, tokenHash(provider, token), model, now);
      if (gate == Gate.Trial) gate = this.lease(ledger, tokenHash(provider, token), model, now);
      if (gate == Gate.Shut) continue;
      this.trial = gate == Gate.Trial;
      return token;
    }
    return -1;
  }

  private best(ledger: Ledger, model: u64, sticky: u64, tried: usize, triedCount: i32, random: u64, now: u64): i32 {
    const provider = ledger.provider;
    const tokens = provider.tokens;
    if (tokens.length == 0) {
      const first = !isTried(provider.index, 0, tried, triedCount);
      return first && this.gate(ledger, tokenHash(provider, 0), model, now) != Gate.Shut ? 0 : -1;
    }
    let best = -1;
    let high = NOWHERE;
    const trialsFirst = provider.tokenChoice != TokenChoice.Sticky;
    for (let i = 0, k = tokens.length; i < k; i++) {
      if (isTried(provider.index, i, tried, triedCount)) continue;
      const token = unchecked(tokens[i]);
      const gate = this.gate(ledger, token.hash, model, now);
      if (gate == Gate.Shut) continue;
      const points = gate == Gate.Trial && trialsFirst ? FIRST : score(provider.tokenChoice, token, i, sticky, random);
      if (best >= 0 && points <= high) continue;
      best = i;
      high = points;
    }
    return best;
  }

  /** The token that opens soonest, for when nothing is live: -1 only where there is no token. */
  pickSoonest(provider: Provider, model: u64, now: u64): i32 {
    this.trial = false;
    const ledger = this.ledgerAt(provider.index);
    const count = max(provider.tokens.length, 1);
    let best = 0;
    let soonest: u64 = u64.MAX_VALUE;
    let own: u64 = u64.MAX_VALUE;
    for (let i = 0; i < count; i++) {
      const wait = this.wait(ledger, tokenHash(provider, i), model, now);
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
    return this.soonest(this.ledgerAt(provider.index), model, now);
  }

  /** Whether it is a rate limit that keeps the token that opens soonest closed. */
  isRateLimited(provider: Provider, model: u64, now: u64): bool {
    soonestByLimit = false;
    return this.soonest(this.ledgerAt(provider.index), model, now) > 0 && soonestByLimit;
  }

  private soonest(ledger: Ledger, model: u64, now: u64): u64 {
    const provider = ledger.provider;
    let soonest: u64 = u64.MAX_VALUE;
    for (let i = 0, k = max(provider.tokens.length, 1); i < k; i++) {
      const wait = this.wait(ledger, tokenHash(provider, i), model, now);
      if (wait >= soonest) continue;
      soonest = wait;
      soonestByLimit = waitIsLimit;
    }
    return soonest;
  }

  /** After a fault of the provider, whether the same token may be tried once more. */
  mayTryAgain(provider: Provider, token: i32, model: u64, now: u64): bool {
    return this.gate(this.ledgerAt(provider.index), tokenHash(provider, token), model, now) == Gate.Live;
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
    const held = trial && isHeld(ledger.view, hash, model, lease, now);
    let scope = verdict.scope;
    const byToken = scope == Scope.Token || scope == Scope.TokenModel;
    if (byToken && !provider.failover.enabled) scope = Scope.Nobody;
    if (scope == Scope.ProviderModel && model == NO_MODEL) scope = Scope.Nobody;
    if (scope == Scope.Nobody && !held) return;
    if (verdict.doubtful && !held && !this.isSecond(exchange, provider)) return;
    const change = this.newChange(ledger, Kind.Failed, hash, model, lease, now);
    change.scope = scope;
    change.cause = verdict.cause;
    change.halves = verdict.half ? 1 : 2;
    change.wait = verdict.waitMs > 0 ? <u64>verdict.waitMs * NS_PER_MS : 0;
    change.exchange = (<u32>mix(exchange ^ this.salt)) | 1;
    ledger.commit();
  }

  /** An attempt was answered well. Costs nothing while all is well. */
  succeeded(provider: Provider, token: i32, model: u64, now: u64, trial: bool = true): void {
    const ledger = this.ledgerAt(provider.index);
    if (ledger.view.count == 0) return;
    const hash = tokenHash(provider, token);
    const lease = trial ? this.leaseOf(hash, model) : 0;
    if (!wouldHelp(ledger.view, hash, model, lease, now)) return;
    this.newChange(ledger, Kind.Succeeded, hash, model, lease, now);
    ledger.commit();
  }

  /** An attempt ended without a verdict, or was never made: a trial is given back. */
  released(provider: Provider, token: i32, model: u64, now: u64, trial: bool = true): void {
    const ledger = this.ledgerAt(provider.index);
    const hash = tokenHash(provider, token);
    const lease = this.leaseOf(hash, model);
    if (!trial || !isHeld(ledger.view, hash, model, lease, now)) return;
    this.newChange(ledger, Kind.Released, hash, model, lease, now);
    ledger.commit();
  }

  /** Whether this exchange has had its first reset at this provider before; notes it. */
  private isSecond(exchange: u64, provider: Provider): bool {
    const mark = mix(exchange ^ mix(<u64>provider.index)) | 1;
    for (let i = 0; i < DOUBTS; i++) if (unchecked(this.doubts[i]) == mark) return true;
    unchecked((this.doubts[this.doubtAt] = mark));
    this.doubtAt = (this.doubtAt + 1) % DOUBTS;
    return false;
  }

  private newChange(ledger: Ledger, kind: Kind, token: u64, model: u64, lease: u32, now: u64): Change {
    const change = ledger.newChange();
    change.kind = kind;
    change.token = token;
    change.model = model;
    change.at = now;
    change.lease = lease;
    change.random = <u32>mix(now ^ this.salt);
    change.probing = this.probing;
    return change;
  }

  // === Gates and leases ===

  private ledgerAt(i: i32): Ledger {
    return unchecked(this.ledgers[i]);
  }

  private leaseOf(token: u64, model: u64): u32 {
    return (<u32>mix(this.salt ^ mix(token ^ mix(model)))) | 1;
  }

  private gate(ledger: Ledger, token: u64, model: u64, now: u64): Gate {
    const view = ledger.view;
    let worst = Gate.Live;
    for (let i = 0, k = view.count; i < k; i++) {
      const entry = view.at(i);
      if (!concerns(entry, token, model)) continue;
      worst = max(worst, this.gateOf(ledger.provider, entry, now));
    }
    return worst;
  }

  private gateOf(provider: Provider, entry: Entry, now: u64): Gate {
    if (!entry.isOpen) return Gate.Live;
    if (entry.isRateLimit) return now < entry.openUntil ? Gate.Shut : Gate.Live;
    if (entry.isLeased(now) || now < trialAt(provider, entry, this.probing)) return Gate.Shut;
    return Gate.Trial;
  }

  /** Takes the one trial of every half-open breaker in the way, for all workers. Shut: another has it. */
  private lease(ledger: Ledger, token: u64, model: u64, now: u64): Gate {
    for (let tries = 0; tries < TRIES; tries++) {
      ledger.read();
      const gate = this.gate(ledger, token, model, now);
      if (gate != Gate.Trial) return gate;
      const view = ledger.view;
      const lease = this.leaseOf(token, model);
      for (let i = 0, k = view.count; i < k; i++) {
        const entry = view.at(i);
        if (!concerns(entry, token, model) || this.gateOf(ledger.provider, entry, now) != Gate.Trial) continue;
        entry.lease = lease;
        entry.leaseUntil = now + TRIAL_LEASE;
      }
      if (ledger.write()) return Gate.Trial;
    }
    ledger.read();
    return Gate.Shut;
  }

  /** Ns until an attempt of this token may be made; leaves in `tokenWait` and `waitIsLimit` what of it is whose. */
  private wait(ledger: Ledger, token: u64, model: u64, now: u64): u64 {
    const view = ledger.view;
    let longest: u64 = 0;
    tokenWait = 0;
    waitIsLimit = false;
    for (let i = 0, k = view.count; i < k; i++) {
      const entry = view.at(i);
      if (!entry.isOpen || !concerns(entry, token, model)) continue;
      let until = entry.isRateLimit ? entry.openUntil : trialAt(ledger.provider, entry, this.probing);
      if (entry.isLeased(now)) until = max(until, entry.leaseUntil);
      const wait = until > now ? until - now : 0;
      if (entry.token != 0) tokenWait = max(tokenWait, wait);
      if (wait <= longest) continue;
      longest = wait;
      waitIsLimit = entry.isRateLimit;
    }
    return longest;
  }
}

let tokenWait: u64 = 0;
let waitIsLimit: bool = false;
let soonestByLimit: bool = false;

function isTried(provider: i32, token: i32, tried: usize, count: i32): bool {
  const hop = ((<u32>provider) << 16) | (<u32>token);
  for (let i = 0; i < count; i++) if (load<u32>(tried + ((<usize>i) << 2)) == hop) return true;
  return false;
}

/** Whether an attempt of this lease is a trial. */
function isHeld(view: Record, token: u64, model: u64, lease: u32, now: u64): bool {
  for (let i = 0, k = view.count; i < k; i++) {
    const entry = view.at(i);
    if (entry.lease == lease && entry.isLeased(now) && concerns(entry, token, model)) return true;
  }
  return false;
}

/** Whether a success has something to end: failures that were counted, a trial, a rate limit that has passed. */
function wouldHelp(view: Record, token: u64, model: u64, lease: u32, now: u64): bool {
  for (let i = 0, k = view.count; i < k; i++) {
    const entry = view.at(i);
    if (!concerns(entry, token, model)) continue;
    if (
      !entry.isOpen ||
      (entry.isRateLimit ? now >= entry.openUntil : lease != 0 && entry.lease == lease && entry.isLeased(now))
    )
      return true;
  }
  return false;
}
