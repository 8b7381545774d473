/**
 * Writes text into memory that the caller owns, and never beyond its capacity: the first piece that does not fit sets `overflow`,
 * and from then on nothing more is written. Or into memory of its own, which grows: for texts of any length, off the request path.
 */
import { Char, isDigit, isLetter } from "./ascii";
import { Bytes } from "./bytes";
import { leadsOut } from "./path-traversal";
import { REPLACEMENT, encode, sequenceLength } from "./utf8";

const DIGITS = memory.data<u8>([
  0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
]);
const UPPER_DIGITS = memory.data<u8>([
  0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46,
]);
/** The letter of the short escape of a control character, else 0. */
// prettier-ignore
const SHORT_ESCAPES = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0x62, 0x74, 0x6e, 0, 0x66, 0x72, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);
const TWICE_ENCODED_DOT = Bytes.of("%252E");
const DECIMAL_MAX = 20; // digits of 2^64 - 1
const scratch = memory.data(DECIMAL_MAX);

export class Writer {
  ptr: usize = 0;
  hasOverflowed: bool = false;
  private at: usize = 0;
  private limit: usize = 0;
  private isOwn: bool = false;

  /** Starts anew at `ptr`, with `capacity` bytes. */
  into(ptr: usize, capacity: usize): this {
    this.ptr = ptr;
    this.at = ptr;
    this.limit = ptr + capacity;
    this.hasOverflowed = false;
    this.isOwn = false;
    return this;
  }

  /** Starts anew in memory of its own, which grows by doubling. `drop` gives it back. */
  intoOwn(capacity: usize): this {
    this.into(heap.alloc(capacity), capacity);
    this.isOwn = true;
    return this;
  }

  drop(): void {
    if (this.isOwn) heap.free(this.ptr);
    this.into(0, 0);
  }

  get len(): usize {
    return this.at - this.ptr;
  }

  text(text: Bytes): void {
    this.raw(text.ptr, text.len);
  }

  raw(ptr: usize, len: usize): void {
    const to = this.take(len);
    if (to) memory.copy(to, ptr, len);
  }

  byte(c: i32): void {
    const to = this.take(1);
    if (to) store<u8>(to, c);
  }

  decimal(value: u64): void {
    let at = scratch + DECIMAL_MAX;
    do {
      store<u8>(--at, <u8>(0x30 + (value % 10)));
      value /= 10;
    } while (value);
    this.raw(at, scratch + DECIMAL_MAX - at);
  }

  /** Two lower-case digits for each byte. */
  hex(ptr: usize, len: usize): void {
    const to = this.take(len << 1);
    if (!to) return;
    for (let i: usize = 0; i < len; i++) {
      const c = <usize>load<u8>(ptr + i);
      store<u8>(to + (i << 1), load<u8>(DIGITS + (c >> 4)));
      store<u8>(to + (i << 1) + 1, load<u8>(DIGITS + (c & 15)));
    }
  }

  /** Quotes included. Malformed UTF-8 becomes U+FFFD, so that the document stays one. */
  jsonString(ptr: usize, len: usize): void {
    const end = ptr + len;
    this.byte(Char.Quote);
    while (ptr < end && !this.hasOverflowed) {
      const plain = plainRun(ptr, end);
      this.raw(ptr, plain - ptr);
      ptr = plain;
      if (ptr == end) break;
      const c = <i32>load<u8>(ptr);
      if (c < 0x80) {
        this.escape(c);
        ptr++;
        continue;
      }
      const n = sequenceLength(ptr, end);
      if (n) this.raw(ptr, n);
      else this.raw(scratch, encode(REPLACEMENT, scratch));
      ptr += n ? n : 1;
    }
    this.byte(Char.Quote);
  }

  private escape(c: i32): void {
    const short: i32 = c < Char.Space ? load<u8>(SHORT_ESCAPES + c) : c;
    const to = this.take(short ? 2 : 6);
    if (!to) return;
    store<u8>(to, Char.Backslash);
    if (short) store<u8>(to + 1, short);
    else {
      store<u32>(to + 1, 0x30303075); // u000
      store<u8>(to + 4, load<u8>(DIGITS + (c >> 4)));
      store<u8>(to + 5, load<u8>(DIGITS + (c & 15)));
    }
  }

  /**
   * One segment of a path, or one value of a query: what is not unreserved in RFC 3986 is percent-encoded. The dots of one that would
   * lead out of the path are so twice: "%2E%2E" is still ".." to who resolves it.
   */
  segment(ptr: usize, len: usize): void {
    const isOut = leadsOut(ptr, len);
    for (let i: usize = 0; i < len && !this.hasOverflowed; i++) {
      const c = <i32>load<u8>(ptr + i);
      if (c == Char.Dot && isOut) this.text(TWICE_ENCODED_DOT);
      else if (isUnreserved(c)) this.byte(c);
      else {
        const to = this.take(3);
        if (!to) return;
        store<u8>(to, 0x25);
        store<u8>(to, load<u8>(UPPER_DIGITS + (c >> 4)), 1);
        store<u8>(to, load<u8>(UPPER_DIGITS + (c & 15)), 2);
      }
    }
  }

  /** Room for the next n bytes; 0 when there is none. */
  private take(n: usize): usize {
    let to = this.at;
    if (this.hasOverflowed || n > this.limit - to) {
      if (!this.isOwn) {
        this.hasOverflowed = true;
        return 0;
      }
      this.grow(n);
      to = this.at;
    }
    this.at = to + n;
    return to;
  }

  private grow(n: usize): void {
    const used = this.len;
    const capacity = max((this.limit - this.ptr) * 2, used + n);
    this.ptr = heap.realloc(this.ptr, capacity);
    this.at = this.ptr + used;
    this.limit = this.ptr + capacity;
  }
}

function isUnreserved(c: i32): bool {
  return isLetter(c) || isDigit(c) || c == Char.Minus || c == Char.Dot || c == 0x5f || c == 0x7e;
}

/** The end of what a JSON string holds as it is. */
function plainRun(p: usize, end: usize): usize {
  while (p < end) {
    const c = <i32>load<u8>(p);
    if (c < Char.Space || c >= 0x80 || c == Char.Quote || c == Char.Backslash) break;
    p++;
  }
  return p;
}
