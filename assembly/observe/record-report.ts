/**
 * One JSON record of a request, for the host's access log: what was asked, which attempts were made, who answered, how it ended. No
 * token, no key, no prompt. docs/records.md explains the fields.
 */
import { Bytes } from "../text/bytes";
import { JsonWriter } from "../text/json-writer";
import { NS_PER_MS } from "../text/time-units";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import { ClientKey } from "../config/site-config";
import { ModelName } from "../config/model-mapping";
import { CAUSES as CAUSES_KNOWN, Cause, bitOf, causeName } from "../health/verdict";
import { Exchange, Outcome, Stop, entryAt, modelOf, routeOf, stepOf } from "../request/exchange";
import { PlanEntry, upstreamOf } from "../request/plan-entry";
import { Step } from "../request/attempt-step";
import { pathLength } from "../request/request-path";
import { guardName } from "./guard-word";
import { writeRequestId } from "./request-id";
import { OUTCOME_NAMES, outcomeOf } from "./request-outcome";

/** Room for the most attempts that a request may have. */
const CAPACITY: usize = 64 << 10;
const room: usize = heap.alloc(CAPACITY);
const json = new JsonWriter(new Writer());
const written = new Span();

const VERSION = Bytes.of("version");
const ID = Bytes.of("id");
const TIME = Bytes.of("time");
const ROUTE = Bytes.of("route");
const CLIENT = Bytes.of("client");
const API = Bytes.of("api");
const STREAMED = Bytes.of("streamed");
const MODEL = Bytes.of("model");
const OUTCOME = Bytes.of("outcome");
const STATUS = Bytes.of("status");
const PROVIDER = Bytes.of("provider");
const TOKEN = Bytes.of("token");
const SERVED_MODEL = Bytes.of("servedModel");
const FIRST_TOKEN = Bytes.of("firstTokenMs");
const RESCUE = Bytes.of("rescueMs");
const MS = Bytes.of("ms");
const REQUEST_BYTES = Bytes.of("requestBytes");
const RESPONSE_BYTES = Bytes.of("responseBytes");
const ATTEMPTS = Bytes.of("attempts");
const AT = Bytes.of("atMs");
const CAUSE = Bytes.of("cause");
const FORCED = Bytes.of("forced");
const SAID = Bytes.of("said");
const MESSAGE = Bytes.of("message");
const NEXT = Bytes.of("next");
const STOPPED = Bytes.of("stopped");
const GUARD = Bytes.of("guard");
const GUARDED = Bytes.of("guardOutcome");
const TOKENS_IN = Bytes.of("inputTokens");
const TOKENS_OUT = Bytes.of("outputTokens");
const SKIPPED = Bytes.of("skipped");
const CAUSES = Bytes.of("causes");
const OPENS_IN = Bytes.of("opensInMs");
const NOTHING = Bytes.of("");

/** By `Next`. */
const NEXTS: Bytes[] = Bytes.ofAll(["return", "same-provider", "next-token", "next-provider", "second-opinion"]);
/** By `Stop`. */
const STOPS: Bytes[] = Bytes.ofAll([
  "",
  "final-answer",
  "sent-once",
  "most-attempts",
  "no-time",
  "retry-budget",
  "no-hop-left",
  "wait-too-long",
  "broke-off",
]);
/** An answer was good; one was not, and no byte of it has gone out; one was too large to be checked; nothing came to be checked. */
const PASSED = Bytes.of("passed");
const CAUGHT = Bytes.of("caught");
const UNCHECKED = Bytes.of("unchecked");
const TAKEN_OUT = Bytes.of("taken-out");

/** By `RequestOutcome`. */
const OUTCOMES: Bytes[] = Bytes.ofAll(OUTCOME_NAMES);

/** What the host has counted of a request. */
@unmanaged
export class RequestFigures {
  /** Unix time of its end, ms. */
  unixMs: i64 = 0;
  /** Monotonic ns. */
  now: u64 = 0;
  status: u64 = 0;
  requestBytes: u64 = 0;
  responseBytes: u64 = 0;
}

