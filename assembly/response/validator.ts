/**
 * Checks whether an attempt's answer is a good one. It reads the answer as it passes, in pieces of any size, and holds or allocates nothing.
 *
 *     const validator = newValidator()     once; a record is used again and again
 *     validator.start(dialect, hasKnownShape, ...)
 *     validator.feed(ptr, len) ...         after `Progress.Failed`: `defect` says why, `errorPtr` is the error's text
 *     validator.release()                  when what was held goes to the client earlier than the validator asked for
 *     validator.finish()                   at the clean end of the answer; may be called again
 *
 * Rules for every stream:
 *   - `[DONE]` before any content is an empty answer, and so is an end without content. An answer of nothing but "stop" is empty only if
 *     it counts 0 tokens itself.
 *   - An error event fails the attempt, also after content. If official clients raise it, it passes unchanged. If they would not see it,
 *     the client gets an error event of ours in place of what follows; `cutAt` says where. A `[DONE]` that is no end is replaced as well.
 *   - Invalid JSON is a failure while nothing is released. Afterwards it passes and is counted.
 *   - Nothing after the last event of a dialect counts. An event without data, a comment, a blank line or a ping is no event.
 *   - Without `[DONE]`, a finish reason for every choice ends a stream. If more content follows, only `[DONE]` ends it.
 */
import { BodyType } from "./response-head";
import { EXCERPT_SIZE, Excerpt } from "./error-excerpt";
import { BodyKind, bodyKindOf, recognize } from "./body-kind";
import { skipBlanks } from "../json/grammar";
import { Dialect } from "../config/dialect";
import { Guard } from "../config/route";
import { EventScanner, NAME_ERROR, Piece, found } from "../http/sse";
import { EventPattern, PATTERN_SIZE } from "../json/event-pattern";
import { JsonReader, READER_SIZE } from "../json/stream-reader";
import { messages } from "./dialect-messages";
import { openai } from "./dialect-openai";
import { other } from "./dialect-other";
import { responses } from "./dialect-responses";
import { Fact, Mark, DialectRules } from "./dialect-rules";

/** What a piece of an answer brought; the later, the more. */
export enum Progress {
  /** Blanks, comments, parts of an event. */
  Nothing,
  Progress,
  /** What `first-event` waits for. */
  Content,
  /** The end mark; `done` says whether anything may still follow. */
  Ended,
  Failed,
}

export enum Defect {
  None,
  /** No content. */
  Empty,
  ErrorInside,
  /** Not what was asked for: HTML, broken JSON. */
  Garbage,
  /** Ended inside an event or a JSON document. */
  Truncated,
  NoEndMark,
}

/** By `Dialect`. */
const RULES: DialectRules[] = [openai, openai, responses, messages, other];

const DONE: u64 = 0x5d454e4f445b; // "[DONE]", little-endian
const DONE_LENGTH = 6;
const LINE_FEED = memory.data<u8>([0x0a]);
const BYTE_ORDER_MARK: u32 = 0xbfbbef; // little-endian
const MARK_LENGTH = 3;

/** The client's stream goes on as it comes. */
export const NO_CUT = i32.MIN_VALUE;

