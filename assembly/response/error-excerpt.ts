/** The first bytes of an event or document, kept in case it turns out to be an error that must be classified. */

const CAPACITY: usize = 1024;
/** Put in front of an `error` value wherever it stood: the shape that every other error has. */
const WRAP = memory.data<u8>([0x7b, 0x22, 0x65, 0x72, 0x72, 0x6f, 0x72, 0x22, 0x3a]); // {"error":
const WRAP_LENGTH: usize = 9;

/** In memory: the fields, then room for WRAP and CAPACITY bytes. */
@unmanaged
export class Excerpt {
  errorPtr: usize;
  /** 0: there was no error. */
  errorLen: usize;
  private kept: usize;

  start(): void {
    this.errorLen = 0;
    this.kept = 0;
  }

  /** Another event begins. */
  next(): void {
    this.kept = 0;
  }

  private get text(): usize {
    return changetype<usize>(this) + offsetof<Excerpt>() + WRAP_LENGTH;
  }

  keep(ptr: usize, end: usize): void {
    if (this.errorLen != 0) return;
    const n = min(end - ptr, CAPACITY - this.kept);
    memory.copy(this.text + this.kept, ptr, n);
    this.kept += n;
  }

  /** What is kept is an error; its `error` value begins at `place`, which is -1 when it has none. The first error stays. */
  settle(place: i32): void {
    if (this.errorLen != 0) return;
    this.errorPtr = this.text;
    this.errorLen = this.kept;
    if (place < 0 || <usize>place >= this.kept) return;
    this.errorPtr += <usize>place - WRAP_LENGTH;
    this.errorLen += WRAP_LENGTH - <usize>place;
    memory.copy(this.errorPtr, WRAP, WRAP_LENGTH);
  }
}

/** Bytes of an Excerpt with its text. */
export const EXCERPT_SIZE: usize = offsetof<Excerpt>() + WRAP_LENGTH + CAPACITY;
