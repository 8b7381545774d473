/**
 * Gives what the record of a request says to its span in a trace, as filter state that the host's tracer reads when the span ends. Envoy
 * ends it before it writes access logs, so that this is done on the way of the answer: when it begins, and when it has ended.
 */
import { ObjectMembers } from "../json/object-members";
import { Kind } from "../json/lexer";
import { unescape } from "../json/unescape";
import { Bytes } from "../text/bytes";
import { indexOf } from "../text/ascii";
import { Dialect } from "../config/dialect";
import { Cause, causeName } from "../health/verdict";
import * as host from "../proxywasm/host";
import { Exchange, Outcome, stepOf } from "../request/exchange";
import { ERROR_CODES } from "../response/replies";
import { RequestFigures, writeRecord } from "./record-report";
import { ERROR_TYPE, OPERATION, PROVIDER_NAME, PROVIDER_NAMES, SPAN_ATTRIBUTES } from "./span-table";

/** By the row of the table. */
const FIELDS: Bytes[] = [];
const NAMES: Bytes[] = [];
for (let i = 0; i < SPAN_ATTRIBUTES.length; i++) {
  FIELDS.push(Bytes.of(SPAN_ATTRIBUTES[i].field));
  NAMES.push(Bytes.of(SPAN_ATTRIBUTES[i].name));
}
const OPERATION_NAME = Bytes.of(OPERATION);
const PROVIDER = Bytes.of(PROVIDER_NAME);
const ERROR = Bytes.of(ERROR_TYPE);

const CHAT = Bytes.of("chat");
const TEXT_COMPLETION = Bytes.of("text_completion");
const EMBEDDINGS = Bytes.of("embeddings");
const EMBEDDINGS_PATH = Bytes.of("/embeddings");

/** By `PROVIDER_NAMES`. */
const TYPES: Bytes[] = Bytes.ofAll(PROVIDER_NAMES.map<string>((pair: string[]) => pair[0]));
const TYPE_NAMES: Bytes[] = Bytes.ofAll(PROVIDER_NAMES.map<string>((pair: string[]) => pair[1]));
const CODES: Bytes[] = Bytes.ofAll(ERROR_CODES);

/** The host tells a span its own sizes, status and times. */
const noFigures = new RequestFigures();
const members = new ObjectMembers();
const ROOM: usize = 4 << 10;
const text = heap.alloc(ROOM);

/** `isOver`: the answer has ended. Otherwise it begins to go to the client. */
export function describeSpan(x: Exchange, isOver: bool): void {
  const record = writeRecord(x, noFigures);
  if (record.len == 0 || !members.start(record.ptr, record.len)) return;
  while (members.next())
    for (let i = 0; i < FIELDS.length; i++)
      if (members.isNamed(unchecked(FIELDS[i]))) {
        if (isOver || !unchecked(SPAN_ATTRIBUTES[i]).isLate) setMember(unchecked(NAMES[i]));
        break;
      }
  setOperation(x);
  if (x.stepCount > 0) setProvider(stepOf(x, x.stepCount - 1).provider.type);
  if (isOver) setError(x);
}

function setMember(name: Bytes): void {
  if (members.kind != Kind.String) return set(name, members.value, members.valueLen);
  const len = members.valueLen - 2;
  if (len > 0 && len <= ROOM) set(name, text, unescape(members.value + 1, len, text));
}

function setOperation(x: Exchange): void {
  if (x.dialect == Dialect.Completions) setText(OPERATION_NAME, TEXT_COMPLETION);
  else if (x.dialect != Dialect.Other) setText(OPERATION_NAME, CHAT);
  else if (indexOf(x.text, x.pathLen, EMBEDDINGS_PATH.ptr, EMBEDDINGS_PATH.len) >= 0)
    setText(OPERATION_NAME, EMBEDDINGS);
}

function setProvider(type: Bytes): void {
  for (let i = 0; i < TYPES.length; i++)
    if (type.equals(unchecked(TYPES[i]).ptr, unchecked(TYPES[i]).len))
      return setText(PROVIDER, unchecked(TYPE_NAMES[i]));
  setText(PROVIDER, type);
}

/** The code of an error of ours, else the cause of the attempt that was the last. */
function setError(x: Exchange): void {
  if (x.outcome == Outcome.Served && !x.wasCutOff) return;
  if (x.errorCode > 0) return setText(ERROR, unchecked(CODES[x.errorCode - 1]));
  const cause = x.stepCount > 0 ? stepOf(x, x.stepCount - 1).cause : Cause.None;
  if (cause != Cause.None) setText(ERROR, causeName(cause));
}

function setText(name: Bytes, value: Bytes): void {
  set(name, value.ptr, value.len);
}

function set(name: Bytes, ptr: usize, len: usize): void {
  host.setProperty(name, ptr, len);
}
