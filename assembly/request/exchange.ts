/**
 * One client request with its plan and all its attempts, until the last byte. Records live outside the collector's heap and are
 * used again; a record is given back only when the gateway stream and every attempt are gone, for an attempt may outlive its
 * client (facts 4.1, 19.1).
 *
 * An exchange is found by `identity`: {random number of this VM, serial number}, never by a stream id, because ids start again
 * after a VM reload and a late retry would else carry another client's prompt.
 */
import { SiteConfig } from "../config/site-config";
import { Dialect } from "../config/dialect";
import { Endpoint } from "../config/endpoint";
import { Guard, MAX_UPSTREAMS, Route, Upstream } from "../config/route";
import { Provider } from "../config/provider";
import { ModelName } from "../config/model-mapping";
import { RetryBudget } from "../health/retry-budget";
import { Health } from "../health/health";
import { Cause, Next } from "../health/verdict";
import { Pool } from "../text/pool";
import { HashTable } from "../text/hash-table";

/** More attempts than this are not made for one request. */
export const MAX_ATTEMPTS = 64;
export const IDENTITY_SIZE: usize = 16;

/** What is made by a call of its own (files, batches, conversations ...) is made and asked for by one token, the same at every gateway. */
export const MADE_APART: u64 = 1;

/** Where `model` stands in the body. */
export enum ModelPlace {
  None,
  Json,
  Multipart,
}

/** How the client's answer came about; set once, by whoever decides it. What people read is `RequestOutcome`. */
export enum Outcome {
  Open,
  /** A good answer passes. */
  Served,
  /** A provider's failed answer passes unchanged, because it is about the request or the client wants no further attempt. */
  Returned,
  /** No live hop is left. */
  Failed,
  /** The gateway answered by itself. */
  Refused,
}

/** Why no further attempt follows. */
export enum Stop {
  None,
  /** The answer is the client's, whatever it says. */
  FinalAnswer,
  /** It is never sent twice. */
  SentOnce,
  MostAttempts,
  NoTime,
  RetryBudget,
  NoHopLeft,
  /** What is left opens later than `maxWait` or its time allow. */
  WaitTooLong,
}

/** One place an attempt can go. Managed objects are kept alive by the exchange's configuration. */
@unmanaged
export class Hop {
  upstream: usize;
  provider: usize;
  endpoint: usize;
  /** A `ModelName`; 0: the client's name stays. */
  target: usize;
  /** Hash of the model's name there: its key in the ledger. */
  model: u64;
  token: i32;
  /** A half-open breaker's one trial. */
  trial: bool;
  /** Taken although its breaker is open, because nothing better was left. */
  forced: bool;
  /** Of this attempt alone, ms (`retryTimeout`); 0: the route's limits hold. */
  limit: i32;
}

/** One upstream in a plan's order. Several may have the same provider, with other models. */
@unmanaged
export class PlanEntry {
  /** A managed `Upstream`. */
  upstream: usize;
  /** A `ModelName`; 0: the client's name stays. */
  target: usize;
  /** Hash of the model's name there: its key in the ledger. */
  model: u64;
  /** An attempt went there. */
  wasAsked: bool;
  /** What it said would be said again, by any of its tokens: nothing of it is tried once more. */
  isClosed: bool;
  /** It has had its second try after a fault of the provider. */
  hadSecondTry: bool;
  /** Further tokens used on it. */
  retries: i32;
  /** When it was first passed over, monotonic ns; 0: never. Only where records are wanted. */
  skippedAt: u64;
  /** Why: a bit for each cause; 0: no token of it is for this model, or another request has its trial. */
  skippedFor: u32;
  /** In how many ns it would have opened; u64.MAX_VALUE: never by itself. */
  skippedOpensIn: u64;
}

export function upstreamOf(entry: PlanEntry): Upstream {
  return changetype<Upstream>(entry.upstream);
}

export function providerOf(hop: Hop): Provider {
  return changetype<Provider>(hop.provider);
}

export function endpointOf(hop: Hop): Endpoint {
  return changetype<Endpoint>(hop.endpoint);
}

