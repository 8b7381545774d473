/**
 * The callout driver: the next hop as an HTTP call of the gateway filter, its answer as one of ours. It goes on wherever no attempt
 * filter can: on older hosts, under a route that the host has fixed, and after answers that Envoy gave by itself.
 */
import { Bytes } from "../text/bytes";
import { headerValue, headersIn } from "../http/header-list";
import * as headerBuilder from "../http/header-builder";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import { NS_PER_MS } from "../text/time-units";
import { HashTable } from "../text/hash-table";
import { SiteConfig } from "../config/plugin";
import * as responseHead from "../response/response-head";
import * as attemptJudge from "../response/attempt-judge";
import { Attempt, Decision, verdict } from "../response/attempt-judge";
import * as exchanges from "../request/exchange";
import { Exchange, Hop, Outcome, endpointOf, providerOf } from "../request/exchange";
import * as clientHeaders from "../request/client-headers";
import * as timeLimits from "../request/time-limits";
import * as nextMove from "../request/next-move";
import { Move } from "../request/next-move";
import * as plan from "../request/plan";
import * as hopRequest from "../request/hop-request";
import { End } from "../health/verdict";
import * as host from "../proxywasm/host";
import { hasRun } from "./attempt-end";
import { ClientStream, Phase, exchangeOf } from "./client-stream";
import * as timer from "./timer";
import { addPassedHeaders, sendLast } from "./send-reply";
import * as missingCluster from "./missing-cluster";
import * as hostNames from "./host-names";
import { sendErrorInside } from "./send-error";
import { addAnswerHeaders } from "./answer-headers";

/** Attempts whose callout has not answered, by its token. */
const pending = new HashTable(64);

/** After a failure, `verdict`: finds out what follows. False: the failed answer is the client's. */
export function goOn(x: Exchange, now: u64): bool {
  if (x.outcome != Outcome.Returned) nextMove.follow(x, verdict, host.random64(), now);
  return x.outcome != Outcome.Returned;
}

/** And then: sends to the armed hop, at once or when the wait is over; else gives the last answer. */
export function sendNext(c: ClientStream, now: u64): void {
  const x = exchangeOf(c);
  if (x.wakeAt == 0) return sendArmed(c, now);
  c.phase = Phase.Calling;
  timer.start(c);
}

/** From the tick: goes on when a wait is over. */
export function wake(c: ClientStream, x: Exchange, now: u64): void {
  if (x.wakeAt == 0 || now < x.wakeAt || !host.setEffective(x.gateway)) return;
  if (nextMove.resume(x, host.random64(), now) != Move.Wait) sendArmed(c, now);
}

/** Sends to the armed hop, or to those that follow it where no callout can be started; else gives the last answer. */
export function sendArmed(c: ClientStream, now: u64): void {
  const x = exchangeOf(c);
  while (x.hasArmed) {
    const hop = plan.advance(x, now);
    const a = attemptJudge.begin(x, hop, c.id, now);
    a.limit = timeLimit(x, now);
    a.isShortOfTime = timeLimits.isShortOfTime(x, timeLimits.fairCalloutTime(x), now);
    const token = startCallout(x, hop, a.limit);
    if (token != 0) {
      pending.set(token, changetype<usize>(a));
      c.phase = Phase.Calling;
      return;
    }
    // No callback follows an unknown cluster (2), nor one that is full or has no host (10).
    attemptJudge.judgeLoss(a, End.Local, now);
    attemptJudge.end(a);
    if (nextMove.follow(x, verdict, host.random64(), now) == Move.Wait) return sendNext(c, now);
  }
  sendLast(c);
}

function startCallout(x: Exchange, hop: Hop, limit: i32): u32 {
  const headers = buildHeaders(x, hop);
  const model = hopRequest.model(x, hop);
  let body = x.body;
  let size = x.bodyLen;
  const copy = model.len > 0;
  if (copy) {
    size = x.modelStart + model.len + (x.bodyLen - x.modelEnd);
    body = heap.alloc(size);
    memory.copy(body, x.body, x.modelStart);
    memory.copy(body + x.modelStart, model.ptr, model.len);
    memory.copy(body + x.modelStart + model.len, x.body + x.modelEnd, x.bodyLen - x.modelEnd);
  }
  const endpoint = endpointOf(hop);
  let call = host.callout(endpoint.cluster, headers, body, size, limit);
  if (call.status == host.Status.BadArgument && missingCluster.takeRoute(x, hop))
    call = host.callout(endpoint.cluster, headers, body, size, limit);
  if (copy) heap.free(body);
  return call.token;
}

/** The whole answer must come within this, ms; never 0, which is no limit to Envoy. */
function timeLimit(x: Exchange, now: u64): i32 {
  const left = x.deadline > now ? max(<i32>((x.deadline - now) / NS_PER_MS), 1) : 1;
  const limit = timeLimits.calloutTimeout(x);
  return limit > 0 ? min(left, limit) : left;
}

