/** What both roles do to the host's stream for a hop: its headers and body, arming the next one, cleaning answers. */
import * as responseHead from "../response/response-head";
import { Attempt, State } from "../response/attempt-judge";
import { ending } from "../response/stream-ending";
import { Exchange, Hop, endpointOf } from "../request/exchange";
import * as clientHeaders from "../request/client-headers";
import * as plan from "../request/plan";
import * as hopRequest from "../request/hop-request";
import { headersIn } from "../http/header-list";
import * as headerBuilder from "../http/header-builder";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import { End, Next, Verdict } from "../health/verdict";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";
import { setNumber } from "./number-header";
import { addAnswerHeaders } from "./answer-headers";

const REQUEST = host.HeaderMap.Request;
const RESPONSE = host.HeaderMap.Response;
const NS_PER_S: u64 = 1000000000;
const NS_PER_MS: u64 = 1000000;
/** No connection runs out of time sooner: the cluster's own limits left no room for the request (facts 4.3). */
const AT_ONCE_MS: i32 = 25;

/** Makes the request's headers this hop's. The map is one for all attempts: everything is set or removed every time (facts 1.8). */
export function setRequestHeaders(x: Exchange, hop: Hop, bodyless: bool): void {
  const endpoint = endpointOf(hop);
  host.setHeader(REQUEST, hostNames.AUTHORITY, endpoint.authority.ptr, endpoint.authority.len);
  const path = hopRequest.path(x, hop);
  host.setHeader(REQUEST, hostNames.PATH, path.ptr, path.len);
  // Before the first attempt the gateway role has removed the client's.
  if (x.stepCount > 1) removeCredentials(endpoint.authHeader);
  const credential = hopRequest.credential(hop);
  if (credential.len > 0) host.setHeader(REQUEST, endpoint.authHeader, credential.ptr, credential.len);
  else host.removeHeader(REQUEST, endpoint.authHeader.ptr, endpoint.authHeader.len);
  const version = endpoint.versionHeader;
  if (version !== null && host.header(REQUEST, version) === null)
    host.setHeader(REQUEST, version, endpoint.versionValue!.ptr, endpoint.versionValue!.len);
  if (!bodyless) setNumber(REQUEST, hostNames.CONTENT_LENGTH, hopRequest.bodyLength(x, hop));
}

function removeCredentials(except: Bytes): void {
  for (let i = 0, k = hostNames.CREDENTIALS.length; i < k; i++) {
    const name = unchecked(hostNames.CREDENTIALS[i]);
    if (!name.equals(except.ptr, except.len)) host.removeHeader(REQUEST, name.ptr, name.len);
  }
}

/** Up to this size a body is put together here, which costs less than two more writes. */
const SMALL: usize = 8 << 10;
const small: usize = memory.data(8 << 10);
const writer = new Writer();

/** Puts the parked body in place of what is in the buffer, with the hop's model: up to three writes of a large one, no copy. */
export function setRequestBody(x: Exchange, hop: Hop, size: usize): void {
  const body = host.Buffer.RequestBody;
  const model = hopRequest.model(x, hop);
  if (model.len == 0) {
    host.setBody(body, 0, size, x.body, x.bodyLen);
    return;
  }
  const rest = x.bodyLen - x.modelEnd;
  if (x.modelStart + model.len + rest <= SMALL) {
    writer.into(small, SMALL);
    writer.raw(x.body, x.modelStart);
    writer.raw(model.ptr, model.len);
    writer.raw(x.body + x.modelEnd, rest);
    host.setBody(body, 0, size, writer.ptr, writer.len);
    return;
  }
  host.setBody(body, 0, size, x.body, x.modelStart);
  host.setBody(body, x.modelStart, 0, model.ptr, model.len);
  host.setBody(body, x.modelStart + model.len, 0, x.body + x.modelEnd, rest);
}

/** Removes what a provider must not tell the router or the client. */
export function cleanAnswer(list: usize, len: usize): void {
  clean(RESPONSE, list, len, responseHead.mustNotForward);
}

/** What is no header is no trailer either. */
export function cleanAnswerTrailers(): void {
  const map = host.HeaderMap.ResponseTrailers;
  const list = host.headers(map);
  if (list !== null) clean(map, list.ptr, list.len, responseHead.mustNotForward);
}

