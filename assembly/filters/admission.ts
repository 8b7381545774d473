/** From a client's request to an exchange on its way: admission, plan, the first hop. */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { hash64 } from "../text/hash";
import * as json from "../json/request-scanner";
import { Routing } from "../config/plugin";
import * as exchanges from "../request/exchange";
import { Exchange, ModelPlace, configOf, endpointOf, routeOf } from "../request/exchange";
import { apiOf } from "../request/api-paths";
import { RequestHead } from "../request/request-head";
import { copyPath, pathLeadsOut } from "../request/request-path";
import * as timeLimits from "../request/time-limits";
import * as plan from "../request/plan";
import * as replies from "../response/replies";
import * as host from "../proxywasm/host";
import { attemptRoots } from "./attempt-roots";
import * as callouts from "./callouts";
import { ClientStream, Phase, exchangeOf, serviceOf } from "./client-stream";
import { keyOf } from "./client-key";
import * as timer from "./timer";
import * as directAttempt from "./direct-attempt";
import * as requestBody from "./request-body";
import * as modelRoutes from "./model-routes";
import * as hostNames from "./host-names";
import { setNumber } from "./number-header";
import * as sendReply from "./send-reply";
import { refuse } from "./send-reply";
import * as operations from "./stream-operations";
import { Service } from "./service";

const NS_PER_MS: u64 = 1000000;
const HEAD = Bytes.of("HEAD");
const POST = Bytes.of("POST");
/** What is sent comes back with it, the token too; and what is no request for an answer. */
const NO_METHODS: Bytes[] = ["TRACE", "CONNECT"].map<Bytes>((name: string) => Bytes.of(name));
const OFF = Bytes.of("off");
const SAME_MODEL = Bytes.of("same-model");

const SAY_KEY = Bytes.of("This gateway asks for one of its clientKeys: as a bearer token, x-api-key or api-key");
const SAY_WISH = Bytes.of("x-ai-failover takes 'off' or 'same-model'");
const SAY_UPGRADE = Bytes.of("This gateway serves no upgraded connections");
const SAY_METHOD = Bytes.of("This gateway serves neither TRACE nor CONNECT");
const SAY_PATH = Bytes.of("The path leads out of the API: a segment of it is '..'");
const SAY_NO_DIALECT = Bytes.of("No provider of this route speaks the API of this path");
const SAY_NOTHING_LIVE = Bytes.of("No token of any provider of this route may be tried now");
const SAY_RATE_LIMITED = Bytes.of("Every live token of this route is rate-limited");
const SAY_TOO_LARGE = Bytes.of(
  "The request's body is larger than this gateway takes (limits.requestBody): bytes allowed: ",
);
const SAY_BUSY = Bytes.of(
  "The gateway holds as many request bodies as it may (limits.parkedBodies); try again shortly",
);

