/** What a tick does: ends what has run out of time, and wakes what waits for a rate limit. */
import { EMPTY } from "../text/span";
import { NS_PER_MS } from "../text/time-units";
import { Guard, Routing } from "../config/plugin";
import * as attemptJudge from "../response/attempt-judge";
import { Attempt, State, verdict } from "../response/attempt-judge";
import * as exchanges from "../request/exchange";
import { Exchange, configOf, routeOf } from "../request/exchange";
import { End } from "../health/verdict";
import * as host from "../proxywasm/host";
import * as callouts from "./callouts";
import { ClientStream, Phase } from "./client-stream";
import * as directAttempt from "./direct-attempt";
import * as hostNames from "./host-names";
import { armFirst } from "./planning";
import * as retry from "./retry";
import { Move } from "../request/next-move";
import { sendRefusal } from "./send-reply";
import { BODY_OUT_OF_REACH, sendRequest } from "./send-request";

/** How long the body of an error is waited for, ms: it is written at once, or not at all. */
const ERROR_BODY: u64 = 2000;

/** Ends what has run out of time. True: something still may. */
export function check(now: u64): bool {
  let busy = false;
  for (let i: u32 = 0, k = exchanges.slots(); i < k; i++) {
    const x = exchanges.slot(i);
    if (x === null || x.gateway == 0) continue;
    const c = changetype<ClientStream>(x.client);
    if (c.phase == Phase.Waiting) wake(c, x, now);
    else if (c.phase == Phase.Calling) callouts.wake(c, x, now);
    else if (x.attempt != 0) checkAttempt(c, x, changetype<Attempt>(x.attempt), now);
    busy = true;
  }
  return busy;
}

function checkAttempt(c: ClientStream, x: Exchange, a: Attempt, now: u64): void {
  if (a.state == State.Passing) return breakOff(x, a, now);
  if (a.state == State.Over) return wakeHeld(x, a, now);
  const how = ranOut(c, x, a, now);
  if (how == End.None) return;
  const held = a.state != State.Waiting;
  attemptJudge.judgeLoss(a, how, now);
  if (c.phase == Phase.Direct) {
    if (!host.setEffective(x.gateway)) return;
    directAttempt.endAttempt(c);
    callouts.goOn(x, now);
    callouts.sendNext(c, now);
    return;
  }
  const move = retry.goOn(a, verdict, now);
  if (!host.setEffective(a.stream)) return;
  const canAsk = held || (configOf(x).routing == Routing.Listener && move == Move.Send);
  // Nothing is there yet that could go on to the router (facts 18.2): the gateway filter gets this, and goes on by callout.
  if (!canAsk) {
    host.sendLocalResponse(504, hostNames.DETAILS, EMPTY, EMPTY);
    return;
  }
  // Held by the attempt filter: the router takes the retry when the held headers go on with the header that asks for it (facts 18.1).
  if (move != Move.Wait) letGo(x, move);
}

/** Its failed answer is held until the wait is over. */
function wakeHeld(x: Exchange, a: Attempt, now: u64): void {
  if (x.wakeAt == 0 || now < x.wakeAt) return;
  const move = retry.resume(a, now);
  if (move != Move.Wait && host.setEffective(a.stream)) letGo(x, move);
}

function letGo(x: Exchange, move: Move): void {
  if (move == Move.Send) retry.askForRetry(x);
  // In hop mode an answer of ours has asked, and is all that goes on.
  if (move != Move.Send || configOf(x).routing != Routing.Listener) host.continueStream(host.Stream.Response);
}

/** What stalls after bytes of it went out, or outlasts its request's time: its client must not wait for ever, nor take it for complete. */
function breakOff(x: Exchange, a: Attempt, now: u64): void {
  if (now < x.deadline && !stalls(x, a, now)) return;
  attemptJudge.judgeLoss(a, End.Stalled, now);
  if (host.setEffective(x.gateway)) host.resetStream();
}

/** No event for as long as `idleTimeout`; comments and blank lines are none. */
function stalls(x: Exchange, a: Attempt, now: u64): bool {
  const idle = <u64>configOf(x).idleTimeout;
  return x.isStreamed && idle > 0 && (now - a.silentSince) / NS_PER_MS >= idle;
}

/** Which limit has passed; None: none. In retry mode Envoy keeps those of the route until headers come. */
function ranOut(c: ClientStream, x: Exchange, a: Attempt, now: u64): End {
  if (a.state == State.Reading)
    return now >= x.deadline || (now - a.silentSince) / NS_PER_MS >= ERROR_BODY ? End.Cut : End.None;
  const running = (now - a.started) / NS_PER_MS;
  const route = routeOf(x);
  const whole = !x.isStreamed || route.guard == Guard.Full;
  const content = attemptJudge.hasContent(a);
  const limit = x.isStreamed ? End.FirstTokenTimeout : End.AttemptTimeout;
  if (a.limit > 0 && running >= <u64>a.limit && (whole || !content)) return limit;
  const isRouters = c.phase != Phase.Direct && configOf(x).routing != Routing.Listener;
  if (a.state == State.Waiting && isRouters) return End.None;
  if (now >= x.deadline) return limit;
  if (content && stalls(x, a, now)) return End.Stalled;
  if (x.hasNoAlternative) return End.None;
  if (x.isStreamed && !content && running >= <u64>route.firstTokenTimeout) return End.FirstTokenTimeout;
  if (whole && running >= <u64>route.attemptTimeout) return End.AttemptTimeout;
  return End.None;
}

/** A request that is held before its first attempt. */
function wake(c: ClientStream, x: Exchange, now: u64): void {
  if (now < x.wakeAt || !host.setEffective(x.gateway)) return;
  const refusal = armFirst(x, now);
  if (refusal !== null) sendRefusal(c, refusal);
  else if (x.hasArmed && sendRequest(c, x, BODY_OUT_OF_REACH, now)) host.continueStream(host.Stream.Request);
}
