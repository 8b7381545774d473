/** The answer of a callout: its judgement, and the way to the client. */
import { headerValue } from "../http/header-list";
import { indexOf } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Dialect } from "../config/dialect";
import { Provider } from "../config/provider";
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
import * as missingCluster from "./missing-cluster";
import { addPassedHeaders } from "./send-reply";
import * as hostNames from "./host-names";
import { sendErrorInside } from "./send-error";
import { addAnswerHeaders } from "./answer-headers";

/** The callout's answer: until another context is made the effective one it can be read, and then it lies there till the callback ends. */
const answerHeaders = new Span();
const answerBody = new Span();

const CONNECT_ERROR = Bytes.of("upstream connect error");
const TERMINATION = Bytes.of("reset reason: connection termination");
const NO_CLUSTER = Bytes.of("cluster_not_found");
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
  if (head.status == 503 && isLocal(a)) return lost(a, End.Local, now);
  // Envoy's own words for a callout without an answer (facts 12.4).
  if (head.status == 503 && answerBody.startsWith(CONNECT_ERROR)) return lost(a, endOfConnectError(), now);
  if (head.status == 504 && answerBody.startsWith(TIMEOUT_TEXT)) return late(a, now);
  const decision = attemptJudge.judgeHeaders(a, head, answerBody.len == 0, now, true);
  if (decision != Decision.Hold && answerBody.len == 0) return decision;
  if (decision == Decision.Fail) return decision;
  return attemptJudge.judgeBody(a, answerBody.ptr, answerBody.len, true, now);
}

/** Whether the call came no further than this Envoy: the provider's cluster is missing, or is full. */
function isLocal(a: Attempt): bool {
  const why = headerValue(answerHeaders.ptr, answerHeaders.len, hostNames.LOCAL_HEADER);
  if (why === null) return false;
  if (!why.startsWith(NO_CLUSTER)) return true;
  const provider = changetype<Provider>(a.provider);
  const endpoint = a.exchange.dialect == Dialect.Messages ? provider.messages : provider.openai;
  if (endpoint !== null) missingCluster.note(provider, endpoint.cluster);
  return true;
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
