/**
 * Which hop comes next. The plan is the order of upstreams, fixed when the request comes; the token is chosen when a hop is
 * armed, so that what other workers have learnt meanwhile counts.
 */
import { NS_PER_MS } from "../text/time-units";
import { Char } from "../text/ascii";
import { Dialect } from "../config/dialect";
import { MOST_ATTEMPTS } from "../config/route-limits";
import { Endpoint } from "../config/endpoint";
import { MAX_UPSTREAMS, Route, Upstream } from "../config/route";
import { ModelName } from "../config/model-mapping";
import { Provider, StickyBy, TokenChoice } from "../config/provider";
import { makerOf } from "../health/makers";
import { TokenSearch } from "../health/token-choice";
import { hash64, mix } from "../text/hash";
import { Exchange, configOf, entryAt, healthOf, modelOf, upstreamAt } from "./exchange";
import { Hop } from "./hop";
import { PlanEntry, upstreamOf } from "./plan-entry";
import { hashOf, takesPath } from "./request-head";
import { pathLength } from "./request-path";
import { routeLimit } from "./time-limits";

/** Where a provider serves a dialect; null: it does not. */
function endpointFor(provider: Provider, dialect: Dialect): Endpoint | null {
  return dialect == Dialect.Messages ? provider.messages : provider.openai;
}

/** Whether the provider speaks the API of the request, and takes its path. */
export function mayServe(provider: Provider, x: Exchange): bool {
  return endpointFor(provider, x.dialect) !== null && takesPath(provider, x);
}

function append(x: Exchange, upstream: Upstream): void {
  if (x.upstreamCount == MAX_UPSTREAMS || !mayServe(upstream.provider, x)) return;
  const entry = entryAt(x, x.upstreamCount++);
  entry.upstream = changetype<usize>(upstream);
  entry.target = modelThere(x, upstream);
  entry.model = modelKey(x, entry.target);
  entry.wasAsked = false;
  entry.isClosed = false;
  entry.hadSecondTry = false;
  entry.retries = 0;
  entry.skippedAt = 0;
}

/** The upstream's mapping if it has one, else the provider's, never both. 0: the name stays. */
function modelThere(x: Exchange, upstream: Upstream): usize {
  if (x.modelLen == 0) return 0;
  const mapping = upstream.mapping.entries.length > 0 ? upstream.mapping : upstream.provider.mapping;
  return changetype<usize>(mapping.lookup(modelOf(x), x.modelLen));
}

function modelKey(x: Exchange, target: usize): u64 {
  const names = healthOf(x).names;
  if (target == 0) return names.model(modelOf(x), x.modelLen);
  const name = changetype<ModelName>(target).text;
  return names.model(name.ptr, name.len);
}

/** The API's path, without the query and what of it is the gateway's own. */
function apiKey(x: Exchange): u64 {
  let end = x.basePrefix;
  while (end < x.pathLen && load<u8>(x.text + end) != Char.Question) end++;
  return healthOf(x).names.api(x.text + x.basePrefix, end - x.basePrefix);
}

/** One of `upstreams` by relative weight. */
function draw(upstreams: Upstream[], random: u64): i32 {
  let sum: u64 = 0;
  for (let i = 0, k = upstreams.length; i < k; i++) sum += <u64>max(upstreams[i].weight, 0);
  if (sum == 0) return 0;
  let rest = random % sum;
  for (let i = 0, k = upstreams.length; i < k; i++) {
    const weight = <u64>max(upstreams[i].weight, 0);
    if (rest < weight) return i;
    rest -= weight;
  }
  return 0;
}

/**
 * Fixes the order of upstreams: one by weight, the route's others, then the fallback. Calls about what is kept do not alternate between
 * providers: chance is the same for all of them.
 */
export function order(x: Exchange, route: Route, random: u64): void {
  x.route = changetype<usize>(route);
  x.api = apiKey(x);
  x.upstreamCount = 0;
  x.maker = -1;
  const upstreams = route.upstreams;
  const count = upstreams.length;
  if (count > 0) {
    const first = count == 1 ? 0 : draw(upstreams, x.state != 0 ? mix(x.state) : random);
    append(x, upstreams[first]);
    if (!x.keepsModel) for (let i = 0; i < count; i++) if (i != first) append(x, upstreams[i]);
  }
  const fallback = route.fallback;
  const spare = fallback.length;
  if (spare > 0 && !x.keepsModel) {
    const shift = route.hasRandomFallback ? <i32>((random >> 32) % <u64>spare) : 0;
    for (let i = 0; i < spare; i++) append(x, fallback[(i + shift) % spare]);
  }
  if (x.state != 0 || x.madeBy != 0) putMakerFirst(x);
  // Where nothing may be tried again, what the provider says is the answer.
  if (x.upstreamCount == 1 && isLeftAlone(upstreamAt(x, 0).provider)) x.isSentOnce = true;
}

