/** The paths of the APIs that we know: a dialect or a path is added here. What is not here goes to a provider only by `allowPaths`. */
import { Char, indexOf } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { AllowedPath } from "../config/provider";
import { Dialect } from "../config/dialect";
import { V1, hasVersion, pathLength } from "./request-path";

enum Use {
  /** POST: a call of a model, whose answer has the shape of its dialect. */
  Call,
  /** POST: a call of a model, or a question about one, with another answer. */
  Other,
  /** GET: about the provider's models. */
  Read,
  /** GET and POST: names state that one provider holds: sent once, never failed over. */
  State,
}

/** What a path takes: a bit for each method. HEAD is GET without its body. */
enum Takes {
  Get = 1,
  Post = 2,
  Head = 4,
}

/** By `Use`. */
const TAKES: i32[] = [Takes.Post, Takes.Post, Takes.Get | Takes.Head, Takes.Get | Takes.Post | Takes.Head];
/** By the bits of `Takes`. */
const METHODS: Bytes[] = Bytes.ofAll([
  "GET, POST",
  "GET",
  "POST",
  "GET, POST",
  "HEAD",
  "GET, HEAD",
  "HEAD, POST",
  "GET, HEAD, POST",
]);

class Api {
  readonly path: Bytes;
  constructor(
    path: string,
    readonly dialect: Dialect,
    readonly use: Use,
    /** The whole path, or also what lies below it. */
    readonly below: bool,
    /** Both APIs have it: the version header of Anthropic's says which is meant. */
    readonly isOfBothApis: bool = false,
  ) {
    this.path = Bytes.of(path);
  }
}

/** Paths without "/v1". */
const APIS: Api[] = [
  new Api("/chat/completions", Dialect.Chat, Use.Call, false),
  new Api("/completions", Dialect.Completions, Use.Call, false),
  new Api("/responses", Dialect.Responses, Use.Call, false),
  new Api("/messages", Dialect.Messages, Use.Call, false),
  new Api("/messages/count_tokens", Dialect.Messages, Use.Other, false),
  new Api("/responses/input_tokens", Dialect.Other, Use.Other, false),
  new Api("/embeddings", Dialect.Other, Use.Other, true),
  new Api("/images", Dialect.Other, Use.Other, true),
  new Api("/audio", Dialect.Other, Use.Other, true),
  new Api("/moderations", Dialect.Other, Use.Other, true),
  new Api("/rerank", Dialect.Other, Use.Other, true),
  new Api("/models", Dialect.Other, Use.Read, true, true),
  new Api("/chat/completions", Dialect.Other, Use.State, true),
  new Api("/responses", Dialect.Other, Use.State, true),
  new Api("/messages/batches", Dialect.Messages, Use.State, true),
  new Api("/files", Dialect.Other, Use.State, true, true),
  new Api("/skills", Dialect.Other, Use.State, true, true),
  // https://platform.openai.com/docs/api-reference
  new Api("/uploads", Dialect.Other, Use.State, true),
  new Api("/batches", Dialect.Other, Use.State, true),
  new Api("/fine_tuning", Dialect.Other, Use.State, true),
  new Api("/assistants", Dialect.Other, Use.State, true),
  new Api("/threads", Dialect.Other, Use.State, true),
  new Api("/vector_stores", Dialect.Other, Use.State, true),
  new Api("/conversations", Dialect.Other, Use.State, true),
  new Api("/containers", Dialect.Other, Use.State, true),
  new Api("/evals", Dialect.Other, Use.State, true),
  new Api("/videos", Dialect.Other, Use.State, true),
  // https://docs.claude.com/en/api
  new Api("/agents", Dialect.Messages, Use.State, true),
  new Api("/sessions", Dialect.Messages, Use.State, true),
  new Api("/environments", Dialect.Messages, Use.State, true),
  new Api("/vaults", Dialect.Messages, Use.State, true),
  new Api("/memory_stores", Dialect.Messages, Use.State, true),
];

/** Every path with "/v1" that means one API. */
export const PATHS: Bytes[] = [];
for (let i = 0; i < APIS.length; i++) if (!APIS[i].below) PATHS.push(Bytes.of("/v1" + APIS[i].path.toString()));
PATHS.push(Bytes.of("/v1/embeddings"));

/** What a request's path and method say of it. */
@unmanaged
export class ApiCall {
  dialect: Dialect = Dialect.Other;
  /** Path and method are one of an API that we know. */
  isListed: bool = false;
  isStateful: bool = false;
  /** The answer has the shape of its dialect; false for what only shares its error shape ("/messages/count_tokens"). */
  hasKnownShape: bool = false;
  /**
   * A call of a model. What a provider says to anything else may be about the path: a client can choose one that every token is
   * refused on.
   */
  isModelCall: bool = false;
  /** Bytes of the path before the API's own, which are the gateway's and no provider's: "/ai" of "/ai/v1/chat/completions". */
  basePrefix: usize = 0;
  /** The bits of what the path takes, where that is another method. */
  takes: i32 = 0;
  /** A model is called by this path, whatever the method. */
  isCallPath: bool = false;

  clear(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<ApiCall>());
  }

  /** As the header `allow` says it. */
  get methods(): Bytes {
    return unchecked(METHODS[this.takes]);
  }
}

const GET = Bytes.of("GET");
const HEAD = Bytes.of("HEAD");
const POST = Bytes.of("POST");
const call = new ApiCall();

