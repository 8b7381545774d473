/**
 * One try of one hop, judged as its answer comes in. The same judgement serves both modes: the attempt filter feeds it from an
 * upstream filter, the callout driver from a held response or a callout's answer.
 */
import { NS_PER_MS } from "../text/time-units";
import { secretBegun, starSecret } from "../text/secrets";
import { Guard as GuardMode } from "../config/route";
import { ModelName } from "../config/model-mapping";
import { Provider } from "../config/provider";
import { Token } from "../config/token";
import { messageOf, shown } from "../health/shown-message";
import { Cause, End, Next, Scope, Verdict, bitOf, isCallers } from "../health/verdict";
import { FailedAnswer, classifyAnswer, classifyEnd, classifyError, errorText, needsBody } from "../health/classify";
import { applyRules, settleRules } from "../health/answer-rules";
import { evidence } from "./evidence";
import { BodyType, ResponseHead } from "./response-head";
import { Attempt, State, heldBytes, hold } from "./attempt";
import { Exchange, Outcome, configOf, guardOf, healthOf, modelOf, routeOf, stepOf } from "../request/exchange";
import { QUOTE_SIZE } from "../request/kept-answers";
import { endpointOf } from "../request/hop";
import { pathLength } from "../request/request-path";
import { Defect, NO_CUT, Progress } from "./validator";
import { keep, keepHeaders, weigh } from "../request/first-answer";
import { jsonInside } from "./body-kind";
import { clientBody, clientStatus } from "./client-error";
import * as headerBuilder from "../http/header-builder";
import { CONTENT_TYPE } from "../http/header-names";
import { Bytes } from "../text/bytes";
import * as timeLimits from "../request/time-limits";
import * as trail from "./trail";

export { Attempt, State, begin, dropHeld, end } from "./attempt";

export enum Decision {
  /** Keep what came from the client. */
  Hold,
  /** Let the answer, with all that was held, go on. */
  Pass,
  /** The attempt failed: `verdict` says why. */
  Fail,
}

/** How much of a failed answer's body is read. */
const ERROR_BODY: usize = 64 << 10;
const NO_CONTENT = 204;

/** What the last judgement found; one for all, read it at once. */
export const verdict = new Verdict();

function providerOf(a: Attempt): Provider {
  return changetype<Provider>(a.provider);
}

function tokenOf(a: Attempt): Token {
  return unchecked(providerOf(a).tokens[a.token]);
}

function millis(a: Attempt, now: u64): i32 {
  return <i32>((now - a.started) / NS_PER_MS);
}

/**
 * The answer's headers are here. `whole`: and all that follows, so that even without a guard nothing has
 * to go on before it is judged.
 */
export function judgeHeaders(a: Attempt, head: ResponseHead, last: bool, now: u64, whole: bool = false): Decision {
  const x = a.exchange;
  a.status = head.status;
  if (a.status >= 400) noteWait(a, head);
  if (a.status >= 400 && a.status < 500 && !x.isSentOnce) keepHeaders(x, head.list, head.listLen);
  if (isBad(a.status)) {
    if (last || !needsBody(a.status)) return judgeStatus(a, 0, 0, now);
    a.state = State.Reading;
    a.idleSince = now;
    return Decision.Hold;
  }
  const guard = guardOf(x);
  const mode = whole && guard == GuardMode.None ? GuardMode.FirstEvent : guard;
  // What it says of state, a failed job or file, is no error of its own.
  const body = x.isStateful && head.body == BodyType.Json ? BodyType.Binary : head.body;
  const mayBeBodyless = x.isHeadRequest || !x.isModelCall || (a.status == NO_CONTENT && !x.hasKnownShape);
  const mayBeSilent = !configOf(x).rejectsEmpty;
  a.validator.start(x.dialect, x.hasKnownShape, x.isStreamed, body, mode, mayBeBodyless, mayBeSilent);
  if (x.isKept || (x.isStateful && x.isPost && head.body == BodyType.Json)) a.validator.readId();
  a.state = State.Judging;
  if (last) return decide(a, a.validator.finish(), true, now);
  if (mode == GuardMode.None || a.validator.isOpaque) return pass(a, now);
  return Decision.Hold;
}

