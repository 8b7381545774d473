/** The last answer: what an attempt let through passes, everything else becomes an error that says what was tried. */
import { dropBody } from "../request/parked-body";
import { Outcome, Stop } from "../request/exchange";
import * as timeLimits from "../request/time-limits";
import * as plan from "../request/plan";
import * as metricSlots from "../observe/metric-slots";
import { logRequest } from "../observe/request-log";
import { RequestFigures, writeRecord } from "../observe/record-report";
import { HeadersStatus } from "../proxywasm/dispatcher";
import * as host from "../proxywasm/host";
import * as answerOrigin from "./answer-origin";
import * as callouts from "./callouts";
import { ClientStream, Phase, exchangeOf, serviceOf } from "./client-stream";
import * as hostNames from "./host-names";
import { sendLast } from "./send-reply";
import * as timer from "./timer";
import * as directAttempt from "./direct-attempt";
import { setAnswerHeaders } from "./answer-headers";

/** An answer's headers reach the client's stream, after the attempt filter or without it. */
export function sendAnswer(c: ClientStream): HeadersStatus {
  const x = exchangeOf(c);
  // A failed answer may still carry what was asked of the router; a good one never does.
  if (x.outcome != Outcome.Served) host.removeHeader(host.HeaderMap.Response, hostNames.RETRY.ptr, hostNames.RETRY.len);
  if (x.outcome == Outcome.Open && answerOrigin.isOtherFilter()) {
    x.outcome = Outcome.Returned;
    setAnswerHeaders(x);
    return HeadersStatus.Continue;
  }
  if (x.outcome == Outcome.Served || (x.outcome == Outcome.Returned && answerOrigin.isAttempt())) {
    setAnswerHeaders(x);
    dropBody(x);
    return HeadersStatus.Continue;
  }
  const now = host.monotonic();
  // A hop is armed that the router did not take: no healthy host, retries at their limit, an interim 1xx (facts 2.5, 19.2, 19.5).
  // Or the request waits for one.
  if (x.wakeAt != 0 || (x.hasArmed && timeLimits.hasTime(x, now))) callouts.sendNext(c, now);
  else sendLast(c);
  return HeadersStatus.StopAllIterationAndWatermark;
}

/** The client's stream is over: tells an attempt that still runs whether its client left, and what it all was to those who watch. */
export function countOutcome(c: ClientStream): void {
  if (c.isCounted) return;
  c.isCounted = true;
  const x = exchangeOf(c);
  const isDirect = c.phase == Phase.Direct;
  // A held answer that its provider cut goes to the client as Envoy's own error, and only this callback tells (facts 12.3).
  x.hasClientLeft = (x.outcome == Outcome.Open && !isDirect) || (x.attempt != 0 && clientLeft());
  if (isDirect) directAttempt.abandon(c, host.monotonic());
  if (x.outcome == Outcome.Open && !x.hasClientLeft) x.outcome = Outcome.Failed;
  if (isDirect && x.outcome == Outcome.Failed && x.stop == Stop.None) x.stop = Stop.BrokeOff;
  if (x.hasArmed) plan.disarm(x, host.monotonic());
  const service = serviceOf(c);
  service.metrics.count(x);
  // The tick writes what was counted; and what failed may have to be probed, what was learnt written once more.
  if (!timer.start(c)) metricSlots.flush();
  logRequest(x);
}

const figures = new RequestFigures();

/** Puts the record of a request that is over where the host's access log finds it. */
export function record(c: ClientStream): void {
  const x = exchangeOf(c);
  figures.unixMs = host.wallClock();
  figures.now = host.monotonic();
  figures.status = host.propertyNumber(hostNames.RESPONSE_CODE);
  figures.requestBytes = host.propertyNumber(hostNames.REQUEST_SIZE);
  figures.responseBytes = host.propertyNumber(hostNames.RESPONSE_SIZE);
  const text = writeRecord(x, figures);
  if (text.len > 0) host.setProperty(hostNames.RECORD, text.ptr, text.len);
}

/** Envoy's flags of a client that left: DC, and DR of an HTTP/2 client (facts 4.3). */
const LEFT: u64 = 0x4000 | 0x10000000;

function clientLeft(): bool {
  return (host.propertyNumber(hostNames.FLAGS) & LEFT) != 0;
}