export function targetOf(hop: Hop): ModelName | null {
  return hop.target != 0 ? changetype<ModelName>(hop.target) : null;
}

/** One member of the trail: an attempt and how it ended. */
@unmanaged
export class Step {
  provider: Provider;
  token: i32;
  /** A `ModelName`; 0: the client's name. */
  target: usize;
  /** When it began, monotonic ns. */
  at: u64;
  /** Its breaker was open. */
  forced: bool;
  /** 0: there was no answer. */
  status: i32;
  cause: Cause;
  ms: i32;
  /** Events that went to the client although they were no JSON. */
  invalidEvents: u32;
  /** Tokens of the request and of the answer, as the answer counts them; -1: it does not say. */
  tokensIn: i32;
  tokensOut: i32;
  /** What its failure asked for. */
  next: Next;
}

/** An answer about the request that is kept, in one block: its headers as the host gave them, then its body. */
@unmanaged
export class FirstAnswer {
  /** 0: there is none. */
  status: i32;
  /** The first hop of the request has said it: no switch to another upstream is the reason. */
  isOwn: bool;
  block: usize;
  headersLen: usize;
  bodyLen: usize;
}

/** Bytes of a provider's message that are kept. */
export const QUOTE_SIZE: usize = 512;

/** What a provider said, its text behind these fields. */
@unmanaged
export class Quote {
  provider: Provider;
  /** It tells of the request, and may have words of it. */
  isPrivate: bool;
  len: usize;

  get ptr(): usize {
    return changetype<usize>(this) + offsetof<Quote>();
  }
}

@unmanaged
export class Exchange {
  // --- identity: these 16 bytes are the value of the filter state (IDENTITY_SIZE) ---
  vm: u64;
  serial: u64;

  // --- who still uses the record ---
  /** The gateway's stream; 0 when it is gone. */
  gateway: u32;
  /** It is planned to be explained, and never sent: nothing that others see may change. */
  isDry: bool;
  /** What the gateway filter keeps for that stream. */
  client: usize;
  /** The attempt that runs; 0: none. */
  attempt: usize;
  /** The client left before its answer was complete. */
  clientHasLeft: bool;
  /** Attempt streams that are not deleted yet. */
  attempts: i32;
  config: usize;
  health: usize;
  route: usize;
  /** The route's `RetryBudget`. */
  budget: usize;

  // --- the request ---
  dialect: Dialect;
  /** The answer has the shape of its dialect; false for what only shares its path and error shape. */
  hasKnownShape: bool;
  /** A call of a model: what its answers say counts against a token or a provider. */
  isModelCall: bool;
  isPost: bool;
  isStreamed: bool;
  /** Asked by HEAD: no answer has a body. */
  isHeadRequest: bool;
  isMultipart: bool;
  /** The client sent its body compressed, and a filter before this one has unpacked it. */
  wasUnpacked: bool;
  /** A broken answer would look complete to the client: nothing of it goes on before it is whole. */
  needsWhole: bool;
  /** Sent once and never again: it names state that only one provider holds, or the client forbids more. */
  noFailover: bool;
  /** Its path names such state, which is what the answer tells of. */
  isStateful: bool;
  /** Its path is none of an API that we know: it goes only where `allowPaths` names it, or where paths are kept. */
  isUnlisted: bool;
  /** The client forbids other upstreams. */
  keepsModel: bool;
  /** Of `allowOrigins` the one that the page which calls is from, a managed Bytes; 0: none. */
  origin: usize;
  /** Gateways of ours that the request has passed before. */
  hops: i32;
  modelPlace: ModelPlace;
  /** Of the model's value in the body, with its quotes in JSON. */
  modelStart: usize;
  modelEnd: usize;
  body: usize;
  bodyLen: usize;
  bodyCapacity: usize;
  /** Declared Content-Length; 0 if absent. */
  declaredLength: usize;
  /** One block: path and query, the decoded model, and the client's headers as the host gave them. */
  text: usize;
  pathLen: usize;
  /** Key of the API in the ledger. */
  api: u64;
  /** What of the path is the gateway's own (`ApiCall.basePrefix`). */
  basePrefix: usize;
  modelLen: usize;
  headers: usize;
  headersLen: usize;
  /** The `ClientKey` that the caller showed; 0: none are configured. */
  clientKey: usize;
  /** Hashes of what a sticky choice may hold on to; 0: it is not there. */
  credential: u64;
  user: u64;
  /** Holds calls about what one account of a provider keeps to one token: `MADE_APART`, or a hash of the id. 0: it is not about that. */
  state: u64;

