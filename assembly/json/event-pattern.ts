/**
 * The events of one stream are alike but for a few values: the words that are new, a number that counts up. A reader makes the same of
 * each, so the event that was read last is kept as a pattern, and one that fits it is compared instead of read:
 *
 *     {"id":"a","n":12,"choices":[{"delta":{"content":"Hello"},"finish_reason":null}]}
 *               gap ^^                                 ^^^^^ gap
 *
 * A gap is a whole number, or a text of which nothing counts but that it is not empty.
 *
 * Where such events follow each other in one piece, they are alike with all that stands around their data: the name of the field before
 * it, the blank line behind. That is the pattern's frame, and with it the next event is found and passed in one comparison.
 */
import { Char, isDigit } from "../text/ascii";
import { isExponent, textEnd } from "./grammar";
import { JsonReader } from "./stream-reader";
import { Slot } from "./watched-paths";

/** A longer event is no pattern. */
const TEXT_SIZE: usize = 1024;
/** What stands around the data of an event: in front a name and comments, behind it nothing but the ends of two lines. */
const LEAD_SIZE: usize = 64;
const TRAIL_SIZE: usize = 4;
const MOST_GAPS = 4;
/** The state has the bits of so many levels. */
const LEVELS = 64;
const STATE_SIZE: usize = offsetof<JsonReader>() + (LEVELS >> 3);
/** Where the reader keeps what it has counted over all documents. */
const COUNTS_START: usize = offsetof<JsonReader>("highest");
const COUNTS_END: usize = offsetof<JsonReader>("place");

/** A value that is another one in each event. */
@unmanaged
class Gap {
  /** Where it stands in the pattern; of a text, what is between its quotes. */
  start: u32;
  end: u32;
  isText: bool;
  /** What is counted of a number. */
  slot: Slot;
  /** Of the event that is compared. */
  number: u32;
}

const GAPS_SIZE: usize = offsetof<Gap>() * MOST_GAPS;

/** In memory: the fields, the gaps, the reader behind the text, the text with its frame around it. */
@unmanaged
export class EventPattern {
  /** Bytes of the text. */
  private size: usize;
  /** Bytes of the frame before and behind it; 0: it has none. */
  private lead: usize;
  private trail: usize;
  /** Where the data lies that was fed last, if all of it came in one piece; 0: it did not. */
  private wholeAt: usize;
  private wholeEnd: usize;
  private gaps: i32;
  /** The event was compared with another one to its end, and nothing but its gaps was different. */
  isKnown: bool;
  /** Where the text goes on behind the gap that was added last. */
  private goOnAt: usize;

  /** A new stream begins. */
  start(): void {
    this.size = 0;
    this.lead = 0;
    this.wholeAt = 0;
    this.isKnown = false;
  }

  /** Feeds the first piece of an event to a reader that is at the start of a document: the same as `reader.feed`. */
  feed(reader: JsonReader, start: usize, end: usize): void {
    const isWhole = start < end && load<u8>(end - 1) == Char.CloseBrace;
    // A part of an event is no pattern.
    if (!isWhole) return reader.feed(start, end);
    this.wholeAt = start;
    this.wholeEnd = end;
    if (this.isKnown && this.hasIdOf(reader) && this.matchEnd(start, end, 0, 0) == end) {
      this.restore(reader, end - start);
      this.countGaps(reader);
    } else this.learn(reader, start, end);
  }

  /** At the end of each event that was fed: it stands with all of its lines from `start` to `end`; 0: it began in a piece before. */
  frame(start: usize, end: usize): void {
    // Huge where it does not lie between the two: it has come in parts.
    const lead = this.wholeAt - start;
    const trail = end - this.wholeEnd;
    this.wholeAt = 0;
    this.lead = 0;
    if (!this.isKnown || lead > LEAD_SIZE || trail > TRAIL_SIZE) return;
    memory.copy(this.text - lead, start, lead);
    memory.copy(this.text + this.size, end - trail, trail);
    this.lead = lead;
    this.trail = trail;
  }

  /**
   * Between two documents: if the next event stands at `start` with the frame of the last one, and is that one but for its gaps, its
   * numbers are counted as if it had been read, and the place behind it is returned; else 0.
   */
  skip(reader: JsonReader, start: usize, end: usize): usize {
    if (this.lead == 0) return 0;
    const behind = this.matchEnd(start, end, this.lead, this.trail);
    if (behind != 0) this.countGaps(reader);
    return behind;
  }

  /** An id stays over all documents, also where the event has none. */
  private hasIdOf(reader: JsonReader): bool {
    return changetype<JsonReader>(this.state).id == reader.id;
  }

  /** Compares the text, and so much of its frame, with what begins at `start`: returns the place behind it; 0: it does not fit. */
  private matchEnd(start: usize, end: usize, lead: usize, trail: usize): usize {
    const text = this.text;
    let p = start;
    let t = text - lead;
    for (let i = 0, k = this.gaps; i < k; i++) {
      const gap = this.gap(i);
      const before = text + gap.start - t;
      if (before > end - p || !isSame(p, t, before)) return 0;
      p += before;
      const behind = gap.isText ? textEnd(p, end) : numberEnd(p, end);
      if (behind == 0 || behind == p) return 0;
      if (!gap.isText) gap.number = numberAt(p, behind);
      p = behind;
      t = text + gap.end;
    }
    const rest = text + this.size + trail - t;
    return rest <= end - p && isSame(p, t, rest) ? p + rest : 0;
  }

