/**
 * What an error's body says, whatever its shape: codes, messages, the parameter and the times, gathered from anywhere in the body by the
 * names of their members, also out of JSON inside a message (relays quote their upstream's answer). The body may be cut, and may be no
 * JSON at all. What echoes the request (`input`, `messages` ...) is passed over: a client's words must never cost a token.
 *
 * A message is kept twice: decoded, for people and for times, and as words, for the failure table (error-words.ts).
 */
import { Char, indexOf, isDigit, lowerCase } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { unescape } from "../json/unescape";
import { BytePairs } from "./byte-pairs";
import { placeOfModel, writeWords } from "./error-words";
import * as retryAfter from "./retry-after";

export enum Place {
  /** A code, a type, a status or a reason. */
  Code,
  /** The number of a `base_resp`, MiniMax's frame. */
  FrameCode,
  Message,
  /** The name of the parameter that is wrong. */
  Param,
  /** A time to wait in milliseconds. */
  Milliseconds,
  /** A time to wait in seconds, a duration with its unit, or a point in time. */
  Reset,
  /** The client's own words come back. */
  Echo,
}

class Member {
  readonly name: Bytes;
  constructor(
    name: string,
    readonly place: Place,
  ) {
    this.name = Bytes.of(name);
  }
}

/** Names in lower case, without "_" and "-". */
const MEMBERS: Member[] = [];

function members(place: Place, names: string): void {
  const all = names.split(" ");
  for (let i = 0; i < all.length; i++) MEMBERS.push(new Member(all[i], place));
}

members(Place.Code, "code type status reason errorcode errcode errortype errorname quotaid");
members(Place.FrameCode, "statuscode");
members(Place.Message, "message msg error errors detail details errormessage errormessages errormsg statusmsg raw");
members(Place.Message, "description errordescription faultstring");
members(Place.Param, "param parameter loc");
members(Place.Reset, "estimatedtime"); // of a model that loads
members(Place.Echo, "input ctx request body payload messages prompt flaggedinput choices");

const MOST_TEXTS = 24;
const MOST_LEVELS = 3;
const MOST_DEPTH = 32;
/** Of one message. */
const MOST_DECODED: usize = 2048;
const ROOM: usize = 16384;

@unmanaged
class Text {
  place: Place;
  ptr: usize;
  len: usize;
  /** As words; length 0: it is no message. */
  words: usize;
  wordsLen: usize;
}

export class ErrorText {
  count: i32 = 0;
  /** An HTTP status that the body tells; 0: none. */
  status: i32 = 0;
  /** What a member asks to wait, ms; -1: none does. */
  waitMs: i64 = -1;
  /** The message names the model that was asked for. */
  namesModel: bool = false;
  /** Of all messages, as words. */
  readonly wordPairs: BytePairs = new BytePairs();
  /** Of all codes. */
  readonly codePairs: BytePairs = new BytePairs();
  private readonly texts: usize = heap.alloc(MOST_TEXTS * offsetof<Text>());
  private readonly room: usize = heap.alloc(ROOM);
  private used: usize = 0;
  private model: usize = 0;
  private modelLen: usize = 0;
  private unixMs: i64 = 0;

  at(i: i32): Text {
    return changetype<Text>(this.texts + <usize>i * offsetof<Text>());
  }

  /** `unixMs`: the provider's wall clock, for points in time; 0: not known. */
  read(body: usize, len: usize, model: usize, modelLen: usize, unixMs: i64): void {
    this.count = 0;
    this.status = 0;
    this.waitMs = -1;
    this.namesModel = false;
    this.wordPairs.clear();
    this.codePairs.clear();
    this.used = 0;
    this.model = model;
    this.modelLen = modelLen;
    this.unixMs = unixMs;
    const end = body + len;
    let p = body;
    while (p < end && <i32>load<u8>(p) <= Char.Space) p++;
    if (p == end) return;
    const c = <i32>load<u8>(p);
    if (c == Char.OpenBrace || c == Char.OpenBracket || c == Char.Quote) this.walk(p, end, 0);
    else if (c != Char.Less) this.addMessage(p, end - p, false, 0);
  }

  // === The walk ===

  /** Of each open object or array: the place that its member's name has, -1 without one. Level by level. */
  private readonly places: usize = heap.alloc(MOST_LEVELS * MOST_DEPTH);