/**
 * More of the answer; `last`: nothing follows, or nothing need be waited for. On Hold the attempt has taken the bytes: they are in `held`. On
 * Pass what was held goes first, and has these bytes in it if there was anything before them. A whole answer passes at once, and fails at
 * the last.
 */
export function judgeBody(a: Attempt, ptr: usize, len: usize, last: bool, now: u64): Decision {
  if (len > 0) a.silentSince = now;
  switch (a.state) {
    case State.Reading: {
      hold(a, ptr, min(len, ERROR_BODY - a.heldLen + len));
      if (!last && a.heldLen < ERROR_BODY) return Decision.Hold;
      // A callout's answer is given as it lies there.
      hideToken(a, ptr, len);
      return judgeHeld(a, now);
    }
    case State.Judging: {
      const ends = last || a.isWhole;
      let seen = a.validator.feed(ptr, len);
      if (ends && seen != Progress.Failed) seen = a.validator.finish();
      noteSigns(a, now);
      noteMade(a);
      if (seen == Progress.Failed && a.isWhole && !last) {
        hold(a, ptr, len);
        return Decision.Hold;
      }
      const decision = decide(a, seen, ends, now);
      if (decision == Decision.Fail) return decision;
      if (decision == Decision.Pass && a.heldLen == 0) return decision;
      hold(a, ptr, len);
      if (decision == Decision.Hold && isTooMuch(a)) {
        a.exchange.isUnchecked = true;
        return pass(a, now);
      }
      return decision;
    }
    default:
      return Decision.Pass;
  }
}

/** More of an answer that passes, heard at the time `heard`. True: nothing of it may follow. */
export function readPassing(a: Attempt, ptr: usize, len: usize, heard: u64): bool {
  if (len > 0) a.silentSince = heard;
  a.validator.feed(ptr, len);
  noteSigns(a, heard);
  noteMade(a);
  a.dropsRest = a.validator.cutAt != NO_CUT;
  return a.dropsRest;
}

function noteWait(a: Attempt, head: ResponseHead): void {
  const wait = head.wait;
  a.waitMs = wait.ms;
  a.isWaitFirm = wait.isFirm;
  a.isSubscription = wait.isSubscription;
  a.unixMs = wait.unixMs;
}

/** More is held of this answer, or of all of this worker, than may be: it goes on unchecked. */
function isTooMuch(a: Attempt): bool {
  const config = configOf(a.exchange);
  return a.heldLen > config.guardLimit || heldBytes() > config.parkedBodiesLimit;
}

/** A provider may quote the token that it was sent: no client may see it. Its length stays, so that no length is wrong. True: it was there. */
export function hideToken(a: Attempt, ptr: usize, len: usize): bool {
  const token = tokenOf(a);
  return starSecret(ptr, len, token.secret, token.secretLen);
}

/** How many bytes at the end of a text may be the beginning of the token. */
export function tokenBegun(a: Attempt, ptr: usize, len: usize): usize {
  const token = tokenOf(a);
  return secretBegun(ptr, len, token.secret, token.secretLen);
}

/** Trailers end the answer without a last body callback. */
export function judgeTrailers(a: Attempt, now: u64): Decision {
  switch (a.state) {
    case State.Reading:
      return judgeHeld(a, now);
    case State.Judging:
      return decide(a, a.validator.finish(), true, now);
    case State.Passing:
      onPassed(a, now);
      return Decision.Pass;
    default:
      return Decision.Pass;
  }
}

/** More than buffers on the way to a provider take at once: its end may still have been on its way when the provider closed. */
const UPLOAD: usize = 128 << 10;

