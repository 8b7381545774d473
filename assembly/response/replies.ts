/** Answers that the module gives by itself, in the error shape of the dialect that was asked. */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import * as headerBuilder from "../http/header-builder";
import { Writer } from "../text/writer";
import { Dialect } from "../config/plugin";

/** An error of ours: its status, and its type in either dialect. */
export class Reply {
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
  }
}

const INVALID = "invalid_request_error";
export const INVALID_BODY = new Reply(400, INVALID, INVALID, "invalid_body", false);
export const INVALID_HEADER = new Reply(400, INVALID, INVALID, "invalid_header", false);
export const INVALID_PATH = new Reply(400, INVALID, INVALID, "invalid_path", false);
export const METHOD_NOT_ALLOWED = new Reply(405, INVALID, INVALID, "method_not_allowed", false);
export const UNAUTHORIZED = new Reply(401, INVALID, "authentication_error", "invalid_api_key", false);
export const UNKNOWN_MODEL = new Reply(404, INVALID, "not_found_error", "model_not_found", false);
export const TOO_LARGE = new Reply(413, INVALID, "request_too_large", "request_too_large", false);
export const BUSY = new Reply(503, "server_error", "overloaded_error", "gateway_busy", true);
export const ALL_FAILED = new Reply(503, "server_error", "api_error", "all_attempts_failed", false);
export const TIMED_OUT = new Reply(504, "server_error", "timeout_error", "timeout", false);
export const RATE_LIMITED = new Reply(429, "rate_limit_error", "rate_limit_error", "rate_limited", true);

const CAPACITY: usize = 64 << 10;
const scratch: usize = heap.alloc(CAPACITY);
const messageBuffer: usize = heap.alloc(CAPACITY);
const body = new Writer();

/** Collects the message of the next reply. */
export const message = new Writer();

const finished = new Span();

const OPENAI_MESSAGE = Bytes.of('{"error":{"message":');
const OPENAI_TYPE = Bytes.of(',"type":"');
const OPENAI_CODE = Bytes.of('","param":null,"code":"');
const OPENAI_END = Bytes.of('"}}');
const MESSAGES_TYPE = Bytes.of('{"type":"error","error":{"type":"');
const MESSAGES_MESSAGE = Bytes.of('","message":');
const MESSAGES_END = Bytes.of("}}");

const CONTENT_TYPE = Bytes.of("content-type");
const JSON_TYPE = Bytes.of("application/json");
const SHOULD_RETRY = Bytes.of("x-should-retry");
const FALSE = Bytes.of("false");
const RETRY_AFTER = Bytes.of("retry-after");

/** Starts a message; write on with `message`, then call `finishReply`. */
export function beginReply(text: Bytes): void {
  message.into(messageBuffer, CAPACITY / 2);
  message.text(text);
}

/**
 * Builds the reply: answers its body, and leaves its headers open in the header builder for more of them; the caller closes them.
 * `retryAfter` in seconds, 0: none is told.
 */
export function finishReply(reply: Reply, dialect: Dialect, retryAfter: u64): Span {
  body.into(scratch, CAPACITY);
  if (dialect == Dialect.Messages) {
    body.text(MESSAGES_TYPE);
    body.text(reply.messagesType);
    body.text(MESSAGES_MESSAGE);
    body.jsonString(message.ptr, message.len);
    body.text(MESSAGES_END);
  } else {
    body.text(OPENAI_MESSAGE);
    body.jsonString(message.ptr, message.len);
    body.text(OPENAI_TYPE);
    body.text(reply.type);
    body.text(OPENAI_CODE);
    body.text(reply.code);
    body.text(OPENAI_END);
  }
  headerBuilder.begin();
  headerBuilder.put(CONTENT_TYPE, JSON_TYPE);
  if (retryAfter > 0) {
    message.into(messageBuffer, 32);
    message.decimal(retryAfter);
    headerBuilder.add(RETRY_AFTER.ptr, RETRY_AFTER.len, message.ptr, message.len);
  } else if (!reply.worthRetrying) {
    // The official clients retry a 5xx by themselves; every hop has been tried already.
    headerBuilder.put(SHOULD_RETRY, FALSE);
  }
  return finished.set(body.ptr, body.len);
}
