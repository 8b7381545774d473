/** How a body is read, by its headers or, where they do not tell, by its first byte. */
import { Char } from "../text/ascii";
import { Span } from "../text/span";
import { skipBlanks } from "../json/grammar";
import { EventScanner, Piece, found } from "../http/sse";
import { BodyType } from "./response-head";

export enum BodyKind {
  Opaque,
  Events,
  Json,
  /** Of no telling type: the first byte decides. */
  Unknown,
}

/** `binaryAllowed`: bytes may be an answer, like audio; in a dialect of JSON a wrong type hides nothing. */
export function bodyKindOf(body: BodyType, binaryAllowed: bool): BodyKind {
  switch (body) {
    case BodyType.Events:
      return BodyKind.Events;
    case BodyType.Json:
      return BodyKind.Json;
    case BodyType.Text:
      return BodyKind.Unknown;
    case BodyType.Binary:
      return binaryAllowed ? BodyKind.Opaque : BodyKind.Unknown;
    default:
      return BodyKind.Opaque;
  }
}

const LESS_THAN = 0x3c;

/** By the first byte that is no blank. Where plain text may be an answer, only HTML is none, which reading it as JSON shows. */
export function recognize(c: i32, textAllowed: bool): BodyKind {
  if (textAllowed) return c == LESS_THAN ? BodyKind.Json : BodyKind.Opaque;
  return startsLine(c) ? BodyKind.Events : BodyKind.Json;
}

/** The first byte of data, event, id, retry or a comment. */
function startsLine(c: i32): bool {
  return c == 0x64 || c == 0x65 || c == 0x69 || c == 0x72 || c == Char.Colon;
}

const document = new Span();
const BYTE_ORDER_MARK: u32 = 0xbfbbef; // little-endian
const MARK_LENGTH: usize = 3;
const scanner = changetype<EventScanner>(heap.alloc(offsetof<EventScanner>()));

/** Finds the document of an error's body, behind a byte order mark, or as the data of the first event. */
export function jsonInside(ptr: usize, len: usize): Span {
  if (len > MARK_LENGTH && (load<u32>(ptr) & 0xffffff) == BYTE_ORDER_MARK) {
    ptr += MARK_LENGTH;
    len -= MARK_LENGTH;
  }
  document.set(ptr, len);
  const start = skipBlanks(ptr, ptr + len);
  if (start == ptr + len || !startsLine(<i32>load<u8>(start))) return document;
  scanner.start();
  scanner.next(start, ptr + len);
  return found.kind == Piece.Data ? document.set(found.start, found.end - found.start) : document;
}
