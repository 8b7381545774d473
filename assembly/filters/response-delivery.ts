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
import { EMPTY, Span } from "../text/span";
import * as headerBuilder from "../http/header-builder";
import { hold } from "../response/attempt";
import { BodyStatus } from "../proxywasm/dispatcher";
import * as host from "../proxywasm/host";
import * as dueTimes from "./due-times";
import * as hostNames from "./host-names";
import { addAnswerHeaders } from "./answer-headers";
import { cleanAnswerHeaders } from "./header-cleaning";
import { sendErrorInside } from "./send-error";
import * as timer from "./timer";

const BODY = host.Buffer.ResponseBody;

export function headers(a: Attempt, end: bool, now: u64): Decision {
  const list = host.headers(host.HeaderMap.Response);
  if (list === null) return Decision.Pass;
  const head = readResponseHead(list.ptr, list.len, host.wallClock);
  cleanAnswerHeaders(list.ptr, list.len);
  a.toCome = head.contentLength;
  const decision = attemptJudge.judgeHeaders(a, head, end, now);
  // An error event may have to follow a stream that ends without its mark.
  if (decision != Decision.Fail && a.state != State.Reading && a.validator.mayNeedEnding)
    host.removeHeader(host.HeaderMap.Response, CONTENT_LENGTH.ptr, CONTENT_LENGTH.len);
  return decision;
}

/**
 * More of an answer that does not pass yet. After Hold nothing of the chunk is left in the host's buffer; after Pass everything that was
 * held stands in it. `resets`: to go on after a failure resets this stream, which closes the provider's connection unless the host has told
 * of the answer's end (facts 21.8), so that a whole answer does not fail before.
 */
export function body(a: Attempt, size: usize, end: bool, now: u64, resets: bool): Decision {
  const got = take(a, size);
  const chunk = got.ptr;
  const len = got.len;
  const wasDone = attemptJudge.isDone(a);
  const decision = attemptJudge.judgeBody(a, chunk, len, end || (a.isWhole && !resets), now);
  // From here on it has little time to end.
  if (!end && !wasDone && attemptJudge.isDone(a)) timer.watchAttempt(a, now);
  // Our own memory holds it: Envoy's buffer limit would turn it into a 500 (facts 19.9).
  if (decision == Decision.Hold) host.setBody(BODY, 0, size, 0, 0);
  else if (decision == Decision.Pass) passOn(a, chunk, len, end || a.isWhole);
  return decision;
}

/** More of an answer that passes. Such a chunk comes with each word: the clock is asked at the end alone. */
export function passBody(a: Attempt, size: usize, end: bool): BodyStatus {
  const got = take(a, size);
  const chunk = got.ptr;
  const len = got.len;
  const ends = end || a.isWhole;
  const wasDone = attemptJudge.isDone(a);
  const heard = dueTimes.heard();
  if (attemptJudge.readPassing(a, chunk, len, heard) || ends) attemptJudge.onPassed(a, host.monotonic());
  else if (!wasDone && attemptJudge.isDone(a)) timer.watchAttempt(a, heard);
  if (a.heldLen > 0) hold(a, chunk, len);
  passOn(a, chunk, len, ends);
  return BodyStatus.Continue;
}

/** What the host's buffer holds: so much less is still to come. */
function take(a: Attempt, size: usize): Span {
  const got = size > 0 ? host.body(BODY, 0, size) : null;
  if (got === null) return EMPTY;
  if (a.toCome > 0) a.toCome = max(a.toCome - <i64>got.len, 0);
  return got;
}

/**
 * Lets a chunk go to the client, or what is held and ends with it: without the token, and without what may begin it or a `[DONE]` that
 * is no end, which stays held. Where the stream failed in a way that its client would not see, an error event takes the place of the rest.
 */
function passOn(a: Attempt, chunk: usize, size: usize, end: bool): void {
  const isHeld = a.heldLen > 0;
  const text = isHeld ? a.held : chunk;
  let len = isHeld ? a.heldLen : size;
  if (a.dropsRest) len = len - size + a.validator.cutAt;
  const ends = end || a.dropsRest;
  const isChanged = attemptJudge.hideToken(a, text, len) || isHeld || a.dropsRest;
  const kept: usize = ends ? 0 : max(attemptJudge.tokenBegun(a, text, len), <usize>a.validator.withheld);
  a.passed += len - kept;
  if (isChanged || kept > 0) host.setBody(BODY, 0, size, text, len - kept);
  if (kept > 0) keepLast(a, text + len - kept, kept);
  else attemptJudge.dropHeld(a);
  if (ends && a.hasFailed) appendEnding(a, len);
}

/** More of an answer that is judged to the end. */
export function behindEnd(a: Attempt, size: usize): BodyStatus {
  if (a.dropsRest) host.setBody(BODY, 0, size, 0, 0);
  return BodyStatus.Continue;
}

/** Of what was let go, the last `len` bytes are held on. */
function keepLast(a: Attempt, ptr: usize, len: usize): void {
  if (a.heldLen == 0) return hold(a, ptr, len);
  memory.copy(a.held, ptr, len);
  a.heldLen = len;
}

/**
 * Trailers end the answer without a last body callback. Hold: it was held, and nothing can be put back before trailers (facts
 * 19.9), so that it has to be given by `sendHeld`.
 */
export function trailers(a: Attempt, now: u64): Decision {
  const held = a.state != State.Passing;
  const decision = attemptJudge.judgeTrailers(a, now);
  if (held) return decision == Decision.Fail ? Decision.Fail : Decision.Hold;
  // A broken transfer is the honest end of a stream without its mark, or of one whose last bytes were held.
  const isBroken = (a.hasFailed && a.validator.needsEnding) || a.heldLen > 0;
  if (isBroken && host.setEffective(a.exchange.gateway)) host.resetStream();
  return Decision.Pass;
}

/** After a stream that ended without its mark: the error event from which the dialect's clients raise. */
function appendEnding(a: Attempt, size: usize): void {
  attemptJudge.hideToken(a, a.validator.errorPtr, a.validator.errorLen);
  const event = ending(a.exchange.dialect, a.validator);
  host.setBody(BODY, size, 0, event.ptr, event.len);
}

/**
 * After a failure that no hop follows: gives the failed answer to the client, in place of the chunk that is in the host's buffer. True:
 * by an answer of ours, so that nothing of this one may go on. `addsTrail`: as for `sendErrorInside`.
 */
export function giveBack(a: Attempt, size: usize, addsTrail: bool): bool {
  if (sendErrorInside(a, addsTrail)) return true;
  putBack(a, size);
  return false;
}

function putBack(a: Attempt, size: usize): void {
  if (a.heldLen == 0) return;
  host.setBody(BODY, 0, size, a.held, a.heldLen);
  attemptJudge.dropHeld(a);
}

const held = new Span();

/** Gives what was held as an answer of our own. `addsTrail`: no filter that comes after this one adds it. */
export function sendHeld(a: Attempt, addsTrail: bool): void {
  attemptJudge.hideToken(a, a.held, a.heldLen);
  headerBuilder.begin();
  const type = host.header(host.HeaderMap.Response, CONTENT_TYPE);
  if (type !== null) headerBuilder.add(CONTENT_TYPE.ptr, CONTENT_TYPE.len, type.ptr, type.len);
  if (addsTrail) addAnswerHeaders(a.exchange);
  host.sendLocalResponse(a.status, hostNames.DETAILS, held.set(a.held, a.heldLen), headerBuilder.end());
}
