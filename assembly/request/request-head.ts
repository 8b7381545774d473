/**
 * What the gateway role reads out of a request's headers, all in one walk: one host call instead of a dozen. The spans lie in
 * the host's memory and are gone when the callback ends.
 */
import { Char, equalsIgnoreCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { decodePercent } from "../text/percent";
import { leadsOut } from "../text/path-traversal";
import { hash64 } from "../text/hash";
import { HeaderSet } from "../http/header-set";
import * as headerList from "../http/header-list";
import { Dialect } from "../config/plugin";

/** Never reach a provider; the hop's own are set afterwards. */
const DROPPED = new HeaderSet(
  [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "cookie",
    // Where the client is, as a proxy before this one or its browser tells. A provider may refuse an origin like a bad token.
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "origin",
    "referer",
    "accept-encoding",
  ],
  ["x-envoy-", "x-forwarded-", "x-ai-failover"],
);

/** A value and its size; 0, 0: the header is not there. */
export class HeaderValue {
  ptr: usize = 0;
  len: usize = 0;
  put(): void {
    this.ptr = headerList.value;
    this.len = headerList.valueLen;
  }
  clear(): void {
    this.ptr = 0;
    this.len = 0;
  }
  is(text: Bytes): bool {
    return text.equals(this.ptr, this.len);
  }
}

export const method = new HeaderValue();
export const path = new HeaderValue();
export const authority = new HeaderValue();
export const contentType = new HeaderValue();
/** What the caller shows as its credential, with "Bearer " if it stands there. */
export const credential = new HeaderValue();
/** The value of `x-ai-failover`. */
export const failoverHeader = new HeaderValue();
/** Bytes that the body will have; -1: not told. */
export let contentLength: i64 = -1;
export let wantsUpgrade: bool = false;

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
const VALUES: StaticArray<HeaderValue> = [
  method,
  path,
  authority,
  contentType,
  failoverHeader,
  credential,
  credential,
  credential,
];
const CONTENT_LENGTH = 8;

export function readHead(headers: usize, len: usize): void {
  for (let i = 0, k = VALUES.length; i < k; i++) unchecked(VALUES[i]).clear();
  contentLength = -1;
  wantsUpgrade = false;
  headerList.start(headers, len);
  while (headerList.next()) {
    const at = READ.find(headerList.name, headerList.nameLen);
    if (at < 0) continue;
    if (at < VALUES.length) unchecked(VALUES[at]).put();
    else if (at == CONTENT_LENGTH) contentLength = decimal(headerList.value, headerList.valueLen);
    else wantsUpgrade = true;
  }
}

function decimal(ptr: usize, len: usize): i64 {
  if (len == 0 || len > 15) return -1;
  let n: i64 = 0;
  for (let i: usize = 0; i < len; i++) {
    const digit = <i32>load<u8>(ptr + i) - Char.Zero;
    if (<u32>digit > 9) return -1;
    n = n * 10 + digit;
  }
  return n;
}

/** Dropped last, by the attempt role: without it Envoy finds no route (it takes the request's scheme from it). */
export const FORWARDED_PROTO = Bytes.of("x-forwarded-proto");

/** Whether a header of the client must not reach a provider. */
export function mustNotForward(name: usize, len: usize): bool {
  return DROPPED.has(name, len);
}

/** Finds one header's value by name for a sticky choice: its hash, or 0. */
export function hashOf(headers: usize, len: usize, name: Bytes): u64 {
  headerList.start(headers, len);
  while (headerList.next())
    if (name.equals(headerList.name, headerList.nameLen)) return hash64(headerList.value, headerList.valueLen);
  return 0;
}

// === The path ===

const V1 = Bytes.of("/v1");

class Api {
  readonly path: Bytes;
  constructor(
    path: string,
    readonly dialect: Dialect,
    /** The whole path, or also what lies below it. */
    readonly below: bool,
    /** Names state that one provider holds: sent once, never failed over. */
    readonly isStateful: bool,
  ) {
    this.path = Bytes.of(path);
  }
}

/** Paths without "/v1"; what is not here is `Dialect.Other` and not stateful. */
const APIS: Api[] = [
  new Api("/chat/completions", Dialect.Chat, false, false),
  new Api("/completions", Dialect.Completions, false, false),
  new Api("/responses", Dialect.Responses, false, false),
  new Api("/messages", Dialect.Messages, false, false),
  new Api("/chat/completions/", Dialect.Other, true, true),
  new Api("/responses/", Dialect.Other, true, true),
  new Api("/messages/batches", Dialect.Messages, true, true),
  new Api("/files", Dialect.Other, true, true),
  new Api("/uploads", Dialect.Other, true, true),
  new Api("/batches", Dialect.Other, true, true),
  new Api("/fine_tuning", Dialect.Other, true, true),
  new Api("/assistants", Dialect.Other, true, true),
  new Api("/threads", Dialect.Other, true, true),
  new Api("/vector_stores", Dialect.Other, true, true),
  new Api("/conversations", Dialect.Other, true, true),
  new Api("/containers", Dialect.Other, true, true),
  new Api("/evals", Dialect.Other, true, true),
  new Api("/videos", Dialect.Other, true, true),
  new Api("/messages/", Dialect.Messages, true, false),
  new Api("/embeddings", Dialect.Other, true, false),
  new Api("/images/", Dialect.Other, true, false),
  new Api("/audio/", Dialect.Other, true, false),
  new Api("/moderations", Dialect.Other, true, false),
  new Api("/rerank", Dialect.Other, true, false),
];

export let dialect: Dialect = Dialect.Other;
export let stateful: bool = false;
/**
 * The answer has the shape of its dialect; false for what only shares its path and error shape ("/messages/count_tokens"), or lists
 * what is kept there (GET).
 */
export let hasKnownShape: bool = false;
/** A call of a model. What a provider says to anything else may be about the path: a client can choose one that every token is refused on. */
export let isModelCall: bool = false;

/** Bytes of the path before the API's own, which are the gateway's and no provider's: "/ai" of "/ai/v1/chat/completions". */
export let basePrefix: usize = 0;

export let isPost: bool = false;

const POST = Bytes.of("POST");

/** Reads the API out of a path, with or without "/v1", whatever its query is, and `method`. What stands before it must end in "/v1". */
export function readApi(ptr: usize, len: usize): void {
  const size = querySplit(ptr, len);
  dialect = Dialect.Other;
  stateful = false;
  hasKnownShape = false;
  isModelCall = false;
  basePrefix = 0;
  isPost = method.is(POST);
  let api = apiAt(ptr, size);
  for (let i: usize = 1; api === null && i + V1.len < size; i++) {
    if (!startsWith(ptr + i, size - i, V1)) continue;
    api = apiAt(ptr + i, size - i);
    if (api !== null) basePrefix = i;
  }
  if (api === null) return;
  dialect = api.dialect;
  stateful = api.isStateful;
  hasKnownShape = isPost && !api.below;
  isModelCall = isPost && !stateful;
}

function apiAt(ptr: usize, size: usize): Api | null {
  if (startsWith(ptr, size, V1)) {
    ptr += V1.len;
    size -= V1.len;
  }
  for (let i = 0, k = APIS.length; i < k; i++) {
    const api = unchecked(APIS[i]);
    if (api.below ? startsWith(ptr, size, api.path) : api.path.equals(ptr, size)) return api;
  }
  return null;
}

function startsWith(ptr: usize, size: usize, text: Bytes): bool {
  return size >= text.len && text.equals(ptr, text.len);
}

/** Whether the path, at a server that reads it in its own way, leads out of the base that it is put behind. */
export function pathLeadsOut(): bool {
  return leadsOut(path.ptr, querySplit(path.ptr, path.len));
}

/** Length of the path before its query. */
export function querySplit(ptr: usize, len: usize): usize {
  for (let i: usize = 0; i < len; i++) if (load<u8>(ptr + i) == 0x3f) return i;
  return len;
}

const SECRET_KEYS: Bytes[] = ["key", "api-key", "api_key", "access_token"].map<Bytes>((name: string) => Bytes.of(name));
/** Room for any of them, and for one byte more. */
const KEY_ROOM: usize = 13;
const key: usize = memory.data(13);

/** Whatever of the name is percent-encoded: its reader decodes it. */
function isSecretKey(ptr: usize, len: usize): bool {
  const size = decodeKey(ptr, len);
  for (let i = 0, k = SECRET_KEYS.length; i < k; i++) if (equalsIgnoreCase(key, size, SECRET_KEYS[i])) return true;
  return false;
}

function decodeKey(ptr: usize, len: usize): usize {
  const end = ptr + len;
  let size: usize = 0;
  while (ptr < end && size < KEY_ROOM) {
    const c = <i32>load<u8>(ptr);
    const decoded = c == Char.Percent && ptr + 3 <= end ? decodePercent(ptr) : -1;
    store<u8>(key + size++, decoded < 0 ? c : decoded);
    ptr += decoded < 0 ? 1 : 3;
  }
  return size;
}

/** Copies a path without the query members that carry a credential; `out` has room for `len`. Answers the new length. */
export function copyPath(ptr: usize, len: usize, out: usize): usize {
  const split = querySplit(ptr, len);
  memory.copy(out, ptr, split);
  let at = split;
  let from = split + 1;
  while (from < len) {
    let to = from;
    while (to < len && load<u8>(ptr + to) != 0x26) to++;
    let name = from;
    while (name < to && load<u8>(ptr + name) != Char.Equals) name++;
    if (!isSecretKey(ptr + from, name - from)) {
      store<u8>(out + at, at == split ? 0x3f : 0x26);
      memory.copy(out + at + 1, ptr + from, to - from);
      at += 1 + (to - from);
    }
    from = to + 1;
  }
  return at;
}

/** Headers that a callout gets from its hop or from the host, not from the client: with the hop-by-hop ones of RFC 9110, 7.6.1. */
const OF_HOP = new HeaderSet([
  ":path",
  ":authority",
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "upgrade",
  "expect",
]);

export function isHopHeader(name: usize, len: usize): bool {
  return OF_HOP.find(name, len) >= 0;
}