/** What a provider keeps is asked of the token that has made it. */
function putMakerFirst(x: Exchange): void {
  const maker = makerNamed(x);
  if (maker == 0) return;
  for (let i = 0; i < x.upstreamCount; i++) {
    const provider = upstreamAt(x, i).provider;
    for (let token = 0, k = provider.tokens.length; token < k; token++) {
      if (makerOf(provider, token) != maker) continue;
      x.maker = token;
      if (i > 0) swapEntries(x, i);
      return;
    }
  }
}

const SIZE: usize = offsetof<PlanEntry>();
const aside: usize = heap.alloc(SIZE);

/** The one at `position` and the first. */
function swapEntries(x: Exchange, position: i32): void {
  const first = changetype<usize>(entryAt(x, 0));
  const other = changetype<usize>(entryAt(x, position));
  memory.copy(aside, first, SIZE);
  memory.copy(first, other, SIZE);
  memory.copy(other, aside, SIZE);
}

/** Who has made what the body names, or the first of what the path names whose maker is known; 0: nobody is. */
function makerNamed(x: Exchange): u64 {
  const health = healthOf(x);
  if (x.madeBy != 0 || !x.isStateful) return x.madeBy;
  const end = pathLength(x.text, x.pathLen);
  let from = x.basePrefix;
  for (let at = x.basePrefix; at <= end; at++) {
    if (at < end && load<u8>(x.text + at) != Char.Slash) continue;
    const maker = at > from ? health.makerOf(hash64(x.text + from, at - from)) : 0;
    if (maker != 0) return maker;
    from = at + 1;
  }
  return 0;
}

/** Whether chance says which upstream of the route is first. */
export function isDrawn(route: Route): bool {
  let count = 0;
  for (let i = 0, k = route.upstreams.length; i < k; i++) if (unchecked(route.upstreams[i]).weight > 0) count++;
  return count > 1 || (route.hasRandomFallback && route.fallback.length > 1);
}

export function isInPlan(x: Exchange, upstream: Upstream): bool {
  for (let i = 0; i < x.upstreamCount; i++) if (upstreamAt(x, i) === upstream) return true;
  return false;
}

function isLeftAlone(provider: Provider): bool {
  return !provider.failover.isEnabled && !provider.retry.isEnabled;
}

/** How many attempts the router may make after the first one: the plan ends them sooner, and waits have no number. */
export function furtherAttempts(x: Exchange): i32 {
  return x.isSentOnce ? 0 : MOST_ATTEMPTS - 1;
}

function fill(hop: Hop, x: Exchange, entry: PlanEntry, token: i32, isTrial: bool): void {
  const provider = upstreamOf(entry).provider;
  hop.upstream = entry.upstream;
  hop.provider = changetype<usize>(provider);
  hop.endpoint = changetype<usize>(endpointFor(provider, x.dialect));
  hop.target = entry.target;
  hop.model = entry.model;
  hop.token = token;
  hop.isTrial = isTrial;
  hop.isForced = false;
  hop.limit = 0;
}

/** What this provider's sticky choice holds on to; 0: nothing. */
function stickyOf(x: Exchange, provider: Provider): u64 {
  // What is kept belongs to an account: its calls must not alternate between tokens of several.
  if (provider.tokenChoice != TokenChoice.Sticky) return x.state;
  const name = provider.stickyHeader;
  if (provider.stickyBy == StickyBy.Header && name !== null) return hashOf(x.headers, x.headersLen, name);
  return provider.stickyBy == StickyBy.User ? x.user : x.credential;
}

const search = new TokenSearch();

/** Fills `search` with what is looked for at this upstream, whatever was tried. */
function searchFor(x: Exchange, entry: PlanEntry, now: u64): TokenSearch {
  const target = entry.target != 0 ? changetype<ModelName>(entry.target).text : null;
  search.model = entry.model;
  search.api = x.api;
  search.name = target !== null ? target.ptr : modelOf(x);
  search.nameLen = target !== null ? target.len : x.modelLen;
  search.triedCount = 0;
  search.now = now;
  search.isDry = x.isDry;
  search.maker = x.maker >= 0 && entry === entryAt(x, 0) ? x.maker : -1;
  return search;
}

