/** A configuration as a tree. For configure time only: it lives on the garbage-collected heap. */
import { Char } from "../text/ascii";
import { unescape } from "../json/unescape";
import { Status, syntaxError } from "../json/syntax-error";
import { Kind, check, keyEndAt, kindOf, skipBlank, skipValue, valueAfter } from "../json/lexer";
import { addMistake } from "./mistakes";

/** Deeper than any configuration of ours; the recursion below needs a limit. */
const MAX_DEPTH: i32 = 64;

export class Value {
  parent: Value | null = null;
  /** Its key, where it stands in an object. */
  name: string = "";
  /** Its place, where it stands in an array; else -1. */
  index: i32 = -1;
  /** What a string says, without escapes; the source of any other scalar. */
  text: string = "";
  items: Value[] = [];
  /** A reader knows this field. */
  isKnown: bool = false;

  constructor(readonly kind: Kind) {}

  /** The member of this name, null when there is none. */
  get(name: string): Value | null {
    if (this.kind != Kind.Object) return null;
    for (let i = 0, k = this.items.length; i < k; i++) if (this.items[i].name == name) return this.items[i];
    return null;
  }

  put(item: Value): void {
    item.parent = this;
    this.items.push(item);
  }

  /** `providers[0].apiTokens[1]`; "configuration" for the whole. */
  get path(): string {
    const parent = this.parent;
    if (parent === null) return "configuration";
    if (this.index >= 0) return `${parent.path}[${this.index}]`;
    const name = isShortName(this.name) ? this.name : `"${this.name.slice(0, 40)}"`;
    return parent.parent === null ? name : `${parent.path}.${name}`;
  }

  /** The path of a member that is not there. */
  pathTo(name: string): string {
    return this.parent === null ? name : `${this.path}.${name}`;
  }

  /** Whether a field of this name stands here or somewhere around. */
  isBelow(name: string): bool {
    if (this.name == name) return true;
    const parent = this.parent;
    return parent !== null && parent.isBelow(name);
  }
}

/** Nothing that could break a line of the log, hide what follows, or be taken for another part of a path. */
function isShortName(name: string): bool {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (c <= Char.Space || c == Char.Quote || c == 0x7f || ".:[]".includes(name.charAt(i))) return false;
  }
  return name.length > 0 && name.length <= 80;
}

let text: usize = 0;
let end: usize = 0;
let at: usize = 0;

/** The tree of a strict JSON text (RFC 8259, UTF-8, no key twice); null, and a line in the report, when it is none. */
export function parseDom(ptr: usize, len: usize): Value | null {
  text = ptr;
  end = ptr + len;
  const status = check(ptr, len);
  if (status != Status.Ok) {
    addMistake(placeOf(syntaxError.at), foundBy(status), "JSON: no comments, no comma at the end of a list");
    return null;
  }
  at = skipBlank(ptr, end);
  const root = read(0);
  return root.kind == Kind.Absent ? null : root;
}

const ABSENT = new Value(Kind.Absent);

/** The value at `at`, which is known to be well-formed; one of kind Absent after a complaint. */
function read(depth: i32): Value {
  const start = at;
  const value = new Value(kindOf(at));
  if (value.kind == Kind.Object || value.kind == Kind.Array) {
    if (depth == MAX_DEPTH) return refuse(at, "lists and objects inside each other", `at most ${MAX_DEPTH} levels`);
    return readItems(value, depth + 1) ? value : ABSENT;
  }
  at = skipValue(at, end, 0);
  const isString = value.kind == Kind.String;
  value.text = isString ? decode(start + 1, at - start - 2) : String.UTF8.decodeUnsafe(start, at - start);
  return value;
}

function readItems(list: Value, depth: i32): bool {
  const names = new Set<string>();
  at = skipBlank(at + 1, end);
  while (load<u8>(at) != Char.CloseBrace && load<u8>(at) != Char.CloseBracket) {
    const key = at;
    let name = "";
    if (list.kind == Kind.Object) {
      const keyEnd = keyEndAt(at, end);
      at = valueAfter(keyEnd, end);
      name = decode(key + 1, keyEnd - key - 1);
      if (names.has(name))
        return refuse(key, "a field that stands here already", "each field once").kind != Kind.Absent;
      names.add(name);
    }
    const item = read(depth);
    if (item.kind == Kind.Absent) return false;
    item.name = name;
    if (list.kind == Kind.Array) item.index = list.items.length;
    list.put(item);
    at = skipBlank(at, end);
    if (load<u8>(at) == Char.Comma) at = skipBlank(at + 1, end);
  }
  at++;
  return true;
}

function decode(ptr: usize, len: usize): string {
  const out = heap.alloc(len);
  const decoded = String.UTF8.decodeUnsafe(out, unescape(ptr, len, out));
  memory.fill(out, 0, len); // it may be a token
  heap.free(out);
  return decoded;
}

function refuse(where: usize, found: string, allowed: string): Value {
  addMistake(placeOf(where), found, allowed);
  return ABSENT;
}

function placeOf(where: usize): string {
  let line = 1;
  let column = 1;
  for (let p = text; p < where; p++) {
    const c = <i32>load<u8>(p);
    if (c == Char.LineFeed) {
      line++;
      column = 1;
    } else if ((c & 0xc0) != 0x80) column++;
  }
  return `line ${line}, column ${column}`;
}

/** The text itself is not shown: it may be a token. */
function foundBy(status: Status): string {
  switch (status) {
    case Status.Truncated:
      return "the text ends too early";
    case Status.BadUtf8:
      return "bytes that are not UTF-8";
    case Status.ByteOrderMark:
      return "a byte order mark";
    case Status.TooDeep:
      return "too many lists and objects inside each other";
    default:
      return "a character that does not belong here";
  }
}
