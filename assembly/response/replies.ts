/** The errors that the gateway gives by itself: code, status and sentence of each. docs/decisions.md lists the codes. */
import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";

/** All codes, by `ErrorCode.index`. */
export const ERROR_CODES: string[] = [];

/** What a program reads of an error: status, type in either dialect, code. */
class ErrorCode {
  readonly index: i32;
  readonly type: Bytes;
  readonly messagesType: Bytes;
  readonly code: Bytes;
  constructor(
    readonly status: i32,
    type: string,
    messagesType: string,
    code: string,
    /** Whether the same request may do better later. */
    readonly worthRetrying: bool,
  ) {
    this.type = Bytes.of(type);
    this.messagesType = Bytes.of(messagesType);
    this.code = Bytes.of(code);
    this.index = ERROR_CODES.length;
    ERROR_CODES.push(code);
  }
}

const INVALID = "invalid_request_error";
export const INVALID_BODY = new ErrorCode(400, INVALID, INVALID, "invalid_body", false);
const INVALID_HEADER = new ErrorCode(400, INVALID, INVALID, "invalid_header", false);
const INVALID_PATH = new ErrorCode(400, INVALID, INVALID, "invalid_path", false);
const FOREIGN_PAGE = new ErrorCode(403, INVALID, "permission_error", "origin_not_allowed", false);
const PATH_UNKNOWN = new ErrorCode(404, INVALID, "not_found_error", "path_not_served", false);
const LOOP = new ErrorCode(508, "server_error", "api_error", "loop_detected", false);
const UNAUTHORIZED = new ErrorCode(401, INVALID, "authentication_error", "invalid_api_key", false);
const NOT_FOUND = new ErrorCode(404, INVALID, "not_found_error", "model_not_found", false);
const METHOD_NOT_ALLOWED = new ErrorCode(405, INVALID, INVALID, "method_not_allowed", false);
const REQUEST_TIMEOUT = new ErrorCode(408, INVALID, "timeout_error", "request_timeout", true);
const TOO_LARGE = new ErrorCode(413, INVALID, "request_too_large", "request_too_large", false);
const UPGRADE = new ErrorCode(426, INVALID, INVALID, "upgrade_not_supported", false);
export const UNSUPPORTED = new ErrorCode(415, INVALID, INVALID, "unsupported_media_type", false);
const RATE_LIMITED = new ErrorCode(429, "rate_limit_error", "rate_limit_error", "rate_limited", true);
const BUSY = new ErrorCode(503, "server_error", "overloaded_error", "gateway_busy", true);
const MISCONFIGURED = new ErrorCode(503, "server_error", "api_error", "misconfigured", false);
const ALL_FAILED = new ErrorCode(503, "server_error", "api_error", "all_attempts_failed", true);
const TIMED_OUT = new ErrorCode(504, "server_error", "timeout_error", "timeout", true);
/** None of the caller's own: no status of theirs, and one that no official client sends again. */
const TOKENS_REFUSED = new ErrorCode(424, "server_error", "api_error", "tokens_refused", false);

/** An error with its sentence, on which `Refusal.message` may write on. */
export class Reply {
  readonly sentence: Bytes;
  constructor(
    readonly error: ErrorCode,
    sentence: string,
  ) {
    this.sentence = Bytes.of(sentence);
  }
}

// === Who calls, and how ===

