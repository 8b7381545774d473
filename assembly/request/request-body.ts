/** What a request's body says: its model, whether it wants a stream, whether only one provider can answer it. */
import { CONTENT_TYPE } from "../http/header-names";
import { Char, containsIgnoreCase, equalsIgnoreCase, hasControl } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { hash64 } from "../text/hash";
import { Span } from "../text/span";
import { isSurelyNamed, namedAt, namedCount } from "../json/kept-names";
import { Kind as LookupKind, keyEndAt, kindOf, skipBlank, skipValue } from "../json/lexer";
import { foundMember, lookup } from "../json/lookup";
import * as json from "../json/request-scanner";
import { headerValue } from "../http/header-list";
import * as multipart from "../http/multipart";
import { Dialect } from "../config/dialect";
import { Exchange, MADE_APART, ModelPlace, healthOf, modelOf } from "./exchange";

const MULTIPART = Bytes.of("multipart/form-data");
const TRUE = Bytes.of("true");
const JSON_TYPE = Bytes.of("json");
/** Longest name of a model, bytes. */
export const MODEL_ROOM: usize = 1024;

/** Why a body is refused: response/replies.ts has a reply for each. */
export enum BodyFault {
  None,
  /** No strict JSON object where the API takes JSON: `syntax` says what is wrong. */
  NoJson,
  ModelNoString,
  ModelTooLong,
  ModelWithControl,
  StreamNoSwitch,
  NoBoundary,
  /** No multipart/form-data although the header says so: `syntax` says what is wrong. */
  NoMultipart,
  /** What came out of a compressed body is nothing, or ends too early. */
  NotUnpacked,
  /** Compressed, without saying so. */
  Packed,
  /** Unpacked, and of a kind whose end nothing shows. */
  EndUnknown,
}

/** What reading a body came to; what it says of the request is in the exchange. */
export class BodyReading {
  fault: BodyFault = BodyFault.None;
  syntax: json.Status = json.Status.Ok;
  /** Where the syntax is wrong, bytes from the start. */
  offset: usize = 0;
  /** What was found in place of what the API takes. */
  kind: json.Kind = json.Kind.Absent;
  /** What stands where the syntax is wrong, as far as it tells more: a byte, or a key with its quotes. */
  readonly found: Span = new Span();

  end(fault: BodyFault, syntax: json.Status = json.Status.Ok, offset: usize = 0): this {
    this.fault = fault;
    this.syntax = syntax;
    this.offset = offset;
    this.kind = json.Kind.Absent;
    this.found.set(0, 0);
    return this;
  }

  of(kind: json.Kind): this {
    this.kind = kind;
    return this;
  }
}

const reading = new BodyReading();

/** Whether a content-type announces a form. */
export function isMultipart(type: Span): bool {
  return type.len >= MULTIPART.len && equalsIgnoreCase(type.ptr, MULTIPART.len, MULTIPART);
}

export function readBody(x: Exchange): BodyReading {
  if (x.bodyLen == 0) return readNothing(x);
  return x.isMultipart ? readMultipart(x) : readJson(x);
}

/** Without a body nobody completes anything; what else is asked for may need none. */
function readNothing(x: Exchange): BodyReading {
  if (x.wasUnpacked) return reading.end(BodyFault.NotUnpacked);
  return x.hasKnownShape ? reading.end(BodyFault.NoJson, json.Status.Empty) : reading.end(BodyFault.None);
}

/** Envoy's decompressor stops where it meets a mistake, and says nothing of it. */
function endSyntax(x: Exchange, fault: BodyFault, status: json.Status, offset: usize = 0): BodyReading {
  if (x.wasUnpacked && (status == json.Status.Truncated || status == json.Status.Empty))
    return reading.end(BodyFault.NotUnpacked);
  if (isPacked(x)) return reading.end(BodyFault.Packed);
  reading.end(fault, status, offset);
  if (fault == BodyFault.NoJson && offset < x.bodyLen) lookAt(x.body + offset, x.body + x.bodyLen);
  return reading;
}

