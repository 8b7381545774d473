/**
 * The callout driver: the next hop as an HTTP call of the gateway role, its answer as one of ours. It goes on wherever no attempt
 * role can: on older hosts, under a route that the host has fixed, and after answers that Envoy gave by itself.
 */
import { Bytes } from "../text/bytes";
import * as pairs from "../http/header-list";
import * as headers from "../http/header-builder";
import { Table } from "../text/hash-table";
import { Config } from "../config/plugin";
import * as answer from "../response/response-head";
import * as attempts from "../response/attempt-judge";
import { Attempt, Decision, verdict } from "../response/attempt-judge";
import * as exchanges from "../request/exchange";
import { Exchange, Hop, Outcome, endpointOf } from "../request/exchange";
import * as head from "../request/request-head";
import * as limits from "../request/time-limits";
import * as plan from "../request/plan";
import * as rewrite from "../request/hop-request";
import { End, Next } from "../health/verdict";
import * as host from "../proxywasm/host";
import { Client, Phase, exchangeOf } from "./client-stream";
import * as timer from "./timer";
import { explain } from "./give-up";
import * as missing from "./missing-cluster";
import * as names from "./host-names";
import * as seat from "./stream-operations";
import { addStory } from "./answer-headers";

const NS_PER_MS: u64 = 1000000;
/** Attempts whose callout has not answered, by its token. */
const pending = new Table(64);

/** After a failure, `verdict`: arms what follows. False: the failed answer is the client's. */
export function arm(x: Exchange, now: u64): bool {
  if (x.outcome != Outcome.Returned) plan.armNext(x, verdict, host.random64(), now);
  return x.outcome != Outcome.Returned;
}

/** And then: the armed hop, or another when a rate limit has passed; else the last answer. */
export function next(c: Client, now: u64): void {
  const x = exchangeOf(c);
  if (x.hasArmed) {
    goOn(c, now);
    return;
  }
  const wait = verdict.next == Next.Return ? 0 : plan.armAfterWait(x, now);
  if (wait == 0) {
    explain(c, x);
    return;
  }
  c.phase = Phase.Calling;
  x.wakeAt = now + wait;
  timer.start(c);
}

/** From the tick: goes on after a wait. */
export function look(c: Client, x: Exchange, now: u64): void {
  if (x.wakeAt == 0 || now < x.wakeAt || !host.setEffective(x.gateway)) return;
  x.wakeAt = 0;
  // Where its token has died meanwhile, the next one may open soon.
  const more = plan.rearm(x, host.random64(), now) ? 0 : plan.armAfterWait(x, now);
  if (more > 0) x.wakeAt = now + more;
  else goOn(c, now);
}

/** Goes on with the armed hop and those that follow it. False: no callout could be started, and the client has its last answer. */
export function goOn(c: Client, now: u64): bool {
  const x = exchangeOf(c);
  while (x.hasArmed) {
    const hop = plan.advance(x);
    const a = attempts.begin(x, hop, c.id, now);
    a.limit = timeLimit(x, now);
    a.cramped = limits.isCramped(x, limits.calloutTimeout(x), now);
    const token = start(x, hop, a.limit);
    if (token != 0) {
      pending.set(token, changetype<usize>(a));
      c.phase = Phase.Calling;
      return true;
    }
    // No callback follows an unknown cluster (2), nor one that is full or has no host (10).
    attempts.onLost(a, End.Local, now);
    attempts.end(a);
    plan.armNext(x, verdict, host.random64(), now);
  }
  explain(c, x);
  return false;
}

function start(x: Exchange, hop: Hop, limit: i32): u32 {
  writeHeaders(x, hop);
  rewrite.model(x, hop);
  let body = x.body;
  let size = x.bodyLen;
  const copy = rewrite.len > 0;
  if (copy) {
    size = x.modelStart + rewrite.len + (x.bodyLen - x.modelEnd);
    body = heap.alloc(size);
    memory.copy(body, x.body, x.modelStart);
    memory.copy(body + x.modelStart, rewrite.ptr, rewrite.len);
    memory.copy(body + x.modelStart + rewrite.len, x.body + x.modelEnd, x.bodyLen - x.modelEnd);
  }
  const endpoint = endpointOf(hop);
  let token = host.callout(endpoint.cluster, headers.ptr, headers.len, body, size, limit);
  if (token == 0 && host.calloutStatus == host.Status.BadArgument && missing.takeRoute(x, hop))
    token = host.callout(endpoint.cluster, headers.ptr, headers.len, body, size, limit);
  if (copy) heap.free(body);
  return token;
}

/** The whole answer must come within this, ms; never 0, which is no limit to Envoy. */
function timeLimit(x: Exchange, now: u64): i32 {
  const left = x.deadline > now ? max(<i32>((x.deadline - now) / NS_PER_MS), 1) : 1;
  const limit = limits.calloutTimeout(x);
  return limit > 0 ? min(left, limit) : left;
}