  private walk(p: usize, end: usize, level: i32): void {
    const places = this.places + <usize>(level * MOST_DEPTH);
    let depth = 0;
    /** Of the member that is being read. */
    let place = NO_PLACE;
    let key: usize = 0;
    let keyLen: usize = 0;
    /** Depth at which an echo began; -1: none. */
    let echo = -1;
    while (p < end && this.count < MOST_TEXTS) {
      const c = <i32>load<u8>(p);
      if (c == Char.OpenBrace || c == Char.OpenBracket) {
        if (depth == MOST_DEPTH) return;
        store<i8>(places + depth, <i8>place);
        if (place == Place.Echo && echo < 0) echo = depth;
        depth++;
        // Members of a list have the list's name.
        if (c == Char.OpenBrace) place = NO_PLACE;
        p++;
      } else if (c == Char.CloseBrace || c == Char.CloseBracket) {
        if (--depth <= 0) return;
        place = load<i8>(places + depth);
        if (echo >= depth) echo = -1;
        p++;
      } else if (c == Char.Quote || c == Char.Apostrophe) {
        const start = p + 1;
        p = skipText(start, end, c);
        const len = p - start;
        if (p < end) p++;
        const behind = skipBlanks(p, end);
        if (behind < end && load<u8>(behind) == Char.Colon) {
          key = start;
          keyLen = len;
          place = placeOf(start, len);
          p = behind + 1;
        } else if (depth == 0) this.addMessage(start, len, true, level);
        else if (echo < 0) this.take(place, key, keyLen, start, len, true, level);
      } else if (isDigit(c) || c == Char.Minus) {
        const start = p;
        while (p < end && isOfNumber(load<u8>(p))) p++;
        if (echo < 0) this.take(place, key, keyLen, start, p - start, false, level);
      } else p++;
    }
  }

  private take(place: i32, key: usize, keyLen: usize, ptr: usize, len: usize, isText: bool, level: i32): void {
    if (len == 0) return;
    switch (place) {
      case Place.Code:
        this.noteStatus(ptr, len);
        this.add(Place.Code, ptr, len);
        break;
      case Place.FrameCode:
        this.noteStatus(ptr, len);
        this.add(Place.FrameCode, ptr, len);
        break;
      case Place.Param:
        this.add(Place.Param, ptr, len);
        break;
      case Place.Message:
        if (isText) this.addMessage(ptr, len, true, level);
        break;
      case Place.Milliseconds:
        this.noteWait(retryAfter.parseAsked(ptr, len, 1, this.unixMs));
        break;
      case Place.Reset:
        this.noteWait(retryAfter.parseAsked(ptr, len, 1000, this.unixMs));
        break;
      default:
        // Headers that an intermediate provider quotes.
        if (keyLen > 0) retryAfter.see(key, keyLen, ptr, len);
    }
  }

  private noteStatus(ptr: usize, len: usize): void {
    if (this.status != 0 || len != 3) return;
    let status = 0;
    for (let i: usize = 0; i < 3; i++) {
      if (!isDigit(load<u8>(ptr + i))) return;
      status = status * 10 + (<i32>load<u8>(ptr + i) - Char.Zero);
    }
    if (status >= 400 && status < 600) this.status = status;
  }

  private noteWait(ms: i64): void {
    this.waitMs = max(this.waitMs, ms);
  }

  private add(place: Place, ptr: usize, len: usize): Text | null {
    if (this.count == MOST_TEXTS) return null;
    const text = this.at(this.count++);
    text.place = place;
    text.ptr = ptr;
    text.len = len;
    text.words = 0;
    text.wordsLen = 0;
    if (place == Place.Code) this.codePairs.add(ptr, len);
    return text;
  }

  // === Messages ===

  private addMessage(ptr: usize, len: usize, isQuoted: bool, level: i32): void {
    len = min(len, MOST_DECODED);
    if (this.used + 4 * len + 4 > ROOM) return;
    const decoded = this.room + this.used;
    const n = isQuoted ? decode(ptr, len, decoded) : copy(ptr, len, decoded);
    this.used += n;
    const text = this.add(Place.Message, decoded, n);
    if (text === null) return;
    const frameCode = frameCodeAt(decoded, n);
    if (frameCode != 0) this.add(Place.FrameCode, frameCode, 4);
    // A code may stand where the message should.
    if (indexOf(decoded, n, SPACE, 1) < 0) this.add(Place.Code, decoded, n);
    if (this.modelLen > 0 && placeOfModel(decoded, n, this.model, this.modelLen) >= 0) this.namesModel = true;
    text.words = this.room + this.used;
    text.wordsLen = writeWords(decoded, n, this.model, this.modelLen, text.words);
    this.wordPairs.add(text.words, text.wordsLen);
    this.used += text.wordsLen;
    const inner = indexOf(decoded, n, BRACE, 1);
    if (inner >= 0 && level + 1 < MOST_LEVELS) this.walk(decoded + inner, decoded + n, level + 1);
  }
}

const NO_PLACE = -1;
const SPACE = memory.data<u8>([0x20]);
export const BRACE = memory.data<u8>([0x7b]);

/** p is behind the opening quote. Returns the closing one, or the end. Python's apostrophes close only before what may follow a text. */
function skipText(p: usize, end: usize, quote: i32): usize {
  for (; p < end; p++) {
    const c = <i32>load<u8>(p);
    if (c == Char.Backslash) p++;
    else if (c == quote && (quote == Char.Quote || mayFollowText(skipBlanks(p + 1, end), end))) return p;
  }
  return end;
}

function mayFollowText(p: usize, end: usize): bool {
  if (p >= end) return true;
  const c = <i32>load<u8>(p);
  return c == Char.Comma || c == Char.Colon || c == Char.CloseBrace || c == Char.CloseBracket;
}

