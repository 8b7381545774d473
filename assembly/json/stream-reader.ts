/**
 * A JSON document read as it comes in, in pieces of any size: one pass, no buffer, a record of fixed size. The grammar is that
 * of RFC 8259, so that "complete" means complete; bytes inside strings are not checked to be UTF-8, as a client's decoder
 * replaces what is malformed. On the way it collects facts about the members that stream-paths.ts watches.
 */
import { Char } from "../text/ascii";
import { MAX_DEPTH } from "./lexer";
import { Node, SEED, Slot, elementOf, hashOf, memberOf, mix, nodeAt } from "./watched-paths";
import {
  Step,
  endsNumber,
  firstOfNumber,
  isBlank,
  isHex,
  isPlain,
  nextInEscape,
  nextInNumber,
  skipPlain,
} from "./grammar";

/** Paths are followed to this depth; `nodes` has a byte for each level. */
const WATCHED_DEPTH = 8;

const TRUE: u32 = 0x657572; // "rue", little-endian
const FALSE: u32 = 0x65736c61; // "alse"
const NULL: u32 = 0x6c6c75; // "ull"
const NULL_START = 0x6e;
/** An end that some providers write as a text where there is none. */
const NULL_TEXT = hashOf("null");

/** In memory: the fields, then a bit for each open array or object, outermost first, 1 for an object. */
@unmanaged
export class JsonReader {
  /** Facts of this document. */
  facts: u32;
  /** Hashes of watched texts of this document, 0 where there is none; in the order of `Slot`. */
  type: u64;
  inner: u64;
  status: u64;
  /** Stays until `start`. */
  id: u64;
  /** Over all documents since `start`, up to `tokensOut`: event-pattern.ts leaves these as they are. */
  highest: u32;
  statuses: u32;
  /** The highest number with `Slot.Tokens`; -1: there was none. */
  tokens: i32;
  /** The same with `Slot.TokensIn`, and with `Slot.TokensOut`. */
  tokensIn: i32;
  private tokensOut: i32;
  /** Offset in the document of the last value with `Slot.Place` that is not null, else with `Slot.OtherPlace`; -1: none. */
  place: i32;
  private isOtherPlace: bool;
  step: Step;
  depth: i32;
  private root: u8;
  /** Of the value that comes next or has just been opened. */
  private node: u8;
  /** What is left of an escape's digits. */
  digits: u8;
  isKey: bool;
  private isHashing: bool;
  /** The node of each open level: of an object itself, of an array its elements'. */
  private nodes: u64;
  private hash: u64;
  /** The rest of true, false or null, next byte lowest. */
  word: u32;
  private number: u32;
  /** Bytes read of the document, to the one that broke it. */
  offset: i32;
  /** Offset of the last value that began; of a text, behind its quote. */
  private began: i32;

  start(root: u8): void {
    this.root = root;
    this.id = 0;
    this.highest = 0;
    this.statuses = 0;
    this.tokens = -1;
    this.tokensIn = -1;
    this.tokensOut = -1;
    this.next();
  }

  /** Makes ready for the next document of the same kind. */
  next(): void {
    this.facts = 0;
    this.type = 0;
    this.inner = 0;
    this.status = 0;
    this.place = -1;
    this.isOtherPlace = true;
    this.step = Step.Value;
    this.depth = 0;
    this.node = this.root;
    this.isKey = false;
    this.offset = 0;
  }

  /** Tokens of the answer, as it counts them; -1: it does not. */
  get tokensOfAnswer(): i32 {
    return max(this.tokens, this.tokensOut);
  }

  /** A number with this slot has come. */
  count(slot: Slot, number: u32): void {
    const tokens = <i32>min(number, <u32>i32.MAX_VALUE);
    if (slot == Slot.Highest) this.highest = max(this.highest, number);
    else if (slot == Slot.Tokens) this.tokens = max(this.tokens, tokens);
    else if (slot == Slot.TokensIn) this.tokensIn = max(this.tokensIn, tokens);
    else if (slot == Slot.TokensOut) this.tokensOut = max(this.tokensOut, tokens);
  }

  /** Of the current value. */
  get slot(): Slot {
    return <Slot>this.watched().slot;
  }

  /** Offset of the value that begins here, or of the one that the reader is in; of a text, behind its quote. */
  get valueStart(): i32 {
    return this.step == Step.Value ? this.offset : this.began;
  }

  /** In a text value of which nothing is kept. */
  get isInFreeText(): bool {
    return this.isInText && !this.isKey && !isHashed(this.slot);
  }