/** The client's own headers, with what is the hop's in place of what is not. */
export function buildHeaders(x: Exchange, hop: Hop): Span {
  const endpoint = endpointOf(hop);
  headerBuilder.begin();
  const header = headersIn(x.headers, x.headersLen);
  while (header.next())
    if (
      clientHeaders.isOfCallout(header.name, header.nameLen) ||
      clientHeaders.isOfApi(header.name, header.nameLen, x.dialect)
    )
      headerBuilder.add(header.name, header.nameLen, header.value, header.valueLen);
  addForwarded(x, hop);
  headerBuilder.put(hostNames.AUTHORITY, endpoint.authority);
  const path = hopRequest.path(x, hop);
  headerBuilder.add(hostNames.PATH.ptr, hostNames.PATH.len, path.ptr, path.len);
  const credential = hopRequest.credential(hop);
  if (credential.len > 0)
    headerBuilder.add(endpoint.authHeader.ptr, endpoint.authHeader.len, credential.ptr, credential.len);
  const version = endpoint.versionHeader;
  if (version !== null && headerValue(x.headers, x.headersLen, version) === null)
    headerBuilder.put(version, endpoint.versionValue!);
  return headerBuilder.end();
}

/** What the provider's configuration forwards besides what the API knows, and through how many gateways the request came. */
function addForwarded(x: Exchange, hop: Hop): void {
  const names = providerOf(hop).forwardHeaders;
  for (let i = 0, k = names.length; i < k; i++) {
    const name = unchecked(names[i]);
    if (clientHeaders.isOfApi(name.ptr, name.len, x.dialect)) continue;
    const value = headerValue(x.headers, x.headersLen, name);
    if (value !== null) headerBuilder.add(name.ptr, name.len, value.ptr, value.len);
  }
  hops.into(hopsRoom, HOPS_SIZE).decimal(<u64>x.hops + 1);
  headerBuilder.add(hostNames.HOPS.ptr, hostNames.HOPS.len, hops.ptr, hops.len);
}

const HOPS_SIZE: usize = 20;
const hopsRoom: usize = memory.data(20);
const hops = new Writer();

/** A callout is answered; 0 headers: it was cut (facts 12.4). A client that has left is no error. */
export function answered(token: u32, count: u32, bodySize: usize): void {
  const at = pending.get(token);
  if (at == 0) return;
  pending.delete(token);
  const a = changetype<Attempt>(at);
  const x = a.exchange;
  const now = host.monotonic();
  const decision = x.gateway == 0 ? Decision.Hold : judge(a, count, bodySize, now);
  if (x.gateway == 0) attemptJudge.judgeLoss(a, End.ClientGone, now);
  else if (host.setEffective(x.gateway)) {
    const c = changetype<ClientStream>(x.client);
    if (decision == Decision.Pass || !goOn(x, now)) deliver(c, a);
    else sendNext(c, now);
  }
  attemptJudge.end(a);
  exchanges.release(x);
}

/** The root of this configuration is gone: the host has dropped its callouts, whose clients had left. */
export function dropPending(config: SiteConfig, now: u64): void {
  for (let i: u32 = 0, k = pending.capacity; i < k;) {
    const at = pending.valueAt(i);
    // A deletion moves another one here.
    if (at == 0 || changetype<Attempt>(at).exchange.config != changetype<usize>(config)) {
      i++;
      continue;
    }
    pending.delete(pending.keyAt(i));
    const a = changetype<Attempt>(at);
    const x = a.exchange;
    attemptJudge.judgeLoss(a, End.ClientGone, now);
    attemptJudge.end(a);
    exchanges.release(x);
  }
}

/** The callout's answer: until another context is made the effective one it can be read, and then it lies there till the callback ends. */
const answerHeaders = new Span();
const answerBody = new Span();

const CONNECT_ERROR = Bytes.of("upstream connect error");
const TIMEOUT_TEXT = Bytes.of("upstream request timeout");

/** Reads the answer while it may be read, which is before another context is made the effective one. */
function judge(a: Attempt, count: u32, bodySize: usize, now: u64): Decision {
  answerHeaders.set(0, 0);
  answerBody.set(0, 0);
  const list = count > 0 ? host.headers(host.HeaderMap.CalloutResponse) : null;
  if (list === null) return cut(a, now);
  answerHeaders.set(list.ptr, list.len);
  const body = bodySize > 0 ? host.body(host.Buffer.CalloutResponseBody, 0, bodySize) : null;
  if (body !== null) answerBody.set(body.ptr, body.len);
  const head = responseHead.readResponseHead(answerHeaders.ptr, answerHeaders.len, host.wallClock);
  // Envoy's own words for a callout without an answer (facts 12.4).
  if (head.status == 503 && answerBody.startsWith(CONNECT_ERROR)) return lost(a, End.Refused, now);
  if (head.status == 504 && answerBody.startsWith(TIMEOUT_TEXT)) return late(a, now);
  const decision = attemptJudge.judgeHeaders(a, head, answerBody.len == 0, now, true);
  if (decision != Decision.Hold && answerBody.len == 0) return decision;
  if (decision == Decision.Fail) return decision;
  return attemptJudge.judgeBody(a, answerBody.ptr, answerBody.len, true, now);
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
function deliver(c: ClientStream, a: Attempt): void {
  const x = a.exchange;
  c.phase = Phase.Answered;
  if (sendErrorInside(a, true)) return exchanges.dropBody(x);
  attemptJudge.hideToken(a, answerBody.ptr, answerBody.len);
  headerBuilder.begin();
  addPassedHeaders(answerHeaders.ptr, answerHeaders.len, a.status);
  addAnswerHeaders(x);
  host.sendLocalResponse(a.status, hostNames.DETAILS, answerBody, headerBuilder.end());
  exchanges.dropBody(x);
}