function skipBlanks(p: usize, end: usize): usize {
  while (p < end && <i32>load<u8>(p) <= Char.Space) p++;
  return p;
}

function isOfNumber(c: i32): bool {
  return isDigit(c) || c == Char.Dot || c == Char.Minus || c == Char.Plus || (c | 0x20) == 0x65;
}

const MOST_NAME: usize = 32;
const nameRoom = memory.data(64);

function placeOf(ptr: usize, len: usize): i32 {
  if (len > 2 * MOST_NAME) return NO_PLACE;
  const decoded = decode(ptr, len, nameRoom);
  let n: usize = 0;
  for (let i: usize = 0; i < decoded; i++) {
    const c = <i32>load<u8>(nameRoom + i);
    if (c != 0x5f && c != Char.Minus) store<u8>(nameRoom + n++, lowerCase(c));
  }
  for (let i = 0, k = MEMBERS.length; i < k; i++) {
    const member = unchecked(MEMBERS[i]);
    if (member.name.equals(nameRoom, n)) return member.place;
  }
  return isOfWait(nameRoom, nameRoom + n, false, 0)
    ? isInMillis(nameRoom, n)
      ? Place.Milliseconds
      : Place.Reset
    : NO_PLACE;
}

/** Names of waits are made of such words: "retry_after", "resetsInSeconds", "next_reset_time", "cooldown_until" ... */
const WAIT_STEMS: Bytes[] = list("reset resets retry retriable wait cooldown available");
const WAIT_WORDS: Bytes[] = list(
  "after at in on until to time timestamp ts date delay duration next again quota limit period window remaining hint unix " +
    "seconds second secs sec s milliseconds millis ms",
);
const MILLIS: Bytes[] = list("ms millis milliseconds");

function list(texts: string): Bytes[] {
  return Bytes.ofAll(texts.split(" "));
}

/** Whether a name is nothing but such words, at least two, one of them a stem; "reset" and "cooldown" also alone. */
function isOfWait(p: usize, end: usize, hasStem: bool, count: i32): bool {
  if (p == end) return hasStem && count > 1;
  for (let i = 0, k = WAIT_STEMS.length; i < k; i++) {
    const word = unchecked(WAIT_STEMS[i]);
    const isAlone = count == 0 && (i == 0 || i == 5);
    if (isWordAt(p, end, word) && isOfWait(p + word.len, end, true, isAlone ? 2 : count + 1)) return true;
  }
  for (let i = 0, k = WAIT_WORDS.length; i < k; i++) {
    const word = unchecked(WAIT_WORDS[i]);
    if (isWordAt(p, end, word) && isOfWait(p + word.len, end, hasStem, count + 1)) return true;
  }
  return false;
}

function isWordAt(p: usize, end: usize, word: Bytes): bool {
  return p + word.len <= end && memory.compare(p, word.ptr, word.len) == 0;
}

function isInMillis(ptr: usize, len: usize): bool {
  for (let i = 0, k = MILLIS.length; i < k; i++) {
    const word = unchecked(MILLIS[i]);
    if (len > word.len && isWordAt(ptr + len - word.len, ptr + len, word)) return true;
  }
  return false;
}

/** Decodes what stands between quotes; of a broken escape nothing is read. Never longer than the text. */
function decode(ptr: usize, len: usize, out: usize): usize {
  const end = ptr + len;
  const start = out;
  while (ptr < end) {
    let n: usize = 1;
    if (load<u8>(ptr) == Char.Backslash) {
      n = ptr + 1 < end && load<u8>(ptr + 1) == 0x75 ? 6 : 2;
      if (n == 6 && isPair(ptr, end)) n = 12;
      if (ptr + n > end || !isEscape(ptr, n)) return out - start;
      out += unescape(ptr, n, out);
    } else store<u8>(out++, load<u8>(ptr));
    ptr += n;
  }
  return out - start;
}

function isPair(p: usize, end: usize): bool {
  return p + 12 <= end && load<u16>(p + 6) == 0x755c && isHex(p + 8) && isHex(p + 2);
}

function isEscape(p: usize, len: usize): bool {
  return len == 2 || isHex(p + 2);
}

function isHex(p: usize): bool {
  for (let i: usize = 0; i < 4; i++) {
    const c = <i32>load<u8>(p + i);
    if (!isDigit(c) && <u32>((c | 0x20) - 0x61) > 5) return false;
  }
  return true;
}

function copy(ptr: usize, len: usize, out: usize): usize {
  memory.copy(out, ptr, len);
  return len;
}

/** The four digits of "... (2056)" at the end of a message: MiniMax puts its number there; 0: there are none. */
function frameCodeAt(ptr: usize, len: usize): usize {
  if (len < 6) return 0;
  const p = ptr + len - 6;
  if (load<u8>(p) != 0x28 || load<u8>(p + 5) != 0x29) return 0;
  for (let i: usize = 1; i < 5; i++) if (!isDigit(load<u8>(p + i))) return 0;
  return p + 1;
}