export const CONFIGURATION_REFUSED = new Reply(
  MISCONFIGURED,
  "The configuration for this route has mistakes, which the gateway's log names",
);
export const KEY_REQUIRED = new Reply(
  UNAUTHORIZED,
  "This gateway asks for one of its clientKeys: as a bearer token, x-api-key, api-key or x-goog-api-key",
);
export const UPGRADE_REFUSED = new Reply(
  UPGRADE,
  "This gateway serves no upgraded connections (WebSocket): call it by HTTP",
);
export const COMPRESSED = new Reply(
  UNSUPPORTED,
  "The request's body has a content-encoding that nothing here unpacks: send it as it is. 'run' and 'render' unpack gzip, br and zstd, another Envoy by its decompressor filter before the module",
);
/** And which the path takes. */
export const METHOD_REFUSED = new Reply(
  METHOD_NOT_ALLOWED,
  "This gateway serves GET, HEAD, POST, PUT, PATCH and DELETE; this path takes: ",
);
export const METHOD_UNSERVED = new Reply(
  METHOD_NOT_ALLOWED,
  "This path is not served by this method, unless allowPaths of a provider adds it; it takes: ",
);
export const PATH_LEADS_OUT = new Reply(INVALID_PATH, "The path leads out of the API: a segment of it is '..'");
export const PATH_UNSERVED = new Reply(
  PATH_UNKNOWN,
  "This gateway serves calls of models, the list of models, and what providers keep, by GET and POST; allowPaths of a provider adds more",
);
export const ORIGIN_REFUSED = new Reply(
  FOREIGN_PAGE,
  "A web page of another site may call this gateway only when cors.allowOrigins names its origin",
);
export const PAGE_OF_A_NAME = new Reply(
  FOREIGN_PAGE,
  "Any name can be made to lead here: without clientKeys a web page may call its own host only when cors.allowOrigins names its origin",
);
export const TOO_MANY_HOPS = new Reply(
  LOOP,
  "The request has passed too many gateways: a provider's url leads back to one of them",
);
export const FAILOVER_HEADER_INVALID = new Reply(INVALID_HEADER, "x-ai-failover takes 'off' or 'same-model'");

// === The body ===

/** And how many. */
export const BODY_TOO_LARGE = new Reply(
  TOO_LARGE,
  "The request's body is larger than this gateway takes (limits.requestBody): bytes allowed: ",
);
export const UPLOAD_STOPPED = new Reply(
  REQUEST_TIMEOUT,
  "The request's body stopped coming before it was complete (idleTimeout)",
);
export const BODIES_AT_LIMIT = new Reply(
  BUSY,
  "The gateway holds as many request bodies as it may (limits.parkedBodies); try again shortly",
);
// === Where it should go ===

/** The name, and what is served. */
export const MODEL_UNKNOWN = new Reply(NOT_FOUND, "No route serves the model ");
/** And what is served. */
export const MODEL_MISSING = new Reply(
  NOT_FOUND,
  "The request names no model, and no route serves requests without one",
);
export const DIALECT_UNSERVED = new Reply(NOT_FOUND, "No provider of this route speaks the API of this path");

// === What was tried: the trail and the provider's words follow ===

export const EVERY_HOP_FAILED = new Reply(ALL_FAILED, "Every provider and token of this route failed");
export const CUT_SHORT = new Reply(ALL_FAILED, "No further attempt may be made for this request");
export const NO_HOP_REACHED = new Reply(ALL_FAILED, "No provider of this route may be tried now");
export const OUT_OF_TIME = new Reply(TIMED_OUT, "No time is left for another attempt (timeout)");
export const EVERY_HOP_LIMITED = new Reply(RATE_LIMITED, "Every live token of this route is rate-limited");
export const MODEL_UNKNOWN_EVERYWHERE = new Reply(NOT_FOUND, "No provider of this route has the model");
export const EVERY_TOKEN_REFUSED = new Reply(
  TOKENS_REFUSED,
  "Every token of this route is refused by its provider, or has nothing left to spend",
);

/** Why a request ends here, with an error of ours. A step returns it, and its caller sends it: one at a time. */
export class Refusal {
  reply: Reply = KEY_REQUIRED;
  /** Seconds until another try may help; 0: none are told. */
  retryAfter: u64 = 0;
  /** What the path takes, where that is another method. */
  allow: Bytes | null = null;
  /** The reply's sentence; write on where it needs more. */
  readonly message: Writer = new Writer();
}

const refusal = new Refusal();
const CAPACITY: usize = 32 << 10;
const messageRoom: usize = heap.alloc(CAPACITY);

export function refuse(reply: Reply, retryAfter: u64 = 0): Refusal {
  refusal.reply = reply;
  refusal.retryAfter = retryAfter;
  refusal.allow = null;
  refusal.message.into(messageRoom, CAPACITY).text(reply.sentence);
  return refusal;
}

export function refuseMethod(reply: Reply, allowed: Bytes): Refusal {
  const found = refuse(reply);
  found.allow = allowed;
  found.message.text(allowed);
  return found;
}
