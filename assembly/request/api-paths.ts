/** The paths of the APIs that we know: a dialect or a path is added here. */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { Dialect } from "../config/plugin";
import { pathLength } from "./request-path";

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

/** Paths without "/v1". What is not here is `Dialect.Other`, not stateful, and no call of a model. */
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

/** Every path with "/v1" that means one API. */
export const PATHS: Bytes[] = [];
for (let i = 0; i < APIS.length; i++) if (!APIS[i].below) PATHS.push(Bytes.of("/v1" + APIS[i].path.toString()));
PATHS.push(Bytes.of("/v1/embeddings"));

/** What a request's path and method say of it. */
@unmanaged
export class ApiCall {
  dialect: Dialect = Dialect.Other;
  isStateful: bool = false;
  /**
   * The answer has the shape of its dialect; false for what only shares its path and error shape ("/messages/count_tokens"), or
   * lists what is kept there (GET).
   */
  hasKnownShape: bool = false;
  /**
   * A call of a model. What a provider says to anything else may be about the path: a client can choose one that every token is
   * refused on.
   */
  isModelCall: bool = false;
  /** Bytes of the path before the API's own, which are the gateway's and no provider's: "/ai" of "/ai/v1/chat/completions". */
  basePrefix: usize = 0;

  clear(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<ApiCall>());
  }
}

const V1 = Bytes.of("/v1");
const call = new ApiCall();

/** Reads the API out of a path, with or without "/v1", whatever its query is. What comes before it must end in "/v1". */
export function apiOf(path: Span, isPost: bool): ApiCall {
  const ptr = path.ptr;
  const size = pathLength(ptr, path.len);
  call.clear();
  call.dialect = Dialect.Other;
  let api = apiAt(ptr, size);
  for (let i: usize = 1; api === null && i + V1.len < size; i++) {
    if (!startsWith(ptr + i, size - i, V1)) continue;
    api = apiAt(ptr + i, size - i);
    if (api !== null) call.basePrefix = i;
  }
  if (api === null) return call;
  call.dialect = api.dialect;
  call.isStateful = api.isStateful;
  call.hasKnownShape = isPost && !api.below;
  call.isModelCall = isPost && !api.isStateful;
  return call;
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

const GET = Bytes.of("GET");
const MODELS_PATH = Bytes.of("/v1/models");

/** Whether a request asks for the list of models, wherever this gateway's API is. */
export function asksForModels(method: Span, path: Span): bool {
  if (!method.is(GET)) return false;
  const size = pathLength(path.ptr, path.len);
  return size >= MODELS_PATH.len && MODELS_PATH.equals(path.ptr + size - MODELS_PATH.len, MODELS_PATH.len);
}
