/**
 * A provider's error that stood inside a 200, as the client's own: official clients raise what is told by a status, or by an error event
 * of their dialect, and nothing else.
 */
import { Bytes } from "../text/bytes";
import { Char } from "../text/ascii";
import { Span } from "../text/span";
import { Writer } from "../text/writer";
import { Kind } from "../json/lexer";
import { foundMember, lookup } from "../json/lookup";
import { Dialect } from "../config/dialect";
import { Cause, Verdict, isCallers } from "../health/verdict";
import { errorText } from "../health/classify";

/** Room for an error of 64 KiB, told twice, and what goes around it; one for all, read it at once. */
export const ROOM_SIZE: usize = 136 << 10;
export const room: usize = heap.alloc(ROOM_SIZE);
const body = new Writer();
const written = new Span();

const ERROR = Bytes.of("error");
/** Where an error's pieces stand: in OpenAI's shape, unwrapped, in MiniMax's and in Tencent's; the whole error may be a text. */
const MESSAGES = Bytes.ofAll(["error.message", "message", "error.status_msg", "error.Message", "error", "detail"]);
const TYPES = Bytes.ofAll(["error.type", "type"]);
const CODES = Bytes.ofAll(["error.code", "code", "error.status_code", "error.Code"]);

const OPEN = Bytes.of('{"error":');
const OPEN_MESSAGES = Bytes.of('{"type":"error","error":');
const TYPE = Bytes.of('{"type":');
const MESSAGE = Bytes.of('{"message":');
const THEN_MESSAGE = Bytes.of(',"message":');
const THEN_TYPE = Bytes.of(',"type":');
const THEN_CODE = Bytes.of(',"param":null,"code":');
const NULL = Bytes.of("null");
const CALLERS_TYPE = Bytes.of('"invalid_request_error"');
const OUR_TYPE = Bytes.of('"api_error"');
const NO_MESSAGE = Bytes.of('"The provider gave an error without a message."');

/** The status that goes with a cause where the error names none. */
function statusOf(cause: Cause): i32 {
  switch (cause) {
    case Cause.Caller:
    case Cause.ContextWindow:
    case Cause.ContentFilter:
      return 400;
    case Cause.Credential:
      return 401;
    case Cause.Quota:
      return 402;
    case Cause.Model:
      return 404;
    case Cause.RateLimit:
      return 429;
    default:
      return 502;
  }
}

/** The status under which the error that was judged last, of an answer that is still held, goes to the client. */
export function clientStatus(verdict: Verdict): i32 {
  return errorText.status >= 400 ? errorText.status : statusOf(verdict.cause);
}

/** And its body, in `room`. */
export function clientBody(dialect: Dialect, verdict: Verdict, ptr: usize, len: usize): Span {
  body.into(room, ROOM_SIZE);
  body.text(dialect == Dialect.Messages ? OPEN_MESSAGES : OPEN);
  writeError(body, dialect, ptr, len, isCallers(verdict.cause));
  body.byte(Char.CloseBrace);
  return written.set(body.ptr, body.len);
}

/** Whether the text names an error, and is not only the event that ended in one. */
export function namesError(ptr: usize, len: usize): bool {
  return len > 0 && (lookup(ptr, len, ERROR) != Kind.Absent || find(ptr, len, MESSAGES));
}

/** The error as a value on one line: the provider's own object where it is whole and has the dialect's shape, else its pieces. */
export function writeError(out: Writer, dialect: Dialect, ptr: usize, len: usize, isCallers: bool): void {
  const hasOwnType = dialect != Dialect.Messages || isText(ptr, len, TYPES[0]);
  if (hasOwnType && isText(ptr, len, MESSAGES[0]) && lookup(ptr, len, ERROR) == Kind.Object) {
    writeFound(out, ptr);
    return;
  }
  const ownType = isCallers ? CALLERS_TYPE : OUR_TYPE;
  if (dialect == Dialect.Messages) {
    out.text(TYPE);
    out.text(ownType);
    out.text(THEN_MESSAGE);
    writePiece(out, ptr, len, MESSAGES, NO_MESSAGE);
  } else {
    out.text(MESSAGE);
    writePiece(out, ptr, len, MESSAGES, NO_MESSAGE);
    out.text(THEN_TYPE);
    writePiece(out, ptr, len, TYPES, ownType);
    out.text(THEN_CODE);
    writePiece(out, ptr, len, CODES, NULL);
  }
  out.byte(Char.CloseBrace);
}

function writePiece(out: Writer, ptr: usize, len: usize, paths: Bytes[], otherwise: Bytes): void {
  if (find(ptr, len, paths)) writeFound(out, ptr);
  else out.text(otherwise);
}

function find(ptr: usize, len: usize, paths: Bytes[]): bool {
  for (let i = 0, k = paths.length; i < k; i++) if (isText(ptr, len, unchecked(paths[i]))) return true;
  return false;
}

/** A text or a number; it stands in `foundMember` then. */
function isText(ptr: usize, len: usize, path: Bytes): bool {
  const kind = lookup(ptr, len, path);
  return kind == Kind.String || kind == Kind.Number;
}

/** As it is written, but for line ends: they can only be between its members. */
function writeFound(out: Writer, ptr: usize): void {
  for (let p = ptr + foundMember.start, end = ptr + foundMember.end; p < end; p++) {
    const c = <i32>load<u8>(p);
    out.byte(c == Char.LineFeed || c == Char.Return ? Char.Space : c);
  }
}
