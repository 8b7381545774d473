/** The record of one attempt, and the memory for what it holds back. Records are used again. */
import { Pool } from "../text/pool";
import { Validator, newValidator } from "./validator";
import { Exchange } from "../request/exchange";
import { Hop } from "../request/hop";
import * as timeLimits from "../request/time-limits";
import * as trail from "./trail";

export enum State {
  /** Nothing of the answer has come. */
  Waiting,
  /** A good status; the guard has not seen enough. */
  Judging,
  /** A bad status; its body is read to learn the cause. */
  Reading,
  /** The answer goes to the client. */
  Passing,
  /** Judged to the end: nothing that follows counts. */
  Over,
}

let held: usize = 0;

/** Bytes that all answers of this worker hold back together. */
export function heldBytes(): usize {
  return held;
}

const FIRST_ROOM: usize = 4 << 10;

@unmanaged
export class Attempt {
  exchange: Exchange;
  stream: u32;
  state: State;
  step: i32;
  status: i32;
  /** What its headers asked to wait, ms; -1: nothing. See `AskedWait`. */
  waitMs: i64;
  isWaitFirm: bool;
  isSubscription: bool;
  /** Bytes of the body that are still to come; -1: not told. */
  toCome: i64;
  /** The provider's wall clock when they came, ms; 0: not known. */
  unixMs: i64;
  // The hop, copied: the exchange moves on while an attempt may still end.
  provider: usize;
  token: i32;
  model: u64;
  /** A `ModelName`; 0: the client's name. */
  target: usize;
  isTrial: bool;
  /** Of this attempt alone, ms; 0: the route's limits hold. */
  limit: i32;
  /** It has less time than its limit: what it does not answer in time is not its provider's fault. */
  isShortOfTime: bool;
  /** The body has been put in. */
  hasSentBody: bool;
  /** A retry was asked for, or the failed answer was let through: the gateway filter decides. */
  hasFailed: bool;
  started: u64;
  /** Who has made what it has made is remembered. */
  hasNotedMade: bool;
  /** What still comes does not go to the client: an error event was its end. */
  dropsRest: bool;
  /** Since when no byte has come. */
  silentSince: u64;
  /** Since when nothing has come that shows that the model works: its start, then a bad status or the last such event. */
  idleSince: u64;
  signs: u32;
  /** Bytes of the answer that have gone to the client. */
  passed: u64;
  validator: Validator;
  held: usize;
  heldLen: usize;
  heldCapacity: usize;

  /** All that its provider has announced has come. The host tells of the end in a callback of its own, behind it. */
  get isWhole(): bool {
    return this.toCome == 0;
  }
}

const pool = new Pool<Attempt>();

export function begin(x: Exchange, hop: Hop, stream: u32, now: u64): Attempt {
  const a = pool.take();
  if (changetype<usize>(a.validator) == 0) a.validator = newValidator();
  a.exchange = x;
  a.stream = stream;
  a.state = State.Waiting;
  a.status = 0;
  a.waitMs = -1;
  a.isWaitFirm = false;
  a.isSubscription = false;
  a.toCome = -1;
  a.unixMs = 0;
  a.provider = hop.provider;
  a.token = hop.token;
  a.model = hop.model;
  a.target = hop.target;
  a.isTrial = hop.isTrial;
  a.limit = hop.limit;
  a.hasSentBody = false;
  a.hasFailed = false;
  a.dropsRest = false;
  a.hasNotedMade = false;
  a.started = now;
  a.silentSince = now;
  a.idleSince = now;
  a.signs = 0;
  a.passed = 0;
  a.heldLen = 0;
  a.step = trail.begin(x, hop, now);
  a.isShortOfTime = timeLimits.isShortOfTime(x, hop.limit > 0 ? hop.limit : timeLimits.routeLimit(x), now);
  x.attempts++;
  x.attempt = changetype<usize>(a);
  return a;
}

/** The attempt's stream is gone: gives the record back. The caller releases the exchange. */
export function end(a: Attempt): void {
  dropHeld(a);
  const x = a.exchange;
  x.attempts--;
  if (x.attempt == changetype<usize>(a)) x.attempt = 0;
  pool.give(a);
}

export function dropHeld(a: Attempt): void {
  if (a.held != 0) heap.free(a.held);
  held -= a.heldCapacity;
  a.held = 0;
  a.heldLen = 0;
  a.heldCapacity = 0;
}

/** Adds to what is held back from the client. */
export function hold(a: Attempt, ptr: usize, len: usize): void {
  const size = a.heldLen + len;
  if (size > a.heldCapacity) {
    const capacity = max(size, max(a.heldCapacity * 2, FIRST_ROOM));
    a.held = a.held == 0 ? heap.alloc(capacity) : heap.realloc(a.held, capacity);
    held += capacity - a.heldCapacity;
    a.heldCapacity = capacity;
  }
  memory.copy(a.held + a.heldLen, ptr, len);
  a.heldLen = size;
}
