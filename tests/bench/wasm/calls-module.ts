/**
 * Makes the host calls of a request that is served at once, each in the same callback as our module does, and nothing else: what they cost
 * by themselves. tests/filter/host-calls.test.ts holds the two to the same calls.
 */
import "../../../assembly/proxywasm/abort";
import { reset } from "../../../assembly/proxywasm/arena";
import * as host from "../../../assembly/proxywasm/host";
import * as hostNames from "../../../assembly/filters/host-names";
import { parseDecimal } from "../../../assembly/http/durations";
import { headerValue } from "../../../assembly/http/header-list";
import { CONTENT_LENGTH } from "../../../assembly/http/header-names";
import { indexOf } from "../../../assembly/text/ascii";
import { Bytes } from "../../../assembly/text/bytes";
import { HashTable } from "../../../assembly/text/hash-table";
import { Pool } from "../../../assembly/text/pool";
import { Span } from "../../../assembly/text/span";

export { allocate as proxy_on_memory_allocate } from "../../../assembly/proxywasm/arena";

const REQUEST = host.HeaderMap.Request;
const RESPONSE = host.HeaderMap.Response;
const BODY = host.Buffer.RequestBody;
/** As in filters/body-parking.ts and filters/hop-stream.ts. */
const SMALL_BODY: usize = 16 << 10;
const ONE_WRITE: usize = 8 << 10;
const IDENTITY_SIZE: usize = 16;

const ROLE = Bytes.of('"attempt"');
const CLUSTER_KEY = Bytes.of('"cluster":');
const AUTHORIZATION = Bytes.of("authorization");
const PLACEHOLDER = Bytes.of("{}");
/** As long as ours are about. */
const AUTHORITY = Bytes.of("127.0.0.1:26900");
const CREDENTIAL = Bytes.of("Bearer sk-good-token-1");
const MODEL = Bytes.of("bench-there");
const TRAIL = Bytes.of("bench/#b05560a9;status=200;ms=1");
const LIMIT_MS: u64 = 120_000;

@unmanaged
class Stream {
  /** Itself, with which its identity begins. */
  self: usize;
  isAttempt: bool;
  /** Of an attempt: the client's stream. */
  exchange: usize;
  isInPlace: bool;
  /** The length of the body, of the request or the answer; below 0: nobody knows. */
  toCome: isize;
  isStream: bool;
  /** Some of its answer has passed. */
  isPassing: bool;
  body: usize;
  len: usize;
  capacity: usize;
}

const streams = new HashTable(1024);
const pool = new Pool<Stream>();
let attemptRoot: u32 = 0;
let cluster = PLACEHOLDER;
let moves: u32 = 0;

function streamOf(id: u32): Stream {
  return changetype<Stream>(streams.get(id));
}

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_vm_start(_id: u32, _size: usize): u32 {
  return 1;
}

export function proxy_on_configure(id: u32, size: usize): u32 {
  const text = host.body(host.Buffer.PluginConfiguration, 0, size)!;
  if (indexOf(text.ptr, text.len, ROLE.ptr, ROLE.len) >= 0) attemptRoot = id;
  else {
    const key = text.ptr + indexOf(text.ptr, text.len, CLUSTER_KEY.ptr, CLUSTER_KEY.len);
    let start = key + CLUSTER_KEY.len;
    while (load<u8>(start++) != 0x22);
    let end = start;
    while (load<u8>(end) != 0x22) end++;
    cluster = Bytes.copy(start, end - start);
    moves = host.defineMetric(host.Metric.Gauge, "calls_moves");
  }
  reset();
  return 1;
}

function announced(list: Span): isize {
  const length = headerValue(list.ptr, list.len, CONTENT_LENGTH);
  return length !== null ? <isize>parseDecimal(length.ptr, length.len) : -1;
}

export function proxy_on_context_create(id: u32, parent: u32): void {
  if (parent == 0) return;
  const s = pool.take();
  s.self = changetype<usize>(s);
  s.isAttempt = parent == attemptRoot;
  s.body = 0;
  s.len = 0;
  s.capacity = 0;
  s.isStream = false;
  s.isPassing = false;
  streams.set(id, changetype<usize>(s));
}

