/**
 * Server-sent events read as they come in, in pieces of any size (HTML standard, section 9.2.6): lines end with CR, LF or
 * CRLF, a byte order mark may lead, a comment starts with ':'. Nothing is kept but the position: data is handed on where it lies.
 * Beside the standard a field `error` is the data of an event of that name: llama.cpp's servers tell their failures so, and no client
 * reads it.
 */
import { Char } from "../text/ascii";

/** What `next` found. */
export enum Piece {
  /** Nothing more: the bytes are used up. */
  None,
  /** Part of the data of an event. */
  Data,
  /** The data goes on in a further line: a line feed stands between. */
  NewLine,
  /** The blank line after an event that had data. */
  Event,
}

enum Step {
  Mark,
  LineStart,
  /** In the name of a field that may still be ours. */
  Field,
  /** Behind the colon, where one space is no part of the value. */
  Space,
  Value,
  /** In a comment or a field that is not ours. */
  Skip,
  /** Behind an event that was handed over. */
  Behind,
}

enum Field {
  Data,
  Event,
  Error,
}

/** What the last `next` found. */
export class FoundPiece {
  kind: Piece = Piece.None;
  /** Piece.Data: where it lies. */
  start: usize = 0;
  end: usize = 0;
}

export const found = new FoundPiece();

const DATA: u64 = 0x61746164; // little-endian
const COLON_AND_SPACE: u16 = 0x203a;
/** Bytes of "data: ". */
const DATA_FIELD: usize = 6;
const EVENT: u64 = 0x746e657665;
const BYTE_ORDER_MARK: u32 = 0xbfbbef;

/** Names of events as `name` has them: their last eight bytes, the last one lowest. */
export const NAME_ERROR: u64 = 0x6572726f72;
const ERROR: u64 = 0x726f727265; // little-endian

@unmanaged
export class EventScanner {
  /** Of the current event. */
  name: u64;
  /** The current event has a data field. */
  hasData: bool;
  /** Its data stands where no client reads it. */
  isUnseen: bool;
  private step: Step;
  private field: Field;
  /** Bytes of the field's name, or of the byte order mark, that fit so far. */
  private matched: i32;
  private isAfterReturn: bool;

  start(): void {
    this.step = Step.Mark;
    this.matched = 0;
    this.isAfterReturn = false;
    this.name = 0;
    this.hasData = false;
    this.isUnseen = false;
  }

  /** Inside a line, not at its start. */
  get isInLine(): bool {
    return this.step >= Step.Field && this.step <= Step.Skip;
  }

  /** Behind a blank line: the next byte begins another event. */
  get isBetween(): bool {
    return this.step == Step.Behind;
  }

  private get isSkipping(): bool {
    return this.step == Step.Skip;
  }

  /** Inside the value of a data field. */
  get isInData(): bool {
    return (this.step == Step.Space || this.step == Step.Value) && this.field == Field.Data;
  }

  /** An event was begun and its blank line has not come. */
  get isOpen(): bool {
    return (this.hasData && this.step != Step.Behind) || this.isInLine;
  }