  /** Where a number begins or goes on, if there is one. */
  get isAtNumber(): bool {
    return this.step == Step.Value || this.step == Step.Digits;
  }

  /** Nothing of the document has come, not even blanks. */
  get isAtStart(): bool {
    return this.offset == 0;
  }

  /** Nothing but blanks has come. */
  get isEmpty(): bool {
    return this.step == Step.Value && this.depth == 0;
  }

  /** One whole document has come, if nothing follows. */
  get isComplete(): bool {
    if (this.step == Step.End) return true;
    return this.depth == 0 && endsNumber(this.step);
  }

  /** What came can no longer become a document. */
  get isBroken(): bool {
    return this.step == Step.Broken;
  }

  feed(start: usize, end: usize): void {
    let p = start;
    while (p < end && this.step != Step.Broken) {
      const c = <i32>load<u8>(p);
      switch (this.step) {
        case Step.Text:
          p = this.readText(p, end);
          continue;
        case Step.TextStart:
          if (c != Char.Quote && this.watched().slot != Slot.Status) this.fill();
          this.step = Step.Text;
          continue;
        case Step.Value:
          if (!isBlank(c)) this.beginValue(c, <i32>(p - start));
          break;
        case Step.FirstElement:
          if (isBlank(c)) break;
          if (c == Char.CloseBracket) {
            this.close();
            break;
          }
          this.fill();
          this.node = this.container();
          this.step = Step.Value;
          continue;
        case Step.FirstKey:
          if (isBlank(c)) break;
          if (c == Char.CloseBrace) {
            this.close();
            break;
          }
          // An end that is an object says by a member of its how it ended.
          if (this.slot != Slot.Status) this.fill();
          this.step = Step.NextKey;
          continue;
        case Step.NextKey:
          if (c == Char.Quote) this.beginText(true);
          else if (!isBlank(c)) this.step = Step.Broken;
          break;
        case Step.Colon:
          if (c == Char.Colon) this.step = Step.Value;
          else if (!isBlank(c)) this.step = Step.Broken;
          break;
        case Step.Comma:
          if (!isBlank(c)) this.endMember(c);
          break;
        case Step.Escape:
          this.readEscape(c);
          break;
        case Step.Hex:
          if (!isHex(c)) this.step = Step.Broken;
          else if (--this.digits == 0) this.step = Step.Text;
          break;
        case Step.Word:
          if (c != <i32>(this.word & 0xff)) this.step = Step.Broken;
          else if ((this.word >>= 8) == 0) this.endValue();
          break;
        case Step.End:
          if (!isBlank(c)) this.step = Step.Broken;
          break;
        default:
          if (this.readNumber(c)) break;
          continue;
      }
      p++;
    }
    this.offset += <i32>(p - start);
  }

  private beginValue(c: i32, at: i32): void {
    const node = this.watched();
    this.facts |= node.present;
    if (<i32>node.slot >= Slot.Place && c != NULL_START) this.notePlace(<i32>node.slot, this.offset + at);
    this.began = this.offset + at;
    switch (c) {
      case Char.Quote:
        this.began++;
        this.beginText(false);
        break;
      case Char.OpenBrace:
        this.open(true);
        break;
      case Char.OpenBracket:
        this.open(false);
        break;
      case Char.Minus:
        this.step = Step.Minus;
        break;
      case 0x74: // t
        this.fill();
        this.beginWord(TRUE);
        break;
      case 0x66: // f
        this.beginWord(FALSE);
        break;
      case NULL_START:
        this.beginWord(NULL);
        break;
      default:
        this.beginNumber(c);
    }
  }

  private notePlace(slot: i32, at: i32): void {
    if (slot == Slot.Place) this.isOtherPlace = false;
    else if (slot != Slot.OtherPlace || !this.isOtherPlace) return;
    this.place = at;
  }

  private beginText(isKey: bool): void {
    this.isKey = isKey;
    this.hash = SEED;
    if (isKey) {
      this.isHashing = this.container() != 0;
      this.step = Step.Text;
      return;
    }
    this.isHashing = isHashed(this.slot);
    this.step = this.node ? Step.TextStart : Step.Text;
  }