  // --- time, monotonic ns ---
  started: u64;
  deadline: u64;
  /** What Envoy allows one attempt, ms; 0: no limit of its own. */
  tryTimeout: i32;
  /** When a waiting request is tried again; 0: it does not wait. */
  wakeAt: u64;
  /** Its waits for a limit to pass, together, ns; and the start of the one that lasts. */
  waited: u64;
  waitsSince: u64;
  /** Its pauses before a second try. */
  backOffs: i32;

  // --- the plan ---
  /** No other provider can follow an attempt that takes too long, so that no limit ends one. */
  hasNoAlternative: bool;
  upstreamCount: i32;
  /** Position in the order of upstreams of the current hop. */
  position: i32;
  hasArmed: bool;
  /** The cluster that filter state names now, as a managed Bytes. */
  cluster: usize;

  // --- what happened ---
  outcome: Outcome;
  /** Index of the error of ours that the client got, + 1 (`ErrorCode`); 0: none. */
  errorCode: i32;
  /** The answer broke off after bytes of it had gone to the client. */
  wasCutOff: bool;
  /** An answer was larger than what may be held: it went on before its guard had seen enough. */
  isUnchecked: bool;
  stop: Stop;
  /** Status of the answer that failed last, 0 when there was none. */
  lastStatus: i32;
  lastCause: Cause;
  /** A bit for each cause of its failures. */
  causes: u32;
  /** Smallest wait that a provider asked for, ms; -1: none. */
  waitMs: i64;
  stepCount: i32;
  /** Attempts before this one are behind a wait, which what they tried may have outlasted. */
  triedFrom: i32;

  // --- memory that stays with the record: see `open` ---
  current: Hop;
  armed: Hop;
  /** Upstreams in their order, each a `PlanEntry`. */
  order: usize;
  steps: usize;
  /** A `hopKey` for each attempt. */
  tried: usize;
  /** The first answer about the request itself: see first-answer.ts. */
  first: FirstAnswer;
  /** What the provider said that was the last to say something. */
  said: Quote;
}

const pool = new Pool<Exchange>();
const live = new HashTable(1024);
let serial: u64 = 0;
let vm: u64 = 0;
/** Bytes of parked bodies of this worker. */
export let parkedBytes: usize = 0;

/** Names this VM; once, before the first exchange. */
export function nameVm(random: u64): void {
  if (vm == 0) vm = random | 1;
}

export function open(gateway: u32, config: SiteConfig, health: Health, now: u64): Exchange {
  const x = pool.take();
  if (x.order == 0) {
    x.current = changetype<Hop>(heap.alloc(offsetof<Hop>()));
    x.armed = changetype<Hop>(heap.alloc(offsetof<Hop>()));
    x.order = heap.alloc(MAX_UPSTREAMS * offsetof<PlanEntry>());
    x.steps = heap.alloc(MAX_ATTEMPTS * offsetof<Step>());
    x.tried = heap.alloc(MAX_ATTEMPTS * sizeof<u64>());
    x.first = changetype<FirstAnswer>(heap.alloc(offsetof<FirstAnswer>()));
    x.first.block = 0;
    x.said = changetype<Quote>(heap.alloc(offsetof<Quote>() + QUOTE_SIZE));
  }
  memory.fill(changetype<usize>(x), 0, offsetof<Exchange>("current"));
  x.vm = vm;
  // The table's key is its lower half, and 0 is no key.
  if (<u32>++serial == 0) serial++;
  x.serial = serial;
  x.gateway = gateway;
  x.config = changetype<usize>(config);
  config.users++;
  x.health = changetype<usize>(health);
  x.dialect = Dialect.Other;
  x.started = now;
  x.deadline = u64.MAX_VALUE;
  x.waitMs = -1;
  x.first.status = 0;
  x.said.len = 0;
  live.set(<u32>x.serial, changetype<usize>(x));
  return x;
}

