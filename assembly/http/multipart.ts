/**
 * The fields of a multipart/form-data body (RFC 7578 on RFC 2046) that decide a request's way. Strict: what two parsers could
 * read differently is refused, so that the provider sees the model that we saw. Bytes of a file are only searched.
 */
import { Char, equalsIgnoreCase, indexOf } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { Status, peek } from "../json/syntax-error";
import { Kind } from "../json/lexer";
import { JsonMember } from "../json/member";

/** Where the values lie in the body; Kind.String, without quotes. They stay until the next scan. */
export const modelPart = new JsonMember(Bytes.of("model"));
export const streamPart = new JsonMember(Bytes.of("stream"));
const parts: StaticArray<JsonMember> = [modelPart, streamPart];

const MAX_PARTS = 256;
const MAX_HEADER: usize = 4096; // bytes of one header line
const MAX_BOUNDARY: usize = 70; // RFC 2046, section 5.1.1

const FORM_DATA = Bytes.of("form-data");
const DISPOSITION = Bytes.of("content-disposition");
const MULTIPART = Bytes.of("multipart/form-data");
const BOUNDARY = Bytes.of("boundary");
const NAME = Bytes.of("name");
const EXTENDED_NAME = Bytes.of("name*");
const LINE_END = Bytes.of("\r\n");

/** CR LF "--" boundary: what ends a part. */
const delimiter = memory.data(4 + 70);
let delimiterLen: usize = 0;

const parameter = new Span();

/** The headers of one part. */
class PartHeaders {
  status: Status = Status.Ok;
  /** Status.Ok: where the part's content starts, and its name. */
  content: usize = 0;
  readonly name: Span = new Span();

  end(status: Status): this {
    this.status = status;
    return this;
  }
}

const headers = new PartHeaders();

/** Takes the boundary from a content-type header; false when it is not multipart/form-data with one good boundary. */
export function readBoundary(ptr: usize, len: usize): bool {
  delimiterLen = 0;
  const boundary = parameterIn(ptr, len, MULTIPART, BOUNDARY);
  if (boundary === null || boundary.len == 0 || boundary.len > MAX_BOUNDARY) return false;
  store<u32>(delimiter, 0x2d2d0a0d); // CR LF - -
  memory.copy(delimiter + 4, boundary.ptr, boundary.len);
  delimiterLen = 4 + boundary.len;
  return true;
}

/** After `readBoundary`. Ok, Malformed, Truncated (no closing delimiter) or DuplicateModel; of other duplicates the last counts. */
export function scanParts(ptr: usize, len: usize): Status {
  for (let i = 0; i < parts.length; i++) unchecked(parts[i]).put(Kind.Absent, 0, 0);
  const end = ptr + len;
  if (delimiterLen == 0 || !isAtBoundary(ptr, end)) return Status.Malformed;
  let p = ptr + delimiterLen - 2;
  for (let count = 0; count < MAX_PARTS; count++) {
    if (p + 2 <= end && load<u16>(p) == 0x2d2d) return Status.Ok; // an epilogue is nobody's
    while (p < end && isSpace(load<u8>(p))) p++;
    if (p + 2 > end) return Status.Truncated;
    if (load<u16>(p) != 0x0a0d) return Status.Malformed;
    const part = readHeaders(p + 2, end);
    if (part.status != Status.Ok) return part.status;
    p = part.content;
    // Some readers take a boundary right behind the headers for the end of an empty part, others for its content.
    if (isAtBoundary(p, end)) return Status.Malformed;
    const offset = indexOf(p, end - p, delimiter, delimiterLen);
    if (offset < 0) return Status.Truncated;
    const stop = p + <usize>offset;
    const field = fieldNamed(part.name);
    if (field) {
      if (field == modelPart && modelPart.kind) return Status.DuplicateModel;
      field.put(Kind.String, p - ptr, stop - ptr);
    }
    p = stop + delimiterLen;
  }
  return Status.Malformed;
}

/** Whether a boundary stands at p, with no line end before it. */
function isAtBoundary(p: usize, end: usize): bool {
  const len = delimiterLen - 2;
  return end - p >= len && memory.compare(p, delimiter + 2, len) == 0;
}