  private readText(p: usize, end: usize): usize {
    if (this.isHashing) {
      let hash = this.hash;
      while (p < end) {
        const c = <i32>load<u8>(p);
        if (!isPlain(c)) break;
        hash = mix(hash, c);
        p++;
      }
      this.hash = hash;
    } else p = skipPlain(p, end);
    if (p == end) return p;
    switch (<i32>load<u8>(p)) {
      case Char.Quote:
        this.endText();
        break;
      case Char.Backslash:
        // No watched key or text is ever written with escapes.
        this.isHashing = false;
        this.hash = 0;
        this.step = Step.Escape;
        break;
      default:
        this.step = Step.Broken;
    }
    return p + 1;
  }

  private endText(): void {
    if (this.isKey) {
      this.isKey = false;
      const container = this.container();
      this.node = container ? memberOf(container, this.hash) : 0;
      this.step = Step.Colon;
      return;
    }
    const slot = <usize>this.watched().slot;
    if (this.isHashing)
      store<u64>(changetype<usize>(this) + ((slot - Slot.Type) << 3), this.hash, offsetof<JsonReader>("type"));
    if (slot == Slot.Status && this.hash != SEED && this.hash != NULL_TEXT) this.fill();
    this.endValue();
  }

  private readEscape(c: i32): void {
    this.digits = 4;
    this.step = nextInEscape(c);
  }

  private beginWord(rest: u32): void {
    this.word = rest;
    this.step = Step.Word;
  }

  private beginNumber(c: i32): void {
    this.step = firstOfNumber(c);
    this.number = c - Char.Zero;
    if (this.step == Step.Digits) this.fill();
  }

  /** False: the byte is behind the number. */
  private readNumber(c: i32): bool {
    if (this.step == Step.Minus) {
      this.beginNumber(c);
      return true;
    }
    const next = nextInNumber(this.step, c);
    if (next == Step.Comma) {
      this.count(this.slot, this.number);
      this.endValue();
      return false;
    }
    if (next == Step.Digits) this.number = this.number * 10 + (c - Char.Zero);
    this.step = next;
    return true;
  }

  private open(isObject: bool): void {
    if (this.depth == MAX_DEPTH) {
      this.step = Step.Broken;
      return;
    }
    const bits = changetype<usize>(this) + offsetof<JsonReader>() + (this.depth >> 3);
    const bit = 1 << (this.depth & 7);
    store<u8>(bits, isObject ? load<u8>(bits) | bit : load<u8>(bits) & ~bit);
    if (this.depth < WATCHED_DEPTH)
      store<u8>(this.level(this.depth), isObject || !this.node ? this.node : elementOf(this.node));
    this.depth++;
    this.step = isObject ? Step.FirstKey : Step.FirstElement;
  }

  private close(): void {
    this.depth--;
    this.endValue();
  }

  private endValue(): void {
    this.step = this.depth == 0 ? Step.End : Step.Comma;
  }

  private endMember(c: i32): void {
    if (this.isObject(this.depth - 1)) {
      if (c == Char.Comma) this.step = Step.NextKey;
      else if (c == Char.CloseBrace) this.close();
      else this.step = Step.Broken;
    } else if (c == Char.Comma) {
      this.node = this.container();
      this.step = Step.Value;
    } else if (c == Char.CloseBracket) this.close();
    else this.step = Step.Broken;
  }

  /** The value of the current node is not empty. */
  private fill(): void {
    const node = this.watched();
    this.facts |= node.filled;
    if (node.slot == Slot.Status) this.statuses++;
  }

  private watched(): Node {
    return nodeAt(this.node);
  }

  /** The node of the innermost open level; 0 where paths are not followed. */
  private container(): u8 {
    return this.depth <= WATCHED_DEPTH ? load<u8>(this.level(this.depth - 1)) : 0;
  }

  private level(depth: i32): usize {
    return changetype<usize>(this) + offsetof<JsonReader>("nodes") + depth;
  }

  isObject(depth: i32): bool {
    return ((load<u8>(changetype<usize>(this) + offsetof<JsonReader>() + (depth >> 3)) >> (depth & 7)) & 1) != 0;
  }

  /** Inside a string no new line may begin. */
  get isInText(): bool {
    return this.step >= Step.TextStart && this.step <= Step.Hex;
  }

  /** An object was begun and not ended: stream-complete.ts can give it further members. */
  get isOpenObject(): bool {
    return this.depth > 0 && this.step != Step.Broken && this.isObject(0);
  }
}

/** Whether the hash of a text with this slot is kept. */
function isHashed(slot: Slot): bool {
  return slot >= Slot.Type && slot <= Slot.Id;
}

/** Bytes of a reader with its levels. */
export const READER_SIZE: usize = offsetof<JsonReader>() + (MAX_DEPTH >> 3);
