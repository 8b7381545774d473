/**
 * Which of several tokens an attempt gets. Tokens stand in groups: by priority, and within it those of weight 0 behind the others. A
 * group is asked only when nothing in the groups before it may be tried. Within a group:
 *
 *   - A trial that waits comes first, unless the choice is sticky: a token must come back even when nobody needs it. Calls about what a
 *     provider keeps are sticky whatever is configured, and go to the token that has made it, while that is known and may be tried.
 *   - Random, Weighted: a draw by share, and another one when it meets a token that is out. After some draws all of the group are
 *     looked at. What is well has no entry, so that each draw costs one look and a search in the running sums.
 *   - Sticky: rendezvous hashing: each caller has an order of its own, and loses its token only when that one is out. Of many tokens
 *     each caller has its few (`TokenIndex.deal`), and others when those are out.
 */
import { mix } from "../text/hash";
import { Provider, TokenChoice } from "../config/provider";
import { BreakerState, opensAt, stateOf } from "./breaker-state";
import { Ledger } from "./ledger";
import { Waiting } from "./token-entries";
import { digestOf, shareOf } from "./token-index";

/** What a token is looked for by; filled anew for each search. */
export class TokenSearch {
  /** Keys in the ledger (name-hash.ts). */
  model: u64 = 0;
  api: u64 = 0;
  /** The model's name there; length 0: none is named. */
  name: usize = 0;
  nameLen: usize = 0;
  /** What a sticky choice holds on to; 0: nothing. */
  sticky: u64 = 0;
  /** Whoever has made what is asked for; -1: not known, or not one of this provider. */
  maker: i32 = -1;
  /** Hops that must not be found again, each by its `hopKey`. */
  tried: usize = 0;
  triedCount: i32 = 0;
  random: u64 = 0;
  now: u64 = 0;
  /** Of a dry run: no trial is taken. */
  isDry: bool = false;

  hasTried(provider: Provider, token: i32): bool {
    if (this.triedCount == 0) return false;
    const key = hopKey(provider.index, token, this.model);
    for (let i = 0; i < this.triedCount; i++) if (load<u64>(this.tried + ((<usize>i) << 3)) == key) return true;
    return false;
  }
}

/** What makes a hop: two differ when provider, token or model there differ. */
export function hopKey(provider: i32, token: i32, model: u64): u64 {
  return mix(model ^ mix(((<u64>provider) << 32) | (<u64>(<u32>token))));
}

/** So many draws miss what is live where nine of ten tokens are out in one of thirty requests: then all are looked at. */
const DRAWS = 32;
/** A sticky caller has so many hands of tokens, one after the other. */
const HANDS = 8;

/** -1: there is none. `base`: the state of what is not the token's own. */
export function choose(ledger: Ledger, search: TokenSearch, base: BreakerState, isProbing: bool): i32 {
  if (base == BreakerState.Shut) return -1;
  const maker = search.maker;
  if (maker >= 0 && isEligible(ledger, search, maker))
    if (tokenState(ledger, maker, search.model, isProbing, search.now) != BreakerState.Shut) return maker;
  const groups = ledger.tokens.groups;
  for (let i = 0, k = groups.length - 1; i < k; i++) {
    const token = chooseFrom(ledger, search, base, isProbing, unchecked(groups[i]), unchecked(groups[i + 1]));
    if (token >= 0) return token;
  }
  return -1;
}

function chooseFrom(ledger: Ledger, search: TokenSearch, base: BreakerState, isProbing: bool, from: i32, to: i32): i32 {
  if (search.sticky != 0) return chooseSticky(ledger, search, isProbing, from, to);
  const entries = ledger.entries;
  const mayWait = entries.count > 0 && entries.soonestTrial <= search.now;
  if (base == BreakerState.Live && mayWait) {
    const token = weighTrials(ledger, search, isProbing, from, to);
    if (token >= 0) return token;
  }
  const token = drawLive(ledger, search, isProbing, from, to);
  return token >= 0 || !mayWait ? token : weighTrials(ledger, search, isProbing, from, to);
}

