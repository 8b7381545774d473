/**
 * What follows a stream that ended cleanly without its end mark, or in an error that official clients do not see: an error event of its
 * dialect, from which they raise their API error. It says what the provider said. No [DONE] follows. A half-written event cannot be taken back, but it can be made the error: its JSON
 * is completed with an `error` member, so that no client sees broken JSON in its place.
 */
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { complete } from "../json/stream-completion";
import { Writer } from "../text/writer";
import { Dialect } from "../config/dialect";
import { Validator } from "./validator";
import { ROOM_SIZE, namesError, room, writeError } from "./client-error";

const DATA = Bytes.of("data: ");
const LINE = Bytes.of("\n");
const BLANK_LINE = Bytes.of("\n\n");
/** In dialects with named events the last name counts, also behind the data. */
const NAMED = Bytes.of("event: error\n");
const NAMED_FAILED = Bytes.of("event: response.failed\n");

const SENTENCE = "The provider's stream ended before its answer was complete.";
const OPENAI = Bytes.of(
  `"error":{"message":"${SENTENCE}","type":"server_error","param":null,"code":"stream_incomplete"}`,
);
const MESSAGES = Bytes.of(`"type":"error","error":{"type":"api_error","message":"${SENTENCE}"}`);
/** A begun `message_start` has a `message`, which clients would show in place of the error's. */
const OWN_MESSAGE = Bytes.of(`"message":"${SENTENCE}",`);
/**
 * One event for two kinds of readers. The official libraries raise at a top-level `error` and yield all else; Codex and others that read
 * the events themselves know `response.failed` alone.
 */
const FAILED = Bytes.of('"type":"response.failed","response":{"object":"response","status":"failed",');
const THEN = Bytes.of("},");
const SEQUENCE = Bytes.of(',"sequence_number":');

/** The same with the provider's error, which is a value. */
const ERROR = Bytes.of('"error":');
const TYPED_ERROR = Bytes.of('"type":"error","error":');

const out = new Writer();

/** Of length 0 where nothing may follow. Valid until the next call. */
export function ending(dialect: Dialect, validator: Validator): Writer {
  out.into(room, ROOM_SIZE);
  if (!validator.needsEnding) return out;
  if (validator.isUnframed) {
    out.text(BLANK_LINE);
    writeEvent(dialect, validator);
    return out;
  }
  const scanner = validator.scanner;
  if (scanner.isUnseen) {
    out.text(BLANK_LINE);
    writeEvent(dialect, validator);
    return out;
  }
  const json = validator.json;
  const inData = scanner.isInData;
  completeCharacter(validator.tail);
  if (scanner.isInLine && !inData) out.text(LINE);
  if (scanner.isOpen && json.isOpenObject && (inData || !json.isInText)) {
    if (!inData) out.text(DATA);
    complete(json, out);
    if (dialect == Dialect.Messages) out.text(OWN_MESSAGE);
    writeMembers(dialect, validator);
    out.text(LINE);
    writeName(dialect);
    out.text(LINE);
    return out;
  }
  if (scanner.isOpen && json.isComplete) out.text(BLANK_LINE);
  else if (inData) out.text(LINE);
  writeEvent(dialect, validator);
  return out;
}

function writeEvent(dialect: Dialect, validator: Validator): void {
  writeName(dialect);
  out.text(DATA);
  out.byte(0x7b);
  writeMembers(dialect, validator);
  out.text(BLANK_LINE);
}

/** Of a character that was cut the missing bytes, whichever: official clients decode strictly. `tail`: the last bytes, the last one lowest. */
function completeCharacter(tail: u32): void {
  let has = 0;
  for (; has < 3 && (tail & 0xc0) == 0x80; has++) tail >>= 8;
  const lead = tail & 0xff;
  const needs = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
  for (; has < needs; has++) out.byte(has > 0 ? 0x80 : lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80);
}

function writeName(dialect: Dialect): void {
  if (dialect == Dialect.Messages) out.text(NAMED);
  else if (dialect == Dialect.Responses) out.text(NAMED_FAILED);
}

/** The error's members and the closing brace of the object that they are in. */
function writeMembers(dialect: Dialect, validator: Validator): void {
  const isTold = namesError(validator.errorPtr, validator.errorLen);
  if (dialect == Dialect.Messages) {
    if (isTold) {
      out.text(TYPED_ERROR);
      writeError(out, dialect, validator.errorPtr, validator.errorLen, false);
    } else out.text(MESSAGES);
  } else if (dialect == Dialect.Responses) {
    out.text(FAILED);
    writeOpenAi(dialect, validator, isTold);
    out.text(THEN);
    writeOpenAi(dialect, validator, isTold);
    out.text(SEQUENCE);
    out.decimal(<u64>validator.json.highest + 1);
  } else writeOpenAi(dialect, validator, isTold);
  out.byte(Char.CloseBrace);
}

/** The member `error`. */
function writeOpenAi(dialect: Dialect, validator: Validator, isTold: bool): void {
  if (!isTold) return out.text(OPENAI);
  out.text(ERROR);
  writeError(out, dialect, validator.errorPtr, validator.errorLen, false);
}