  /** What the reader has counted over all documents stays, and goes on. */
  private restore(reader: JsonReader, size: usize): void {
    memory.copy(changetype<usize>(reader), this.state, COUNTS_START);
    memory.copy(changetype<usize>(reader) + COUNTS_END, this.state + COUNTS_END, STATE_SIZE - COUNTS_END);
    reader.offset = <i32>size;
  }

  /** The numbers of the event that was compared. */
  private countGaps(reader: JsonReader): void {
    for (let i = 0, k = this.gaps; i < k; i++) {
      const gap = this.gap(i);
      if (!gap.isText) reader.count(gap.slot, gap.number);
    }
  }

  /** Reads the event, and finds what is different in it from the one before. */
  private learn(reader: JsonReader, start: usize, end: usize): void {
    const statuses = reader.statuses;
    const textsEnd = this.text + this.size;
    let p = start;
    let t = this.text;
    this.gaps = 0;
    while (true) {
      const same = sameBytes(p, t, min(end - p, textsEnd - t));
      reader.feed(p, p + same);
      p += same;
      t += same;
      if (p == end || t == textsEnd) break;
      const from = start + <usize>reader.valueStart;
      const behind = this.addGap(reader, start, from, end, t - (p - from), textsEnd);
      if (behind == 0) break;
      reader.feed(p, behind);
      p = behind;
      t = this.goOnAt;
    }
    const isWhole = p == end && t == textsEnd;
    reader.feed(p, end);
    const size = end - start;
    // An end counts once for each event that has one, and a place is another one behind a longer text.
    this.isKnown = isWhole && size <= TEXT_SIZE && reader.statuses == statuses && reader.place < 0 && this.keep(reader);
    this.size = min(size, TEXT_SIZE);
    memory.copy(this.text, start, this.size);
  }

  private keep(reader: JsonReader): bool {
    if (reader.isBroken || reader.depth > LEVELS) return false;
    memory.copy(this.state, changetype<usize>(reader), STATE_SIZE);
    return true;
  }

  /**
   * The reader has come to a difference in the value that begins at `from`, and at `t` in the text. Returns where it ends; 0: it is one that
   * must be read.
   */
  private addGap(reader: JsonReader, start: usize, from: usize, end: usize, t: usize, textsEnd: usize): usize {
    if (this.gaps == MOST_GAPS) return 0;
    const isText = reader.isInFreeText;
    if (!isText && !reader.isAtNumber) return 0;
    const behind = isText ? textEnd(from, end) : numberEnd(from, end);
    this.goOnAt = isText ? textEnd(t, textsEnd) : numberEnd(t, textsEnd);
    if (behind == 0 || behind == from || this.goOnAt == 0 || this.goOnAt == t) return 0;
    const gap = this.gap(this.gaps++);
    gap.start = <u32>(from - start);
    gap.end = <u32>(behind - start);
    gap.isText = isText;
    gap.slot = reader.slot;
    return behind;
  }

  private gap(index: i32): Gap {
    return changetype<Gap>(changetype<usize>(this) + offsetof<EventPattern>() + <usize>index * offsetof<Gap>());
  }

  private get state(): usize {
    return changetype<usize>(this) + offsetof<EventPattern>() + GAPS_SIZE;
  }

  private get text(): usize {
    return this.state + STATE_SIZE + LEAD_SIZE;
  }
}

/** Bytes of an EventPattern with all that it keeps. */
export const PATTERN_SIZE: usize =
  offsetof<EventPattern>() + GAPS_SIZE + STATE_SIZE + LEAD_SIZE + TEXT_SIZE + TRAIL_SIZE;

/** The end of a whole number above 0 with something behind it; 0: there is none. */
function numberEnd(start: usize, end: usize): usize {
  if (start == end || load<u8>(start) == Char.Zero) return 0;
  let p = start;
  while (p < end && isDigit(load<u8>(p))) p++;
  return p < end && load<u8>(p) != Char.Dot && !isExponent(load<u8>(p)) ? p : 0;
}

/** As the reader counts, without a care for one that is too long. */
function numberAt(start: usize, end: usize): u32 {
  let number: u32 = 0;
  for (let p = start; p < end; p++) number = number * 10 + (load<u8>(p) - Char.Zero);
  return number;
}

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

function isSame(a: usize, b: usize, len: usize): bool {
  if (ASC_FEATURE_SIMD) {
    if (len >= 16) {
      for (let i: usize = 0; i < len - 16; i += 16)
        if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
      return !v128.any_true(v128.xor(v128.load(a + len - 16), v128.load(b + len - 16)));
    }
  }
  return sameBytes(a, b, len) == len;
}