/**
 * Reads the API out of a path, with or without "/v1", whatever its query is. What comes before it must end in "/v1". `isVersioned`: the
 * request has Anthropic's version header.
 */
export function apiOf(method: Span, path: Span, isVersioned: bool): ApiCall {
  const ptr = path.ptr;
  const size = pathLength(ptr, path.len);
  call.clear();
  call.dialect = Dialect.Other;
  const bit = method.is(POST) ? Takes.Post : method.is(GET) ? Takes.Get : method.is(HEAD) ? Takes.Head : 0;
  let api = apiAt(ptr, size, bit);
  for (let i: usize = 1; api === null && i + V1.len < size; i++) {
    if (!startsWith(ptr + i, size - i, V1)) continue;
    api = apiAt(ptr + i, size - i, bit);
    if (api !== null) call.basePrefix = i;
  }
  if (api === null) return call;
  call.isListed = true;
  call.dialect = api.isOfBothApis && isVersioned ? Dialect.Messages : api.dialect;
  call.isStateful = api.use == Use.State;
  call.hasKnownShape = api.use == Use.Call;
  call.isModelCall = api.use == Use.Call || api.use == Use.Other;
  return call;
}

/** Null: nothing of ours is there that takes this method. `call` says what the path takes. */
function apiAt(ptr: usize, size: usize, bit: i32): Api | null {
  if (hasVersion(ptr, size)) {
    ptr += V1.len;
    size -= V1.len;
  }
  for (let i = 0, k = APIS.length; i < k; i++) {
    const api = unchecked(APIS[i]);
    if (!startsWith(ptr, size, api.path)) continue;
    const isWhole = size == api.path.len;
    if (!isWhole && !(api.below && isSlash(ptr + api.path.len))) continue;
    let takes = unchecked(TAKES[api.use]);
    // No API has a HEAD of what a model is called by, though a list may be there, too.
    if (call.isCallPath) takes &= ~Takes.Head;
    if (takes & bit) return api;
    call.takes |= takes;
    if (takes == Takes.Post && (isWhole || bit == Takes.Head)) call.isCallPath = true;
  }
  return null;
}

function isSlash(ptr: usize): bool {
  return load<u8>(ptr) == Char.Slash;
}

function startsWith(ptr: usize, size: usize, text: Bytes): bool {
  return size >= text.len && text.equals(ptr, text.len);
}

/** Where in a path what `allowPaths` names begins: at 0, or at a "/v1" in it; -1: nowhere. */
export function allowedAt(paths: AllowedPath[], method: Span, path: usize, len: usize): isize {
  const size = pathLength(path, len);
  for (let i = 0, k = paths.length; i < k; i++) {
    const allowed = unchecked(paths[i]);
    const wanted = allowed.method;
    if (wanted !== null && !method.is(wanted)) continue;
    for (let at: usize = 0; at < size; at++) {
      const isVersion = hasVersion(path + at, size - at);
      if (at > 0 && !isVersion) continue;
      const from = isVersion ? at + V1.len : at;
      const isThere = allowed.isPrefix
        ? startsWith(path + from, size - from, allowed.path)
        : allowed.path.equals(path + from, size - from);
      if (isThere) return at;
    }
  }
  return -1;
}

/** Where what calls of a model have made is asked for. */
const MADE_BY_CALL: Bytes[] = Bytes.ofAll(["/responses/", "/chat/completions/"]);
const id = new Span();

/** The id in the path of what a call of a model has made; empty: the path is about something else. */
export function madeByCall(path: Span): Span {
  const size = pathLength(path.ptr, path.len);
  id.set(0, 0);
  for (let i = 0; i < MADE_BY_CALL.length; i++) {
    const before = unchecked(MADE_BY_CALL[i]);
    const at = indexOf(path.ptr, size, before.ptr, before.len);
    if (at < 0) continue;
    const from = <usize>at + before.len;
    let to = from;
    while (to < size && load<u8>(path.ptr + to) != Char.Slash) to++;
    return id.set(path.ptr + from, to - from);
  }
  return id;
}

const MODELS_PATH = Bytes.of("/v1/models");
const MODELS_BELOW = Bytes.of("/v1/models/");
/** Where the client's base URL has no version. */
const BARE_MODELS = Bytes.of("/models");
const BARE_BELOW = Bytes.of("/models/");

/** Whether a request asks for the list of models or for one of it, wherever this gateway's API is. */
export function asksForModels(method: Span, path: Span): bool {
  if (!method.is(GET) && !method.is(HEAD)) return false;
  return namesList(path.ptr, pathLength(path.ptr, path.len)) || modelInPath(path).len > 0;
}

function namesList(ptr: usize, size: usize): bool {
  return endsWith(ptr, size, MODELS_PATH) || BARE_MODELS.equals(ptr, size);
}

/** The model that such a path names, as it is encoded there; empty: none. */
export function modelInPath(path: Span): Span {
  const size = pathLength(path.ptr, path.len);
  if (namesList(path.ptr, size)) return id.set(0, 0);
  if (startsWith(path.ptr, size, BARE_BELOW)) return id.set(path.ptr + BARE_BELOW.len, size - BARE_BELOW.len);
  const at = indexOf(path.ptr, size, MODELS_BELOW.ptr, MODELS_BELOW.len);
  if (at < 0) return id.set(0, 0);
  const from = <usize>at + MODELS_BELOW.len;
  return id.set(path.ptr + from, size - from);
}

function endsWith(ptr: usize, size: usize, text: Bytes): bool {
  return size >= text.len && text.equals(ptr + size - text.len, text.len);
}
