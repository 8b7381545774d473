/** Answers of ours to the client. */
import { CONTENT_TYPE, JSON_TYPE } from "../http/header-names";
import { Span } from "../text/span";
import * as headerBuilder from "../http/header-builder";
import * as exchanges from "../request/exchange";
import { Outcome, configOf } from "../request/exchange";
import { addErrorHeaders, writeErrorBody } from "../response/error-reply";
import { lastRefusal } from "../response/last-refusal";
import { Refusal } from "../response/replies";
import * as host from "../proxywasm/host";
import { ClientStream, Phase, exchangeOf } from "./client-stream";
import * as hostNames from "./host-names";
import { addAnswerHeaders } from "./answer-headers";

/** The one place from which errors of ours go out. */
export function sendRefusal(c: ClientStream, refusal: Refusal): void {
  const x = exchangeOf(c);
  c.phase = Phase.Answered;
  if (x.outcome == Outcome.Open) x.outcome = Outcome.Local;
  const body = writeErrorBody(refusal, x.dialect);
  headerBuilder.begin();
  addErrorHeaders(refusal);
  addAnswerHeaders(x);
  host.sendLocalResponse(refusal.reply.error.status, hostNames.DETAILS, body, headerBuilder.end());
  exchanges.dropBody(x);
}

/** Nothing is left to try. */
export function sendLastRefusal(c: ClientStream): void {
  const x = exchangeOf(c);
  x.outcome = Outcome.Exhausted;
  sendRefusal(c, lastRefusal(x, host.monotonic()));
}

const OK = 200;
const models = new Span();

/** GET /v1/models: what the routes serve. */
export function sendModels(c: ClientStream): void {
  c.phase = Phase.Answered;
  const list = configOf(exchangeOf(c)).models;
  headerBuilder.begin();
  headerBuilder.put(CONTENT_TYPE, JSON_TYPE);
  host.sendLocalResponse(OK, hostNames.DETAILS, models.set(list.ptr, list.len), headerBuilder.end());
}