  /** Reads from p to the next piece, which is in `found`; returns where to go on. */
  next(p: usize, end: usize): usize {
    found.kind = Piece.None;
    while (p < end) {
      const c = <i32>load<u8>(p);
      switch (this.step) {
        case Step.Mark:
          if (c == <i32>((BYTE_ORDER_MARK >> (this.matched << 3)) & 0xff)) {
            p++;
            if (++this.matched < 3) continue;
          }
          // A part of a mark is the start of a line that nobody reads.
          this.step = this.matched == 0 || this.matched == 3 ? Step.LineStart : Step.Skip;
          continue;
        case Step.Behind:
          this.name = 0;
          this.hasData = false;
          this.isUnseen = false;
          this.step = Step.LineStart;
          continue;
        case Step.LineStart:
          // Nearly every line begins so.
          if (p + DATA_FIELD <= end && load<u32>(p) == <u32>DATA && load<u16>(p + 4) == COLON_AND_SPACE) {
            this.beginField(Field.Data);
            this.isAfterReturn = false;
            this.step = Step.Value;
            p += DATA_FIELD;
            if (this.takeData()) return p;
            continue;
          }
          p++;
          if (this.startLine(c)) return p;
          continue;
        case Step.Field:
          if (this.readField(c)) return p + 1;
          if (!this.isSkipping) p++;
          continue;
        case Step.Space:
          this.step = Step.Value;
          if (c == Char.Space) p++;
          continue;
        case Step.Value: {
          const stop = lineEnd(p, end);
          if (stop > p) {
            if (this.field != Field.Event) {
              found.kind = Piece.Data;
              found.start = p;
              found.end = stop;
              return stop;
            }
            for (; p < stop; p++) this.name = (this.name << 8) | load<u8>(p);
            continue;
          }
          this.endLine(c);
          p++;
          continue;
        }
        default: {
          p = lineEnd(p, end);
          if (p < end) this.endLine(load<u8>(p++));
        }
      }
    }
    return p;
  }

  /** True: there is a piece. */
  private startLine(c: i32): bool {
    const isAfterReturn = this.isAfterReturn;
    this.isAfterReturn = false;
    switch (c) {
      case Char.LineFeed:
        if (isAfterReturn) return false; // of a CRLF
        return this.endEvent();
      case Char.Return:
        this.isAfterReturn = true;
        return this.endEvent();
      case 0x64: // d
        this.beginField(Field.Data);
        return false;
      case 0x65: // e
        this.beginField(Field.Event);
        return false;
      default:
        this.step = Step.Skip;
        return false;
    }
  }

  private endEvent(): bool {
    this.step = Step.Behind;
    if (this.hasData) found.kind = Piece.Event;
    return this.hasData;
  }

  private beginField(field: Field): void {
    this.field = field;
    this.matched = 1;
    this.step = Step.Field;
  }

  /** True: the field continues the event's data in a further line. Skip: the byte is still to be read. */
  private readField(c: i32): bool {
    if (this.field == Field.Event && this.matched == 1 && c == 0x72) this.field = Field.Error; // r
    const isData = this.field != Field.Event;
    const name = this.field == Field.Data ? DATA : this.field == Field.Event ? EVENT : ERROR;
    const expected = <i32>((name >> (this.matched << 3)) & 0xff);
    if (expected == 0) {
      const ends = c == Char.LineFeed || c == Char.Return;
      if (c == Char.Colon || ends) {
        if (ends)
          this.endLine(c); // a field without a value
        else this.step = Step.Space;
        if (this.field == Field.Error) {
          this.isUnseen = true;
          this.name = NAME_ERROR;
        } else if (!isData) this.name = 0;
        return isData && this.takeData();
      }
    } else if (c == expected) {
      this.matched++;
      return false;
    }
    this.step = Step.Skip;
    return false;
  }

  private takeData(): bool {
    if (this.hasData) found.kind = Piece.NewLine;
    const again = this.hasData;
    this.hasData = true;
    return again;
  }

  private endLine(c: i32): void {
    this.isAfterReturn = c == Char.Return;
    this.step = Step.LineStart;
  }
}

// Loaded, since V8 makes a constant of the code anew at each use (text/part.ts).
const LINE_FEEDS = memory.data<u64>([0x0a0a0a0a0a0a0a0a, 0x0a0a0a0a0a0a0a0a]);
const RETURNS = memory.data<u64>([0x0d0d0d0d0d0d0d0d, 0x0d0d0d0d0d0d0d0d]);

/** To the next CR or LF, or the end. */
function lineEnd(p: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    for (; p + 16 <= end; p += 16) {
      const block = v128.load(p);
      const stops = i8x16.bitmask(v128.or(i8x16.eq(block, v128.load(LINE_FEEDS)), i8x16.eq(block, v128.load(RETURNS))));
      if (stops) return p + <usize>ctz(stops);
    }
  }
  for (; p < end; p++) {
    const c = <i32>load<u8>(p);
    if (c == Char.LineFeed || c == Char.Return) break;
  }
  return p;
}