/** p is behind a delimiter's line. */
function readHeaders(p: usize, end: usize): PartHeaders {
  let isNamed = false;
  while (true) {
    const window = min(end - p, MAX_HEADER);
    const lineLen = indexOf(p, window, LINE_END.ptr, LINE_END.len);
    if (lineLen < 0) return headers.end(window < MAX_HEADER ? Status.Truncated : Status.Malformed);
    if (lineLen == 0) {
      headers.content = p + 2;
      return headers.end(isNamed ? Status.Ok : Status.Malformed);
    }
    const colon = nameEnd(p, lineLen);
    if (!colon || hasControl(p, lineLen)) return headers.end(Status.Malformed);
    if (equalsIgnoreCase(p, colon - p, DISPOSITION)) {
      const value = colon + 1;
      const name = parameterIn(value, p + lineLen - value, FORM_DATA, NAME);
      if (name === null || isNamed) return headers.end(Status.Malformed);
      headers.name.set(name.ptr, name.len);
      isNamed = true;
    }
    p += lineLen + 2;
  }
}

/** The colon behind a header's name; 0 when the line has none, or begins with a blank as a folded one does. */
function nameEnd(p: usize, len: usize): usize {
  for (let i: usize = 0; i < len; i++) {
    const c = <i32>load<u8>(p + i);
    if (c == Char.Colon) return i ? p + i : 0;
    if (isSpace(c)) return 0;
  }
  return 0;
}

function hasControl(p: usize, len: usize): bool {
  for (let i: usize = 0; i < len; i++) {
    const c = <i32>load<u8>(p + i);
    if ((c < Char.Space && c != Char.Tab) || c == 0x7f) return true;
  }
  return false;
}

function fieldNamed(name: Span): JsonMember | null {
  for (let i = 0; i < parts.length; i++) if (name.is(unchecked(parts[i]).name)) return unchecked(parts[i]);
  return null;
}

/**
 * The value of one parameter in `type; name=value; name="value"`. Null when the type is another, the parameter is missing, comes twice, has an escape or an extended form, or the syntax is wrong.
 */
function parameterIn(ptr: usize, len: usize, type: Bytes, name: Bytes): Span | null {
  const end = ptr + len;
  let p = skipSpaces(ptr, end);
  const typeAt = p;
  while (p < end && load<u8>(p) != Char.Semicolon && !isSpace(load<u8>(p))) p++;
  if (!equalsIgnoreCase(typeAt, p - typeAt, type)) return null;
  let isFound = false;
  while (true) {
    p = skipSpaces(p, end);
    if (p == end) return isFound ? parameter : null;
    if (load<u8>(p) != Char.Semicolon) return null;
    const key = skipSpaces(p + 1, end);
    p = key;
    while (p < end && load<u8>(p) != Char.Equals && isTokenByte(load<u8>(p))) p++;
    const keyLen = p - key;
    if (peek(p, end) != Char.Equals || keyLen == 0 || (name == NAME && equalsIgnoreCase(key, keyLen, EXTENDED_NAME)))
      return null;
    const value = p + 1;
    const quoted = value < end && load<u8>(value) == Char.Quote;
    p = quoted ? quotedEnd(value + 1, end) : tokenEnd(value, end);
    if (!p) return null;
    if (equalsIgnoreCase(key, keyLen, name)) {
      if (isFound) return null;
      isFound = true;
      const start = quoted ? value + 1 : value;
      if (quoted && hasBackslash(start, p - start)) return null;
      parameter.set(start, p - start);
    }
    if (quoted) p++;
  }
}

/** The closing quote; 0 when there is none. */
function quotedEnd(p: usize, end: usize): usize {
  for (; p < end; p++) {
    const c = <i32>load<u8>(p);
    if (c == Char.Quote) return p;
    if (c == Char.Backslash) p++;
  }
  return 0;
}

function tokenEnd(p: usize, end: usize): usize {
  const start = p;
  while (p < end && isTokenByte(load<u8>(p))) p++;
  return p > start ? p : 0;
}

function isTokenByte(c: i32): bool {
  return c != Char.Semicolon && c != Char.Quote && !isSpace(c);
}

function hasBackslash(p: usize, len: usize): bool {
  for (let i: usize = 0; i < len; i++) if (load<u8>(p + i) == Char.Backslash) return true;
  return false;
}

function skipSpaces(p: usize, end: usize): usize {
  while (p < end && isSpace(load<u8>(p))) p++;
  return p;
}

/** Optional whitespace of RFC 9110, section 5.6.3. */
function isSpace(c: i32): bool {
  return c == Char.Space || c == Char.Tab;
}
