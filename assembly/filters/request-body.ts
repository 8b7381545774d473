/** What a request's body says of itself: its model, whether it wants a stream, whether only one provider can answer it. */
import { containsIgnoreCase, equalsIgnoreCase, hasControl } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import * as json from "../json/request-scanner";
import * as multipart from "../http/multipart";
import { Dialect } from "../config/plugin";
import * as exchanges from "../request/exchange";
import { Exchange, ModelPlace } from "../request/exchange";
import * as replies from "../response/replies";
import * as host from "../proxywasm/host";
import { ClientStream } from "./client-stream";
import * as sendReply from "./send-reply";
import { refuse } from "./send-reply";

const MULTIPART = Bytes.of("multipart/form-data");
const TRUE = Bytes.of("true");
const CONTENT_TYPE = Bytes.of("content-type");
const JSON_TYPE = Bytes.of("json");
/** Longest name of a model, bytes. */
export const MODEL_ROOM: usize = 1024;

const SAY_MODEL_TYPE = Bytes.of("'model' must be a string");
const SAY_STREAM_TYPE = Bytes.of("'stream' must be true or false");
const SAY_MODEL_LONG = Bytes.of("'model' is longer than 1024 bytes");
const SAY_MODEL_CONTROL = Bytes.of("'model' holds a control character");
const SAY_BODY = Bytes.of("The request's body is not valid JSON: ");
const SAY_BOUNDARY = Bytes.of("The content-type multipart/form-data needs one boundary of at most 70 bytes");
const SAY_MULTIPART = Bytes.of("The request's body is not valid multipart/form-data: ");
/** By `json.Status`. */
const FAULTS: Bytes[] = [
  "",
  "it is not an object",
  "unexpected character",
  "it ends too early",
  "it is not UTF-8",
  "it starts with a byte order mark",
  "it nests deeper than 512 levels",
  "'model' stands in it twice",
].map<Bytes>((text: string) => Bytes.of(text));
const SAY_AT = Bytes.of(" at byte ");

/** Whether a content-type announces a form. */
export function isMultipart(type: Span): bool {
  return type.len >= MULTIPART.len && equalsIgnoreCase(type.ptr, MULTIPART.len, MULTIPART);
}

/** False: the client has been answered. */
export function read(c: ClientStream, x: Exchange): bool {
  if (x.bodyLen == 0) return true;
  if (x.isMultipart) return readMultipart(c, x);
  const status = json.scan(x.body, x.bodyLen);
  if (status != json.Status.Ok) return isJsonApi(x) ? refuseBody(c, SAY_BODY, status, json.errorOffset) : true;
  x.isStreamed = json.stream.kind == json.Kind.True;
  if (x.hasKnownShape && !isSwitch(json.stream.kind)) return refuse(c, replies.INVALID_BODY, SAY_STREAM_TYPE);
  if (namesState(x)) x.noFailover = true;
  if (json.model.kind == json.Kind.Absent) return true;
  if (json.model.kind != json.Kind.String) return refuse(c, replies.INVALID_BODY, SAY_MODEL_TYPE);
  const start = json.model.start + 1;
  const size = json.model.end - 1 - start;
  if (size > MODEL_ROOM) return refuse(c, replies.INVALID_BODY, SAY_MODEL_LONG);
  x.modelLen = json.unescape(x.body + start, size, x.text + x.pathLen);
  x.modelPlace = ModelPlace.Json;
  x.modelStart = json.model.start;
  x.modelEnd = json.model.end;
  return takeModel(c, x);
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

/** The name goes into headers and paths, where Envoy sends a line break on as it is. */
function takeModel(c: ClientStream, x: Exchange): bool {
  return hasControl(exchanges.modelOf(x), x.modelLen) ? refuse(c, replies.INVALID_BODY, SAY_MODEL_CONTROL) : true;
}

/** A body that is no JSON is the caller's mistake where JSON is what the API takes; elsewhere it may be audio or a file. */
function isJsonApi(x: Exchange): bool {
  if (x.hasKnownShape) return true;
  const type = host.header(host.HeaderMap.Request, CONTENT_TYPE);
  return type === null || containsIgnoreCase(type.ptr, type.len, JSON_TYPE);
}

function readMultipart(c: ClientStream, x: Exchange): bool {
  const type = host.header(host.HeaderMap.Request, CONTENT_TYPE);
  if (type === null || !multipart.readBoundary(type.ptr, type.len))
    return refuse(c, replies.INVALID_BODY, SAY_BOUNDARY);
  const status = multipart.scanParts(x.body, x.bodyLen);
  if (status != json.Status.Ok) return refuseBody(c, SAY_MULTIPART, status, 0);
  const part = multipart.modelPart;
  const size = part.end - part.start;
  if (part.kind == json.Kind.Absent || size > MODEL_ROOM) return true;
  memory.copy(x.text + x.pathLen, x.body + part.start, size);
  x.modelLen = size;
  x.modelPlace = ModelPlace.Multipart;
  x.modelStart = part.start;
  x.modelEnd = part.end;
  x.isStreamed = saysTrue(x.body, multipart.streamPart);
  return takeModel(c, x);
}

function saysTrue(body: usize, part: json.JsonMember): bool {
  return part.kind != json.Kind.Absent && TRUE.equals(body + part.start, part.end - part.start);
}

function refuseBody(c: ClientStream, text: Bytes, status: json.Status, offset: usize): bool {
  replies.beginReply(text);
  replies.message.text(FAULTS[status]);
  if (offset > 0) {
    replies.message.text(SAY_AT);
    replies.message.decimal(offset);
  }
  sendReply.send(c, replies.INVALID_BODY, 0);
  return false;
}
