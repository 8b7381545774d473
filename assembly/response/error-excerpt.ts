/**
 * The text of an event or document, kept in case it turns out to be an error: then it is classified, and may be given to the client.
 * Its first bytes are always kept; more of it only where an `error` value has begun, or where the caller says so.
 */

/** Kept of everything. */
const FIRST: usize = 1024;
/** Kept of what looks like an error. */
const MOST: usize = 64 << 10;
/** Put in front of an `error` value wherever it stood: the shape that every other error has. */
const WRAP = memory.data<u8>([0x7b, 0x22, 0x65, 0x72, 0x72, 0x6f, 0x72, 0x22, 0x3a]); // {"error":
const WRAP_LENGTH: usize = 9;

/** In memory: the fields, then room for WRAP and FIRST bytes. */
@unmanaged
export class Excerpt {
  errorPtr: usize;
  /** 0: there was no error. */
  errorLen: usize;
  private kept: usize;
  /** Where in the document the kept text begins; behind 0 it is an `error` value. */
  private from: i32;
  /** A block for WRAP and MOST bytes, in place of the room behind the fields; 0: there is none. */
  private block: usize;

  /** For memory that is new. */
  init(): void {
    this.block = 0;
    this.start();
  }

  start(): void {
    if (this.block != 0) heap.free(this.block);
    this.block = 0;
    this.errorLen = 0;
    this.next();
  }

  /** Another event begins. */
  next(): void {
    this.kept = 0;
    this.from = 0;
  }

  private get text(): usize {
    return (this.block != 0 ? this.block : changetype<usize>(this) + offsetof<Excerpt>()) + WRAP_LENGTH;
  }

  /**
   * More of the document, from its offset `start` on. `place`: where its error value begins; -1: there is none so far.
   * `looksBad`: it may be an error all the same.
   */
  keep(ptr: usize, end: usize, start: i32, place: i32, looksBad: bool): void {
    if (this.errorLen != 0) return;
    if (place > this.from && place >= start) {
      this.from = place;
      this.kept = 0;
      ptr += <usize>(place - start);
    }
    let size = end - ptr;
    if (this.kept + size > FIRST && this.block == 0 && (place > 0 || looksBad)) this.grow();
    size = min(size, (this.block != 0 ? MOST : FIRST) - this.kept);
    memory.copy(this.text + this.kept, ptr, size);
    this.kept += size;
  }

  private grow(): void {
    const block = heap.alloc(WRAP_LENGTH + MOST);
    memory.copy(block + WRAP_LENGTH, this.text, this.kept);
    this.block = block;
  }

  /** What is kept is an error: as it stands, or its `error` value wrapped. The first error stays. */
  settle(): void {
    if (this.errorLen != 0) return;
    this.errorPtr = this.text;
    this.errorLen = this.kept;
    if (this.from == 0) return;
    this.errorPtr -= WRAP_LENGTH;
    this.errorLen += WRAP_LENGTH;
    memory.copy(this.errorPtr, WRAP, WRAP_LENGTH);
  }
}

/** Bytes of an Excerpt with its room. */
export const EXCERPT_SIZE: usize = offsetof<Excerpt>() + WRAP_LENGTH + FIRST;
