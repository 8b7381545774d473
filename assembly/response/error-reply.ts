/** An error of ours as its client reads it: in the shape of the dialect that was asked. */
import { CONTENT_TYPE, JSON_TYPE, RETRY_AFTER } from "../http/header-names";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import * as headerBuilder from "../http/header-builder";
import { Dialect } from "../config/dialect";
import { Refusal } from "./replies";

const CAPACITY: usize = 64 << 10;
const bodyRoom: usize = heap.alloc(CAPACITY);
const body = new Writer();
const SECONDS_ROOM: usize = 20;
const secondsRoom: usize = memory.data(20);
const seconds = new Writer();
const written = new Span();

const OPENAI_MESSAGE = Bytes.of('{"error":{"message":');
const OPENAI_TYPE = Bytes.of(',"type":"');
const OPENAI_CODE = Bytes.of('","param":null,"code":"');
const OPENAI_END = Bytes.of('"}}');
const MESSAGES_TYPE = Bytes.of('{"type":"error","error":{"type":"');
const MESSAGES_MESSAGE = Bytes.of('","message":');
const MESSAGES_END = Bytes.of("}}");

const ALLOW = Bytes.of("allow");
const SHOULD_RETRY = Bytes.of("x-should-retry");
const FALSE = Bytes.of("false");

/** The body, valid until the next one. */
export function writeErrorBody(refusal: Refusal, dialect: Dialect): Span {
  const error = refusal.reply.error;
  const message = refusal.message;
  body.into(bodyRoom, CAPACITY);
  if (dialect == Dialect.Messages) {
    body.text(MESSAGES_TYPE);
    body.text(error.messagesType);
    body.text(MESSAGES_MESSAGE);
    body.jsonString(message.ptr, message.len);
    body.text(MESSAGES_END);
  } else {
    body.text(OPENAI_MESSAGE);
    body.jsonString(message.ptr, message.len);
    body.text(OPENAI_TYPE);
    body.text(error.type);
    body.text(OPENAI_CODE);
    body.text(error.code);
    body.text(OPENAI_END);
  }
  return written.set(body.ptr, body.len);
}

/** Adds its headers to the set that is being built. */
export function addErrorHeaders(refusal: Refusal): void {
  headerBuilder.put(CONTENT_TYPE, JSON_TYPE);
  const allow = refusal.allow;
  if (allow !== null) headerBuilder.put(ALLOW, allow);
  if (refusal.retryAfter > 0) {
    seconds.into(secondsRoom, SECONDS_ROOM).decimal(refusal.retryAfter);
    headerBuilder.add(RETRY_AFTER.ptr, RETRY_AFTER.len, seconds.ptr, seconds.len);
  } else if (!refusal.reply.error.worthRetrying) {
    // The official clients retry a 5xx by themselves; every hop has been tried already.
    headerBuilder.put(SHOULD_RETRY, FALSE);
  }
}