function leaveOutTried(x: Exchange, search: TokenSearch): void {
  search.tried = x.tried + ((<usize>x.triedFrom) << 3);
  search.triedCount = x.stepCount - x.triedFrom;
}

/** Arms a live token of the upstream at `position` that this exchange has not tried. */
export function armToken(x: Exchange, position: i32, random: u64, now: u64): bool {
  const entry = entryAt(x, position);
  const provider = upstreamOf(entry).provider;
  const health = healthOf(x);
  leaveOutTried(x, searchFor(x, entry, now));
  search.sticky = stickyOf(x, provider);
  search.random = random;
  const token = health.pick(provider, search);
  if (token < 0) return false;
  fill(x.armed, x, entry, token, health.isTrial);
  x.hasArmed = true;
  return true;
}

/** Arms the first live hop from `position` on; then, of those before it that were passed over, one that is live by now. */
export function armFrom(x: Exchange, position: i32, random: u64, now: u64): bool {
  for (let n = 0, k = x.upstreamCount; n < k; n++) {
    const i = (position + n) % k;
    if (entryAt(x, i).wasAsked) continue;
    if (!armToken(x, i, random, now)) {
      if (configOf(x).hasRecords) noteSkip(x, i, now);
      continue;
    }
    goTo(x, i);
    return true;
  }
  return false;
}

/** Keeps for the record of the request why the one at `position` was passed over, the first time. */
function noteSkip(x: Exchange, position: i32, now: u64): void {
  const entry = entryAt(x, position);
  if (entry.skippedAt != 0) return;
  entry.skippedAt = now;
  entry.skippedFor = healthOf(x).causesOut(upstreamOf(entry).provider, searchFor(x, entry, now));
  entry.skippedOpensIn = opensInAt(x, position, now);
}

export function goTo(x: Exchange, position: i32): void {
  x.position = position;
  entryAt(x, position).wasAsked = true;
}

/**
 * Finds out whether a better hop could follow the one at `x.position` when that takes too long: another provider, or another model of
 * the same one, that is live or will be when the limit has passed. Another token would be as slow.
 */
export function findAlternative(x: Exchange, now: u64): void {
  x.hasNoAlternative = true;
  if (x.isSentOnce) return;
  const within = <u64>routeLimit(x) * NS_PER_MS;
  const current = entryAt(x, x.position);
  for (let i = 0; i < x.upstreamCount; i++) {
    const entry = entryAt(x, i);
    const provider = upstreamOf(entry).provider;
    if (entry.wasAsked || (entry.model == current.model && provider === upstreamOf(current).provider)) continue;
    if (healthOf(x).opensIn(provider, searchFor(x, entry, now)) > within) continue;
    x.hasNoAlternative = false;
    return;
  }
}

/**
 * Arms a hop although its breaker is open, the one that opens soonest if that may be asked: better than no attempt at all. False:
 * each breaker has had its forced attempt just now.
 */
export function armSoonest(x: Exchange, now: u64): bool {
  const first = max(soonest(x, false, now), 0);
  for (let n = 0, k = x.upstreamCount; n < k; n++) {
    const position = (first + n) % k;
    const entry = entryAt(x, position);
    const token = healthOf(x).pickForced(upstreamOf(entry).provider, searchFor(x, entry, now));
    if (token < 0) continue;
    armForced(x, position, token, healthOf(x).isTrial);
    return true;
  }
  return false;
}

/** What `soonest` found: nanoseconds until then. */
let soonestWait: u64 = 0;

/** Position of the upstream of which something may be tried soonest; -1: there is none. `limited`: of those that a rate limit closes. */
function soonest(x: Exchange, limited: bool, now: u64): i32 {
  let position = -1;
  soonestWait = u64.MAX_VALUE;
  for (let i = 0; i < x.upstreamCount; i++) {
    const entry = entryAt(x, i);
    const provider = upstreamOf(entry).provider;
    if (limited && !healthOf(x).isRateLimited(provider, searchFor(x, entry, now))) continue;
    const wait = healthOf(x).opensIn(provider, searchFor(x, entry, now));
    if (position >= 0 && wait >= soonestWait) continue;
    soonestWait = wait;
    position = i;
  }
  return position;
}