/** One of the group that is live, by its share; -1: none is. */
function drawLive(ledger: Ledger, search: TokenSearch, isProbing: bool, from: i32, to: i32): i32 {
  const entries = ledger.entries;
  const tokens = ledger.tokens;
  // Of what is out as a whole none is live: then only the others are looked at.
  const isMostlyOut = entries.isMostlyOut(search.now);
  const first = isMostlyOut ? entries.hopefulBefore(from) : from;
  const end = isMostlyOut ? entries.hopefulBefore(to) : to;
  if (first == end) return -1;
  const isWeighted = ledger.provider.tokenChoice == TokenChoice.Weighted;
  let random = search.random;
  for (let i = 0; i < DRAWS && end - first > 1; i++) {
    const drawn =
      isMostlyOut && !isWeighted
        ? entries.hopefulAt(first + <i32>((random >> 11) % <u64>(end - first)))
        : tokens.draw(from, to, random >> 11);
    if (isLive(ledger, search, isProbing, drawn)) return drawn;
    random = mix(random);
  }
  weighing.start(search.random);
  for (let i = first; i < end; i++) {
    const token = isMostlyOut ? entries.hopefulAt(i) : unchecked(tokens.order[i]);
    if (isLive(ledger, search, isProbing, token)) weighing.add(token, shareOf(ledger.provider, token));
  }
  return weighing.chosen;
}

function isLive(ledger: Ledger, search: TokenSearch, isProbing: bool, token: i32): bool {
  if (!isEligible(ledger, search, token)) return false;
  return tokenState(ledger, token, search.model, isProbing, search.now) == BreakerState.Live;
}

/** One of the group that waits for its trial, by its share; -1: none does. What is well needs none. */
function weighTrials(ledger: Ledger, search: TokenSearch, isProbing: bool, from: i32, to: i32): i32 {
  const entries = ledger.entries;
  weighing.start(search.random);
  for (let i = 0, k = entries.count; i < k; i++) {
    const token = entries.at(i);
    if (!ledger.tokens.isBetween(token, from, to)) continue;
    if (tokenState(ledger, token, search.model, isProbing, search.now) != BreakerState.Trial) continue;
    if (isEligible(ledger, search, token)) weighing.add(token, shareOf(ledger.provider, token));
  }
  return weighing.chosen;
}

/** A choice among what comes one after the other. */
class Weighing {
  /** -1: nothing has come. */
  chosen: i32 = -1;
  private sum: u64 = 0;
  private random: u64 = 0;

  start(random: u64): void {
    this.chosen = -1;
    this.sum = 0;
    this.random = random;
  }

  /** It takes the place of those before it with the chance of its share in the sum so far. */
  add(token: i32, share: u64): void {
    this.sum += share;
    this.random = mix(this.random);
    if ((this.random >> 11) % this.sum < share) this.chosen = token;
  }
}

const weighing = new Weighing();

function chooseSticky(ledger: Ledger, search: TokenSearch, isProbing: bool, from: i32, to: i32): i32 {
  const tokens = ledger.tokens;
  const entries = ledger.entries;
  let caller = search.sticky;
  for (let i = 0; i < HANDS; i++) {
    tokens.deal(from, to, caller);
    best.start(search.sticky);
    for (let n = tokens.handFrom; n < tokens.handTo; n++) best.look(ledger, search, isProbing, tokens.dealtAt(n));
    if (best.token >= 0 || tokens.handTo - tokens.handFrom == to - from) return best.token;
    caller = mix(caller);
  }
  const isMostlyOut = entries.isMostlyOut(search.now);
  const first = isMostlyOut ? entries.hopefulBefore(from) : from;
  const end = isMostlyOut ? entries.hopefulBefore(to) : to;
  best.start(search.sticky);
  for (let n = first; n < end; n++)
    best.look(ledger, search, isProbing, isMostlyOut ? entries.hopefulAt(n) : unchecked(tokens.order[n]));
  return best.token;
}

