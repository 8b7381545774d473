/** What a request's headers say, read in one walk: one host call instead of a dozen. */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { hash64 } from "../text/hash";
import { parseDecimal } from "../http/durations";
import { isPlain } from "../http/content-coding";
import { HeaderSet } from "../http/header-set";
import { headerValue, headersIn } from "../http/header-list";
import { Provider } from "../config/provider";
import { allowedAt, apiOf, madeByCall } from "./api-paths";
import { Exchange, MADE_APART, configOf } from "./exchange";
import { MODEL_ROOM, isMultipart } from "./request-body";
import { withoutIdleSlashes } from "./request-path";

/** Of the request whose headers were read last: its spans lie in the host's memory and are gone when the callback ends. Empty: not there. */
export class RequestHead {
  readonly method: Span = new Span();
  readonly path: Span = new Span();
  readonly authority: Span = new Span();
  readonly contentType: Span = new Span();
  /** What the caller shows as its credential, with "Bearer " if that is in front; the first of several. */
  readonly credential: Span = new Span();
  /** In whatever header a client shows one, as OpenAI's, Anthropic's, Azure's and Google's libraries do. */
  readonly credentials: StaticArray<Span> = [new Span(), new Span(), new Span(), new Span()];
  /** The value of `x-ai-failover`. */
  readonly failover: Span = new Span();
  /** What a browser says of the page that calls: its origin, how far it is from here, and what it wants to send. */
  readonly origin: Span = new Span();
  readonly fetchSite: Span = new Span();
  readonly requestedHeaders: Span = new Span();
  /** Bytes that the body will have; -1: not told. */
  contentLength: i64 = -1;
  wantsUpgrade: bool = false;
  /** Of Anthropic's API. */
  hasVersion: bool = false;
  /** Gateways of ours that it has passed before. */
  hops: i32 = 0;
  /** By a coding that nobody before this filter has undone. */
  isCompressed: bool = false;
  /** Its path takes these methods, and not this one; null: the path is none of ours, or takes it. */
  methods: Bytes | null = null;
  /** A model is called by its path, but not by its method. */
  missesCall: bool = false;
}

const head = new RequestHead();

const READ = new HeaderSet([
  ":method",
  ":path",
  ":authority",
  "content-type",
  "x-ai-failover",
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "origin",
  "sec-fetch-site",
  "access-control-request-headers",
  "content-length",
  "ai-failover-hops",
  "anthropic-version",
  "content-encoding",
  "upgrade",
]);
/** What the first names of READ go to. */
const VALUES: StaticArray<Span> = [
  head.method,
  head.path,
  head.authority,
  head.contentType,
  head.failover,
  unchecked(head.credentials[0]),
  unchecked(head.credentials[1]),
  unchecked(head.credentials[2]),
  unchecked(head.credentials[3]),
  head.origin,
  head.fetchSite,
  head.requestedHeaders,
];
const CONTENT_LENGTH = 12;
const HOPS = 13;
const VERSION = 14;
const CONTENT_ENCODING = 15;
/** More than there are gateways in any chain. */
const MANY_HOPS = 1000;

export function readRequestHead(list: usize, len: usize): RequestHead {
  for (let i = 0, k = VALUES.length; i < k; i++) unchecked(VALUES[i]).set(0, 0);
  head.contentLength = -1;
  head.wantsUpgrade = false;
  head.hasVersion = false;
  head.hops = 0;
  head.isCompressed = false;
  const header = headersIn(list, len);
  while (header.next()) {
    const at = READ.find(header.name, header.nameLen);
    if (at < 0) continue;
    if (at < VALUES.length) unchecked(VALUES[at]).set(header.value, header.valueLen);
    else if (at == CONTENT_LENGTH) head.contentLength = parseDecimal(header.value, header.valueLen);
    else if (at == HOPS) head.hops = countOf(header.value, header.valueLen);
    else if (at == VERSION) head.hasVersion = true;
    else if (at == CONTENT_ENCODING) head.isCompressed = !isPlain(header.value, header.valueLen);
    else head.wantsUpgrade = true;
  }
  head.credential.set(0, 0);
  for (let i = 0; i < head.credentials.length && head.credential.len == 0; i++) {
    const shown = unchecked(head.credentials[i]);
    head.credential.set(shown.ptr, shown.len);
  }
  return head;
}