/** The stream ended without the end of its answer. True: that was a failure, and `verdict` says which. */
export function judgeLoss(a: Attempt, how: End, now: u64): bool {
  if (a.state == State.Over) return false;
  if (a.state == State.Passing) return onBroken(a, how, now);
  if (how == End.ClientGone) return leave(a, now);
  // What came of an error says enough, unless the client should read it.
  if (a.state == State.Reading) classifyHeld(a, a.held, a.heldLen);
  if (a.state == State.Judging && a.validator.hasFailed) classifyDefect(a);
  else if (a.state != State.Reading || isCallers(verdict.cause))
    classifyEnd(how == End.Reset && a.exchange.bodyLen > UPLOAD ? End.UploadReset : how, verdict);
  fail(a, now);
  return true;
}

/** What the buffers on the way to a client hold at least. */
const UNREAD: u64 = 512 << 10;

/** Whether so much has gone out that silence may be that of a client which does not read: Envoy tells no filter that it waits for it. */
export function mayBeUnread(a: Attempt): bool {
  return a.passed >= UNREAD;
}

/** So did one of which bytes have gone to the client. */
function onBroken(a: Attempt, how: End, now: u64): bool {
  if (a.validator.isDone) {
    // Behind the last event there was nothing to lose.
    onPassed(a, now);
    return a.hasFailed;
  }
  noteCounts(a);
  if (how == End.ClientGone) return leave(a, now);
  // A stream that was longer than the request's time.
  const long = !timeLimits.hasTime(a.exchange, now);
  if (long) a.isShortOfTime = true;
  classifyEnd(long ? End.AttemptTimeout : how, verdict);
  if (how == End.Stalled && mayBeUnread(a)) verdict.scope = Scope.Nobody;
  breakOff(a, now);
  return true;
}

/** The client left, and the attempt has no verdict. */
function leave(a: Attempt, now: u64): bool {
  a.state = State.Over;
  trail.note(stepOf(a.exchange, a.step), a.status, Cause.Client, millis(a, now));
  healthOf(a.exchange).released(providerOf(a), a.token, a.model, a.exchange.api, now, a.isTrial);
  return false;
}

function noteSigns(a: Attempt, now: u64): void {
  if (a.validator.signs == a.signs) return;
  a.signs = a.validator.signs;
  a.idleSince = now;
}

/** What the answer is asked for by later is this token's. */
function noteMade(a: Attempt): void {
  const id = a.validator.json.id;
  if (id == 0 || a.hasNotedMade || !(a.exchange.isStateful || a.exchange.isKept)) return;
  a.hasNotedMade = true;
  healthOf(a.exchange).madeBy(providerOf(a), a.token, id);
}

/** What was counted while the answer passed. */
function noteCounts(a: Attempt): void {
  const step = stepOf(a.exchange, a.step);
  const json = a.validator.json;
  step.invalidEvents = a.validator.invalidEvents;
  step.tokensIn = json.tokensIn;
  step.tokensOut = json.tokensOfAnswer;
}

function decide(a: Attempt, seen: Progress, last: bool, now: u64): Decision {
  if (seen == Progress.Failed) {
    classifyDefect(a);
    return failAnswer(a, a.validator.errorPtr, a.validator.errorLen, now);
  }
  if (last) {
    pass(a, now);
    onPassed(a, now);
    return Decision.Pass;
  }
  if (a.validator.isWhole) return Decision.Hold;
  const enough = guardOf(a.exchange) == GuardMode.Full ? a.validator.isDone : seen >= Progress.Content;
  return enough ? pass(a, now) : Decision.Hold;
}

/** By `Defect`. */
const ENDS: End[] = [End.None, End.Empty, End.Garbage, End.Garbage, End.NoEndMark, End.NoEndMark];

/** An error, nothing or garbage inside a 200. */
function classifyDefect(a: Attempt): void {
  const validator = a.validator;
  if (validator.defect == Defect.ErrorInside && validator.errorLen > 0) {
    describe(a, validator.errorPtr, validator.errorLen);
    classifyError(answer, verdict);
    obeyRules(a, true);
  } else classifyEnd(ENDS[validator.defect], verdict);
}

