/**
 * Between an answer on a stream of the host and its judgement: the same for the attempt filter's upstream stream and for the
 * gateway filter's own where no attempt filter is. On Fail the caller decides how to go on; what was held is in the attempt.
 */
import { CONTENT_LENGTH } from "../http/header-names";
import { CONTENT_TYPE } from "../http/header-names";
import { ending } from "../response/stream-ending";
import { readResponseHead } from "../response/response-head";
import * as attemptJudge from "../response/attempt-judge";
import { Attempt, Decision, State } from "../response/attempt-judge";
import { Span } from "../text/span";
import * as headerBuilder from "../http/header-builder";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";
import { addAnswerHeaders } from "./answer-headers";
import { cleanAnswerHeaders } from "./header-cleaning";

const BODY = host.Buffer.ResponseBody;

export function headers(a: Attempt, end: bool, now: u64): Decision {
  const list = host.headers(host.HeaderMap.Response);
  if (list === null) return Decision.Pass;
  const head = readResponseHead(list.ptr, list.len, host.wallClock);
  cleanAnswerHeaders(list.ptr, list.len);
  const decision = attemptJudge.judgeHeaders(a, head, end, now);
  // An error event may have to follow a stream that ends without its mark.
  if (decision != Decision.Fail && a.state != State.Reading && a.validator.mayNeedEnding)
    host.removeHeader(host.HeaderMap.Response, CONTENT_LENGTH.ptr, CONTENT_LENGTH.len);
  return decision;
}

/** After Hold nothing of the chunk is left in the host's buffer; after Pass everything that was held stands in it. */
export function body(a: Attempt, size: usize, end: bool, now: u64): Decision {
  const passing = a.state == State.Passing;
  const chunk = size > 0 ? host.body(BODY, 0, size) : null;
  const decision =
    chunk !== null
      ? attemptJudge.judgeBody(a, chunk.ptr, chunk.len, end, now)
      : attemptJudge.judgeBody(a, 0, 0, end, now);
  if (passing) {
    if (end && a.hasFailed) appendEnding(a, size);
    return Decision.Pass;
  }
  // Our own memory holds it: Envoy's buffer limit would turn it into a 500 (facts 19.9).
  if (decision == Decision.Hold) host.setBody(BODY, 0, size, 0, 0);
  else if (decision == Decision.Pass) putBack(a, size);
  return decision;
}

/**
 * Trailers end the answer without a last body callback. Hold: it was held, and nothing can be put back before trailers (facts
 * 19.9), so that it has to be given by `sendHeld`.
 */
export function trailers(a: Attempt, now: u64): Decision {
  const held = a.state != State.Passing;
  const decision = attemptJudge.judgeTrailers(a, now);
  if (held) return decision == Decision.Fail ? Decision.Fail : Decision.Hold;
  // A broken transfer is the honest end of a stream without its mark.
  if (a.hasFailed && a.validator.needsEnding && host.setEffective(a.exchange.gateway)) host.resetStream();
  return Decision.Pass;
}

/** After a stream that ended without its mark: the error event from which the dialect's clients raise. */
function appendEnding(a: Attempt, size: usize): void {
  const event = ending(a.exchange.dialect, a.validator);
  host.setBody(BODY, size, 0, event.ptr, event.len);
}

/** Puts what was held in place of the chunk that is in the host's buffer. */
export function putBack(a: Attempt, size: usize): void {
  if (a.heldLen == 0) return;
  host.setBody(BODY, 0, size, a.held, a.heldLen);
  attemptJudge.dropHeld(a);
}

const held = new Span();

/** Gives what was held as an answer of our own. `addsTrail`: no filter that comes after this one adds it. */
export function sendHeld(a: Attempt, addsTrail: bool): void {
  headerBuilder.begin();
  const type = host.header(host.HeaderMap.Response, CONTENT_TYPE);
  if (type !== null) headerBuilder.add(CONTENT_TYPE.ptr, CONTENT_TYPE.len, type.ptr, type.len);
  if (addsTrail) addAnswerHeaders(a.exchange);
  host.sendLocalResponse(a.status, hostNames.DETAILS, held.set(a.held, a.heldLen), headerBuilder.end());
}