/** What stands at the mistake. */
function lookAt(p: usize, end: usize): void {
  reading.kind = kindOf(p);
  const isKey = reading.syntax == json.Status.ForeignCase;
  reading.found.set(p, isKey ? keyEndAt(p, end) + 1 - p : 1);
}

/** By the magic numbers of gzip (RFC 1952) and zstd (RFC 8878). */
function isPacked(x: Exchange): bool {
  return x.bodyLen >= 4 && (load<u16>(x.body) == 0x8b1f || load<u32>(x.body) == 0xfd2fb528);
}

function readJson(x: Exchange): BodyReading {
  const scan = json.scan(x.body, x.bodyLen);
  if (scan.status != json.Status.Ok)
    return isJsonApi(x)
      ? endSyntax(x, BodyFault.NoJson, scan.status, scan.errorOffset)
      : reading.end(x.wasUnpacked ? BodyFault.EndUnknown : BodyFault.None);
  x.isStreamed = json.stream.kind == json.Kind.True;
  if (x.hasKnownShape && !isSwitch(json.stream.kind)) return reading.end(BodyFault.StreamNoSwitch).of(json.stream.kind);
  // First: what is looked up in a body adds to what was found in it.
  findMaker(x);
  if (namesState(x)) {
    x.isSentOnce = true;
    const id = idNamed(x);
    if (id != 0) takeMaker(x, id);
    x.state = json.previousResponseId.kind == json.Kind.String ? id : MADE_APART;
  }
  x.isKept =
    x.dialect == Dialect.Responses
      ? json.keep.kind != json.Kind.False
      : x.dialect == Dialect.Chat && json.keep.kind == json.Kind.True;
  if (json.model.kind == json.Kind.Absent) return reading.end(BodyFault.None);
  if (json.model.kind != json.Kind.String) return reading.end(BodyFault.ModelNoString).of(json.model.kind);
  const start = json.model.start + 1;
  const size = json.model.end - 1 - start;
  if (!takeModel(x, x.body + start, size)) return reading.end(BodyFault.ModelTooLong);
  x.modelPlace = ModelPlace.Json;
  x.modelStart = json.model.start;
  x.modelEnd = json.model.end;
  if (json.user.kind == json.Kind.String) x.user = hash64(x.body + json.user.start, json.user.end - json.user.start);
  return reading.end(faultOfModel(x));
}

const MOST_ESCAPED: usize = 6 * MODEL_ROOM;
const decoded: usize = memory.data(6 * 1024);

/** Copies the model's name, decoded. A name of other letters than ours may come six bytes for two of them. False: it is too long. */
function takeModel(x: Exchange, ptr: usize, len: usize): bool {
  if (len > MOST_ESCAPED) return false;
  x.modelLen = json.unescape(ptr, len, decoded);
  if (x.modelLen > MODEL_ROOM) return false;
  memory.copy(modelOf(x), decoded, x.modelLen);
  return true;
}

/** Some providers take "true" or 1 for true. The stream that nobody seems to have asked for would count against them. */
function isSwitch(kind: json.Kind): bool {
  return kind == json.Kind.Absent || kind == json.Kind.True || kind == json.Kind.False || kind == json.Kind.Null;
}

/** Whether the body goes on with what one provider has kept. */
function namesState(x: Exchange): bool {
  if (json.previousResponseId.kind == json.Kind.String) return true;
  const kind = json.conversation.kind;
  return x.dialect == Dialect.Responses && (kind == json.Kind.String || kind == json.Kind.Object);
}

/**
 * Who has made what the body names, files and the like: that token is asked first. Others may follow, which may be of the same account.
 * Where nobody knows, it is asked of the one that makes such things.
 */
