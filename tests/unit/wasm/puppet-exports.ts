/**
 * A module for tests of the host: it does what its configuration says. A line is a callback with its commands; each command is
 * logged with what the host answered. "end?" and "more?" before a command: only with, or without, the end of the stream.
 *
 *     request_headers: header 0 :path | set 0 x-a 1 | return 1
 */
import * as env from "../../../assembly/proxywasm/env";
import * as host from "../../../assembly/proxywasm/host";
import { reset } from "../../../assembly/proxywasm/arena";
import * as wasi from "../../../assembly/proxywasm/wasi_snapshot_preview1";
import "../../../assembly/proxywasm/abort";

export function proxy_abi_version_0_2_100(): void {}
export function proxy_abi_version_0_2_1(): void {}
export { allocate as proxy_on_memory_allocate } from "../../../assembly/proxywasm/arena";

const OUT = memory.data(32);
const scripts = new Map<u32, Map<string, string[]>>();
const rootOf = new Map<u32, u32>();
/** The streams that live, the oldest first; commands name them by their place. */
const streams: u32[] = [];
let answer: u32 = 0;

class Text {
  bytes: ArrayBuffer;
  constructor(text: string) {
    this.bytes = String.UTF8.encode(text);
  }
  get ptr(): usize {
    return changetype<usize>(this.bytes);
  }
  get len(): usize {
    return this.bytes.byteLength;
  }
}

function got(): string {
  return String.UTF8.decodeUnsafe(load<u32>(OUT), load<u32>(OUT + 4));
}

function list(pairs: string): ArrayBuffer {
  const fields = pairs.length > 0 ? pairs.split(",") : [];
  let text = "";
  const out = new ArrayBuffer(4096);
  const at = changetype<usize>(out);
  store<u32>(at, fields.length);
  for (let i = 0; i < fields.length; i++) {
    const split = fields[i].indexOf("=");
    const name = fields[i].slice(0, split);
    const value = fields[i].slice(split + 1);
    store<u32>(at + 4 + 8 * i, name.length);
    store<u32>(at + 8 + 8 * i, value.length);
    text += name + "\0" + value + "\0";
  }
  const bytes = String.UTF8.encode(text);
  memory.copy(at + 4 + 8 * fields.length, changetype<usize>(bytes), bytes.byteLength);
  return out.slice(0, 4 + 8 * fields.length + bytes.byteLength);
}

function rest(words: string[], from: i32): string {
  return words.slice(from).join(" ");
}

/** Runs one command; answers what is logged of it: the host's status, and what it gave. */
function run(id: u32, words: string[]): string {
  const a = words.length > 1 ? <i32>parseInt(words[1]) : 0;
  const what = words[0];
  if (what == "return") {
    answer = a;
    return "";
  }
  if (what == "header") {
    const name = new Text(words[2]);
    const status = env.proxy_get_header_map_value(a, name.ptr, name.len, OUT, OUT + 4);
    return status.toString() + (status == 0 ? " " + got() : "");
  }
  if (what == "set" || what == "remove") {
    const name = new Text(words[2]);
    if (what == "remove") return env.proxy_remove_header_map_value(a, name.ptr, name.len).toString();
    const value = new Text(rest(words, 3));
    return env.proxy_replace_header_map_value(a, name.ptr, name.len, value.ptr, value.len).toString();
  }
  if (what == "pairs") {
    const status = env.proxy_get_header_map_pairs(a, OUT, OUT + 4);
    return status.toString() + " " + (status == 0 ? load<u32>(load<u32>(OUT)).toString() : "");
  }
  if (what == "body") {
    const status = env.proxy_get_buffer_bytes(a, 0, 1 << 20, OUT, OUT + 4);
    return status.toString() + " " + (status == 0 ? got() : "");
  }
  if (what == "setbody") {
    const text = new Text(rest(words, 2));
    return env.proxy_set_buffer_bytes(a, 0, 1 << 30, text.ptr, text.len).toString();
  }
  if (what == "property") {
    const path = new Text(words[1].split(".").join("\0"));
    const status = env.proxy_get_property(path.ptr, path.len, OUT, OUT + 4);
    if (status != 0) return status.toString();
    return "0 " + (words.length > 2 ? load<u64>(load<u32>(OUT)).toString() : got());
  }
  if (what == "setproperty") {
    const name = new Text(words[1]);
    const value = new Text(rest(words, 2));
    return env.proxy_set_property(name.ptr, name.len, value.ptr, value.len).toString();
  }
  if (what == "effective") return env.proxy_set_effective_context(a < streams.length ? streams[a] : 999).toString();
  if (what == "continue") return env.proxy_continue_stream(a).toString();
  if (what == "reply") {
    const body = new Text(words.length > 2 ? words[2] : "");
    const headers = list(words.length > 3 ? words[3] : "");
    const details = new Text("puppet");
    const pairs = changetype<usize>(headers);
    const size = headers.byteLength;
    return env.proxy_send_local_response(a, details.ptr, details.len, body.ptr, body.len, pairs, size, -1).toString();
  }
  if (what == "call") {
    const cluster = new Text(words[1]);
    const headers = list(":method=POST,:path=/callout,:authority=" + words[1]);
    const body = new Text(words.length > 3 ? words[3] : "");
    const timeout = <u32>parseInt(words[2]);
    const pairs = changetype<usize>(headers);
    return env
      .proxy_http_call(cluster.ptr, cluster.len, pairs, headers.byteLength, body.ptr, body.len, 0, 0, timeout, OUT)
      .toString();
  }
  if (what == "tick") return env.proxy_set_tick_period_milliseconds(a).toString();
  if (what == "share") {
    const key = new Text(words[1]);
    const value = new Text(words[2]);
    return env.proxy_set_shared_data(key.ptr, key.len, value.ptr, value.len, <u32>parseInt(words[3])).toString();
  }
  if (what == "shared") {
    const key = new Text(words[1]);
    const status = env.proxy_get_shared_data(key.ptr, key.len, OUT, OUT + 4, OUT + 8);
    return status.toString() + (status == 0 ? " " + got() : "");
  }
  if (what == "count") {
    const name = new Text(words[1]);
    env.proxy_define_metric(0, name.ptr, name.len, OUT);
    const metric = load<u32>(OUT);
    env.proxy_increment_metric(metric, <i64>parseInt(words[2]));
    env.proxy_get_metric(metric, OUT + 8);
    return load<u64>(OUT + 8).toString();
  }
  if (what == "clock") {
    wasi.clock_time_get(a, 1, OUT);
    return (load<u64>(OUT) / 1000000).toString();
  }
  if (what == "environment") return host.environment().join(",");
  if (what == "trap") unreachable();
  return "unknown command";
}