/** What is no number counts as many. */
function countOf(ptr: usize, len: usize): i32 {
  const n = parseDecimal(ptr, len);
  return n < 0 || n > MANY_HOPS ? MANY_HOPS : <i32>n;
}

const POST = Bytes.of("POST");
const HEAD = Bytes.of("HEAD");

/** Notes in the exchange what path and method say of the request. */
export function noteApi(x: Exchange, head: RequestHead): void {
  x.isPost = head.method.is(POST);
  x.isHeadRequest = head.method.is(HEAD);
  x.hops = head.hops;
  const tidy = withoutIdleSlashes(head.path);
  let api = apiOf(head.method, tidy !== null ? tidy : head.path, head.hasVersion);
  // What is of no API that we know may mean something by its slashes.
  if (tidy !== null && api.isListed) head.path.set(tidy.ptr, tidy.len);
  else if (tidy !== null) api = apiOf(head.method, head.path, head.hasVersion);
  x.isUnlisted = !api.isListed;
  head.methods = !api.isListed && api.takes != 0 ? api.methods : null;
  head.missesCall = !api.isListed && api.isCallPath;
  x.dialect = api.dialect;
  x.hasKnownShape = api.hasKnownShape;
  x.isModelCall = api.isModelCall;
  x.isStateful = api.isStateful;
  x.isSentOnce = api.isStateful;
  x.madeBy = 0;
  x.isKept = false;
  if (api.isStateful) x.state = stateIn(head.path);
  x.basePrefix = api.basePrefix;
}

/**
 * Whether some provider takes a path that is of no API that we know, or another method of one; notes where in the path it begins. What
 * a model is called by is known too well to be guessed at: only `allowPaths` adds a method.
 */
export function isAllowedPath(x: Exchange, head: RequestHead): bool {
  const providers = configOf(x).providers;
  for (let i = 0, k = providers.length; i < k; i++) {
    const provider = unchecked(providers[i]);
    if (keepsPaths(provider) && !head.missesCall) return true;
    const at = allowedAt(provider.allowPaths, head.method, head.path.ptr, head.path.len);
    if (at < 0) continue;
    x.basePrefix = <usize>at;
    return true;
  }
  return false;
}

/** Whether the provider takes every path as it is (type generic). */
export function keepsPaths(provider: Provider): bool {
  const endpoint = provider.openai;
  return endpoint !== null && endpoint.keepsPath;
}

const METHOD = Bytes.of(":method");

/** Whether this provider takes the kept path. */
export function takesPath(provider: Provider, x: Exchange): bool {
  if (!x.isUnlisted || keepsPaths(provider)) return true;
  const method = headerValue(x.headers, x.headersLen, METHOD);
  return method !== null && allowedAt(provider.allowPaths, method, x.text, x.pathLen) >= 0;
}

/** What holds a call about state to one token: the id of what a call of a model has made, else what all else is held to. */
function stateIn(path: Span): u64 {
  const id = madeByCall(path);
  return id.len > 0 ? hash64(id.ptr, id.len) : MADE_APART;
}

/**
 * Keeps the path and all headers, which a callout may need in the response phase, where they cannot be read.
 * Between them is room for the model's name.
 */
export function keepHead(x: Exchange, head: RequestHead, list: usize, len: usize): void {
  const path = head.path;
  x.text = heap.alloc(path.len + MODEL_ROOM + len);
  x.pathLen = path.len;
  memory.copy(x.text, path.ptr, path.len);
  x.headers = x.text + path.len + MODEL_ROOM;
  x.headersLen = len;
  memory.copy(x.headers, list, len);
  if (head.credential.len > 0) x.credential = hash64(head.credential.ptr, head.credential.len);
  x.isMultipart = isMultipart(head.contentType);
}

/** Hash of the value of one header, for a sticky choice; 0: it is not there. */
export function hashOf(list: usize, len: usize, name: Bytes): u64 {
  const value = headerValue(list, len, name);
  return value !== null ? hash64(value.ptr, value.len) : 0;
}
