/** What a provider's answer says in its headers, read in one walk, and which of them may go on to the client. */
import { CONTENT_LENGTH, CONTENT_TYPE } from "../http/header-names";
import { Char, equalsIgnoreCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { isPlain } from "../http/content-coding";
import { HeaderSet } from "../http/header-set";
import { headersIn } from "../http/header-list";
import { AskedWait, asked, readAskedWait } from "../health/retry-after";

const STATUS = Bytes.of(":status");
const CONTENT_ENCODING = Bytes.of("content-encoding");
const EVENT_STREAM = Bytes.of("text/event-stream");
const JSON_NAME = Bytes.of("json");
const TEXT_TYPE = Bytes.of("text/");

/** What the body will be, by its content-type and content-encoding. */
export enum BodyType {
  /** Compressed: nothing of it can be read. */
  Opaque,
  Events,
  Json,
  /** Text or HTML, or no type at all. */
  Text,
  /** Audio, images, lines of JSON. */
  Binary,
}

/** Of the router and of our own: a provider that sends them would steer both (facts 19.4). */
const DROPPED = new HeaderSet(
  [
    "set-cookie",
    "alt-svc",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    // Orders to a browser, in the name of this gateway's host: which pages may read, what is kept, where to go next.
    "strict-transport-security",
    "clear-site-data",
    "refresh",
    "link",
  ],
  ["x-envoy-", "x-ai-failover", "proxy-", "access-control-"],
);

/** Of the answer whose headers were read last; one for all. */
@unmanaged
export class ResponseHead {
  /** 0: the headers have none. */
  status: i32 = 0;
  /** All headers, as the host gave them. */
  list: usize = 0;
  listLen: usize = 0;
  body: BodyType = BodyType.Text;
  /** What the provider asks to wait. Only of answers that failed. */
  wait: AskedWait = asked;
}

const head = new ResponseHead();

/** `clock` tells wall time, and is asked only where a date may stand. */
export function readResponseHead(list: usize, len: usize, clock: () => i64): ResponseHead {
  head.status = 0;
  head.list = list;
  head.listLen = len;
  head.body = BodyType.Text;
  let encoded = false;
  const header = headersIn(list, len);
  while (header.next()) {
    if (header.isNamed(STATUS)) head.status = statusCode(header.value, header.valueLen);
    else if (header.isNamed(CONTENT_TYPE)) head.body = bodyTypeOf(header.value, header.valueLen);
    else if (header.isNamed(CONTENT_ENCODING)) encoded = !isPlain(header.value, header.valueLen);
  }
  if (encoded) head.body = BodyType.Opaque;
  if (head.status >= 400) readAskedWait(list, len, clock());
  return head;
}

function statusCode(ptr: usize, len: usize): i32 {
  if (len != 3) return 0;
  const hundreds = <i32>load<u8>(ptr) - Char.Zero;
  const tens = <i32>load<u8>(ptr, 1) - Char.Zero;
  return hundreds * 100 + tens * 10 + (<i32>load<u8>(ptr, 2) - Char.Zero);
}

function bodyTypeOf(type: usize, len: usize): BodyType {
  if (len >= EVENT_STREAM.len && equalsIgnoreCase(type, EVENT_STREAM.len, EVENT_STREAM)) return BodyType.Events;
  if (isJson(type, len)) return BodyType.Json;
  if (len >= TEXT_TYPE.len && equalsIgnoreCase(type, TEXT_TYPE.len, TEXT_TYPE)) return BodyType.Text;
  return BodyType.Binary;
}

/** `application/json` and what is built on it, like `application/problem+json`; not x-ndjson or jsonl, which are many documents. */
function isJson(type: usize, len: usize): bool {
  let end: usize = 0;
  while (end < len && load<u8>(type + end) != Char.Semicolon && load<u8>(type + end) != Char.Space) end++;
  if (end <= JSON_NAME.len || !equalsIgnoreCase(type + end - JSON_NAME.len, JSON_NAME.len, JSON_NAME)) return false;
  const before = <i32>load<u8>(type + end - JSON_NAME.len - 1);
  return before == Char.Slash || before == Char.Plus;
}

const LOCATION = Bytes.of("location");

/** Whether a header, or a trailer, of a provider must not reach the client, or the router. */
export function mustNotForward(name: usize, len: usize, status: i32): bool {
  return DROPPED.has(name, len) || (status < 300 && LOCATION.equals(name, len));
}

const TRANSFER_ENCODING = Bytes.of("transfer-encoding");

/** Headers that the host writes anew when it sends a body that is ours. */
export function isFraming(name: usize, len: usize): bool {
  return CONTENT_LENGTH.equals(name, len) || TRANSFER_ENCODING.equals(name, len);
}
