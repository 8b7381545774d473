/** The answer of a callout: its judgement, and the way to the client. */
import { indexOf } from "../text/ascii";
import { Bytes } from "../text/bytes";
import * as headerBuilder from "../http/header-builder";
import { Span } from "../text/span";
import * as responseHead from "../response/response-head";
import * as attemptJudge from "../response/attempt-judge";
import { Attempt, Decision } from "../response/attempt-judge";
import { dropBody } from "../request/parked-body";
import { End } from "../health/verdict";
import * as host from "../proxywasm/host";
import { hasRun, isOwnLack } from "./attempt-end";
import { ClientStream, Phase } from "./client-stream";
import { addPassedHeaders } from "./send-reply";
import * as hostNames from "./host-names";
import { sendErrorInside } from "./send-error";
import { addAnswerHeaders } from "./answer-headers";

/** The callout's answer: until another context is made the effective one it can be read, and then it lies there till the callback ends. */
const answerHeaders = new Span();
const answerBody = new Span();

const CONNECT_ERROR = Bytes.of("upstream connect error");
const TERMINATION = Bytes.of("reset reason: connection termination");
const TIMEOUT_TEXT = Bytes.of("upstream request timeout");

/** Reads the answer while it may be read, which is before another context is made the effective one. */
export function judgeAnswer(a: Attempt, count: u32, bodySize: usize, now: u64): Decision {
  answerHeaders.set(0, 0);
  answerBody.set(0, 0);
  const list = count > 0 ? host.headers(host.HeaderMap.CalloutResponse) : null;
  if (list === null) return cut(a, now);
  answerHeaders.set(list.ptr, list.len);
  const body = bodySize > 0 ? host.body(host.Buffer.CalloutResponseBody, 0, bodySize) : null;
  if (body !== null) answerBody.set(body.ptr, body.len);
  const head = responseHead.readResponseHead(answerHeaders.ptr, answerHeaders.len, host.wallClock);
  // Envoy's own words for a callout without an answer (facts 12.4).
  if (head.status == 503 && answerBody.startsWith(CONNECT_ERROR)) return lost(a, endOfConnectError(), now);
  if (head.status == 504 && answerBody.startsWith(TIMEOUT_TEXT)) return late(a, now);
  const decision = attemptJudge.judgeHeaders(a, head, answerBody.len == 0, now, true);
  if (decision != Decision.Hold && answerBody.len == 0) return decision;
  if (decision == Decision.Fail) return decision;
  return attemptJudge.judgeBody(a, answerBody.ptr, answerBody.len, true, now);
}

function endOfConnectError(): End {
  if (isOwnLack(answerBody)) return End.Local;
  const at = indexOf(answerBody.ptr, answerBody.len, TERMINATION.ptr, TERMINATION.len);
  return at >= 0 ? End.Reset : End.Refused;
}

/** A time limit within the answer looks like a cut of its provider's (facts 12.4). */
function cut(a: Attempt, now: u64): Decision {
  return hasRun(a, a.limit, now) ? late(a, now) : lost(a, End.Cut, now);
}

function late(a: Attempt, now: u64): Decision {
  return lost(a, a.exchange.isStreamed ? End.FirstTokenTimeout : End.AttemptTimeout, now);
}

function lost(a: Attempt, how: End, now: u64): Decision {
  attemptJudge.judgeLoss(a, how, now);
  return Decision.Fail;
}

/** Gives the callout's answer as the client's. */
export function deliver(c: ClientStream, a: Attempt): void {
  const x = a.exchange;
  c.phase = Phase.Answered;
  if (sendErrorInside(a, true)) return dropBody(x);
  attemptJudge.hideToken(a, answerBody.ptr, answerBody.len);
  headerBuilder.begin();
  addPassedHeaders(answerHeaders.ptr, answerHeaders.len);
  addAnswerHeaders(x);
  host.sendLocalResponse(a.status, hostNames.DETAILS, answerBody, headerBuilder.end());
  dropBody(x);
}