@unmanaged
export class Validator {
  /** Passed as it is: compressed, or audio and images where they may be an answer. Set by `start`. */
  isOpaque: bool;
  /** One JSON document: it can only be judged at its end. */
  isWhole: bool;
  /** What comes may go to the client: a defect can no longer be rescued. */
  isReleased: bool;
  /** Of what is passed as it is: it is JSON, whose `id` is wanted. */
  private readsId: bool;
  /** There was content. */
  hasContent: bool;
  /** The end mark was there. */
  hasEnded: bool;
  /** The last event was there. */
  isDone: bool;
  hasFailed: bool;
  defect: Defect;
  /** The model has shown that it works at this answer. */
  hasSign: bool;
  /** How many events count as progress; of other bodies, every started KiB. */
  events: u32;
  /** How many of them have content, or show that the model works at it: for limits on silence. */
  signs: u32;
  /**
   * Where the client's copy of a passing stream ends, for an error event to follow: an offset in the chunk that was read last,
   * below 0 in the withheld bytes before it; or `NO_CUT`.
   */
  cutAt: i32;
  /** Passed after content although they were no JSON. */
  invalidEvents: u32;
  /** The client can read nothing but a stream: to the official ones any other body is one without events, and no error. */
  private readsOnlyEvents: bool;
  /** It may be empty: what was asked is no completion. */
  private mayBeBodyless: bool;
  /** An answer that counts 0 tokens of its own is good all the same. */
  private mayBeSilent: bool;
  /** The model has stopped by itself. */
  private hasStopped: bool;
  /** Finish reasons come before the end, too. */
  private finishMayPrecedeEnd: bool;
  /** The highest number of a choice when the end mark came. */
  private choicesAtEnd: u32;
  /** Official clients have seen that it failed. */
  private isTold: bool;
  /** Bytes of a byte order mark before anything else; more than it has: anything else has come. */
  private marked: i32;
  private mode: Guard;
  private kind: BodyKind;
  private rules: usize;
  private progress: Progress;
  private bytes: u64;
  /** Bytes of DONE that begin the data of this event. */
  private matched: i32;
  /** Where the chunk that is read begins. */
  private chunk: usize;
  /** Of the event that was read last; 0: it was one of no kind that the dialect has. */
  private mark: u32;
  /** The event that was read last is the last one for the client. */
  private endsHere: bool;
  /** The last four bytes of a stream, the last one lowest. */
  tail: u32;
  scanner: EventScanner;
  json: JsonReader;
  excerpt: Excerpt;
  pattern: EventPattern;

  /**
   * `hasKnownShape`: the answer has the shape of its dialect; false: judge it like any JSON. `mayBeBodyless`: no body at all is an answer.
   * `mayBeSilent`: so is one that says of itself that it has no token.
   */
  start(
    dialect: Dialect,
    hasKnownShape: bool,
    streamed: bool,
    body: BodyType,
    mode: Guard,
    mayBeBodyless: bool = false,
    mayBeSilent: bool = false,
  ): void {
    const rules = RULES[hasKnownShape ? dialect : Dialect.Other];
    this.mode = mode;
    this.readsOnlyEvents = streamed && !rules.isMarkless;
    this.mayBeBodyless = mayBeBodyless;
    this.mayBeSilent = mayBeSilent;
    this.hasStopped = false;
    this.finishMayPrecedeEnd = false;
    this.choicesAtEnd = 0;
    this.isTold = false;
    this.marked = 0;
    this.hasSign = false;
    this.signs = 0;
    this.cutAt = NO_CUT;
    this.rules = changetype<usize>(rules);
    this.isReleased = mode == Guard.None;
    this.readsId = false;
    this.hasContent = false;
    this.hasEnded = false;
    this.isDone = false;
    this.hasFailed = false;
    this.defect = Defect.None;
    this.events = 0;
    this.invalidEvents = 0;
    this.progress = Progress.Nothing;
    this.bytes = 0;
    this.matched = 0;
    this.mark = 0;
    this.endsHere = false;
    this.tail = 0;
    this.excerpt.start();
    this.scanner.start();
    this.json.start(rules.tree);
    this.pattern.start();
    this.kind = bodyKindOf(body, rules.isMarkless);
    // Clients read a stream whatever its type says, and an error is one too.
    if (this.readsOnlyEvents && this.kind != BodyKind.Opaque) this.kind = BodyKind.Unknown;
    this.isOpaque = this.kind == BodyKind.Opaque;
    this.isWhole = this.kind == BodyKind.Json;
    if (!rules.isMarkless) this.refuseEvents();
  }

  /** After `start`: what is asked for by its id later is wanted by it. */
  readId(): void {
    this.readsId = true;
    this.json.start(changetype<DialectRules>(this.rules).treeOfKept);
  }

  /** The text of an error inside, `{"error":...` unless it stands unwrapped, perhaps cut. Length 0: there is none. */
  get errorPtr(): usize {
    return this.excerpt.errorPtr;
  }

  get errorLen(): usize {
    return this.excerpt.errorLen;
  }

  /** What was held goes to the client. */
  release(): void {
    this.isReleased = true;
  }

