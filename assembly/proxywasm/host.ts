/**
 * One function for each thing that we ask of the host. What it hands over comes as a span, null when there is none: the bytes are
 * valid until the outermost callback ends, the span until the next call. Costs: docs/envoy-facts.md, "What host calls cost".
 */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { GAMMA, mix } from "../text/split-mix";
import { Writer } from "../text/writer";
import * as env from "./env";
import { placeNext, placeNowhere } from "./arena";
import * as wasi from "./wasi_snapshot_preview1";

export enum Status {
  Ok = 0,
  NotFound = 1,
  BadArgument = 2,
  Empty = 7,
  CasMismatch = 8,
  InternalFailure = 10,
}

export enum LogLevel {
  Trace,
  Debug,
  Info,
  Warn,
  Error,
  Critical,
}

export enum HeaderMap {
  Request = 0,
  RequestTrailers = 1,
  Response = 2,
  ResponseTrailers = 3,
  CalloutResponse = 6,
  CalloutResponseTrailers = 7,
}

export enum Buffer {
  RequestBody = 0,
  ResponseBody = 1,
  CalloutResponseBody = 4,
  VmConfiguration = 6,
  PluginConfiguration = 7,
}

export enum Stream {
  Request = 0,
  Response = 1,
}

export enum Metric {
  Counter = 0,
  Gauge = 1,
  Histogram = 2,
}

/** A value of shared data: `setShared` takes its version. */
@unmanaged
export class SharedValue {
  ptr: usize = 0;
  len: usize = 0;
  version: u32 = 0;
}

/** A callout that was asked for. */
@unmanaged
export class Callout {
  /** Finds it when it is answered; 0: it was not sent, no callback follows, and `status` tells why. */
  token: u32 = 0;
  /** BadArgument: unknown cluster. InternalFailure: failed at once. */
  status: Status = Status.Ok;
}

// The host writes into these.
const span = new Span();
const PTR: usize = changetype<usize>(span) + offsetof<Span>("ptr");
const LEN: usize = changetype<usize>(span) + offsetof<Span>("len");
const sharedValue = new SharedValue();
const sent = new Callout();
const NUMBER: usize = memory.data(8);
const SIZES: usize = memory.data(8);

function taken(status: i32): Span | null {
  return status == Status.Ok ? span : null;
}

// === Log ===

export function logBytes(level: LogLevel, text: usize, size: usize): void {
  env.proxy_log(level, text, size);
}

/** Allocates: for configuration time. */
export function log(level: LogLevel, text: string): void {
  const bytes = String.UTF8.encode(text);
  env.proxy_log(level, changetype<usize>(bytes), bytes.byteLength);
}

export function logs(level: LogLevel): bool {
  return env.proxy_get_log_level(NUMBER) == Status.Ok && load<i32>(NUMBER) <= level;
}

// === Headers ===

/** All headers at once, in the host's layout: `headersIn` walks over them. */
export function headers(map: HeaderMap): Span | null {
  return taken(env.proxy_get_header_map_pairs(map, PTR, LEN));
}

export function header(map: HeaderMap, name: Bytes): Span | null {
  return taken(env.proxy_get_header_map_value(map, name.ptr, name.len, PTR, LEN));
}

export function setHeader(map: HeaderMap, name: Bytes, value: usize, size: usize): void {
  env.proxy_replace_header_map_value(map, name.ptr, name.len, value, size);
}

const DIGITS: usize = 20;
const number = new Writer();
const numberRoom: usize = memory.data(20);

export function setNumberHeader(map: HeaderMap, name: Bytes, value: u64): void {
  number.into(numberRoom, DIGITS).decimal(value);
  setHeader(map, name, number.ptr, number.len);
}

export function removeHeader(map: HeaderMap, name: usize, size: usize): void {
  env.proxy_remove_header_map_value(map, name, size);
}

// === Bodies ===

export function body(buffer: Buffer, start: usize, size: usize): Span | null {
  return taken(env.proxy_get_buffer_bytes(buffer, start, size, PTR, LEN));
}

/** Like `body`, but the bytes are written to `at`, which has room for `size`. Answers how many came. */
export function bodyInto(buffer: Buffer, start: usize, size: usize, at: usize): usize {
  placeNext(at, size);
  const got = body(buffer, start, size);
  placeNowhere();
  if (got === null) return 0;
  if (got.ptr != at) memory.copy(at, got.ptr, got.len);
  return got.len;
}

/** Replaces `size` bytes from `start`; 0 and the whole size replace all, `start` at the end appends. */
export function setBody(buffer: Buffer, start: usize, size: usize, bytes: usize, length: usize): bool {
  return env.proxy_set_buffer_bytes(buffer, start, size, bytes, length) == Status.Ok;
}

// === Properties ===

/** Path segments are separated by NUL. */
export function property(path: Bytes): Span | null {
  return taken(env.proxy_get_property(path.ptr, path.len, PTR, LEN));
}

