/**
 * Which of several tokens an attempt gets. Tokens stand in groups: by priority, and within it those of weight 0 behind the others. A
 * group is asked only when nothing in the groups before it may be tried. Within a group:
 *
 *   - A trial that waits comes first, unless the choice is sticky: a token must come back even when nobody needs it. Calls about what a
 *     provider keeps are sticky whatever is configured.
 *   - Random, Weighted: a draw by share, and another one when it meets a token that is out. After a few draws all of the group are
 *     looked at. What is well has no entry, so that each draw costs one look and a search in the running sums.
 *   - Sticky: rendezvous hashing: each caller has an order of its own, and loses its token only when that one is out.
 */
import { mix } from "../text/hash";
import { Provider } from "../config/plugin";
import { BreakerState, opensAt, stateOf } from "./breaker-state";
import { Ledger } from "./ledger";
import { shareOf } from "./token-index";

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

const DRAWS = 8;

/** -1: there is none. `base`: the state of what is not the token's own. */
export function choose(ledger: Ledger, search: TokenSearch, base: BreakerState, probing: bool): i32 {
  if (base == BreakerState.Shut) return -1;
  const groups = ledger.tokens.groups;
  for (let i = 0, k = groups.length - 1; i < k; i++) {
    const token = chooseFrom(ledger, search, base, probing, unchecked(groups[i]), unchecked(groups[i + 1]));
    if (token >= 0) return token;
  }
  return -1;
}

function chooseFrom(ledger: Ledger, search: TokenSearch, base: BreakerState, probing: bool, from: i32, to: i32): i32 {
  if (search.sticky != 0) return chooseSticky(ledger, search, probing, from, to);
  const mayWait = ledger.unwellTokens > 0 && ledger.soonestTrial <= search.now;
  if (base == BreakerState.Live && mayWait) {
    const token = weigh(ledger, search, probing, from, to, BreakerState.Trial);
    if (token >= 0) return token;
  }
  let random = search.random;
  for (let i = 0; i < DRAWS; i++) {
    const token = ledger.tokens.draw(from, to, random >> 11);
    if (
      isEligible(ledger, search, token) &&
      tokenState(ledger, token, search.model, probing, search.now) == BreakerState.Live
    )
      return token;
    if (to - from == 1) break;
    random = mix(random);
  }
  const token = weigh(ledger, search, probing, from, to, BreakerState.Live);
  return token >= 0 || !mayWait ? token : weigh(ledger, search, probing, from, to, BreakerState.Trial);
}

/** One of the group that is in this state, by its share; -1: none is. */
function weigh(ledger: Ledger, search: TokenSearch, probing: bool, from: i32, to: i32, state: BreakerState): i32 {
  const order = ledger.tokens.order;
  let chosen = -1;
  let sum: u64 = 0;
  let random = search.random;
  // What is out as a whole may have a trial, but is not live.
  const hopeful = state == BreakerState.Live && ledger.soonestTrial > search.now ? ledger.hopefulTokens : -1;
  for (let n = hopeful < 0 ? from : 0, k = hopeful < 0 ? to : hopeful; n < k; n++) {
    const i = hopeful < 0 ? n : ledger.hopefulAt(n);
    if (i < from || i >= to) continue;
    const token = unchecked(order[i]);
    // What is well needs no trial.
    if (state == BreakerState.Trial && ledger.entriesOf(token) < 0) continue;
    if (tokenState(ledger, token, search.model, probing, search.now) != state || !isEligible(ledger, search, token))
      continue;
    const share = shareOf(ledger.provider, token);
    sum += share;
    // Each takes the place of those before it with the chance of its share in the sum so far.
    random = mix(random);
    if ((random >> 11) % sum < share) chosen = token;
  }
  return chosen;
}

function chooseSticky(ledger: Ledger, search: TokenSearch, probing: bool, from: i32, to: i32): i32 {
  const order = ledger.tokens.order;
  let best = -1;
  let high: u64 = 0;
  for (let i = from; i < to; i++) {
    const token = unchecked(order[i]);
    const score = mix(search.sticky ^ digestOf(ledger.provider, token));
    if (best >= 0 && score <= high) continue;
    if (!isEligible(ledger, search, token)) continue;
    if (tokenState(ledger, token, search.model, probing, search.now) == BreakerState.Shut) continue;
    best = token;
    high = score;
  }
  return best;
}

/** Not its key in the ledger: a caller keeps its token over a restart, and at every gateway. */
function digestOf(provider: Provider, token: i32): u64 {
  return token < provider.tokens.length ? unchecked(provider.tokens[token]).hash : 0;
}

/** Whether it may be chosen at all: it serves this model, and this exchange has not tried it. */
export function isEligible(ledger: Ledger, search: TokenSearch, token: i32): bool {
  return !search.hasTried(ledger.provider, token) && serves(ledger, search, token);
}

function serves(ledger: Ledger, search: TokenSearch, token: i32): bool {
  return !ledger.tokens.hasModels || unchecked(ledger.provider.tokens[token]).serves(search.name, search.nameLen);
}

/** Over the entries of its own. */
function tokenState(ledger: Ledger, token: i32, model: u64, probing: bool, now: u64): BreakerState {
  let i = ledger.entriesOf(token);
  if (i < 0) return BreakerState.Live;
  const view = ledger.view;
  const key = view.at(i).token;
  let worst = BreakerState.Live;
  for (const k = view.count; i < k && view.at(i).token == key; i++) {
    const entry = view.at(i);
    if (entry.model == 0 || entry.model == model) worst = max(worst, stateOf(ledger.provider, entry, probing, now));
  }
  return worst;
}

/** Until when something keeps an attempt out. */
export class Waiting {
  /** Monotonic ns; up to now: nothing does. */
  until: u64 = 0;
  /** Whether it is a rate limit that ends last. */
  isLimit: bool = false;
  /** The token that opens soonest; -1: there is none that serves this model. */
  token: i32 = -1;
}

const own = new Waiting();

/**
 * Of all tokens that serve the model, the one that opens soonest, in what is its own; of equals the one of the lowest group.
 * `forced`: one that a person took out never opens.
 */
export function soonestToken(ledger: Ledger, search: TokenSearch, probing: bool, forced: bool, to: Waiting): void {
  const tokens = ledger.tokens;
  to.until = u64.MAX_VALUE;
  to.isLimit = false;
  to.token = -1;
  for (let i = 0, k = tokens.count; i < k; i++) {
    const token = unchecked(tokens.order[i]);
    if (!serves(ledger, search, token)) continue;
    findOwn(ledger, token, search, probing, forced);
    if (to.token >= 0 && own.until >= to.until) continue;
    to.until = own.until;
    to.isLimit = own.isLimit;
    to.token = token;
    if (own.until <= search.now) return;
  }
}

/** Fills `own` by the entries of one token. */
function findOwn(ledger: Ledger, token: i32, search: TokenSearch, probing: bool, forced: bool): void {
  own.until = 0;
  own.isLimit = false;
  let i = ledger.entriesOf(token);
  if (i < 0) return;
  const view = ledger.view;
  const key = view.at(i).token;
  for (const k = view.count; i < k && view.at(i).token == key; i++) {
    const entry = view.at(i);
    if (entry.model != 0 && entry.model != search.model) continue;
    const isNever = forced && entry.isHeldOut(search.now);
    const at = isNever ? u64.MAX_VALUE : opensAt(ledger.provider, entry, probing, search.now);
    if (at <= own.until) continue;
    own.until = at;
    own.isLimit = entry.isRateLimit;
  }
}