  feed(ptr: usize, len: usize): Progress {
    const end = ptr + len;
    this.progress = Progress.Nothing;
    this.chunk = ptr;
    if (this.kind == BodyKind.Unknown || this.kind == BodyKind.Json) ptr = this.skipMark(ptr, end);
    if (this.kind == BodyKind.Unknown) ptr = this.recognizeKind(ptr, end);
    if (!this.isOver) {
      switch (this.kind) {
        case BodyKind.Events:
          this.feedEvents(ptr, end);
          break;
        case BodyKind.Json:
          this.feedJson(ptr, end);
          break;
        case BodyKind.Opaque:
          this.bytes += end - ptr;
          if (this.readsId) this.json.feed(ptr, end);
          this.events = kibibytes(this.bytes);
          if (end > ptr) this.take(Mark.Content | Mark.End);
          this.signs = this.events;
          break;
      }
    }
    return this.hasFailed ? Progress.Failed : this.isDone ? Progress.Ended : this.progress;
  }

  /** The clean end of the answer. */
  finish(): Progress {
    if (this.kind == BodyKind.Json) this.finishJson();
    else if (this.kind == BodyKind.Events) this.finishEvents();
    if (!this.hasFailed) this.settleEmpty();
    return this.hasFailed ? Progress.Failed : Progress.Ended;
  }

  /** Nothing more comes: what had no content is good or bad now. True: it is an answer. */
  private settleEmpty(): bool {
    if (!this.hasContent && this.isGoodWithoutContent) this.hasContent = true;
    if (!this.hasContent) this.fail(Defect.Empty);
    return this.hasContent;
  }

  private get isGoodWithoutContent(): bool {
    if (this.hasStopped) return this.mayBeSilent || this.json.tokens != 0;
    return this.mayBeBodyless && this.isBlank;
  }

  /** Nothing but blanks has come. */
  private get isBlank(): bool {
    return (
      this.kind == BodyKind.Unknown ||
      (this.kind == BodyKind.Opaque ? this.bytes == 0 : this.json.isEmpty && this.events == 0)
    );
  }

  /** An error event must follow what has gone to the client, for its end is missing and no error told so. */
  get needsEnding(): bool {
    return this.mayNeedEnding && this.hasFailed && (!this.hasEnded || this.cutAt != NO_CUT) && !this.isTold;
  }

  /** A stream may be coming, and with it an error event behind its end. */
  get mayNeedEnding(): bool {
    return this.kind == BodyKind.Events || (this.kind != BodyKind.Opaque && this.readsOnlyEvents);
  }

  /** A document stands where a stream should, so that an error event begins with a line of its own. */
  get isUnframed(): bool {
    return this.kind == BodyKind.Json;
  }

  /** How many bytes at the end of the chunk may begin a `[DONE]` that is no end: the client must not have them yet. */
  get withheld(): i32 {
    const begun = this.matched > 0 && this.matched < DONE_LENGTH && this.scanner.isInData;
    return begun && this.isReleased && this.doneIsNoEnd ? this.matched : 0;
  }

  /** `[DONE]` would be the end of nothing. */
  private get doneIsNoEnd(): bool {
    if (this.isOver || this.isTold) return false;
    if (!changetype<DialectRules>(this.rules).endsInDone) return !this.hasEnded;
    return !this.hasContent && !this.isGoodWithoutContent;
  }

  /** Nothing that follows counts. */
  private get isOver(): bool {
    return this.isDone || this.cutAt != NO_CUT || (this.hasFailed && !this.isReleased);
  }

