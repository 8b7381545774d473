/** What a tick does: ends what has run out of time, and wakes what waits for a rate limit. */
import { EMPTY } from "../text/span";
import { Guard } from "../config/route";
import { Routing } from "../config/site-config";
import * as attemptJudge from "../response/attempt-judge";
import { Attempt, State, verdict } from "../response/attempt-judge";
import * as exchanges from "../request/exchange-registry";
import { Exchange, configOf, guardOf, routeOf } from "../request/exchange";
import { End } from "../health/verdict";
import * as host from "../proxywasm/host";
import * as callouts from "./callouts";
import { ClientStream, Phase } from "./client-stream";
import * as directAttempt from "./direct-attempt";
import * as dueTimes from "./due-times";
import { ERROR_BODY, LINGER, NOT_KEPT } from "./due-times";
import * as hostNames from "./host-names";
import { armFirst } from "./planning";
import * as retry from "./retry";
import { Move } from "../request/next-move";
import * as replies from "../response/replies";
import { refuse } from "../response/replies";
import { sendRefusal } from "./send-reply";
import { BODY_OUT_OF_REACH, sendRequest } from "./send-request";

/** Ends what has run out of time. True: something still may. */
export function check(now: u64): bool {
  if (!dueTimes.begin(now)) return dueTimes.isAny();
  let isDone = true;
  for (let i: u32 = 0, k = exchanges.slots(); i < k; i++) {
    const x = exchanges.slot(i);
    if (x === null || x.gateway == 0 || !dueTimes.expect(x, now)) continue;
    const c = changetype<ClientStream>(x.client);
    if (c.phase == Phase.Collecting) endUpload(c, x);
    else if (c.phase == Phase.Waiting) wake(c, x, now);
    else if (c.phase == Phase.Calling) callouts.wake(c, x, now);
    else if (x.attempt != 0) checkAttempt(c, x, changetype<Attempt>(x.attempt), now);
    isDone = false;
  }
  // What was done may have moved others in the table.
  if (!isDone) dueTimes.lookAgain();
  return dueTimes.isAny();
}

/** A body of which nothing comes any more: its client has gone without a word, or waits for an answer that nobody can give. */
function endUpload(c: ClientStream, x: Exchange): void {
  if (host.setEffective(x.gateway)) sendRefusal(c, refuse(replies.UPLOAD_STOPPED));
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
  const how = now >= x.deadline ? End.Stalled : silence(x, a, now);
  if (how == End.None) return;
  attemptJudge.judgeLoss(a, how, now);
  if (host.setEffective(x.gateway)) host.resetStream();
}

/**
 * Whether a streamed answer has been silent for too long, and something better may follow; None: it has not. Before its first sign only
 * `firstTokenTimeout` holds, behind its last event only a short patience. Where the client may be what does not read, bytes have as
 * long as content.
 */
function silence(x: Exchange, a: Attempt, now: u64): End {
  if (attemptJudge.isDone(a)) return hasPassed(a.silentSince, LINGER, now) ? End.Stalled : End.None;
  if (!x.isStreamed || x.hasNoAlternative) return End.None;
  if (!attemptJudge.hasSign(a))
    return hasPassed(a.started, routeOf(x).firstTokenTimeout, now) ? End.FirstTokenTimeout : End.None;
  const config = configOf(x);
  const limit = attemptJudge.mayBeUnread(a) ? 0 : config.idleTimeout;
  if (limit > 0 && hasPassed(a.silentSince, limit, now)) return End.Stalled;
  return config.stallTimeout > 0 && hasPassed(a.idleSince, config.stallTimeout, now) ? End.Stalled : End.None;
}

function hasPassed(since: u64, ms: i32, now: u64): bool {
  return now >= dueTimes.after(since, ms);
}

/** Which limit has passed; None: none. In retry mode Envoy keeps those of the route until headers come. */
function ranOut(c: ClientStream, x: Exchange, a: Attempt, now: u64): End {
  if (a.state == State.Reading)
    return now >= x.deadline || hasPassed(a.idleSince, ERROR_BODY, now) ? End.Cut : End.None;
  const route = routeOf(x);
  const whole = !x.isStreamed || guardOf(x) == Guard.Full;
  const content = attemptJudge.hasSign(a);
  const limit = x.isStreamed ? End.FirstTokenTimeout : End.AttemptTimeout;
  if (a.limit > 0 && hasPassed(a.started, a.limit, now) && (whole || !content)) return limit;
  const isRouters = c.phase != Phase.Direct && configOf(x).routing != Routing.Listener;
  if (a.state == State.Waiting && isRouters) return isLate(x, a, now) ? limit : End.None;
  if (now >= x.deadline) return limit;
  const how = silence(x, a, now);
  if (how != End.None) return how;
  return whole && !x.hasNoAlternative && hasPassed(a.started, route.attemptTimeout, now)
    ? End.AttemptTimeout
    : End.None;
}

/** Whether no headers have come for too long, where Envoy does not keep the limit. */
function isLate(x: Exchange, a: Attempt, now: u64): bool {
  if (x.tryTimeout == 0) return false;
  // With guard full its limit is the one on the whole answer, for it counts what is held, too.
  if (x.isStreamed && guardOf(x) == Guard.Full && hasPassed(a.started, routeOf(x).firstTokenTimeout, now)) return true;
  return hasPassed(a.started, x.tryTimeout + NOT_KEPT, now);
}

/** A request that is held before its first attempt. */
function wake(c: ClientStream, x: Exchange, now: u64): void {
  if (now < x.wakeAt || !host.setEffective(x.gateway)) return;
  const refusal = armFirst(x, now);
  if (refusal !== null) sendRefusal(c, refusal);
  else if (x.hasArmed && sendRequest(c, x, BODY_OUT_OF_REACH, now)) host.continueStream(host.Stream.Request);
}
