/**
 * When something of a request may run out of time, and when the first of all does: a tick looks at none of them before. A time may be
 * too early, never too late; what makes one earlier says so (`expect`).
 */
import { NS_PER_MS } from "../text/time-units";
import { Guard } from "../config/route";
import { Routing } from "../config/site-config";
import * as attemptJudge from "../response/attempt-judge";
import { Attempt, State } from "../response/attempt-judge";
import * as exchanges from "../request/exchange-registry";
import { Exchange, configOf, guardOf, routeOf } from "../request/exchange";
import { ClientStream, Phase } from "./client-stream";

/** How often a tick comes, ms: limits are kept that exactly. */
export const PERIOD: u32 = 50;
/** How long the body of an error is waited for, ms: it is written at once, or not at all. */
export const ERROR_BODY: i32 = 2000;
/** How much later than Envoy's limit, which counts from when there is a connection, ms: then an interim answer has ended it (facts 19.5). */
export const NOT_KEPT: i32 = 5000;
/** How long a stream may stay open and silent behind its last event, ms: some clients read until it ends. */
export const LINGER: i32 = 10_000;
export const NEVER: u64 = u64.MAX_VALUE;

let first: u64 = NEVER;
let ticked: u64 = 0;

/** When what comes now will have come at the latest, the time of the next tick: of what comes often nobody asks the clock. */
export function heard(): u64 {
  return after(ticked, PERIOD);
}

/** A tick. True: the time of some request has come, and all have to be looked at; then each is expected anew. */
export function begin(now: u64): bool {
  if (now > after(ticked, 2 * PERIOD)) correctHeard(now);
  ticked = now;
  if (now < first) return false;
  first = NEVER;
  return true;
}

/** Something has been done for which requests may have come or gone: the next tick looks again. */
export function lookAgain(): void {
  first = 0;
}

/** Whether anything may run out of time. */
export function isAny(): bool {
  // What is expected may be of requests that are over.
  if (exchanges.liveCount() == 0) first = NEVER;
  return first != NEVER;
}

/** No tick came for longer than two periods, by a worker that was held up or a timer that rested: what was heard meanwhile is heard by now. */
function correctHeard(now: u64): void {
  const wrong = heard();
  for (let i: u32 = 0, k = exchanges.slots(); i < k; i++) {
    const x = exchanges.slot(i);
    if (x === null || x.gateway == 0) continue;
    const c = changetype<ClientStream>(x.client);
    if (c.seenAt == wrong) c.seenAt = now;
    if (x.attempt == 0) continue;
    const a = changetype<Attempt>(x.attempt);
    if (a.silentSince == wrong) a.silentSince = now;
    if (a.idleSince == wrong) a.idleSince = now;
  }
}

/** From now on something of this request may run out of time. True: it has. */
export function expect(x: Exchange, now: u64): bool {
  const due = dueOf(x, now);
  if (due <= now) return true;
  first = min(first, due);
  return false;
}

/** From a callback of one of its streams: see to it that it is looked at in time. */
export function note(x: Exchange, now: u64): void {
  if (expect(x, now)) first = 0;
}

function dueOf(x: Exchange, now: u64): u64 {
  if (x.gateway == 0) return NEVER;
  const c = changetype<ClientStream>(x.client);
  if (c.phase == Phase.Collecting) {
    const limit = configOf(x).idleTimeout;
    return limit > 0 ? after(c.seenAt, limit) : NEVER;
  }
  if (c.phase == Phase.Waiting || c.phase == Phase.Calling) return x.wakeAt != 0 ? x.wakeAt : NEVER;
  return x.attempt != 0 ? dueOfAttempt(c, x, changetype<Attempt>(x.attempt), now) : NEVER;
}

function dueOfAttempt(c: ClientStream, x: Exchange, a: Attempt, now: u64): u64 {
  if (a.state == State.Over) return x.wakeAt != 0 ? x.wakeAt : NEVER;
  if (a.state == State.Reading) return min(x.deadline, after(a.idleSince, ERROR_BODY));
  if (a.state == State.Passing) return min(x.deadline, silenceOf(x, a, now));
  const route = routeOf(x);
  const whole = !x.isStreamed || guardOf(x) == Guard.Full;
  let due = NEVER;
  if (a.limit > 0 && (whole || !attemptJudge.hasSign(a))) due = after(a.started, a.limit);
  if (a.state == State.Waiting && c.phase != Phase.Direct && configOf(x).routing != Routing.Listener) {
    if (x.tryTimeout == 0) return due;
    if (x.isStreamed && whole) due = min(due, after(a.started, route.firstTokenTimeout));
    return min(due, after(a.started, x.tryTimeout + NOT_KEPT));
  }
  due = min(due, min(x.deadline, silenceOf(x, a, now)));
  return whole && !x.hasNoAlternative ? min(due, after(a.started, route.attemptTimeout)) : due;
}

/** Before the first sign of a model silence is none; but that may come at any time, and from then on it is. */
function silenceOf(x: Exchange, a: Attempt, now: u64): u64 {
  if (attemptJudge.isDone(a)) return after(a.silentSince, LINGER);
  if (!x.isStreamed || x.hasNoAlternative) return NEVER;
  const config = configOf(x);
  const hasSign = attemptJudge.hasSign(a);
  let due = hasSign ? NEVER : after(a.started, routeOf(x).firstTokenTimeout);
  if (config.idleTimeout > 0) due = min(due, after(hasSign ? a.silentSince : now, config.idleTimeout));
  if (config.stallTimeout > 0) due = min(due, after(hasSign ? a.idleSince : now, config.stallTimeout));
  return due;
}

/** `ms` milliseconds after `since`. */
export function after(since: u64, ms: i32): u64 {
  return since + <u64>ms * NS_PER_MS;
}