  private fail(cause: Defect): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.defect = cause;
  }

  private note(seen: Progress): void {
    if (this.progress < seen) this.progress = seen;
  }

  private take(mark: u32): void {
    if (mark & Mark.Error) return this.takeError(mark);
    if (mark & Mark.Progress) this.note(Progress.Progress);
    if (mark & Mark.Stop) this.hasStopped = true;
    if (mark & (Mark.Content | Mark.Sign)) {
      const isLate = this.hasEnded && this.kind == BodyKind.Events && this.json.highest == this.choicesAtEnd;
      if (isLate && mark & Mark.Content) this.finishMayPrecedeEnd = true;
      if (mark & Mark.Content) this.hasContent = true;
      this.hasSign = true;
      this.signs++;
      if (this.mode == Guard.FirstEvent) this.isReleased = true;
      this.note(Progress.Content);
    }
    if (mark & Mark.Last) this.isDone = true;
    if (!(mark & Mark.End) || (this.finishMayPrecedeEnd && !this.isDone)) {
      // A choice that begins when all others have ended.
      if (mark & Mark.Progress) this.hasEnded = false;
      return;
    }
    // Whether it has tokens stands behind the reason to stop.
    if ((this.isDone || !this.hasStopped) && !this.settleEmpty()) return;
    this.hasEnded = true;
    this.choicesAtEnd = this.json.highest;
    if (this.hasContent) this.note(Progress.Ended);
  }

  private takeError(mark: u32): void {
    this.excerpt.settle();
    if (!this.isTold && this.isReleased && mark & Mark.Hidden && !this.hasEnded) this.endsHere = true;
    else this.isTold = true;
    this.fail(Defect.ErrorInside);
  }

  /** Leading blanks belong to no body; DeepSeek sends them while a plain request waits. */
  private recognizeKind(ptr: usize, end: usize): usize {
    ptr = skipBlanks(ptr, end);
    if (ptr == end) return ptr;
    this.kind = recognize(<i32>load<u8>(ptr), changetype<DialectRules>(this.rules).isMarkless);
    this.isWhole = this.kind == BodyKind.Json;
    this.refuseEvents();
    return ptr;
  }

  /** A byte order mark may stand before a document, and clients skip it. */
  private skipMark(ptr: usize, end: usize): usize {
    while (ptr < end && this.marked < MARK_LENGTH && load<u8>(ptr) == <u8>(BYTE_ORDER_MARK >> (this.marked << 3))) {
      this.marked++;
      ptr++;
    }
    if (ptr == end || this.marked > MARK_LENGTH) return ptr;
    const isPart = this.marked > 0 && this.marked < MARK_LENGTH;
    this.marked = MARK_LENGTH + 1;
    if (!isPart) return ptr;
    // A part of a mark begins nothing but a text.
    if (changetype<DialectRules>(this.rules).isMarkless && this.kind == BodyKind.Unknown) this.kind = BodyKind.Opaque;
    else this.fail(Defect.Garbage);
    return ptr;
  }

  /** A client that asked for no stream cannot read one. */
  private refuseEvents(): void {
    if (this.kind == BodyKind.Events && !this.readsOnlyEvents) this.fail(Defect.Garbage);
  }

  // --- one JSON document ---

  private feedJson(ptr: usize, end: usize): void {
    if (this.json.isEmpty) ptr = skipBlanks(ptr, end);
    if (ptr == end) return;
    this.read(ptr, end);
    this.events = kibibytes(this.json.offset);
    this.signs = this.events;
    this.note(Progress.Progress);
    if (this.json.isBroken) this.fail(Defect.Garbage);
  }

  private finishJson(): void {
    if (this.hasFailed || this.isDone || this.json.isEmpty) return;
    if (!this.json.isComplete) return this.fail(Defect.Truncated);
    const mark = changetype<DialectRules>(this.rules).answer(this.json);
    if (this.readsOnlyEvents && !(mark & Mark.Error)) this.fail(Defect.Garbage);
    // No client that reads a stream sees a document.
    else this.take(this.readsOnlyEvents ? mark | Mark.Hidden : mark);
  }

  // --- a stream of events ---

  private feedEvents(ptr: usize, end: usize): void {
    const scanner = this.scanner;
    for (let p = max(ptr, end - min(end, 4)); p < end; p++) this.tail = (this.tail << 8) | load<u8>(p);
    // Where the event begins, if it begins in this chunk.
    let from: usize = 0;
    while (!this.isOver) {
      if (scanner.isBetween) from = ptr = this.passAlike(ptr, end);
      ptr = scanner.next(ptr, end);
      switch (found.kind) {
        case Piece.Data:
          this.readData(found.start, found.end);
          break;
        case Piece.NewLine:
          this.readData(LINE_FEED, LINE_FEED + 1);
          break;
        case Piece.Event:
          this.endEvent();
          this.pattern.frame(from, ptr);
          if (this.endsHere) this.cut(ptr);
          break;
        default:
          return;
      }
    }
  }

  /** Events that are the last one but for words and numbers, of a kind that only counts; returns the place behind them. */
  private passAlike(ptr: usize, end: usize): usize {
    if (this.mark != (Mark.Progress | Mark.Content)) return ptr;
    while (true) {
      const behind = this.pattern.skip(this.json, ptr, end);
      if (behind == 0) return ptr;
      ptr = behind;
      this.events++;
      this.signs++;
      this.note(Progress.Content);
    }
  }

  /** What follows from here on, which official clients would not take for a failure, gives way to an error event. */
  private cut(ptr: usize): void {
    this.cutAt = <i32>(ptr - this.chunk);
    this.tail = 0;
  }

  private readData(ptr: usize, end: usize): void {
    const before = this.matched;
    let p = ptr;
    for (; p < end && this.matched >= 0 && this.matched < DONE_LENGTH; p++)
      this.matched = load<u8>(p) == <u8>(DONE >> (this.matched << 3)) ? this.matched + 1 : -1;
    if (before < DONE_LENGTH && this.matched == DONE_LENGTH && this.doneIsNoEnd) {
      this.fail(this.hasContent ? Defect.NoEndMark : Defect.Empty);
      if (this.isReleased) this.cut(p - DONE_LENGTH);
      return;
    }
    this.read(ptr, end);
  }

  private read(ptr: usize, end: usize): void {
    const json = this.json;
    const offset = json.offset;
    if (json.isAtStart && this.kind == BodyKind.Events) this.pattern.feed(json, ptr, end);
    else json.feed(ptr, end);
    const looksBad =
      this.scanner.name == NAME_ERROR ||
      ((json.facts & (Fact.Message | Fact.Code)) != 0 && !(json.facts & Fact.Answer));
    this.excerpt.keep(ptr, end, offset, json.place, looksBad);
  }

  private endEvent(): void {
    const rules = changetype<DialectRules>(this.rules);
    const json = this.json;
    this.mark = 0;
    if (this.matched == DONE_LENGTH) {
      // The other dialects end otherwise; some of their providers send it all the same.
      if (rules.endsInDone) this.take(Mark.End | Mark.Last);
    } else if (this.scanner.name == NAME_ERROR) this.takeEvent(this.namedError(rules));
    else if (!json.isComplete) {
      if (!json.isEmpty) this.takeInvalid();
    } else {
      const mark = rules.event(json);
      if (!rules.isNamed || mark == 0) this.takeEvent(mark);
      else if (mark & Mark.Error) this.takeEvent(Mark.Error | Mark.Hidden);
      else if (this.scanner.name != 0) this.takeEvent(mark);
      else this.takeInvalid();
    }
    json.next();
    this.matched = 0;
    this.excerpt.next();
  }

  /** What is named so is an error, whatever it says; clients that go by members raise it only if its data is none, or has one. */
  private namedError(rules: DialectRules): u32 {
    if (this.scanner.isUnseen) return Mark.Error | Mark.Hidden;
    if (rules.isNamed || !this.json.isComplete) return Mark.Error;
    const mark = rules.event(this.json);
    return mark & Mark.Error ? mark : Mark.Error | Mark.Hidden;
  }

  private takeEvent(mark: u32): void {
    this.mark = mark;
    if (mark == 0) return;
    this.events++;
    this.take(mark);
  }

  private takeInvalid(): void {
    this.events++;
    this.note(Progress.Progress);
    if (this.isReleased) this.invalidEvents++;
    else this.fail(Defect.Garbage);
  }

  private finishEvents(): void {
    if (this.isOver) return;
    // Clients stop reading at [DONE], with or without its blank line.
    if (this.matched == DONE_LENGTH) this.endEvent();
    if (this.hasFailed || this.hasEnded || !this.hasSign) return;
    if (this.scanner.isOpen) this.fail(Defect.Truncated);
    else if (changetype<DialectRules>(this.rules).isMarkless) this.hasEnded = true;
    else this.fail(Defect.NoEndMark);
  }
}

/** Every started one counts. */
function kibibytes(bytes: u64): u32 {
  return <u32>((bytes + 1023) >> 10);
}

/** A record for `start`; whoever asks for it keeps it and uses it again. */
export function newValidator(): Validator {
  const validator = changetype<Validator>(heap.alloc(offsetof<Validator>()));
  validator.scanner = changetype<EventScanner>(heap.alloc(offsetof<EventScanner>()));
  validator.json = changetype<JsonReader>(heap.alloc(READER_SIZE));
  validator.pattern = changetype<EventPattern>(heap.alloc(PATTERN_SIZE));
  validator.excerpt = changetype<Excerpt>(heap.alloc(EXCERPT_SIZE));
  validator.excerpt.init();
  return validator;
}
