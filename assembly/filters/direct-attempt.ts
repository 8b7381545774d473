/** The first hop on the client's own stream, where no attempt filter is: the gateway filter is both (callout mode). */
import { NS_PER_MS } from "../text/time-units";
import * as attemptJudge from "../response/attempt-judge";
import { Attempt, Decision, State } from "../response/attempt-judge";
import { GRACE_MS } from "../config/route-limits";
import { Exchange, Outcome } from "../request/exchange";
import * as plan from "../request/plan";
import { End } from "../health/verdict";
import { BodyStatus, HeadersStatus } from "../proxywasm/dispatcher";
import * as host from "../proxywasm/host";
import * as answerOrigin from "./answer-origin";
import * as callouts from "./callouts";
import { ClientStream, Phase, exchangeOf } from "./client-stream";
import { cleanAnswerTrailers } from "./header-cleaning";
import { setHopBody, setHopHeaders } from "./hop-stream";
import * as hostNames from "./host-names";
import * as delivery from "./response-delivery";
import { sendErrorInside } from "./send-error";
import * as timer from "./timer";
import { setAnswerHeaders } from "./answer-headers";

/** Sends the request, whose last `size` bytes stand in the host's buffer, to the armed hop. The cluster is set already. */
export function send(c: ClientStream, x: Exchange, size: usize, now: u64): void {
  const hop = plan.advance(x, now);
  attemptJudge.begin(x, hop, c.id, now);
  setHopHeaders(x, hop, x.bodyLen == 0, x.headers, x.headersLen);
  if (x.bodyLen > 0) setHopBody(x, hop, size);
  // The plan's limits, not those of a route that somebody else has written (facts 12.3). Our own clock ends a request first: Envoy cannot be
  // stopped from cutting a held answer.
  host.setNumberHeader(
    host.HeaderMap.Request,
    hostNames.TIMEOUT,
    (x.deadline > now ? (x.deadline - now) / NS_PER_MS : 0) + GRACE_MS,
  );
  host.setNumberHeader(host.HeaderMap.Request, hostNames.MAX_RETRIES, 0);
  c.phase = Phase.Direct;
}

function attemptOf(c: ClientStream): Attempt {
  return changetype<Attempt>(exchangeOf(c).attempt);
}

export function responseHeaders(c: ClientStream, end: bool): HeadersStatus {
  const x = exchangeOf(c);
  const a = attemptOf(c);
  const now = host.monotonic();
  if (!answerOrigin.isProvider()) {
    const isOther = answerOrigin.isOtherFilter();
    attemptJudge.judgeLoss(a, isOther ? End.Local : answerOrigin.endOfLocal(x), now);
    if (isOther) x.outcome = Outcome.Returned;
    return goOn(c, now) ? HeadersStatus.StopAllIterationAndWatermark : HeadersStatus.Continue;
  }
  const decision = delivery.headers(a, end, now);
  if (decision == Decision.Hold) {
    if (a.state == State.Reading) timer.watch(c, now);
    return HeadersStatus.StopIteration;
  }
  if (decision == Decision.Fail && goOn(c, now)) return HeadersStatus.StopAllIterationAndWatermark;
  setAnswerHeaders(x);
  return HeadersStatus.Continue;
}

export function responseBody(c: ClientStream, size: usize, end: bool): BodyStatus {
  const x = exchangeOf(c);
  const a = attemptOf(c);
  if (a.state == State.Over) return delivery.behindEnd(a, size);
  if (a.state == State.Passing) return delivery.passBody(a, size, end);
  const now = host.monotonic();
  const decision = delivery.body(a, size, end, now, false);
  if (decision == Decision.Hold) return BodyStatus.StopNoBuffer;
  if (decision == Decision.Fail) {
    if (goOn(c, now)) return BodyStatus.StopNoBuffer;
    if (delivery.giveBack(a, size, true)) {
      endAttempt(c);
      c.phase = Phase.Answered;
      return BodyStatus.StopNoBuffer;
    }
  }
  setAnswerHeaders(x);
  return BodyStatus.Continue;
}

export function responseTrailers(c: ClientStream): BodyStatus {
  const a = attemptOf(c);
  cleanAnswerTrailers();
  if (a.state == State.Over) return BodyStatus.Continue;
  const now = host.monotonic();
  const decision = delivery.trailers(a, now);
  if (decision == Decision.Pass) return BodyStatus.Continue;
  if (decision == Decision.Hold || !goOn(c, now)) {
    if (!sendErrorInside(a, true)) delivery.sendHeld(a, true);
    endAttempt(c);
    c.phase = Phase.Answered;
  }
  return BodyStatus.StopAndBuffer;
}

/** After a failure: by callout while a hop is left. False: the failed answer passes as it is. */
function goOn(c: ClientStream, now: u64): bool {
  const x = exchangeOf(c);
  if (!callouts.goOn(x, now)) return false;
  endAttempt(c);
  callouts.sendNext(c, now);
  return true;
}

/** The direct attempt is over: its record goes, its answer is dropped. */
export function endAttempt(c: ClientStream): void {
  const x = exchangeOf(c);
  if (x.attempt != 0) attemptJudge.end(attemptOf(c));
  if (c.phase == Phase.Direct) c.phase = Phase.Calling;
}

/** The client's stream ended before its direct attempt did. */
export function abandon(c: ClientStream, now: u64): void {
  const x = exchangeOf(c);
  if (x.attempt == 0) return;
  const a = attemptOf(c);
  attemptJudge.judgeLoss(a, x.hasClientLeft ? End.ClientGone : End.Cut, now);
  attemptJudge.end(a);
}