/** The record of a request that is over, valid until the next one; length 0: it does not fit. */
export function writeRecord(x: Exchange, figures: RequestFigures): Span {
  json.out.into(room, CAPACITY);
  json.start().openObject();
  json.key(VERSION).number(1);
  json.key(ID);
  writeRequestId(json, x.vm, x.serial);
  json.key(TIME).number(figures.unixMs - millis(x.started, figures.now));
  json.key(ROUTE).text(x.route != 0 ? routeOf(x).name : NOTHING);
  json.key(CLIENT).text(x.clientKey != 0 ? changetype<ClientKey>(x.clientKey).name : NOTHING);
  json.key(API);
  writeApi(x);
  json.key(STREAMED).flag(x.isStreamed);
  json.key(MODEL).string(x.modelLen > 0 ? modelOf(x) : 0, x.modelLen);
  json.key(OUTCOME).text(unchecked(OUTCOMES[outcomeOf(x)]));
  json.key(STATUS).number(figures.status);
  const last = x.stepCount > 0 ? stepOf(x, x.stepCount - 1) : null;
  // Who answered: the last attempt, where its answer went to the client.
  const isAnswer = x.outcome == Outcome.Served || x.outcome == Outcome.Returned;
  if (last !== null && isAnswer) {
    json.key(PROVIDER).text(last.provider.id);
    json.key(TOKEN).text(last.provider.labelOf(last.token));
    json.key(SERVED_MODEL);
    writeModel(x, last);
    if (last.goodMs >= 0) json.key(FIRST_TOKEN).number(millis(x.started, last.at) + last.goodMs);
    writeUsage(last);
    if (x.stepCount > 1) json.key(RESCUE).number(millis(stepOf(x, 0).at, last.at));
  }
  if (x.outcome != Outcome.Served) json.key(STOPPED).text(stopOf(x));
  if (x.route != 0) {
    json.key(GUARD).text(guardName(routeOf(x).guard));
    json.key(GUARDED).text(guardOutcomeOf(x));
  }
  json.key(MS).number(millis(x.started, figures.now));
  json.key(REQUEST_BYTES).number(figures.requestBytes);
  json.key(RESPONSE_BYTES).number(figures.responseBytes);
  json.key(ATTEMPTS).openArray();
  for (let i = 0; i < x.stepCount; i++) writeAttempt(x, stepOf(x, i));
  json.closeArray();
  writeSaid(x);
  json.key(SKIPPED).openArray();
  for (let i = 0; i < x.upstreamCount; i++) if (entryAt(x, i).skippedAt != 0) writeSkip(x, entryAt(x, i));
  json.closeArray();
  json.closeObject();
  return json.out.hasOverflowed ? written.set(0, 0) : written.set(json.out.ptr, json.out.len);
}

/** What a provider said last of a failure. Words about the request may be words of it. */
function writeSaid(x: Exchange): void {
  const said = x.said;
  if (said.len == 0 || said.isPrivate) return;
  json.key(SAID).openObject();
  json.key(PROVIDER).text(said.provider.id);
  json.key(MESSAGE).string(said.ptr, said.len);
  json.closeObject();
}

function writeAttempt(x: Exchange, step: Step): void {
  json.openObject();
  json.key(PROVIDER).text(step.provider.id);
  json.key(TOKEN).text(step.provider.labelOf(step.token));
  json.key(MODEL);
  writeModel(x, step);
  json.key(AT).number(millis(x.started, step.at));
  json.key(MS).number(step.ms);
  json.key(STATUS).number(step.status);
  json.key(CAUSE).text(step.cause != Cause.None ? causeName(step.cause) : NOTHING);
  if (step.cause != Cause.None && step.cause != Cause.Client) json.key(NEXT).text(unchecked(NEXTS[step.next]));
  if (step.isForced) json.key(FORCED).flag(true);
  json.closeObject();
}

/** Why no further attempt was made. */
function stopOf(x: Exchange): Bytes {
  // A callout's answer that is the client's asks nobody what follows.
  if (x.stop == Stop.None && x.outcome == Outcome.Returned)
    return unchecked(STOPS[x.isSentOnce ? Stop.SentOnce : Stop.FinalAnswer]);
  return unchecked(STOPS[x.stop]);
}

function guardOutcomeOf(x: Exchange): Bytes {
  if (x.isUnchecked) return UNCHECKED;
  for (let i = 0; i < x.stepCount; i++) {
    const step = stepOf(x, i);
    const isCut = x.wasCutOff && i == x.stepCount - 1;
    if (step.status >= 200 && step.status < 300 && step.cause != Cause.None && step.cause != Cause.Client && !isCut)
      return CAUGHT;
  }
  return x.outcome == Outcome.Served ? PASSED : NOTHING;
}

/** As the answer says. */
function writeUsage(step: Step): void {
  if (step.tokensIn >= 0) json.key(TOKENS_IN).number(step.tokensIn);
  if (step.tokensOut >= 0) json.key(TOKENS_OUT).number(step.tokensOut);
}

/** An upstream that was passed over, with what was known then. */
function writeSkip(x: Exchange, entry: PlanEntry): void {
  json.openObject();
  json.key(PROVIDER).text(upstreamOf(entry).provider.id);
  json.key(MODEL);
  writeName(x, entry.target);
  json.key(AT).number(millis(x.started, entry.skippedAt));
  json.key(CAUSES).openArray();
  for (let cause = 0; cause < CAUSES_KNOWN; cause++)
    if ((entry.skippedFor & bitOf(<Cause>cause)) != 0)
      json.text(cause == Cause.None ? TAKEN_OUT : causeName(<Cause>cause));
  json.closeArray();
  const opensIn = entry.skippedOpensIn;
  json.key(OPENS_IN).number(opensIn == u64.MAX_VALUE ? -1 : <i64>((opensIn + NS_PER_MS - 1) / NS_PER_MS));
  json.closeObject();
}

/** Its name at the provider. */
function writeModel(x: Exchange, step: Step): void {
  writeName(x, step.target);
}

function writeName(x: Exchange, target: usize): void {
  if (target != 0) json.text(changetype<ModelName>(target).text);
  else json.string(x.modelLen > 0 ? modelOf(x) : 0, x.modelLen);
}

/** The path without the query, which may hold a secret, and without what of it is the gateway's own. */
function writeApi(x: Exchange): void {
  const size = x.text != 0 ? pathLength(x.text, x.pathLen) : 0;
  if (size <= x.basePrefix) json.text(NOTHING);
  else json.string(x.text + x.basePrefix, size - x.basePrefix);
}

function millis(from: u64, to: u64): i64 {
  return to > from ? <i64>((to - from) / NS_PER_MS) : 0;
}
