/**
 * Reads answers of Redis and Valkey (RESP, version 2) item by item, out of memory that holds the whole answer. An answer may be anything:
 * each length is checked against what is there, and nothing is allocated. After `isBroken` nothing more is read.
 */
const SIMPLE: u8 = 0x2b;
const ERROR: u8 = 0x2d;
const NUMBER: u8 = 0x3a;
const BULK: u8 = 0x24;
const ARRAY: u8 = 0x2a;
const CR: u8 = 0x0d;
const LF: u8 = 0x0a;

export enum RespKind {
  /** There is no item: the end, or garbage. */
  None,
  Text,
  Error,
  Number,
  Array,
  /** A text or an array that is not there. */
  Nil,
}

/** Digits of a number that fits into 64 bits for certain. */
const MOST_DIGITS: usize = 18;
/** A line is a number, a status or an error: the longest explains the protected mode. */
const MOST_LINE: usize = 2048;
const MOST_ITEMS: i64 = 4096;
const MOST_DEPTH: i32 = 4;

export class RespReader {
  isBroken: bool = false;
  /** Of the last item: its text, or that of an error. */
  ptr: usize = 0;
  len: usize = 0;
  /** Its number, or how many items of an array follow. */
  number: i64 = 0;
  private at: usize = 0;
  private end: usize = 0;

  start(ptr: usize, len: usize): this {
    this.at = ptr;
    this.end = ptr + len;
    this.isBroken = false;
    return this;
  }

  /** Where the next item begins. */
  get place(): usize {
    return this.at;
  }

  get isAtEnd(): bool {
    return this.at == this.end;
  }

  /** The next item; of an array only its head. */
  next(): RespKind {
    this.ptr = 0;
    this.len = 0;
    this.number = 0;
    if (this.isBroken || this.at >= this.end) return this.fail();
    const type = load<u8>(this.at++);
    if (!this.readLine()) return this.fail();
    switch (type) {
      case SIMPLE:
        return RespKind.Text;
      case ERROR:
        return RespKind.Error;
      case NUMBER:
        return this.readNumber() ? RespKind.Number : this.fail();
      case BULK:
        return this.readBulk();
      case ARRAY:
        if (!this.readNumber() || this.number > MOST_ITEMS) return this.fail();
        return this.number < 0 ? RespKind.Nil : RespKind.Array;
      default:
        return this.fail();
    }
  }

  /** The next item, which must be of this kind; else the answer counts as broken. */
  take(kind: RespKind): bool {
    if (this.next() == kind) return true;
    this.isBroken = true;
    return false;
  }

  /** Passes one item with all that is in it. */
  skip(depth: i32 = 0): void {
    if (this.next() != RespKind.Array) return;
    if (depth >= MOST_DEPTH) {
      this.isBroken = true;
      return;
    }
    for (let i = this.number; i > 0 && !this.isBroken; i--) this.skip(depth + 1);
  }

  private fail(): RespKind {
    this.isBroken = true;
    return RespKind.None;
  }

  /** Up to the end of the line, which must be there. */
  private readLine(): bool {
    const from = this.at;
    const last = min(this.end, from + MOST_LINE);
    let p = from;
    while (p + 1 < last && !(load<u8>(p) == CR && load<u8>(p, 1) == LF)) p++;
    if (p + 1 >= last) return false;
    this.ptr = from;
    this.len = p - from;
    this.at = p + 2;
    return true;
  }

  private readNumber(): bool {
    const found = parseWhole(this.ptr, this.len);
    this.number = found;
    return found != NOT_WHOLE;
  }

  private readBulk(): RespKind {
    if (!this.readNumber()) return this.fail();
    if (this.number < 0) return RespKind.Nil;
    const left = this.end - this.at;
    if (left < 2 || <u64>this.number > <u64>(left - 2)) return this.fail();
    this.ptr = this.at;
    this.len = <usize>this.number;
    this.at += this.len;
    if (load<u8>(this.at) != CR || load<u8>(this.at, 1) != LF) return this.fail();
    this.at += 2;
    return RespKind.Text;
  }
}

export const NOT_WHOLE: i64 = i64.MIN_VALUE;
const MINUS: u8 = 0x2d;
const ZERO: u32 = 0x30;

/** An integer; NOT_WHOLE: the text is none. */
export function parseWhole(ptr: usize, len: usize): i64 {
  const isNegative = len > 0 && load<u8>(ptr) == MINUS;
  let i: usize = isNegative ? 1 : 0;
  if (len == i || len - i > MOST_DIGITS) return NOT_WHOLE;
  let value: i64 = 0;
  for (; i < len; i++) {
    const digit = <u32>load<u8>(ptr + i) - ZERO;
    if (digit > 9) return NOT_WHOLE;
    value = value * 10 + <i64>digit;
  }
  return isNegative ? -value : value;
}