/** Removes what a client must not tell a provider. */
export function cleanRequestTrailers(): void {
  const map = host.HeaderMap.RequestTrailers;
  const list = host.headers(map);
  if (list !== null) clean(map, list.ptr, list.len, clientHeaders.mustNotForward);
}

function clean(map: host.HeaderMap, list: usize, len: usize, mustDrop: (name: usize, len: usize) => bool): void {
  const header = headersIn(list, len);
  while (header.next()) if (mustDrop(header.name, header.nameLen)) host.removeHeader(map, header.name, header.nameLen);
}

/** Before the first change to the request's headers, under a route that the host has fixed. */
export function keepRoute(): void {
  host.setProperty(hostNames.CLEAR_ROUTE_CACHE, OFF.ptr, OFF.len);
}

/**
 * Whether the host's route leads to the cluster, and still will when path and host are the hop's: on Higress, which alone has this
 * property. Elsewhere Envoy looks for the route again after any change to the headers (facts 17.2), and may find another's cluster.
 */
export function routeLeadsTo(cluster: Bytes): bool {
  const current = host.property(hostNames.CLUSTER_NAME_OLD);
  return current !== null && current.is(cluster);
}

/** Points the gateway stream's filter state at the armed hop's cluster: the router reads it again for a retry. */
export function setCluster(x: Exchange, cluster: Bytes): bool {
  if (x.cluster == changetype<usize>(cluster)) return true;
  if (!host.setProperty(hostNames.CLUSTER, cluster.ptr, cluster.len)) return false;
  x.cluster = changetype<usize>(cluster);
  return true;
}

/**
 * Arms what follows `verdict` through the gateway's stream, which owns the filter state; then the attempt's is the effective one.
 * Where only a rate limit stands in the way and an answer is there to carry the wish, the router is asked to wait.
 */
export function armNext(a: Attempt, verdict: Verdict, answered: bool, now: u64): bool {
  const x = a.exchange;
  if (x.gateway == 0) return false;
  let wait: u64 = 0;
  if (!plan.armNext(x, verdict, host.random64(), now)) {
    if (!answered || verdict.next == Next.Return) return false;
    wait = plan.armAfterWait(x, now);
    if (wait == 0) return false;
  }
  x.hasArmed = host.setEffective(x.gateway) && setCluster(x, endpointOf(x.armed).cluster);
  host.setEffective(a.stream);
  if (x.hasArmed && wait > 0) setNumber(RESPONSE, hostNames.WAIT, (wait + NS_PER_S - 1) / NS_PER_S);
  return x.hasArmed;
}

const OFF = Bytes.of("off");
const ONE = Bytes.of("1");

/** The router and the gateway role alone see this header. */
export function askForRetry(): void {
  host.setHeader(RESPONSE, hostNames.RETRY, ONE.ptr, ONE.len);
}

/** After a stream that ended without its mark: the error event from which the dialect's clients raise. `size` bytes stand in the buffer. */
export function appendEnding(a: Attempt, size: usize): void {
  const event = ending(a.exchange.dialect, a.validator);
  host.setBody(host.Buffer.ResponseBody, size, 0, event.ptr, event.len);
}

const CONTENT_TYPE = Bytes.of("content-type");

const held = new Span();

/** Gives what was held as an answer of our own. `story`: no role that comes after this one tells how it came about. */
export function sendHeld(a: Attempt, story: bool): void {
  headerBuilder.begin();
  const type = host.header(RESPONSE, CONTENT_TYPE);
  if (type !== null) headerBuilder.add(CONTENT_TYPE.ptr, CONTENT_TYPE.len, type.ptr, type.len);
  if (story) addAnswerHeaders(a.exchange);
  host.sendLocalResponse(a.status, hostNames.DETAILS, held.set(a.held, a.heldLen), headerBuilder.end());
}

const TLS_ERROR = Bytes.of("TLS_error");