function findMaker(x: Exchange): void {
  x.madeBy = 0;
  if (namedCount() > 0 && isSurelyNamed() && x.state == 0) x.state = MADE_APART;
  for (let i = 0, k = namedCount(); i < k && x.madeBy == 0; i++) findMakerOf(x, namedAt(i));
}

/** Of an id, of one of a list, or of what has an id. */
function findMakerOf(x: Exchange, value: usize): void {
  const end = x.body + x.bodyLen;
  const kind = kindOf(value);
  if (kind == LookupKind.String) takeMakerOf(x, value, end);
  else if (kind == LookupKind.Object && lookup(value, end - value, ID) == LookupKind.String)
    takeMakerOf(x, value + foundMember.start, end);
  else if (kind == LookupKind.Array) {
    let p = skipBlank(value + 1, end);
    for (let i = 0; i < MOST_OF_LIST && x.madeBy == 0 && kindOf(p) == LookupKind.String; i++) {
      takeMakerOf(x, p, end);
      p = skipBlank(skipValue(p, end, 0), end);
      if (load<u8>(p) != Char.Comma) return;
      p = skipBlank(p + 1, end);
    }
  }
}

const MOST_OF_LIST = 16;

function takeMakerOf(x: Exchange, text: usize, end: usize): void {
  takeMaker(x, hash64(text + 1, skipValue(text, end, 0) - text - 2));
}

function takeMaker(x: Exchange, id: u64): void {
  const maker = healthOf(x).makerOf(id);
  if (maker != 0) x.madeBy = maker;
}

const ID = Bytes.of("id");

/** The hash of the id of what the body goes on with; 0: it has none. */
function idNamed(x: Exchange): u64 {
  const previous = json.previousResponseId;
  if (previous.kind == json.Kind.String) return hash64(x.body + previous.start + 1, previous.end - previous.start - 2);
  const conversation = json.conversation;
  const ptr = x.body + conversation.start;
  if (conversation.kind == json.Kind.String) return hash64(ptr + 1, conversation.end - conversation.start - 2);
  return lookup(ptr, conversation.end - conversation.start, ID) == LookupKind.String
    ? hash64(ptr + foundMember.start + 1, foundMember.end - foundMember.start - 2)
    : 0;
}

/** The name goes into headers and paths, where Envoy sends a line break on as it is. */
function faultOfModel(x: Exchange): BodyFault {
  return hasControl(modelOf(x), x.modelLen) ? BodyFault.ModelWithControl : BodyFault.None;
}

/** A body that is no JSON is the caller's mistake where JSON is what the API takes; elsewhere it may be audio or a file. */
function isJsonApi(x: Exchange): bool {
  if (x.hasKnownShape) return true;
  const type = headerValue(x.headers, x.headersLen, CONTENT_TYPE);
  return type === null || containsIgnoreCase(type.ptr, type.len, JSON_TYPE);
}

function readMultipart(x: Exchange): BodyReading {
  const type = headerValue(x.headers, x.headersLen, CONTENT_TYPE);
  if (type === null || !multipart.readBoundary(type.ptr, type.len)) return reading.end(BodyFault.NoBoundary);
  const status = multipart.scanParts(x.body, x.bodyLen);
  if (status != json.Status.Ok) return endSyntax(x, BodyFault.NoMultipart, status);
  const part = multipart.modelPart;
  const size = part.end - part.start;
  if (part.kind == json.Kind.Absent) return reading.end(BodyFault.None);
  if (size > MODEL_ROOM) return reading.end(BodyFault.ModelTooLong);
  memory.copy(modelOf(x), x.body + part.start, size);
  x.modelLen = size;
  x.modelPlace = ModelPlace.Multipart;
  x.modelStart = part.start;
  x.modelEnd = part.end;
  x.isStreamed = saysTrue(x.body, multipart.streamPart);
  return reading.end(faultOfModel(x));
}

function saysTrue(body: usize, part: json.JsonMember): bool {
  return part.kind != json.Kind.Absent && TRUE.equals(body + part.start, part.end - part.start);
}
