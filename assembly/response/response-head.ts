/** What a provider's answer says in its headers, read in one walk, and which of them may go on to the client. */
import { CONTENT_LENGTH, CONTENT_TYPE } from "../http/header-names";
import { Char, equalsIgnoreCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { isPlain } from "../http/content-coding";
import { parseDecimal } from "../http/durations";
import { isJson } from "../http/media-type";
import { HeaderSet } from "../http/header-set";
import { headersIn } from "../http/header-list";
import { AskedWait, asked, readAskedWait } from "../health/retry-after";

const STATUS = Bytes.of(":status");
const CONTENT_ENCODING = Bytes.of("content-encoding");
const EVENT_STREAM = Bytes.of("text/event-stream");
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

const DROPPED = new HeaderSet(
  [
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    // Where to go next: a client would show its key there. And who to be.
    "location",
    "content-location",
    "refresh",
    "link",
    "alt-svc",
    "set-cookie",
    "set-cookie2",
    "set-login",
    "www-authenticate",
    // Orders to a browser, in the name of this gateway's host: what it keeps, loads, allows, tells whom.
    "accept-ch",
    "activate-storage-access",
    "clear-site-data",
    "critical-ch",
    "dictionary-id",
    "document-policy",
    "expect-ct",
    "feature-policy",
    "nel",
    "no-vary-search",
    "observe-browsing-topics",
    "origin-agent-cluster",
    "origin-trial",
    "permissions-policy",
    "referrer-policy",
    "report-to",
    "reporting-endpoints",
    "require-document-policy",
    "service-worker",
    "service-worker-allowed",
    "sourcemap",
    "speculation-rules",
    "strict-transport-security",
    "supports-loading-mode",
    "timing-allow-origin",
    "use-as-dictionary",
    "x-content-security-policy",
    "x-content-security-policy-report-only",
    "x-dns-prefetch-control",
    "x-frame-options",
    "x-sourcemap",
    "x-webkit-csp",
    "x-webkit-csp-report-only",
    "x-xss-protection",
    // Orders to a proxy before this gateway: a file of its own instead of the answer, how long it is kept.
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "edge-control",
    "fastly-cdn-cache-control",
    "netlify-cdn-cache-control",
    "vercel-cdn-cache-control",
    "x-accel-charset",
    "x-accel-expires",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-sendfile",
  ],
  [
    // Of the router and of our own: a provider that sends them would steer both (facts 19.4).
    "x-envoy-",
    "x-ai-failover",
    "ai-failover-",
    "proxy-",
    "access-control-",
    "ad-auction-",
    "attribution-reporting-",
    "content-security-policy",
    "cross-origin-",
    "integrity-policy",
    "public-key-pins",
    "sec-",
    "shared-storage-",
    "surrogate-",
    "x-lighttpd-send-",
    "x-litespeed-",
    "x-permitted-cross-domain-",
    "x-reproxy-",
  ],
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
  /** Bytes that the body has; -1: not told. */
  contentLength: i64 = -1;
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
  head.contentLength = -1;
  let encoded = false;
  const header = headersIn(list, len);
  while (header.next()) {
    if (header.isNamed(STATUS)) head.status = statusCode(header.value, header.valueLen);
    else if (header.isNamed(CONTENT_TYPE)) head.body = bodyTypeOf(header.value, header.valueLen);
    else if (header.isNamed(CONTENT_LENGTH)) head.contentLength = parseDecimal(header.value, header.valueLen);
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

/** Whether a header, or a trailer, of a provider must not reach the client, or the router. */
export function mustNotForward(name: usize, len: usize): bool {
  return DROPPED.has(name, len);
}

const TRANSFER_ENCODING = Bytes.of("transfer-encoding");

/** Headers that the host writes anew when it sends a body that is ours. */
export function isFraming(name: usize, len: usize): bool {
  return CONTENT_LENGTH.equals(name, len) || TRANSFER_ENCODING.equals(name, len);
}