function pass(a: Attempt, now: u64): Decision {
  a.state = State.Passing;
  a.validator.release();
  const step = stepOf(a.exchange, a.step);
  trail.note(step, a.status, Cause.None, millis(a, now));
  step.goodMs = step.ms;
  a.exchange.outcome = Outcome.Served;
  // A trial's breaker closes with the first good bytes: a long stream must not hold it half-open.
  if (a.isTrial) healthOf(a.exchange).succeeded(providerOf(a), a.token, a.model, a.exchange.api, now, a.isTrial);
  return Decision.Pass;
}

/** The answer has gone to the client to its end. */
export function onPassed(a: Attempt, now: u64): void {
  a.state = State.Over;
  const seen = a.validator.finish();
  noteCounts(a);
  if (seen != Progress.Failed && !a.validator.hasFailed) {
    if (!a.isTrial) healthOf(a.exchange).succeeded(providerOf(a), a.token, a.model, a.exchange.api, now, a.isTrial);
    return;
  }
  classifyDefect(a);
  breakOff(a, now);
}

/** It failed after bytes of it have gone to the client: nothing can follow. */
function breakOff(a: Attempt, now: u64): void {
  verdict.next = Next.Return;
  a.exchange.wasCutOff = true;
  fail(a, now);
}

/**
 * The answer's own failure: it may be the client's last answer. A bad status goes to it as it came; of an answer with a good one only the
 * error inside (`hasErrorInside`), since what is empty or broken would be taken for an answer.
 */
function failAnswer(a: Attempt, body: usize, len: usize, now: u64): Decision {
  const x = a.exchange;
  if (weigh(x, verdict)) {
    if (a.status >= 400) keep(x, a.status, body, len);
    else if (hasErrorInside(a)) keepInside(a);
  }
  const isAnswer = isBad(a.status) || hasErrorInside(a);
  if (isAnswer && (x.isSentOnce || (verdict.next == Next.Return && x.first.status == 0))) x.outcome = Outcome.Returned;
  if (len > 0) quote(a, body, len);
  return fail(a, now);
}

const JSON_TYPE = Bytes.of("application/json");

/** Keeps the error inside a good answer as the client would get it. */
function keepInside(a: Attempt): void {
  const x = a.exchange;
  const validator = a.validator;
  headerBuilder.begin();
  headerBuilder.put(CONTENT_TYPE, JSON_TYPE);
  const list = headerBuilder.end();
  keepHeaders(x, list.ptr, list.len);
  hideToken(a, validator.errorPtr, validator.errorLen);
  const body = clientBody(x.dialect, verdict, validator.errorPtr, validator.errorLen);
  keep(x, clientStatus(verdict), body.ptr, body.len);
}

function isBad(status: i32): bool {
  return status < 200 || status > 299;
}

/** It failed by an error under a good status, whose text the validator has kept. */
export function hasErrorInside(a: Attempt): bool {
  return !isBad(a.status) && a.validator.defect == Defect.ErrorInside;
}

function judgeHeld(a: Attempt, now: u64): Decision {
  hideToken(a, a.held, a.heldLen);
  return judgeStatus(a, a.held, min(a.heldLen, ERROR_BODY), now);
}

function judgeStatus(a: Attempt, body: usize, len: usize, now: u64): Decision {
  classifyHeld(a, body, len);
  return failAnswer(a, body, len, now);
}

/** What the operator's own rules say of the answer that was judged; `isInside`: of an error inside a good one. */
function obeyRules(a: Attempt, isInside: bool): void {
  const x = a.exchange;
  const status = isInside && errorText.status > 0 ? errorText.status : a.status;
  if (
    applyRules(routeOf(x).rules, status, isInside, verdict) &&
    applyRules(providerOf(a).rules, status, isInside, verdict)
  )
    applyRules(configOf(x).rules, status, isInside, verdict);
  settleRules(verdict);
}

const answer = new FailedAnswer();