/** Opens the exchange of a request; `list` is all its headers. False: the client has been answered. */
export function admit(c: ClientStream, service: Service, head: RequestHead, list: usize, len: usize, end: bool): bool {
  const now = host.monotonic();
  const config = service.config;
  const x = exchanges.open(c.id, config, service.health, now);
  c.exchange = changetype<usize>(x);
  c.service = changetype<usize>(service);
  x.client = changetype<usize>(c);
  x.isPost = head.method.is(POST);
  x.isHeadRequest = head.method.is(HEAD);
  const api = apiOf(head.path, x.isPost);
  x.dialect = api.dialect;
  x.hasKnownShape = api.hasKnownShape;
  x.isModelCall = api.isModelCall;
  x.isStateful = api.isStateful;
  x.noFailover = api.isStateful;
  x.basePrefix = api.basePrefix;
  const keys = config.clientKeys;
  if (keys.length > 0) {
    const key = keyOf(head.credential, keys);
    if (key === null) return refuse(c, replies.UNAUTHORIZED, SAY_KEY);
    x.clientKey = changetype<usize>(key);
  }
  if (end && modelRoutes.isListRequest(head)) return modelRoutes.sendList(c, config);
  // Without a body callback it cannot be planned (facts 14), and untouched it would take the client's credential on.
  if (head.wantsUpgrade) return refuse(c, replies.INVALID_HEADER, SAY_UPGRADE);
  if (isRefused(head.method)) return refuse(c, replies.METHOD_NOT_ALLOWED, SAY_METHOD);
  // Hosts resolve what is plain; what is encoded, or meant for another kind of server, would go on with a token.
  if (pathLeadsOut(head.path)) return refuse(c, replies.INVALID_PATH, SAY_PATH);
  if (head.failover.len > 0) {
    if (head.failover.is(OFF)) x.noFailover = true;
    else if (head.failover.is(SAME_MODEL)) x.keepsModel = true;
    else return refuse(c, replies.INVALID_HEADER, SAY_WISH);
  }
  keepText(x, head.path, list, len);
  if (head.credential.len > 0) x.credential = hash64(head.credential.ptr, head.credential.len);
  x.isMultipart = requestBody.isMultipart(head.contentType);
  c.phase = Phase.Collecting;
  if (config.routing == Routing.Host) operations.keepRoute();
  if (head.contentLength <= 0 || end) return true;
  x.declaredLength = <usize>head.contentLength;
  return hasRoom(c, x.declaredLength, x.declaredLength);
}

function isRefused(method: Span): bool {
  for (let i = 0, k = NO_METHODS.length; i < k; i++) if (method.is(unchecked(NO_METHODS[i]))) return true;
  return false;
}

/** Keeps the path, without credentials, and the headers for every hop. The model's name stands between them later. */
function keepText(x: Exchange, path: Span, list: usize, len: usize): void {
  x.text = heap.alloc(path.len + requestBody.MODEL_ROOM + len);
  x.pathLen = copyPath(path.ptr, path.len, x.text);
  // A callout may need them in the response phase, where they cannot be read.
  x.headers = x.text + path.len + requestBody.MODEL_ROOM;
  x.headersLen = len;
  memory.copy(x.headers, list, len);
}

/** Whether the body may grow to `size`, for which `capacity` is needed; if not, the client has been answered. */
export function hasRoom(c: ClientStream, size: usize, capacity: usize): bool {
  const x = exchangeOf(c);
  const config = configOf(x);
  if (size > config.requestBodyLimit) {
    replies.beginReply(SAY_TOO_LARGE);
    replies.message.decimal(config.requestBodyLimit);
    sendReply.send(c, replies.TOO_LARGE, 0);
    return false;
  }
  if (exchanges.parkedBytes + (capacity - x.bodyCapacity) <= config.parkedBodiesLimit) return true;
  replies.beginReply(SAY_BUSY);
  sendReply.send(c, replies.BUSY, 1);
  return false;
}

/** Instead of the size of the host's buffer: there is none that could be written. */
export const BODY_OUT_OF_REACH: usize = usize.MAX_VALUE;

/**
 * The request is complete: makes its plan and sends it to the first hop; `size` bytes of it stand in the host's buffer. False:
 * it is held, or the client has been answered.
 */
export function launch(c: ClientStream, size: usize): bool {
  const x = exchangeOf(c);
  if (!requestBody.read(c, x)) return false;
  const route = modelRoutes.routeFor(x);
  if (route === null) return modelRoutes.refuse(c, x);
  const now = host.monotonic();
  x.deadline = x.started + <u64>route.timeout * NS_PER_MS;
  if (x.modelPlace == ModelPlace.Json && json.user.kind == json.Kind.String)
    x.user = hash64(x.body + json.user.start, json.user.end - json.user.start);
  const budget = serviceOf(c).budgets[route.index];
  budget.request(now);
  x.budget = changetype<usize>(budget);
  plan.order(x, route, host.random64());
  if (x.upstreamCount == 0) return refuse(c, replies.UNKNOWN_MODEL, SAY_NO_DIALECT);
  exchanges.healthOf(x).refresh();
  if (!plan.armFirst(x, host.random64(), now) && !waitOrForce(c, x, now)) return false;
  return send(c, x, size, now);
}

