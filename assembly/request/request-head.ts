/** What a request's headers say, read in one walk: one host call instead of a dozen. */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { hash64 } from "../text/hash";
import { parseDecimal } from "../http/durations";
import { HeaderSet } from "../http/header-set";
import { headerValue, headersIn } from "../http/header-list";
import { apiOf } from "./api-paths";
import { Exchange } from "./exchange";
import { MODEL_ROOM, isMultipart } from "./request-body";
import { copyPath } from "./request-path";

/** Of the request whose headers were read last: its spans lie in the host's memory and are gone when the callback ends. Empty: not there. */
export class RequestHead {
  readonly method: Span = new Span();
  readonly path: Span = new Span();
  readonly authority: Span = new Span();
  readonly contentType: Span = new Span();
  /** What the caller shows as its credential, with "Bearer " if that is in front. */
  readonly credential: Span = new Span();
  /** The value of `x-ai-failover`. */
  readonly failover: Span = new Span();
  /** Bytes that the body will have; -1: not told. */
  contentLength: i64 = -1;
  wantsUpgrade: bool = false;
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
  "content-length",
  "upgrade",
]);
/** What the first names of READ go to. */
const VALUES: StaticArray<Span> = [
  head.method,
  head.path,
  head.authority,
  head.contentType,
  head.failover,
  head.credential,
  head.credential,
  head.credential,
];
const CONTENT_LENGTH = 8;

export function readRequestHead(list: usize, len: usize): RequestHead {
  for (let i = 0, k = VALUES.length; i < k; i++) unchecked(VALUES[i]).set(0, 0);
  head.contentLength = -1;
  head.wantsUpgrade = false;
  const header = headersIn(list, len);
  while (header.next()) {
    const at = READ.find(header.name, header.nameLen);
    if (at < 0) continue;
    if (at < VALUES.length) unchecked(VALUES[at]).set(header.value, header.valueLen);
    else if (at == CONTENT_LENGTH) head.contentLength = parseDecimal(header.value, header.valueLen);
    else head.wantsUpgrade = true;
  }
  return head;
}

const POST = Bytes.of("POST");
const HEAD = Bytes.of("HEAD");

/** Notes in the exchange what path and method say of the request. */
export function noteApi(x: Exchange, head: RequestHead): void {
  x.isPost = head.method.is(POST);
  x.isHeadRequest = head.method.is(HEAD);
  const api = apiOf(head.path, x.isPost);
  x.dialect = api.dialect;
  x.hasKnownShape = api.hasKnownShape;
  x.isModelCall = api.isModelCall;
  x.isStateful = api.isStateful;
  x.noFailover = api.isStateful;
  x.basePrefix = api.basePrefix;
}

/**
 * Keeps the path, without credentials, and all headers, which a callout may need in the response phase, where they cannot be read.
 * Between them is room for the model's name.
 */
export function keepHead(x: Exchange, head: RequestHead, list: usize, len: usize): void {
  const path = head.path;
  x.text = heap.alloc(path.len + MODEL_ROOM + len);
  x.pathLen = copyPath(path.ptr, path.len, x.text);
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
