/** Workers at one store, and with them what judges an answer: judgement-exports.ts. */
import { Bytes } from "../../../assembly/text/bytes";
import { Provider, TokenChoice } from "../../../assembly/config/provider";
import { Token } from "../../../assembly/config/token";
import { Predicate } from "../../../assembly/config/predicate";
import { TokenSearch, hopKey } from "../../../assembly/health/token-choice";
import { pruneTokens } from "../../../assembly/health/prune";
import { Health } from "../../../assembly/health/health";
import { isIdle as isQuietNow } from "../../../assembly/health/idle";
import { Probes } from "../../../assembly/health/probe-schedule";
import { ABSENT, Store } from "../../../assembly/health/ledger-store";
import { Cause, Scope, Verdict } from "../../../assembly/health/verdict";

export * from "./judgement-exports";
export { sipHash } from "../../../assembly/text/sip-hash";

export function alloc(size: usize): usize {
  return heap.alloc(size);
}

export function free(ptr: usize): void {
  heap.free(ptr);
}

class Slot {
  at: usize = 0;
  len: usize = 0;
  version: u32 = 0;
  constructor(readonly key: Bytes) {}
}

/** What another worker does while the next write is under way. */
class Interloper {
  constructor(
    readonly vm: i32,
    readonly act: i32,
    readonly provider: i32,
    readonly token: i32,
    readonly model: u64,
    readonly api: u64,
    readonly kind: i32,
    readonly wait: i64,
    readonly exchange: u64,
    readonly now: u64,
  ) {}
}

/** The shared data of a host, where a write may be raced. */
class Shared extends Store {
  reads: i32 = 0;
  writes: i32 = 0;
  generations: i32 = 0;
  /** This many next writes lose, as if others had written. */
  losses: i32 = 0;
  interlopers: Interloper[] = [];
  private slots: Slot[] = [];
  private moves: u64 = 0;
  private versions: u32 = 0;

  read(key: Bytes): bool {
    this.reads++;
    const slot = this.slotOf(key);
    if (slot === null) return false;
    this.ptr = slot.at;
    this.len = slot.len;
    this.version = slot.version;
    return true;
  }

  write(key: Bytes, ptr: usize, len: usize, version: u32): bool {
    if (this.interlopers.length > 0) {
      const one = this.interlopers.shift();
      act(one.vm, one.act, one.provider, one.token, one.model, one.api, one.kind, one.wait, one.exchange, one.now);
    }
    if (this.losses > 0) {
      this.losses--;
      return false;
    }
    let slot = this.slotOf(key);
    if (version == 0 || (slot === null ? ABSENT : slot.version) != version) return false;
    if (slot === null) {
      slot = new Slot(key);
      this.slots.push(slot);
    }
    this.writes++;
    if (slot.at != 0) heap.free(slot.at);
    slot.at = heap.alloc(len);
    memory.copy(slot.at, ptr, len);
    slot.len = len;
    slot.version = ++this.versions;
    return true;
  }

  generation(): u64 {
    this.generations++;
    return this.moves;
  }

  advance(): void {
    this.moves++;
  }

  random64(): u64 {
    return random();
  }

  get count(): i32 {
    return this.slots.length;
  }

  slot(at: i32): Slot {
    return this.slots[at];
  }

  /** Gives back what no garbage collector knows of. */
  clear(): void {
    for (let i = 0, k = this.slots.length; i < k; i++) if (this.slots[i].at != 0) heap.free(this.slots[i].at);
    this.slots = [];
  }

  /** By somebody else, who keeps to nothing. */
  overwrite(at: i32, ptr: usize, len: usize): void {
    const slot = this.slots[at];
    heap.free(slot.at);
    slot.at = heap.alloc(len);
    memory.copy(slot.at, ptr, len);
    slot.len = len;
    slot.version = ++this.versions;
    this.moves++;
  }

  private slotOf(key: Bytes): Slot | null {
    for (let i = 0, k = this.slots.length; i < k; i++)
      if (this.slots[i].key.equals(key.ptr, key.len)) return this.slots[i];
    return null;
  }
}

let shared = new Shared();
let providers: Provider[] = [];
let vms: Health[] = [];
let probes: Probes[] = [];

export function world(): void {
  shared.clear();
  for (let i = 0, k = vms.length; i < k; i++) vms[i].drop();
  shared = new Shared();
  providers = [];
  vms = [];
  probes = [];
}