/** Nothing is live. True: a hop is armed all the same; false: the request waits for one, or has its 429. */
export function waitOrForce(c: ClientStream, x: Exchange, now: u64): bool {
  const wait = plan.opensIn(x, now);
  if (!plan.isRateLimited(x, now)) {
    if (plan.armSoonest(x, now)) return true;
    return refuse(c, replies.ALL_FAILED, SAY_NOTHING_LIVE);
  }
  const maxWait = <u64>routeOf(x).maxWait * NS_PER_MS;
  if (wait <= maxWait && timeLimits.hasTime(x, now + wait)) {
    c.phase = Phase.Waiting;
    x.wakeAt = now + wait;
    timer.start(c);
    return false;
  }
  replies.beginReply(SAY_RATE_LIMITED);
  send429(c, wait);
  return false;
}

function send429(c: ClientStream, wait: u64): void {
  const second: u64 = 1000000000;
  sendReply.send(c, replies.RATE_LIMITED, (wait + second - 1) / second);
}

/** Sends the request to the armed hop, by the way that this host has. False: by callout, and the request stays held. */
export function send(c: ClientStream, x: Exchange, size: usize, now: u64): bool {
  plan.findAlternative(x, now);
  if ((c.parked || (x.bodyLen == 0 && attemptRoots > 0)) && introduce(x)) {
    steer(x, now);
    // Envoy keeps the limits of an attempt until its headers pass; those between events, and of one attempt alone, are ours.
    if (x.isStreamed || timeLimits.mayHaveLimit(x)) timer.start(c);
    c.phase = Phase.Sent;
    return true;
  }
  timer.start(c);
  if (c.parked || size == BODY_OUT_OF_REACH || !leadsThere(x)) {
    callouts.goOn(c, now);
    return false;
  }
  x.tryTimeout = timeLimits.tryTimeout(x);
  directAttempt.send(c, x, size, now);
  return true;
}

/** Whether the client's own stream goes to the armed hop's cluster: by filter state, or because the host's route does. */
function leadsThere(x: Exchange): bool {
  const cluster = endpointOf(x.armed).cluster;
  return configOf(x).routing == Routing.Plan ? operations.setCluster(x, cluster) : operations.routeLeadsTo(cluster);
}

/** Lets the attempt role know the request, and which cluster it goes to. */
function introduce(x: Exchange): bool {
  return (
    host.setProperty(hostNames.EXCHANGE, changetype<usize>(x), exchanges.IDENTITY_SIZE) &&
    operations.setCluster(x, endpointOf(x.armed).cluster)
  );
}

/** Tells the router how many attempts may follow, and the limits of each and of all. */
function steer(x: Exchange, now: u64): void {
  const request = host.HeaderMap.Request;
  // Of the placeholder it is wrong: where a cluster's own filters replace the attempt role, a provider would wait for the rest.
  if (x.bodyLen > 0) host.removeHeader(request, hostNames.CONTENT_LENGTH.ptr, hostNames.CONTENT_LENGTH.len);
  const left = x.deadline > now ? (x.deadline - now) / NS_PER_MS : 0;
  x.tryTimeout = timeLimits.tryTimeout(x);
  setNumber(request, hostNames.MAX_RETRIES, plan.furtherAttempts(x));
  setNumber(request, hostNames.TIMEOUT, max(left, 1));
  // Not below the total, Envoy would drop it and with it every retry (facts 1.3).
  if (x.tryTimeout > 0 && <u64>x.tryTimeout < left) setNumber(request, hostNames.TRY_TIMEOUT, x.tryTimeout);
  else x.tryTimeout = 0;
}
