/**
 * One function for each thing that we ask of the host. What it hands over is left in `ptr` and `len` (valid until the outermost
 * callback ends); a function that can fail answers false and leaves them 0. Costs: docs/envoy-facts.md, "What host calls cost".
 */
import { Bytes } from "../text/bytes";
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

export let ptr: usize = 0;
export let len: usize = 0;
/** Version of the last value read from shared data, for `setShared`. */
export let cas: u32 = 0;

const OUT: usize = memory.data(32);

function take(status: i32): bool {
  if (status == Status.Ok) {
    ptr = load<usize>(OUT);
    len = load<usize>(OUT + 4);
    return true;
  }
  ptr = 0;
  len = 0;
  return false;
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
  return env.proxy_get_log_level(OUT) == Status.Ok && load<i32>(OUT) <= level;
}

// === Headers ===

/** All headers at once, in the host's layout: walk them with `Pairs`. */
export function headerPairs(map: HeaderMap): bool {
  return take(env.proxy_get_header_map_pairs(map, OUT, OUT + 4));
}

export function header(map: HeaderMap, name: Bytes): bool {
  return take(env.proxy_get_header_map_value(map, name.ptr, name.len, OUT, OUT + 4));
}

export function setHeader(map: HeaderMap, name: Bytes, value: usize, size: usize): void {
  env.proxy_replace_header_map_value(map, name.ptr, name.len, value, size);
}

export function removeHeader(map: HeaderMap, name: usize, size: usize): void {
  env.proxy_remove_header_map_value(map, name, size);
}

// === Bodies ===

export function body(buffer: Buffer, start: usize, size: usize): bool {
  return take(env.proxy_get_buffer_bytes(buffer, start, size, OUT, OUT + 4));
}

/** Like `body`, but the bytes are written to `at`, which has room for `size`. Answers how many came. */
export function bodyInto(buffer: Buffer, start: usize, size: usize, at: usize): usize {
  placeNext(at, size);
  const ok = take(env.proxy_get_buffer_bytes(buffer, start, size, OUT, OUT + 4));
  placeNowhere();
  if (!ok) return 0;
  if (ptr != at) memory.copy(at, ptr, len);
  return len;
}

/** Replaces `size` bytes from `start`; 0 and the whole size replace all, `start` at the end appends. */
export function setBody(buffer: Buffer, start: usize, size: usize, bytes: usize, length: usize): bool {
  return env.proxy_set_buffer_bytes(buffer, start, size, bytes, length) == Status.Ok;
}

// === Properties ===

/** Path segments are separated by NUL. */
export function property(path: Bytes): bool {
  return take(env.proxy_get_property(path.ptr, path.len, OUT, OUT + 4));
}

/** Writes filter state `wasm.<name>` of the effective stream. */
export function setProperty(name: Bytes, value: usize, size: usize): bool {
  return env.proxy_set_property(name.ptr, name.len, value, size) == Status.Ok;
}

/** The flags and numbers among the properties: 8 bytes, little endian. */
export function propertyNumber(path: Bytes): u64 {
  return property(path) && len == 8 ? load<u64>(ptr) : 0;
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

export function sendLocalResponse(
  status: u32,
  details: Bytes,
  text: usize,
  size: usize,
  headers: usize,
  length: usize,
): bool {
  return env.proxy_send_local_response(status, details.ptr, details.len, text, size, headers, length, -1) == Status.Ok;
}

/** Token of the callout, or 0: `calloutStatus` tells why (BadArgument: unknown cluster, InternalFailure: failed at once). No callback follows then. */
export function callout(cluster: Bytes, headers: usize, length: usize, text: usize, size: usize, timeoutMs: u32): u32 {
  const none = headers;
  calloutStatus = env.proxy_http_call(
    cluster.ptr,
    cluster.len,
    headers,
    length,
    text,
    size,
    none,
    0,
    timeoutMs,
    OUT + 8,
  );
  return calloutStatus == Status.Ok ? load<u32>(OUT + 8) : 0;
}

export let calloutStatus: i32 = 0;

export function setTick(periodMs: u32): void {
  env.proxy_set_tick_period_milliseconds(periodMs);
}

// === Shared data and metrics ===

export function shared(key: Bytes): bool {
  const ok = take(env.proxy_get_shared_data(key.ptr, key.len, OUT, OUT + 4, OUT + 8));
  cas = ok ? load<u32>(OUT + 8) : 0;
  return ok;
}

/** `version` is what `shared` left in `cas`; 0 writes whatever stands there. CasMismatch: another worker was faster. */
export function setShared(key: Bytes, value: usize, size: usize, version: u32): Status {
  return env.proxy_set_shared_data(key.ptr, key.len, value, size, version);
}

export function defineMetric(type: Metric, name: string): u32 {
  const bytes = String.UTF8.encode(name);
  return env.proxy_define_metric(type, changetype<usize>(bytes), bytes.byteLength, OUT) == Status.Ok
    ? load<u32>(OUT)
    : 0;
}

export function increment(metric: u32, by: i64): void {
  if (metric != 0) env.proxy_increment_metric(metric, by);
}

export function record(metric: u32, value: u64): void {
  if (metric != 0) env.proxy_record_metric(metric, value);
}

export function metricValue(metric: u32): u64 {
  return metric != 0 && env.proxy_get_metric(metric, OUT) == Status.Ok ? load<u64>(OUT) : 0;
}

// === Clocks, chance, environment ===

/** Nanoseconds that never go back: for every duration. */
export function monotonic(): u64 {
  return wasi.clock_time_get(1, 1, OUT + 16) == 0 ? load<u64>(OUT + 16) : 0;
}

/** Unix time in milliseconds: for dates only. */
export function wallClock(): i64 {
  return wasi.clock_time_get(0, 1, OUT + 16) == 0 ? load<i64>(OUT + 16) / 1000000 : 0;
}

let seed: u64 = 0;

/** For choices, not for secrets: the host's own generator costs a microsecond a call, so that it only seeds this one (SplitMix64). */
export function random64(): u64 {
  if (seed == 0 && wasi.random_get(OUT + 16, 8) == 0) seed = load<u64>(OUT + 16);
  seed += 0x9e3779b97f4a7c15;
  let z = seed;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/** The VM's environment as NAME=value texts: Envoy fills it from `vm_config.environment_variables`. */
export function environment(): string[] {
  const found: string[] = [];
  if (wasi.environ_sizes_get(OUT, OUT + 4) != 0) return found;
  const count = load<u32>(OUT);
  const size = load<u32>(OUT + 4);
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