/** The configuration is edited: workers started from now on have another list of providers. */
export function newConfiguration(): void {
  providers = [];
}

export function provider(key: i32, choice: i32): i32 {
  const p = new Provider();
  p.index = providers.length;
  p.ledgerKey = Bytes.of(key.toString());
  p.tokenChoice = <TokenChoice>choice;
  providers.push(p);
  return p.index;
}

export function token(p: i32, hash: u64, weight: i32, priority: i32, model: u64): void {
  const t = new Token();
  t.hash = hash;
  t.weight = weight;
  t.priority = priority;
  if (model != 0) {
    const predicate = new Predicate();
    predicate.isExact = true;
    predicate.value = Bytes.of(model.toString());
    t.models.push(predicate);
  }
  providers[p].tokens.push(t);
}

export function failover(p: i32, enabled: bool, failures: i32, successes: i32, cooldown: i32): void {
  const policy = providers[p].failover;
  policy.isEnabled = enabled;
  policy.failureThreshold = failures;
  policy.successThreshold = successes;
  policy.cooldownDuration = cooldown;
}

export function healthCheck(p: i32, interval: i32, timeout: i32, model: bool, path: bool): void {
  const policy = providers[p].failover;
  policy.healthCheckInterval = interval;
  policy.healthCheckTimeout = timeout;
  policy.healthCheckModel = model ? Bytes.of("small") : null;
  providers[p].probePath = path ? Bytes.of("/models") : null;
}

export function breaker(p: i32, failures: i32, openFor: i32, maxOpenFor: i32): void {
  const policy = providers[p].breaker;
  policy.failureThreshold = failures;
  policy.openFor = openFor;
  policy.maxOpenFor = maxOpenFor;
}

export function vm(isProbing: bool): i32 {
  const reads = shared.reads;
  const writes = shared.writes;
  const health = new Health(providers, shared);
  // The seed of the keys is not what is counted.
  shared.reads = reads;
  shared.writes = writes;
  health.isProbing = isProbing;
  vms.push(health);
  probes.push(new Probes(health, providers));
  return vms.length - 1;
}

export function slots(): i32 {
  return shared.count;
}

export function slotPtr(at: i32): usize {
  return shared.slot(at).at;
}

export function slotLen(at: i32): usize {
  return shared.slot(at).len;
}

export function overwrite(at: i32, ptr: usize, len: usize): void {
  shared.overwrite(at, ptr, len);
}

export function lose(writes: i32): void {
  shared.losses = writes;
}

export function interlope(
  v: i32,
  act: i32,
  p: i32,
  token: i32,
  model: u64,
  api: u64,
  kind: i32,
  wait: i64,
  exchange: u64,
  now: u64,
): void {
  shared.interlopers.push(new Interloper(v, act, p, token, model, api, kind, wait, exchange, now));
}

export function reads(): i32 {
  return shared.reads;
}

export function writes(): i32 {
  return shared.writes;
}

export function refresh(v: i32): void {
  vms[v].refresh();
}

export function isSettled(v: i32): bool {
  return vms[v].isSettled;
}

let randoms: u64 = 0;

export function seed(value: u64): void {
  randoms = value;
}

function random(): u64 {
  randoms = randoms * 6364136223846793005 + 1442695040888963407;
  return randoms ^ (randoms >> 29);
}

const search = new TokenSearch();
search.tried = heap.alloc(256);

export function noTried(): void {
  search.triedCount = 0;
}

export function addTried(p: i32, token: i32, model: u64): void {
  store<u64>(search.tried + ((<usize>search.triedCount) << 3), hopKey(p, token, model));
  search.triedCount++;
}

export function pick(v: i32, p: i32, model: u64, api: u64, sticky: u64, now: u64): i32 {
  look(model, api, sticky, now);
  return vms[v].pick(providers[p], search);
}

/** A model's name is its number in decimals. */
function look(model: u64, api: u64, sticky: u64, now: u64): TokenSearch {
  const name = model.toString();
  search.name = changetype<usize>(nameRoom);
  search.nameLen = name.length;
  String.UTF8.encodeUnsafe(changetype<usize>(name), name.length, search.name);
  search.model = model;
  search.api = api;
  search.sticky = sticky;
  search.random = random();
  search.now = now;
  return search;
}

const nameRoom = new StaticArray<u8>(32);

export function isTrial(v: i32): bool {
  return vms[v].isTrial;
}

export function pickForced(v: i32, p: i32, model: u64, api: u64, now: u64): i32 {
  return vms[v].pickForced(providers[p], look(model, api, 0, now));
}

