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

const SENTENCE = "The provider's stream ended before its answer was complete.";
const OPENAI = Bytes.of(
  `"error":{"message":"${SENTENCE}","type":"server_error","param":null,"code":"stream_incomplete"}`,
);
const MESSAGES = Bytes.of(`"type":"error","error":{"type":"api_error","message":"${SENTENCE}"}`);
/** A begun `message_start` has a `message`, which clients would show in place of the error's. */
const OWN_MESSAGE = Bytes.of(`"message":"${SENTENCE}",`);
/** The documented members, and `error`, from which the clients raise. */
const RESPONSES = Bytes.of(
  `"type":"error","code":"server_error","message":"${SENTENCE}","param":null,` +
    `"error":{"message":"${SENTENCE}","type":"server_error","param":null,"code":"stream_incomplete"},"sequence_number":`,
);

/** The same with the provider's error, which is a value. */
const ERROR = Bytes.of('"error":');
const TYPED_ERROR = Bytes.of('"type":"error","error":');
const SEQUENCE = Bytes.of(',"sequence_number":');

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
    if (isNamed(dialect)) out.text(NAMED);
    out.text(LINE);
    return out;
  }
  if (scanner.isOpen && json.isComplete) out.text(BLANK_LINE);
  else if (inData) out.text(LINE);
  writeEvent(dialect, validator);
  return out;
}

function writeEvent(dialect: Dialect, validator: Validator): void {
  if (isNamed(dialect)) out.text(NAMED);
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

function isNamed(dialect: Dialect): bool {
  return dialect == Dialect.Messages || dialect == Dialect.Responses;
}

/** The error's members and the closing brace of the object that they are in. */
function writeMembers(dialect: Dialect, validator: Validator): void {
  const told = namesError(validator.errorPtr, validator.errorLen);
  if (told) {
    out.text(isNamed(dialect) ? TYPED_ERROR : ERROR);
    writeError(out, dialect, validator.errorPtr, validator.errorLen, false);
  }
  switch (dialect) {
    case Dialect.Messages:
      if (!told) out.text(MESSAGES);
      break;
    case Dialect.Responses:
      out.text(told ? SEQUENCE : RESPONSES);
      out.decimal(<u64>validator.json.highest + 1);
      break;
    default:
      if (!told) out.text(OPENAI);
  }
  out.byte(Char.CloseBrace);
}
