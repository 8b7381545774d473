import * as ascii from "../../../assembly/text/ascii";
import { indexOf } from "../../../assembly/text/ascii";
import { Bytes } from "../../../assembly/text/bytes";
import * as escape from "../../../assembly/json/unescape";
import * as json from "../../../assembly/json/request-scanner";
import * as lexer from "../../../assembly/json/lexer";
import * as paths from "../../../assembly/json/lookup";
import { modelPart, readBoundary, scanParts, streamPart } from "../../../assembly/http/multipart";
import { digest, sameBytes } from "../../../assembly/text/sha256";
import { firstInvalid } from "../../../assembly/text/utf8";
import { Writer } from "../../../assembly/text/writer";

export { digest, indexOf, readBoundary, sameBytes, scanParts };
export { parseHttpDate } from "../../../assembly/http/dates";
export { parseDecimal, parseDuration, parseReset } from "../../../assembly/http/durations";

export function alloc(size: usize): usize {
  return heap.alloc(size);
}

export function free(ptr: usize): void {
  heap.free(ptr);
}

let scanned = new json.ScanResult();

export function scan(ptr: usize, len: usize): i32 {
  scanned = json.scan(ptr, len);
  return scanned.status;
}

export function check(ptr: usize, len: usize): i32 {
  return lexer.check(ptr, len);
}

export function errorOffset(): usize {
  return scanned.errorOffset;
}

const members: StaticArray<json.JsonMember> = [
  json.model,
  json.stream,
  json.user,
  json.previousResponseId,
  json.conversation,
  paths.foundMember,
  modelPart,
  streamPart,
];

export function kind(member: i32): i32 {
  return members[member].kind;
}

export function start(member: i32): usize {
  return members[member].start;
}

export function end(member: i32): usize {
  return members[member].end;
}

export function lookup(ptr: usize, len: usize, path: usize, pathLen: usize): i32 {
  return paths.lookup(ptr, len, Bytes.copy(path, pathLen));
}

export function unescape(ptr: usize, len: usize, out: usize): usize {
  return escape.unescape(ptr, len, out);
}

export function equalsDecoded(ptr: usize, len: usize, text: usize, textLen: usize): bool {
  return escape.equalsDecoded(ptr, len, Bytes.copy(text, textLen));
}

/** Offset of the first malformed sequence, or -1. */
export function invalidUtf8(ptr: usize, len: usize): isize {
  const bad = firstInvalid(ptr, ptr + len);
  return bad ? bad - ptr : -1;
}

const writer = new Writer();

export function into(ptr: usize, capacity: usize): void {
  writer.into(ptr, capacity);
}

export function text(ptr: usize, len: usize): void {
  writer.text(Bytes.copy(ptr, len));
}

export function decimal(value: u64): void {
  writer.decimal(value);
}

export function hex(ptr: usize, len: usize): void {
  writer.hex(ptr, len);
}

export function jsonString(ptr: usize, len: usize): void {
  writer.jsonString(ptr, len);
}

export function written(): usize {
  return writer.len;
}

export function overflow(): bool {
  return writer.hasOverflowed;
}

export function equalsIgnoreCase(ptr: usize, len: usize, text: usize, textLen: usize): bool {
  return ascii.equalsIgnoreCase(ptr, len, Bytes.copy(text, textLen));
}

export function containsIgnoreCase(ptr: usize, len: usize, text: usize, textLen: usize): bool {
  return ascii.containsIgnoreCase(ptr, len, Bytes.copy(text, textLen));
}