export function soonestToken(v: i32, p: i32, model: u64, api: u64, now: u64): i32 {
  return vms[v].soonestToken(providers[p], look(model, api, 0, now));
}

export function opensIn(v: i32, p: i32, model: u64, api: u64, now: u64): u64 {
  return vms[v].opensIn(providers[p], look(model, api, 0, now));
}

export function isRateLimited(v: i32, p: i32, model: u64, api: u64, now: u64): bool {
  return vms[v].isRateLimited(providers[p], look(model, api, 0, now));
}

export function mayTryAgain(v: i32, p: i32, token: i32, model: u64, api: u64, now: u64): bool {
  return vms[v].mayTryAgain(providers[p], token, look(model, api, 0, now));
}

const outcome = new Verdict();

/** `kind`: cause, scope, widens, half, doubtful, in bytes of 8, 8, 1, 1, 1 bits. */
function judge(kind: i32, wait: i64): Verdict {
  outcome.cause = <Cause>(kind & 0xff);
  outcome.scope = <Scope>((kind >> 8) & 0xff);
  outcome.widens = ((kind >> 16) & 1) != 0;
  outcome.countsHalf = ((kind >> 17) & 1) != 0;
  outcome.mayBeStale = ((kind >> 18) & 1) != 0;
  outcome.waitMs = wait;
  return outcome;
}

/** What ends an attempt: 0 failed, 1 succeeded, 2 released; with 10 more, one that was no trial. */
export function act(
  v: i32,
  act: i32,
  p: i32,
  token: i32,
  model: u64,
  api: u64,
  kind: i32,
  wait: i64,
  exchange: u64,
  now: u64,
): void {
  const health = vms[v];
  const isTrial = act < 10;
  const what = act % 10;
  if (what == 0) health.failed(providers[p], token, model, api, judge(kind, wait), exchange, now, isTrial);
  else if (what == 1) health.succeeded(providers[p], token, model, api, now, isTrial);
  else health.released(providers[p], token, model, api, now, isTrial);
}

export function takeOut(v: i32, p: i32, token: i32, until: u64, now: u64): void {
  vms[v].takeOut(providers[p], token, until, now);
}

export function bringBack(v: i32, p: i32, token: i32, now: u64): void {
  vms[v].bringBack(providers[p], token, now);
}

export function tryNow(v: i32, p: i32, token: i32, now: u64): void {
  vms[v].tryNow(providers[p], token, now);
}

/** Key of a model's or an API's name of decimals. */
export function keyOf(v: i32, ofApi: bool, name: u64): u64 {
  const found = look(name, 0, 0, 0);
  const names = vms[v].names;
  return ofApi ? names.api(found.name, found.nameLen) : names.model(found.name, found.nameLen);
}

/** The ticket of a probe that is due; 0: none. */
export function nextProbe(v: i32, now: u64): u32 {
  return probes[v].next(random(), now) ? probes[v].due.ticket : 0;
}

/** kind, provider, token, timeoutMs, has a model, tries the provider. */
export function probe(v: i32, field: i32): i32 {
  const due = probes[v].due;
  if (field == 0) return due.kind;
  if (field == 1) return due.provider;
  if (field == 2) return due.token;
  if (field == 3) return due.timeoutMs;
  return (field == 4 ? due.model !== null : due.entry == 0) ? 1 : 0;
}

export function probeAnswered(v: i32, ticket: u32, isGood: bool, kind: i32, wait: i64, now: u64): void {
  probes[v].answered(ticket, isGood ? null : judge(kind, wait), now);
}

export function forget(v: i32): bool {
  return pruneTokens([vms[v]]);
}

export function isQuiet(v: i32): bool {
  return isQuietNow(vms[v]);
}

export function entries(v: i32, p: i32): i32 {
  return vms[v].current(p).view.count;
}

const API: u64 = 99;

/** One request as the success path makes it, `times` over, each of another caller: what it costs is measured from outside. */
export function requests(v: i32, p: i32, model: u64, now: u64, times: i32): i32 {
  const health = vms[v];
  const served = providers[p];
  let sum = 0;
  noTried();
  look(model, API, 0, now);
  for (let i = 0; i < times; i++) {
    health.refresh();
    search.random = random();
    search.sticky = search.random;
    const token = health.pick(served, search);
    health.succeeded(served, token, model, API, now);
    sum += token;
  }
  return sum;
}
