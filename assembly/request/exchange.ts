/**
 * One client request with its plan and all its attempts, until the last byte. exchange-registry.ts opens, finds and releases these records.
 */
import { Dialect } from "../config/dialect";
import { Guard, Route, Upstream } from "../config/route";
import { SiteConfig } from "../config/site-config";
import { RetryBudget } from "../health/retry-budget";
import { Health } from "../health/health";
import { Cause } from "../health/verdict";
import { Step } from "./attempt-step";
import { Hop } from "./hop";
import { FirstAnswer, Quote } from "./kept-answers";
import { PlanEntry, upstreamOf } from "./plan-entry";

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
  /** A held answer broke off, and the client's stream with it (callout mode). */
  BrokeOff,
}

@unmanaged
export class Exchange {
  // --- identity: these 16 bytes are the value of the filter state (IDENTITY_SIZE of exchange-registry.ts) ---
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
  hasClientLeft: bool;
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
  isSentOnce: bool;
  /** Its path names such state, which is what the answer tells of. */
  isStateful: bool;
  /** The provider keeps the answer, which is asked for by its id. */
  isKept: bool;
  /** Its path is none of an API that we know: it goes only where `allowPaths` names it, or where paths are kept. */
  isUnlisted: bool;
  /** The client forbids other upstreams. */
  keepsModel: bool;
  /** Of `allowOrigins` the one that the page which calls is from, a managed Bytes; 0: none. */
  origin: usize;
  /** How many gateways of ours the request has passed before. */
  hops: i32;
  modelPlace: ModelPlace;
  /** Of the model's value in the body, with its quotes in JSON. */
  modelStart: usize;
  modelEnd: usize;
  body: usize;
  bodyLen: usize;
  bodyCapacity: usize;
  /** The whole body stands in the host's buffer as it came, too. */
  isBodyInPlace: bool;
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
  /** The maker of what the body names of that (health/makers.ts); 0: not known. */
  madeBy: u64;
  /** Of the first upstream of the plan the token that has made that; -1: it is not known. */
  maker: i32;

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