export function proxy_on_request_headers(id: u32, _count: u32, _end: u32): u32 {
  const s = streamOf(id);
  if (!s.isAttempt) {
    const list = host.headers(REQUEST)!;
    s.toCome = announced(list);
    host.monotonic();
    host.setNumberHeader(REQUEST, hostNames.HOPS, 1);
    reset();
    return 1;
  }
  const exchange = changetype<Stream>(load<usize>(host.property(hostNames.EXCHANGE)!.ptr));
  s.exchange = exchange.self;
  host.monotonic();
  host.setHeader(REQUEST, hostNames.AUTHORITY, AUTHORITY.ptr, AUTHORITY.len);
  host.setHeader(REQUEST, AUTHORIZATION, CREDENTIAL.ptr, CREDENTIAL.len);
  if (!exchange.isInPlace) host.setNumberHeader(REQUEST, CONTENT_LENGTH, exchange.len);
  reset();
  return 0;
}

export function proxy_on_request_body(id: u32, size: usize, end: u32): u32 {
  const s = streamOf(id);
  if (s.isAttempt) {
    if (s.len == 0) sendBody(changetype<Stream>(s.exchange), size);
    else host.setBody(BODY, 0, size, 0, 0);
    s.len = 1;
    return 0;
  }
  const isFirst = s.len == 0;
  if (size > 0) park(s, size, isFirst);
  if (end == 0) return isFirst ? 2 : 3;
  host.monotonic();
  host.metricValue(moves);
  host.setProperty(hostNames.EXCHANGE, changetype<usize>(s), IDENTITY_SIZE);
  host.setProperty(hostNames.CLUSTER, cluster.ptr, cluster.len);
  if (!s.isInPlace) host.removeHeader(REQUEST, CONTENT_LENGTH.ptr, CONTENT_LENGTH.len);
  host.setNumberHeader(REQUEST, hostNames.TRY_TIMEOUT, LIMIT_MS);
  reset();
  return 0;
}

function park(s: Stream, size: usize, isFirst: bool): void {
  const needed = s.len + size;
  if (needed > s.capacity) {
    s.capacity = max(needed, <usize>s.toCome);
    s.body = s.body == 0 ? heap.alloc(s.capacity) : heap.realloc(s.body, s.capacity);
  }
  s.len += host.bodyInto(BODY, 0, size, s.body + s.len);
  s.isInPlace = isFirst && size == <usize>s.toCome && size <= SMALL_BODY;
  if (!s.isInPlace) host.setBody(BODY, 0, size, PLACEHOLDER.ptr, isFirst ? PLACEHOLDER.len : 0);
}

/** With a model of the same length in place of the client's. */
function sendBody(s: Stream, size: usize): void {
  const rest = MODEL.len + 10;
  if (s.len <= ONE_WRITE) {
    host.setBody(BODY, 0, size, s.body, s.len);
    return;
  }
  host.setBody(BODY, 0, size, s.body, 10);
  host.setBody(BODY, 10, 0, s.body + 10, MODEL.len);
  host.setBody(BODY, rest, 0, s.body + rest, s.len - rest);
}

export function proxy_on_response_headers(id: u32, _count: u32, _end: u32): u32 {
  const s = streamOf(id);
  if (s.isAttempt) {
    host.monotonic();
    s.toCome = announced(host.headers(RESPONSE)!);
    changetype<Stream>(s.exchange).isStream = s.toCome < 0;
    if (s.toCome < 0) host.removeHeader(RESPONSE, CONTENT_LENGTH.ptr, CONTENT_LENGTH.len);
    reset();
    return 1;
  }
  host.setHeader(RESPONSE, hostNames.PROVIDER, cluster.ptr, cluster.len);
  host.setHeader(RESPONSE, hostNames.MODEL, MODEL.ptr, MODEL.len);
  host.setNumberHeader(RESPONSE, hostNames.ATTEMPTS, 1);
  host.setHeader(RESPONSE, hostNames.TRAIL, TRAIL.ptr, TRAIL.len);
  return 0;
}

export function proxy_on_response_body(id: u32, size: usize, end: u32): u32 {
  const s = streamOf(id);
  // The host tells of the end of an answer that was whole already.
  if (!s.isAttempt || s.toCome == 0) return 0;
  if (!s.isPassing || end != 0) host.monotonic();
  s.isPassing = true;
  if (size > 0) host.body(host.Buffer.ResponseBody, 0, size);
  if (s.toCome > 0) s.toCome = max(s.toCome - <isize>size, 0);
  reset();
  return 0;
}

export function proxy_on_log(id: u32): void {
  const s = streamOf(id);
  if (s.isStream) host.property(hostNames.FLAGS);
  reset();
}

export function proxy_on_delete(id: u32): void {
  const at = streams.get(id);
  if (at == 0) return;
  const s = changetype<Stream>(at);
  if (s.capacity > 0) heap.free(s.body);
  streams.delete(id);
  pool.give(s);
}