/** The first in a sticky caller's own order that may be tried. */
class Best {
  /** -1: there is none. */
  token: i32 = -1;
  private high: u64 = 0;
  private caller: u64 = 0;

  start(caller: u64): void {
    this.token = -1;
    this.caller = caller;
  }

  look(ledger: Ledger, search: TokenSearch, isProbing: bool, token: i32): void {
    const score = mix(this.caller ^ digestOf(ledger.provider, token));
    if ((this.token >= 0 && score <= this.high) || !isEligible(ledger, search, token)) return;
    if (tokenState(ledger, token, search.model, isProbing, search.now) == BreakerState.Shut) return;
    this.token = token;
    this.high = score;
  }
}

const best = new Best();

/** Whether it may be chosen at all: it serves this model, and this exchange has not tried it. */
export function isEligible(ledger: Ledger, search: TokenSearch, token: i32): bool {
  return !search.hasTried(ledger.provider, token) && serves(ledger, search, token);
}

function serves(ledger: Ledger, search: TokenSearch, token: i32): bool {
  return !ledger.tokens.hasModels || unchecked(ledger.provider.tokens[token]).serves(search.name, search.nameLen);
}

/** Over the entries of its own. */
function tokenState(ledger: Ledger, token: i32, model: u64, isProbing: bool, now: u64): BreakerState {
  let i = ledger.entries.firstOf(token);
  if (i < 0) return BreakerState.Live;
  const view = ledger.view;
  const key = view.at(i).token;
  let worst = BreakerState.Live;
  for (const k = view.count; i < k && view.at(i).token == key; i++) {
    const entry = view.at(i);
    if (entry.model == 0 || entry.model == model) worst = max(worst, stateOf(ledger.provider, entry, isProbing, now));
  }
  return worst;
}

const own = new Waiting();

/**
 * Of all tokens that serve the model, the one that opens soonest, in what is its own; of equals the one of the lowest group.
 * `isForced`: one that a person took out never opens.
 */
export function soonestToken(ledger: Ledger, search: TokenSearch, isProbing: bool, isForced: bool, to: Waiting): void {
  const tokens = ledger.tokens;
  const entries = ledger.entries;
  if (!tokens.hasModels && entries.well >= 0) return to.set(0, false, entries.well);
  if (entries.recall(search.model, isForced, search.now, to)) return;
  to.set(u64.MAX_VALUE, false, -1);
  for (let i = 0, k = tokens.count; i < k; i++) {
    const token = unchecked(tokens.order[i]);
    if (!serves(ledger, search, token)) continue;
    findOwn(ledger, token, search, isProbing, isForced);
    if (to.token >= 0 && own.until >= to.until) continue;
    to.set(own.until, own.isLimit, token);
    if (own.until <= search.now) return;
  }
  entries.remember(search.model, isForced, to);
}

/** Fills `own` by the entries of one token. */
function findOwn(ledger: Ledger, token: i32, search: TokenSearch, isProbing: bool, isForced: bool): void {
  own.until = 0;
  own.isLimit = false;
  let i = ledger.entries.firstOf(token);
  if (i < 0) return;
  const view = ledger.view;
  const key = view.at(i).token;
  for (const k = view.count; i < k && view.at(i).token == key; i++) {
    const entry = view.at(i);
    if (entry.model != 0 && entry.model != search.model) continue;
    const isNever = isForced && entry.isHeldOut(search.now);
    const at = isNever ? u64.MAX_VALUE : opensAt(ledger.provider, entry, isProbing, search.now);
    if (at <= own.until) continue;
    own.until = at;
    own.isLimit = entry.isRateLimit;
  }
}