/** Why an attempt's stream ended before its answer did: no property names it, so it is read off what is there (facts 4.3). */
export function endOf(a: Attempt, now: u64): End {
  const x = a.exchange;
  if (x.gateway == 0 || x.clientHasLeft) return End.ClientGone;
  const ranOut = runsOut(a, now);
  if (a.state == State.Passing) return ranOut ? End.Stalled : End.Cut;
  const limit = x.isStreamed ? End.FirstTokenTimeout : End.AttemptTimeout;
  if (a.state != State.Waiting) return ranOut ? limit : End.Cut;
  if (host.property(hostNames.LOCAL_ADDRESS) === null) {
    const failure = host.property(hostNames.TRANSPORT_FAILURE);
    if (failure === null || failure.len == 0) return hasRun(a, AT_ONCE_MS, now) ? End.ConnectTimeout : End.Local;
    return failure.startsWith(TLS_ERROR) ? End.Tls : End.Refused;
  }
  return ranOut ? limit : End.Reset;
}

function runsOut(a: Attempt, now: u64): bool {
  const x = a.exchange;
  if (now >= x.deadline) return true;
  return x.tryTimeout > 0 && hasRun(a, x.tryTimeout, now);
}

/**
 * Whether an attempt that a timer of Envoy may have ended has run for `ms`. A quarter is given: Envoy's timers count from when
 * its loop last read the clock, and so fire early on a busy machine.
 */
export function hasRun(a: Attempt, ms: i32, now: u64): bool {
  return (now - a.started) / NS_PER_MS >= <u64>(ms - ms / 4);
}

/** On the client's stream: whether the answer is a provider's, and not one of Envoy's own. */
export function isViaUpstream(): bool {
  const details = host.property(hostNames.CODE_DETAILS);
  return details === null || details.is(hostNames.VIA_UPSTREAM);
}

/** Whether it is one that an attempt let through: a provider's, or what `sendHeld` gave in its place. */
export function isOfAttempt(): bool {
  const details = host.property(hostNames.CODE_DETAILS);
  return details === null || saysAttempt(details);
}

/** Whether another filter of the host has answered, in the router's place: it has its reasons, and the last word. */
export function isOfOther(): bool {
  const details = host.property(hostNames.CODE_DETAILS);
  return details !== null && !saysAttempt(details) && localEnd(details) === null;
}

function saysAttempt(details: Span): bool {
  return details.is(hostNames.VIA_UPSTREAM) || details.is(hostNames.DETAILS);
}

/** Why an attempt failed to which Envoy itself has answered, on the client's own stream. */
export function endOfLocal(x: Exchange): End {
  const details = host.property(hostNames.CODE_DETAILS);
  const row = details !== null ? localEnd(details) : null;
  if (row === null) return End.Reset;
  return row.end == End.AttemptTimeout && x.isStreamed ? End.FirstTokenTimeout : row.end;
}

function localEnd(details: Span): LocalEnd | null {
  for (let i = 0, k = LOCAL_ENDS.length; i < k; i++) {
    const row = unchecked(LOCAL_ENDS[i]);
    if (details.startsWith(row.prefix)) return row;
  }
  return null;
}

class LocalEnd {
  readonly prefix: Bytes;
  constructor(
    details: string,
    readonly end: End,
  ) {
    this.prefix = Bytes.of(details);
  }
}

/** What the router and the connection manager say, by the start of `response.code_details` (facts 4.3). */
const LOCAL_ENDS: LocalEnd[] = [
  new LocalEnd("upstream_reset_before_response_started{connection_termination", End.Reset),
  new LocalEnd("upstream_reset_before_response_started{protocol_error", End.Reset),
  new LocalEnd("upstream_reset_before_response_started{connection_timeout", End.ConnectTimeout),
  new LocalEnd("upstream_reset_before_response_started{remote_connection_failure", End.Refused),
  new LocalEnd("upstream_reset_before_response_started{delayed_connect_error", End.Refused),
  new LocalEnd("upstream_reset_before_response_started{overflow", End.Local),
  new LocalEnd("upstream_per_try_timeout", End.AttemptTimeout),
  new LocalEnd("response_timeout", End.AttemptTimeout),
  new LocalEnd("no_healthy_upstream", End.Refused),
  new LocalEnd("cluster_not_found", End.Local),
  new LocalEnd("maintenance_mode", End.Local),
  new LocalEnd("route_not_found", End.Local),
  new LocalEnd("stream_idle_timeout", End.AttemptTimeout),
  new LocalEnd("upstream_", End.Reset),
];
