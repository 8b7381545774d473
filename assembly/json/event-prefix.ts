/**
 * The events of one stream begin alike: the same id, model and member names, up to the words that are new. What a reader makes of the same
 * bytes is the same, so it is taken over from the event before instead of being read again.
 *
 *     text   the first bytes of the event that was read last
 *     state  the reader behind the first `known` bytes of it
 */
import { JsonReader } from "./stream-reader";

/** Bytes of an event that are kept. */
const TEXT_SIZE: usize = 512;
/** Fewer are read as fast as they are compared. */
const LEAST: usize = 32;
/** The state has the bits of so many levels. */
const LEVELS = 64;
const STATE_SIZE: usize = offsetof<JsonReader>() + (LEVELS >> 3);
/** Where the reader keeps what it has counted over all documents. */
const COUNTS_START: usize = offsetof<JsonReader>("highest");
const COUNTS_END: usize = offsetof<JsonReader>("place");

/** In memory: the fields, the state, the text. */
@unmanaged
export class EventPrefix {
  /** Bytes of `text`. */
  private size: usize;
  /** Of them, those whose state is kept; 0: none. */
  private known: usize;

  /** A new stream begins. */
  start(): void {
    this.size = 0;
    this.known = 0;
  }

  /** Feeds the first piece of an event to a reader that is at the start of a document: the same as `reader.feed`. */
  feed(reader: JsonReader, start: usize, end: usize): void {
    const size = min(end - start, TEXT_SIZE);
    const same = sameBytes(start, this.text, min(size, this.size));
    if (this.known > 0 && same >= this.known) {
      this.restore(reader);
      reader.feed(start + this.known, end);
      return;
    }
    this.known = 0;
    let p = start;
    if (same >= LEAST) {
      p += same;
      const before = reader.counted;
      reader.feed(start, p);
      // What is counted over all documents must be counted again in each, and no state is kept of a broken one.
      if (reader.counted == before && reader.depth <= LEVELS && !reader.isBroken) {
        memory.copy(this.state, changetype<usize>(reader), STATE_SIZE);
        this.known = same;
      }
    }
    reader.feed(p, end);
    memory.copy(this.text, start, size);
    this.size = size;
  }

  /** What the reader has counted over all documents stays. */
  private restore(reader: JsonReader): void {
    memory.copy(changetype<usize>(reader), this.state, COUNTS_START);
    memory.copy(changetype<usize>(reader) + COUNTS_END, this.state + COUNTS_END, STATE_SIZE - COUNTS_END);
  }

  private get state(): usize {
    return changetype<usize>(this) + offsetof<EventPrefix>();
  }

  private get text(): usize {
    return this.state + STATE_SIZE;
  }
}

/** Bytes of an EventPrefix with its state and its text. */
export const PREFIX_SIZE: usize = offsetof<EventPrefix>() + STATE_SIZE + TEXT_SIZE;

/** How many bytes from the start are the same. */
function sameBytes(a: usize, b: usize, len: usize): usize {
  let i: usize = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 16 <= len; i += 16) {
      const same = i8x16.bitmask(i8x16.eq(v128.load(a + i), v128.load(b + i)));
      if (same != 0xffff) return i + <usize>ctz(~same);
    }
  }
  while (i < len && load<u8>(a + i) == load<u8>(b + i)) i++;
  return i;
}
