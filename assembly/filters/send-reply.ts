/** Answers of ours to the client. */
import { CONTENT_TYPE, JSON_TYPE } from "../http/header-names";
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { EMPTY, Span } from "../text/span";
import * as headerBuilder from "../http/header-builder";
import { headersIn } from "../http/header-list";
import { dropBody } from "../request/parked-body";
import { Exchange, Outcome, configOf } from "../request/exchange";
import { isFirstBest } from "../request/first-answer";
import * as plan from "../request/plan";
import { RequestHead } from "../request/request-head";
import { addErrorHeaders, writeErrorBody } from "../response/error-reply";
import { lastRefusal } from "../response/last-refusal";
import { Refusal } from "../response/replies";
import { isFraming, mustNotForward } from "../response/response-head";
import * as host from "../proxywasm/host";
import { ClientStream, Phase, exchangeOf } from "./client-stream";
import { addQuestionHeaders, forEachCorsHeader } from "./browsers";
import { modelsAnswer, refuseModelAsked } from "./models-answer";
import * as hostNames from "./host-names";
import { addAnswerHeaders } from "./answer-headers";

/** The one place from which errors of ours go out. */
export function sendRefusal(c: ClientStream, refusal: Refusal): void {
  const x = exchangeOf(c);
  c.phase = Phase.Answered;
  if (x.outcome == Outcome.Open) x.outcome = Outcome.Refused;
  x.errorCode = refusal.reply.error.index + 1;
  const body = writeErrorBody(refusal, x.dialect);
  headerBuilder.begin();
  addErrorHeaders(refusal);
  addAnswerHeaders(x);
  host.sendLocalResponse(refusal.reply.error.status, hostNames.DETAILS, body, headerBuilder.end());
  dropBody(x);
}

/** Nothing is left to try: the first answer if that was about the request, else an error of ours. */
export function sendLast(c: ClientStream): void {
  const x = exchangeOf(c);
  const now = host.monotonic();
  if (isFirstBest(x) && (x.first.isOwn || !plan.isCutShort(x, now))) return sendFirst(c, x);
  x.outcome = Outcome.Failed;
  sendRefusal(c, lastRefusal(x, now));
}

const kept = new Span();

function sendFirst(c: ClientStream, x: Exchange): void {
  const first = x.first;
  x.outcome = Outcome.Returned;
  c.phase = Phase.Answered;
  headerBuilder.begin();
  addPassedHeaders(first.block, first.headersLen);
  addAnswerHeaders(x);
  const body = kept.set(first.block + first.headersLen, first.bodyLen);
  host.sendLocalResponse(first.status, hostNames.DETAILS, body, headerBuilder.end());
  dropBody(x);
}

/** What of a provider's headers goes to the client with an answer that we send. */
export function addPassedHeaders(list: usize, len: usize): void {
  const header = headersIn(list, len);
  while (header.next())
    if (
      load<u8>(header.name) != Char.Colon &&
      !mustNotForward(header.name, header.nameLen) &&
      !isFraming(header.name, header.nameLen)
    )
      headerBuilder.add(header.name, header.nameLen, header.value, header.valueLen);
}

const OK = 200;

/** GET of models: what the routes serve. */
export function sendModels(c: ClientStream, path: Span): void {
  const x = exchangeOf(c);
  const answer = modelsAnswer(configOf(x), path);
  if (answer === null) return sendRefusal(c, refuseModelAsked(path));
  c.phase = Phase.Answered;
  x.outcome = Outcome.Served;
  headerBuilder.begin();
  headerBuilder.put(CONTENT_TYPE, JSON_TYPE);
  forEachCorsHeader(x, (name: Bytes, value: usize, len: usize): void =>
    headerBuilder.add(name.ptr, name.len, value, len),
  );
  host.sendLocalResponse(OK, hostNames.DETAILS, answer, headerBuilder.end());
}

const NO_CONTENT = 204;

/** OPTIONS: what a web page may send. */
export function answerQuestion(c: ClientStream, head: RequestHead): void {
  const x = exchangeOf(c);
  c.phase = Phase.Answered;
  x.outcome = Outcome.Served;
  headerBuilder.begin();
  addQuestionHeaders(x, head);
  host.sendLocalResponse(NO_CONTENT, hostNames.DETAILS, EMPTY, headerBuilder.end());
}