/** Writes filter state `wasm.<name>` of the effective stream. */
export function setProperty(name: Bytes, value: usize, size: usize): bool {
  return env.proxy_set_property(name.ptr, name.len, value, size) == Status.Ok;
}

/** The flags and numbers among the properties: 8 bytes, little endian. */
export function propertyNumber(path: Bytes): u64 {
  const value = property(path);
  return value !== null && value.len == 8 ? load<u64>(value.ptr) : 0;
}

// === Streams ===

/** False: there is no such stream any more. */
export function setEffective(stream: u32): bool {
  return env.proxy_set_effective_context(stream) == Status.Ok;
}

export function continueStream(stream: Stream): bool {
  return env.proxy_continue_stream(stream) == Status.Ok;
}

/** Resets the effective stream: its client sees a broken transfer, never a clean end. */
export function resetStream(): void {
  env.proxy_close_stream(Stream.Response);
}

export function sendLocalResponse(status: u32, details: Bytes, text: Span, list: Span): bool {
  return (
    env.proxy_send_local_response(status, details.ptr, details.len, text.ptr, text.len, list.ptr, list.len, -1) ==
    Status.Ok
  );
}

export function callout(cluster: Bytes, list: Span, text: usize, size: usize, timeoutMs: u32): Callout {
  const none = list.ptr;
  sent.token = 0;
  sent.status = env.proxy_http_call(
    cluster.ptr,
    cluster.len,
    list.ptr,
    list.len,
    text,
    size,
    none,
    0,
    timeoutMs,
    changetype<usize>(sent) + offsetof<Callout>("token"),
  );
  if (sent.status != Status.Ok) sent.token = 0;
  return sent;
}

export function setTick(periodMs: u32): void {
  env.proxy_set_tick_period_milliseconds(periodMs);
}

// === Shared data and metrics ===

export function shared(key: Bytes): SharedValue | null {
  const at = changetype<usize>(sharedValue);
  const status = env.proxy_get_shared_data(
    key.ptr,
    key.len,
    at + offsetof<SharedValue>("ptr"),
    at + offsetof<SharedValue>("len"),
    at + offsetof<SharedValue>("version"),
  );
  return status == Status.Ok ? sharedValue : null;
}

/** `version` is that of the value that was read; 0 writes whatever is there. CasMismatch: another worker was faster. */
export function setShared(key: Bytes, value: usize, size: usize, version: u32): Status {
  return env.proxy_set_shared_data(key.ptr, key.len, value, size, version);
}

export function defineMetric(type: Metric, name: string): u32 {
  const bytes = String.UTF8.encode(name);
  return env.proxy_define_metric(type, changetype<usize>(bytes), bytes.byteLength, NUMBER) == Status.Ok
    ? load<u32>(NUMBER)
    : 0;
}

export function increment(metric: u32, by: i64): void {
  if (metric != 0) env.proxy_increment_metric(metric, by);
}

export function record(metric: u32, value: u64): void {
  if (metric != 0) env.proxy_record_metric(metric, value);
}

export function metricValue(metric: u32): u64 {
  return metric != 0 && env.proxy_get_metric(metric, NUMBER) == Status.Ok ? load<u64>(NUMBER) : 0;
}

// === Clocks, chance, environment ===

/** Nanoseconds that never go back: for every duration. */
export function monotonic(): u64 {
  return wasi.clock_time_get(1, 1, NUMBER) == 0 ? load<u64>(NUMBER) : 0;
}

/** Unix time in milliseconds: for dates only. */
export function wallClock(): i64 {
  return wasi.clock_time_get(0, 1, NUMBER) == 0 ? load<i64>(NUMBER) / 1000000 : 0;
}

let seed: u64 = 0;

/** For choices, not for secrets: the host's own generator costs a microsecond a call, so that it only seeds this one. */
export function random64(): u64 {
  if (seed == 0 && wasi.random_get(NUMBER, 8) == 0) seed = load<u64>(NUMBER);
  const number = mix(seed);
  seed += GAMMA;
  return number;
}

/** The VM's environment as NAME=value texts: Envoy fills it from `vm_config.environment_variables`. */
export function environment(): string[] {
  const found: string[] = [];
  if (wasi.environ_sizes_get(SIZES, SIZES + 4) != 0) return found;
  const count = load<u32>(SIZES);
  const size = load<u32>(SIZES + 4);
  if (count == 0) return found;
  const pointers = heap.alloc(count * 4);
  const text = heap.alloc(size + 1);
  if (wasi.environ_get(pointers, text) == 0) {
    for (let i: u32 = 0; i < count; i++) {
      const at: usize = load<u32>(pointers + i * 4);
      let end = at;
      while (end < text + size && load<u8>(end) != 0) end++;
      found.push(String.UTF8.decodeUnsafe(at, end - at));
    }
  }
  memory.fill(text, 0, size);
  heap.free(pointers);
  heap.free(text);
  return found;
}