/** The client's own headers, with what is the hop's in place of what is not. */
function writeHeaders(x: Exchange, hop: Hop): void {
  const endpoint = endpointOf(hop);
  headers.begin();
  pairs.start(x.headers, x.headersLen);
  while (pairs.next())
    if (!head.mustDrop(pairs.name, pairs.nameLen) && !head.isOfHop(pairs.name, pairs.nameLen))
      headers.add(pairs.name, pairs.nameLen, pairs.value, pairs.valueLen);
  headers.put(names.AUTHORITY, endpoint.authority);
  rewrite.path(x, hop);
  headers.add(names.PATH.ptr, names.PATH.len, rewrite.ptr, rewrite.len);
  rewrite.credential(hop);
  if (rewrite.len > 0) headers.add(endpoint.authHeader.ptr, endpoint.authHeader.len, rewrite.ptr, rewrite.len);
  const version = endpoint.versionHeader;
  if (version !== null && !sends(x, version)) headers.put(version, endpoint.versionValue!);
  headers.end();
}

function sends(x: Exchange, name: Bytes): bool {
  pairs.start(x.headers, x.headersLen);
  while (pairs.next()) if (name.equals(pairs.name, pairs.nameLen)) return true;
  return false;
}

/** A callout is answered; 0 headers: it was cut (facts 12.4). A client that has left is no error. */
export function answered(token: u32, count: u32, bodySize: usize): void {
  const at = pending.get(token);
  if (at == 0) return;
  pending.delete(token);
  const a = changetype<Attempt>(at);
  const x = a.exchange;
  const now = host.monotonic();
  const decision = x.gateway == 0 ? Decision.Hold : judge(a, count, bodySize, now);
  const list = answerList;
  const listLen = answerListLen;
  if (x.gateway == 0) attempts.onLost(a, End.ClientGone, now);
  else if (host.setEffective(x.gateway)) {
    const c = changetype<Client>(x.client);
    if (decision == Decision.Pass || !arm(x, now)) deliver(c, a, list, listLen);
    else next(c, now);
  }
  attempts.end(a);
  exchanges.release(x);
}

/** The root of this configuration is gone: the host has dropped its callouts, whose clients had left. */
export function forget(config: Config, now: u64): void {
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
    attempts.onLost(a, End.ClientGone, now);
    attempts.end(a);
    exchanges.release(x);
  }
}

let answerList: usize = 0;
let answerListLen: usize = 0;
let answerBody: usize = 0;
let answerBodyLen: usize = 0;

const CONNECT_ERROR = Bytes.of("upstream connect error");
const TIMEOUT_TEXT = Bytes.of("upstream request timeout");

/** Reads the answer while it may be read, which is before another context is made the effective one. */
function judge(a: Attempt, count: u32, bodySize: usize, now: u64): Decision {
  answerBodyLen = 0;
  answerListLen = 0;
  if (count == 0 || !host.headerPairs(host.HeaderMap.CalloutResponse)) return cut(a, now);
  answerList = host.ptr;
  answerListLen = host.len;
  if (bodySize > 0 && host.body(host.Buffer.CalloutResponseBody, 0, bodySize)) {
    answerBody = host.ptr;
    answerBodyLen = host.len;
  }
  answer.read(answerList, answerListLen, host.wallClock);
  // Envoy's own words for a callout without an answer (facts 12.4).
  if (answer.status == 503 && saysOwn(CONNECT_ERROR)) return lost(a, End.Refused, now);
  if (answer.status == 504 && saysOwn(TIMEOUT_TEXT)) return late(a, now);
  const decision = attempts.onHead(a, answerBodyLen == 0, now, true);
  if (decision != Decision.Hold && answerBodyLen == 0) return decision;
  if (decision == Decision.Fail) return decision;
  return attempts.onBody(a, answerBody, answerBodyLen, true, now);
}

function saysOwn(text: Bytes): bool {
  return answerBodyLen >= text.len && memory.compare(answerBody, text.ptr, text.len) == 0;
}

/** A time limit within the answer looks like a cut of its provider's (facts 12.4). */
function cut(a: Attempt, now: u64): Decision {
  return seat.hasRun(a, a.limit, now) ? late(a, now) : lost(a, End.Cut, now);
}

function late(a: Attempt, now: u64): Decision {
  return lost(a, a.exchange.streamed ? End.FirstTokenTimeout : End.AttemptTimeout, now);
}

function lost(a: Attempt, how: End, now: u64): Decision {
  attempts.onLost(a, how, now);
  return Decision.Fail;
}

/** Gives the callout's answer as the client's. */
function deliver(c: Client, a: Attempt, list: usize, len: usize): void {
  const x = a.exchange;
  headers.begin();
  pairs.start(list, len);
  while (pairs.next())
    if (
      load<u8>(pairs.name) != 0x3a &&
      !answer.mustDrop(pairs.name, pairs.nameLen) &&
      !answer.isFraming(pairs.name, pairs.nameLen)
    )
      headers.add(pairs.name, pairs.nameLen, pairs.value, pairs.valueLen);
  addStory(x);
  headers.end();
  c.phase = Phase.Answered;
  host.sendLocalResponse(a.status, names.DETAILS, answerBody, answerBodyLen, headers.ptr, headers.len);
  exchanges.dropBody(x);
}
