import { EventScanner, Piece, found } from "../../../assembly/http/sse";
import { complete } from "../../../assembly/json/stream-completion";
import { JsonReader, READER_SIZE } from "../../../assembly/json/stream-reader";
import { newTree } from "../../../assembly/json/watched-paths";
import { Writer } from "../../../assembly/text/writer";
import { ending } from "../../../assembly/response/stream-ending";
import { newValidator } from "../../../assembly/response/validator";

export function alloc(size: usize): usize {
  return heap.alloc(size);
}

export function free(ptr: usize): void {
  heap.free(ptr);
}

const validator = newValidator();
let end: Writer | null = null;

export function start(dialect: i32, hasKnownShape: bool, streamed: bool, body: i32, mode: i32): void {
  validator.start(dialect, hasKnownShape, streamed, body, mode);
}

export function feed(ptr: usize, len: usize): i32 {
  return validator.feed(ptr, len);
}

export function release(): void {
  validator.release();
}

export function finish(): i32 {
  return validator.finish();
}

/** good, ended, done, failed, opaque, whole, as bits. */
export function flags(): i32 {
  const j = validator;
  return (
    (<i32>(j.hasContent || j.hasSign)) |
    ((<i32>j.hasEnded) << 1) |
    ((<i32>j.isDone) << 2) |
    ((<i32>j.hasFailed) << 3) |
    ((<i32>j.isOpaque) << 4) |
    ((<i32>j.isWhole) << 5)
  );
}

export function cause(): i32 {
  return validator.defect;
}

export function cutAt(): i32 {
  return validator.cutAt;
}

export function events(): u32 {
  return validator.events;
}

export function signs(): u32 {
  return validator.signs;
}

export function tokensIn(): i32 {
  return validator.json.tokensIn;
}

export function tokensOut(): i32 {
  return validator.json.tokensOfAnswer;
}

export function invalidEvents(): u32 {
  return validator.invalidEvents;
}

export function errorPtr(): usize {
  return validator.errorPtr;
}

export function errorLen(): usize {
  return validator.errorLen;
}

/** Length of the ending, which is at `endingPtr`. */
export function endingOf(dialect: i32): usize {
  end = ending(dialect, validator);
  return end!.len;
}

export function endingPtr(): usize {
  return end!.ptr;
}

// --- the scanner alone ---

const scanner = changetype<EventScanner>(heap.alloc(offsetof<EventScanner>()));

export function scanStart(): void {
  scanner.start();
}

/** Appends to `out`: data as it is, 0x01 for a new line, 0x02 for the end of an event. Returns the new end. */
export function scan(ptr: usize, len: usize, out: usize): usize {
  const end = ptr + len;
  while (true) {
    ptr = scanner.next(ptr, end);
    switch (found.kind) {
      case Piece.Data:
        memory.copy(out, found.start, found.end - found.start);
        out += found.end - found.start;
        break;
      case Piece.NewLine:
        store<u8>(out++, 1);
        break;
      case Piece.Event:
        store<u8>(out++, 2);
        break;
      default:
        return out;
    }
  }
}

// --- the JSON reader alone ---

const reader = changetype<JsonReader>(heap.alloc(READER_SIZE));
const root = newTree();

export function readStart(): void {
  reader.start(root);
}

export function read(ptr: usize, len: usize): void {
  reader.feed(ptr, ptr + len);
}

/** 0: broken, 1: may go on, 2: complete. */
export function readState(): i32 {
  return reader.isComplete ? 2 : reader.isBroken ? 0 : 1;
}

const writer = new Writer();

/** Writes what completes an open object but for its last brace; -1: it is none. */
export function readCompletion(out: usize, capacity: usize): i32 {
  if (!reader.isOpenObject) return -1;
  complete(reader, writer.into(out, capacity));
  return <i32>writer.len;
}
