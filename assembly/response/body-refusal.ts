/** Why a request's body is refused, for whoever has written it: what is wrong, what was found, and where. */
import { Char } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";
import { Status } from "../json/syntax-error";
import { BodyFault, BodyReading } from "../request/request-body";
import { INVALID_BODY, Refusal, Reply, UNSUPPORTED, refuse } from "./replies";

/** By `BodyFault`; the first is none. */
const OF_BODY: Reply[] = [
  new Reply(INVALID_BODY, ""),
  new Reply(INVALID_BODY, "The request's body "),
  new Reply(INVALID_BODY, "'model' must be a string, and is "),
  new Reply(INVALID_BODY, "'model' is longer than 1024 bytes"),
  new Reply(INVALID_BODY, "'model' holds a control character"),
  new Reply(INVALID_BODY, "'stream' must be true or false, and is "),
  new Reply(INVALID_BODY, "The content-type multipart/form-data needs one boundary of at most 70 bytes"),
  new Reply(INVALID_BODY, "The request's body is not valid multipart/form-data: "),
  new Reply(
    INVALID_BODY,
    "The request's body cannot be unpacked: it is not what its content-encoding says, ends too early, or grows more than a hundredfold",
  ),
  new Reply(UNSUPPORTED, "The request's body is compressed, and no content-encoding says so"),
  new Reply(UNSUPPORTED, "This gateway takes a compressed body only where it is JSON or a form: send it as it is"),
];

/** Behind "The request's body", by `Status`. What was found follows, and where. */
const OF_JSON: Bytes[] = Bytes.ofAll([
  "",
  "must be a JSON object, and is ",
  "is not valid JSON: unexpected ",
  "is not valid JSON: it ends too early",
  "is not valid JSON: it is not UTF-8",
  "is not valid JSON: it starts with a byte order mark",
  "nests deeper than 512 levels",
  "names 'model' twice, again",
  "has the key ",
  "is empty, and must be a JSON object",
  "is not valid JSON: more follows behind its end",
]);
/** The same for a form, which has fewer. */
const PARTS_UNCLEAR = Bytes.of("its parts cannot be told apart");
const ENDS_EARLY = Bytes.of("it ends too early");
const MODEL_TWICE = Bytes.of("'model' stands in it twice");

/** By `Kind`. */
const KINDS: Bytes[] = Bytes.ofAll([
  "nothing",
  "null",
  "true",
  "false",
  "a number",
  "a string",
  "an object",
  "an array",
]);
const OF_CONTROL = Bytes.of("control character (a line break in a string is written \\n)");
const OF_CHARACTER = Bytes.of("character");
const FOREIGN_CASE = Bytes.of(", and keys are in lower case: some servers read it, others do not");
const AT = Bytes.of(" at byte ");
const DELETE = 0x7f;

/** Null: the body is none to refuse. */
export function refuseBody(reading: BodyReading): Refusal | null {
  if (reading.fault == BodyFault.None) return null;
  const found = refuse(unchecked(OF_BODY[reading.fault]));
  const to = found.message;
  switch (reading.fault) {
    case BodyFault.NoJson:
      tellSyntax(reading, to);
      break;
    case BodyFault.NoMultipart:
      to.text(
        reading.syntax == Status.Truncated
          ? ENDS_EARLY
          : reading.syntax == Status.DuplicateModel
            ? MODEL_TWICE
            : PARTS_UNCLEAR,
      );
      break;
    case BodyFault.ModelNoString:
    case BodyFault.StreamNoSwitch:
      to.text(unchecked(KINDS[reading.kind]));
      break;
  }
  return found;
}

function tellSyntax(reading: BodyReading, to: Writer): void {
  const syntax = reading.syntax;
  to.text(unchecked(OF_JSON[syntax]));
  switch (syntax) {
    case Status.NotObject:
      return to.text(unchecked(KINDS[reading.kind]));
    case Status.ByteOrderMark:
    case Status.Empty:
      return;
    case Status.Malformed:
      tellByte(load<u8>(reading.found.ptr), to);
      break;
    case Status.ForeignCase:
      to.raw(reading.found.ptr, reading.found.len);
  }
  to.text(AT);
  to.decimal(reading.offset);
  if (syntax == Status.ForeignCase) to.text(FOREIGN_CASE);
}

/** One byte of a body tells nothing of a prompt. */
function tellByte(c: i32, to: Writer): void {
  if (c < Char.Space || c == DELETE) return to.text(OF_CONTROL);
  to.text(OF_CHARACTER);
  if (c >= DELETE) return;
  to.byte(Char.Space);
  to.byte(Char.Apostrophe);
  to.byte(c);
  to.byte(Char.Apostrophe);
}