/** Fills `answer` for its judgement. */
function describe(a: Attempt, body: usize, len: usize): void {
  const x = a.exchange;
  answer.set(providerOf(a).family, a.status, body, len);
  evidence.body = body;
  evidence.bodyLen = len;
  if (a.target != 0) {
    const name = changetype<ModelName>(a.target).text;
    answer.model = name.ptr;
    answer.modelLen = name.len;
  } else {
    answer.model = modelOf(x);
    answer.modelLen = x.modelLen;
  }
  answer.isStrangePath = !x.hasKnownShape;
  answer.unixMs = a.unixMs;
  answer.waitMs = a.waitMs;
  answer.isWaitFirm = a.isWaitFirm;
  answer.isSubscription = a.isSubscription;
}

/** An answer with a bad status, by what of its body has come. */
function classifyHeld(a: Attempt, body: usize, len: usize): void {
  const json = jsonInside(body, len);
  describe(a, json.ptr, json.len);
  classifyAnswer(answer, verdict);
  obeyRules(a, false);
}

/** Keeps what the provider said, for people. */
function quote(a: Attempt, body: usize, len: usize): void {
  const token = unchecked(providerOf(a).tokens[a.token]);
  messageOf(body, len, token.secret, token.secretLen);
  if (shown.len == 0) return;
  const said = a.exchange.said;
  said.provider = providerOf(a);
  said.isPrivate = isCallers(verdict.cause);
  said.len = min(shown.len, QUOTE_SIZE);
  memory.copy(said.ptr, shown.ptr, said.len);
}

/** Whether what a provider says counts against it; one that gets paths as they are may have its models anywhere. */
function callsModel(x: Exchange): bool {
  return x.isModelCall || (x.isPost && endpointOf(x.current).keepsPath);
}

function fail(a: Attempt, now: u64): Decision {
  const x = a.exchange;
  a.state = State.Over;
  a.hasFailed = true;
  x.lastStatus = a.status;
  x.lastCause = verdict.cause;
  x.causes |= bitOf(verdict.cause);
  if (verdict.waitMs >= 0) x.waitMs = x.waitMs < 0 ? verdict.waitMs : min(x.waitMs, verdict.waitMs);
  trail.note(stepOf(x, a.step), a.status, verdict.cause, millis(a, now));
  // It may be the path, which the client has chosen; what is spent is spent whatever was asked.
  if (!callsModel(x) && a.status != 0 && verdict.cause != Cause.RateLimit && verdict.cause != Cause.Quota)
    verdict.scope = Scope.Nobody;
  const health = healthOf(x);
  if (verdict.cause == Cause.Slow && a.isShortOfTime)
    health.released(providerOf(a), a.token, a.model, a.exchange.api, now, a.isTrial);
  else {
    gatherEvidence(a);
    health.failed(providerOf(a), a.token, a.model, x.api, verdict, x.serial, now, a.isTrial);
  }
  evidence.clear();
  return Decision.Fail;
}

/** Its words are there since `describe`. */
function gatherEvidence(a: Attempt): void {
  const x = a.exchange;
  const tokens = providerOf(a).tokens;
  evidence.provider = a.provider;
  evidence.token = a.token;
  evidence.model = a.model;
  evidence.api = x.api;
  evidence.vm = x.vm;
  evidence.serial = x.serial;
  evidence.name = a.target != 0 ? changetype<ModelName>(a.target).text.ptr : modelOf(x);
  evidence.nameLen = a.target != 0 ? changetype<ModelName>(a.target).text.len : x.modelLen;
  evidence.path = x.text + x.basePrefix;
  evidence.pathLen = pathLength(x.text, x.pathLen) - x.basePrefix;
  if (a.token >= tokens.length) return;
  const token = unchecked(tokens[a.token]);
  evidence.secret = token.secret;
  evidence.secretLen = token.secretLen;
}

function isRead(a: Attempt): bool {
  return a.state == State.Judging || a.state == State.Passing;
}

/** Whether the last event of the answer has come. */
export function isDone(a: Attempt): bool {
  return isRead(a) && a.validator.isDone;
}

/** Whether anything has come that shows that the model works at its answer. */
export function hasSign(a: Attempt): bool {
  return isRead(a) && a.validator.hasSign;
}