function armForced(x: Exchange, position: i32, token: i32, isTrial: bool): void {
  fill(x.armed, x, entryAt(x, position), token, isTrial);
  x.armed.isForced = true;
  x.hasArmed = true;
  goTo(x, position);
}

/** Nanoseconds until some hop of the plan may be tried; u64.MAX_VALUE: never. */
export function opensIn(x: Exchange, now: u64): u64 {
  soonest(x, false, now);
  return soonestWait;
}

/** The same of the one at `position`. */
export function opensInAt(x: Exchange, position: i32, now: u64): u64 {
  const entry = entryAt(x, position);
  return healthOf(x).opensIn(upstreamOf(entry).provider, searchFor(x, entry, now));
}

/** The token there that opens soonest. */
export function soonestTokenAt(x: Exchange, position: i32, now: u64): i32 {
  const entry = entryAt(x, position);
  return healthOf(x).soonestToken(upstreamOf(entry).provider, searchFor(x, entry, now));
}

/** Makes the armed hop the current one: its attempt starts. */
export function advance(x: Exchange, now: u64): Hop {
  const hop = x.armed;
  findAlternative(x, now);
  if (x.hasNoAlternative) hop.limit = 0;
  x.armed = x.current;
  x.current = hop;
  x.hasArmed = false;
  return hop;
}

/** Arms the current hop once more, if its breakers are closed. */
export function armSame(x: Exchange, now: u64): bool {
  const current = x.current;
  const provider = changetype<Provider>(current.provider);
  if (!healthOf(x).mayTryAgain(provider, current.token, searchFor(x, entryAt(x, x.position), now))) return false;
  fill(x.armed, x, entryAt(x, x.position), current.token, false);
  x.hasArmed = true;
  return true;
}

/** Whether an upstream that was not asked is live. */
export function hasOther(x: Exchange, now: u64): bool {
  for (let i = 0; i < x.upstreamCount; i++) {
    const entry = entryAt(x, i);
    if (!entry.wasAsked && healthOf(x).opensIn(upstreamOf(entry).provider, searchFor(x, entry, now)) == 0) return true;
  }
  return false;
}

/**
 * Whether the request ends although a hop is left that could be tried: where an operator's limit stops it (`retryBudget`, `maxRetries`,
 * `retryOnFailure`), or the most attempts.
 */
export function isCutShort(x: Exchange, now: u64): bool {
  for (let i = 0; i < x.upstreamCount; i++) {
    const entry = entryAt(x, i);
    if (entry.isClosed) continue;
    leaveOutTried(x, searchFor(x, entry, now));
    search.sticky = 0;
    if (healthOf(x).hasHop(upstreamOf(entry).provider, search)) return true;
  }
  return false;
}

/** Why no upstream serves the request, a bit for each cause: what attempts met, and what keeps the others out. */
export function causesOf(x: Exchange, now: u64): u32 {
  let causes = x.causes;
  for (let i = 0; i < x.upstreamCount; i++) {
    const entry = entryAt(x, i);
    if (entry.wasAsked) continue;
    causes |= healthOf(x).causesOut(upstreamOf(entry).provider, searchFor(x, entry, now));
  }
  return causes;
}

/** Gives an armed trial back that nobody will make. */
export function disarm(x: Exchange, now: u64): void {
  if (!x.hasArmed) return;
  x.hasArmed = false;
  const hop = x.armed;
  if (hop.isTrial && !x.isDry)
    healthOf(x).released(changetype<Provider>(hop.provider), hop.token, hop.model, x.api, now);
}

/** Whether a rate limit keeps the hop closed that opens soonest: a wait can outlast it. */
export function isRateLimited(x: Exchange, now: u64): bool {
  return soonest(x, true, now) >= 0;
}

/** Nanoseconds until the first of the rate limits in the way has passed; u64.MAX_VALUE: none is. */
export function limitPassesIn(x: Exchange, now: u64): u64 {
  soonest(x, true, now);
  return soonestWait;
}

/** After a wait: what was tried may be well again, but for what would only say the same. */
export function forgetTried(x: Exchange): void {
  x.triedFrom = x.stepCount;
  for (let i = 0; i < x.upstreamCount; i++) {
    const entry = entryAt(x, i);
    entry.wasAsked = entry.isClosed;
    entry.hadSecondTry = false;
    entry.retries = 0;
  }
}