function log(text: string): void {
  host.log(host.LogLevel.Info, text);
}

/** Runs what the configuration says for a callback. */
function on(id: u32, callback: string, detail: string, end: bool, byDefault: u32): u32 {
  const root = rootOf.has(id) ? rootOf.get(id) : id;
  answer = byDefault;
  if (scripts.has(root) && scripts.get(root).has(callback)) {
    log(callback + detail);
    const commands = scripts.get(root).get(callback);
    for (let i = 0; i < commands.length; i++) {
      let command = commands[i].trim();
      if (command.startsWith("end? ") && !end) continue;
      if (command.startsWith("more? ") && end) continue;
      if (command.startsWith("end? ")) command = command.slice(5);
      if (command.startsWith("more? ")) command = command.slice(6);
      const result = run(id, command.split(" "));
      if (result.length > 0) log("  " + command + " -> " + result);
    }
  }
  reset();
  return answer;
}

export function proxy_on_context_create(id: u32, parent: u32): void {
  if (parent == 0) return;
  rootOf.set(id, parent);
  streams.push(id);
}

export function proxy_on_vm_start(_id: u32, _size: u32): u32 {
  return 1;
}

export function proxy_on_configure(id: u32, size: u32): u32 {
  const script = new Map<string, string[]>();
  if (size > 0 && env.proxy_get_buffer_bytes(7, 0, size, OUT, OUT + 4) == 0) {
    const lines = got().split("\n");
    for (let i = 0; i < lines.length; i++) {
      const colon = lines[i].indexOf(": ");
      if (colon > 0) script.set(lines[i].slice(0, colon).trim(), lines[i].slice(colon + 2).split("|"));
    }
  }
  scripts.set(id, script);
  return on(id, "configure", "", false, 1);
}

export function proxy_on_tick(id: u32): void {
  on(id, "tick", "", false, 0);
}

export function proxy_on_http_call_response(id: u32, token: u32, headers: u32, size: u32, _trailers: u32): void {
  on(id, "callout", " " + token.toString() + " " + headers.toString() + " " + size.toString(), false, 0);
}

export function proxy_on_request_headers(id: u32, _count: u32, end: u32): u32 {
  return on(id, "request_headers", " end=" + end.toString(), end != 0, 0);
}

export function proxy_on_request_body(id: u32, size: u32, end: u32): u32 {
  return on(id, "request_body", " " + size.toString() + " end=" + end.toString(), end != 0, 0);
}

export function proxy_on_request_trailers(id: u32, _count: u32): u32 {
  return on(id, "request_trailers", "", true, 0);
}

export function proxy_on_response_headers(id: u32, _count: u32, end: u32): u32 {
  return on(id, "response_headers", " end=" + end.toString(), end != 0, 0);
}

export function proxy_on_response_body(id: u32, size: u32, end: u32): u32 {
  return on(id, "response_body", " " + size.toString() + " end=" + end.toString(), end != 0, 0);
}

export function proxy_on_response_trailers(id: u32, _count: u32): u32 {
  return on(id, "response_trailers", "", true, 0);
}

export function proxy_on_log(id: u32): void {
  on(id, "log", "", false, 0);
}

export function proxy_on_done(id: u32): u32 {
  return on(id, "done", "", false, 1);
}

export function proxy_on_delete(id: u32): void {
  on(id, "delete", "", false, 0);
  const at = streams.indexOf(id);
  if (at >= 0) streams.splice(at, 1);
  rootOf.delete(id);
  scripts.delete(id);
}