/** By the 16 bytes of its identity; null: it is not of this VM, or gone. */
export function find(identity: usize, len: usize): Exchange | null {
  if (len != IDENTITY_SIZE) return null;
  const at = live.get(load<u32>(identity, 8));
  if (at == 0) return null;
  const x = changetype<Exchange>(at);
  return x.vm == load<u64>(identity) && x.serial == load<u64>(identity, 8) ? x : null;
}

export function configOf(x: Exchange): SiteConfig {
  return changetype<SiteConfig>(x.config);
}

export function healthOf(x: Exchange): Health {
  return changetype<Health>(x.health);
}

export function budgetOf(x: Exchange): RetryBudget {
  return changetype<RetryBudget>(x.budget);
}

export function routeOf(x: Exchange): Route {
  return changetype<Route>(x.route);
}

/** The route's, unless the client needs more. */
export function guardOf(x: Exchange): Guard {
  return x.needsWhole ? Guard.Full : routeOf(x).guard;
}

/** By its position in the plan. */
export function entryAt(x: Exchange, position: i32): PlanEntry {
  return changetype<PlanEntry>(x.order + <usize>position * offsetof<PlanEntry>());
}

export function upstreamAt(x: Exchange, position: i32): Upstream {
  return upstreamOf(entryAt(x, position));
}

export function stepOf(x: Exchange, index: i32): Step {
  return changetype<Step>(x.steps + <usize>index * offsetof<Step>());
}

export function modelOf(x: Exchange): usize {
  return x.text + x.pathLen;
}

const FIRST_CAPACITY: usize = 16 << 10;
const FIRST_DECLARED_CAPACITY: usize = 1 << 20;

/** What the room for a body grows to when it must hold `size` bytes. */
export function capacityFor(x: Exchange, size: usize): usize {
  if (size <= x.bodyCapacity) return x.bodyCapacity;
  // More than any body may have would only keep others out, or this very one.
  const most = configOf(x).requestBodyLimit;
  if (size > x.declaredLength) return max(size, min(most, x.bodyCapacity == 0 ? FIRST_CAPACITY : x.bodyCapacity * 2));
  // A client that announces much and sends nothing must not take the room of others; of a large body little is copied.
  return min(x.declaredLength, max(size, x.bodyCapacity == 0 ? FIRST_DECLARED_CAPACITY : x.bodyCapacity * 8));
}

/** Lets the room for the body grow to `capacity`, from `capacityFor`. */
export function reserveBody(x: Exchange, capacity: usize): void {
  if (capacity == x.bodyCapacity) return;
  x.body = x.body == 0 ? heap.alloc(capacity) : heap.realloc(x.body, capacity);
  parkedBytes += capacity - x.bodyCapacity;
  x.bodyCapacity = capacity;
}

/** Frees the body: its last reader has it. */
export function dropBody(x: Exchange): void {
  if (x.body == 0) return;
  heap.free(x.body);
  parkedBytes -= x.bodyCapacity;
  x.body = 0;
  x.bodyLen = 0;
  x.bodyCapacity = 0;
}

/** Gives the record back when nobody uses it any more. */
export function release(x: Exchange): void {
  if (x.gateway != 0) return;
  dropBody(x);
  if (x.attempts != 0) return;
  if (x.text != 0) heap.free(x.text);
  x.text = 0;
  if (x.first.block != 0) heap.free(x.first.block);
  x.first.block = 0;
  configOf(x).users--;
  live.delete(<u32>x.serial);
  pool.give(x);
}

export function liveCount(): u32 {
  return live.size;
}

/** For a walk over all live exchanges: slots from 0 to `slots`; null where a slot is free. */
export function slots(): u32 {
  return live.capacity;
}

export function slot(at: u32): Exchange | null {
  return live.keyAt(at) != 0 ? changetype<Exchange>(live.valueAt(at)) : null;
}
