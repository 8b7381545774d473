/**
 * From the host's callbacks to handlers. Several roots with different filters share one VM (Envoy keys a VM by vm_id and code), so
 * each root has a handler of its own. Ids that are not known, and callbacks that come late, are normal and ignored.
 */
import * as host from "./host";
import { reset } from "./arena";
import { HashTable } from "../text/hash-table";
import { Pool } from "../text/pool";

export enum HeadersStatus {
  Continue = 0,
  StopIteration = 1,
  StopAllIterationAndWatermark = 4,
}

export enum BodyStatus {
  Continue = 0,
  StopAndBuffer = 1,
  StopAndWatermark = 2,
  StopNoBuffer = 3,
}

/** What a filter does with the callbacks of one root and its streams. `state` is what `open` gave for the stream. */
export abstract class Handler {
  abstract open(stream: u32): usize;
  abstract requestHeaders(state: usize, end: bool): HeadersStatus;
  abstract requestBody(state: usize, size: usize, end: bool): BodyStatus;
  abstract requestTrailers(state: usize): BodyStatus;
  abstract responseHeaders(state: usize, end: bool): HeadersStatus;
  abstract responseBody(state: usize, size: usize, end: bool): BodyStatus;
  abstract responseTrailers(state: usize): BodyStatus;
  /** The stream is over, and its access log is written next. Not of an upstream filter's (facts 4.2). */
  log(_state: usize): void {}
  /** The stream is over; all of it may still be read. */
  abstract close(state: usize): void;
  abstract tick(): void;
  abstract calloutAnswered(callout: u32, headers: u32, bodySize: usize): void;
  /** The root is gone; no callback follows. */
  abstract retire(): void;
}

class Root {
  handler: Handler | null = null;
}

@unmanaged
class Context {
  /** A managed `Root`, kept alive by `roots` until the host deletes it, which it does after its last stream. */
  root: usize;
  state: usize;
}

/** Makes the handler of a root from its configuration, or answers null to refuse it. */
type MakeHandler = (root: u32, configuration: usize, size: usize) => Handler | null;

let make: MakeHandler | null = null;
const roots = new Map<u32, Root>();
const streams = new HashTable(1024);
const contexts = new Pool<Context>();
let depth: i32 = 0;

/** Whether a stream has come to this VM: its thread serves clients. */
export function servesStreams(): bool {
  return hasServed;
}

let hasServed: bool = false;

export function serve(factory: MakeHandler): void {
  make = factory;
}

function enter(): void {
  depth++;
}

function leave(): void {
  if (--depth != 0) return;
  reset();
  if (!hasGarbage) return;
  hasGarbage = false;
  __collect();
}

let hasGarbage: bool = false;

/** A configuration was read outside of on_configure: its objects are collected when no callback runs. */
export function collectSoon(): void {
  hasGarbage = true;
}

function find(id: u32): Context | null {
  const at = streams.get(id);
  return at != 0 ? changetype<Context>(at) : null;
}

function handlerOf(context: Context): Handler {
  return changetype<Root>(context.root).handler!;
}

export function proxy_on_context_create(id: u32, parent: u32): void {
  if (parent == 0) {
    roots.set(id, new Root());
    return;
  }
  hasServed = true;
  if (!roots.has(parent)) return;
  const root = roots.get(parent);
  const handler = root.handler;
  if (handler === null) return;
  enter();
  const context = contexts.take();
  context.root = changetype<usize>(root);
  context.state = handler.open(id);
  streams.set(id, changetype<usize>(context));
  leave();
}

export function proxy_on_vm_start(_id: u32, _size: usize): u32 {
  return 1;
}

export function proxy_on_configure(id: u32, size: usize): u32 {
  if (!roots.has(id) || make === null) return 0;
  enter();
  const text = size > 0 ? host.body(host.Buffer.PluginConfiguration, 0, size) : null;
  const handler = text !== null ? make!(id, text.ptr, text.len) : make!(id, 0, 0);
  if (handler !== null) roots.get(id).handler = handler;
  leave();
  // The minimal runtime collects only when told to, and needs no shadow stack for that, which would slow every call. Here no
  // reference is on the stack, and only reading a configuration makes garbage.
  __collect();
  return handler !== null ? 1 : 0;
}

export function proxy_on_tick(id: u32): void {
  if (!roots.has(id)) return;
  const handler = roots.get(id).handler;
  if (handler === null) return;
  enter();
  handler.tick();
  leave();
}

export function proxy_on_http_call_response(
  id: u32,
  callout: u32,
  headers: u32,
  bodySize: usize,
  _trailers: u32,
): void {
  if (!roots.has(id)) return;
  const handler = roots.get(id).handler;
  if (handler === null) return;
  enter();
  handler.calloutAnswered(callout, headers, bodySize);
  leave();
}

export function proxy_on_request_headers(id: u32, _count: u32, end: u32): u32 {
  const context = find(id);
  if (context === null) return HeadersStatus.Continue;
  enter();
  const status = handlerOf(context).requestHeaders(context.state, end != 0);
  leave();
  return status;
}

export function proxy_on_request_body(id: u32, size: usize, end: u32): u32 {
  const context = find(id);
  if (context === null) return BodyStatus.Continue;
  enter();
  const status = handlerOf(context).requestBody(context.state, size, end != 0);
  leave();
  return status;
}

export function proxy_on_request_trailers(id: u32, _count: u32): u32 {
  const context = find(id);
  if (context === null) return BodyStatus.Continue;
  enter();
  const status = handlerOf(context).requestTrailers(context.state);
  leave();
  return status;
}

export function proxy_on_response_headers(id: u32, _count: u32, end: u32): u32 {
  const context = find(id);
  if (context === null) return HeadersStatus.Continue;
  enter();
  const status = handlerOf(context).responseHeaders(context.state, end != 0);
  leave();
  return status;
}

export function proxy_on_response_body(id: u32, size: usize, end: u32): u32 {
  const context = find(id);
  if (context === null) return BodyStatus.Continue;
  enter();
  const status = handlerOf(context).responseBody(context.state, size, end != 0);
  leave();
  return status;
}

export function proxy_on_response_trailers(id: u32, _count: u32): u32 {
  const context = find(id);
  if (context === null) return BodyStatus.Continue;
  enter();
  const status = handlerOf(context).responseTrailers(context.state);
  leave();
  return status;
}

/** Before the host writes its access log: what is put into filter state now can be printed there. */
export function proxy_on_log(id: u32): void {
  const context = find(id);
  if (context === null) return;
  enter();
  handlerOf(context).log(context.state);
  leave();
}

/** At a stream's end on_log and on_done come right before it (facts 4.1). */
export function proxy_on_delete(id: u32): void {
  const context = find(id);
  if (context === null) {
    if (!roots.has(id)) return;
    const handler = roots.get(id).handler;
    roots.delete(id);
    if (handler === null) return;
    enter();
    handler.retire();
    leave();
    return;
  }
  enter();
  handlerOf(context).close(context.state);
  streams.delete(id);
  contexts.give(context);
  leave();
}
