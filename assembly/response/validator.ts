/**
 * Whether an attempt's answer is one: read as it passes, in pieces of any size, without holding or allocating anything.
 *
 *     const judge = newJudge()             once; a record is used again and again
 *     judge.start(dialect, shaped, streamed, body, mode)
 *     judge.feed(ptr, len) ...             Failed or `failed`: see `cause`, and the error's text at `errorPtr`
 *     judge.release()                      when what was held goes to the client before the judge has said so
 *     judge.finish()                       at the clean end of the answer; may be called again
 *
 * Defined for every stream: `[DONE]` before any content, or an answer without any, is empty. An error event fails the attempt
 * also after content: it passes as it came, and the attempt counts as failed. Invalid JSON is a failure while nothing is
 * released, afterwards it passes and is counted. Nothing after the last event of a dialect counts. An event without data, a
 * comment, a blank line or a ping is no event. A finish reason for every choice ends a stream without `[DONE]`.
 */
import { BodyType } from "./response-head";
import { EXCERPT_SIZE, Excerpt } from "./error-excerpt";
import { BodyKind, bodyKindOf, recognize } from "./body-kind";
import { skipBlanks } from "../json/grammar";
import { Dialect, Guard } from "../config/plugin";
import { EventScanner, NAME_ERROR, Piece, dataEnd, dataStart, piece } from "../http/sse";
import { JsonReader, READER_SIZE } from "../json/stream-reader";
import { messages } from "./dialect-messages";
import { openai } from "./dialect-openai";
import { other } from "./dialect-other";
import { responses } from "./dialect-responses";
import { Mark, DialectRules } from "./dialect-rules";

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

@unmanaged
export class Validator {
  /** Passed as it is: compressed, or audio and images where they may be an answer. Set by `start`. */
  isOpaque: bool;
  /** One JSON document: it can only be judged at its end. */
  isWhole: bool;
  /** What comes may go to the client: a flaw is no longer rescued. */
  isReleased: bool;
  /** There was content. */
  hasContent: bool;
  /** The end mark was there. */
  hasEnded: bool;
  /** The last event was there. */
  isDone: bool;
  hasFailed: bool;
  defect: Defect;
  /** How many events count as progress, for limits between events; of other bodies, every started KiB. */
  events: u32;
  /** Passed after content although they were no JSON. */
  invalidEvents: u32;
  /** The client can read nothing but a stream: to the official ones any other body is one without events, and no error. */
  private onlyEvents: bool;
  private mode: Guard;
  private kind: BodyKind;
  private rules: usize;
  private progress: Progress;
  private bytes: u64;
  /** Bytes of DONE that begin the data of this event. */
  private matched: i32;
  /** The last four bytes of a stream, the last one lowest. */
  tail: u32;
  scanner: EventScanner;
  json: JsonReader;
  excerpt: Excerpt;

  /** `shaped`: the answer has the shape of its dialect; false: judge it like any JSON. */
  start(dialect: Dialect, shaped: bool, streamed: bool, body: BodyType, mode: Guard): void {
    const rules = RULES[shaped ? dialect : Dialect.Other];
    this.mode = mode;
    this.onlyEvents = streamed && !rules.markless;
    this.rules = changetype<usize>(rules);
    this.isReleased = mode == Guard.None;
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
    this.tail = 0;
    this.excerpt.start();
    this.scanner.start();
    this.json.start(rules.tree);
    this.kind = bodyKindOf(body, rules.markless);
    // Clients read a stream whatever its type says, and an error is one too.
    if (this.onlyEvents && this.kind != BodyKind.Opaque) this.kind = BodyKind.Unknown;
    this.isOpaque = this.kind == BodyKind.Opaque;
    this.isWhole = this.kind == BodyKind.Json;
    if (!rules.markless) this.refuseEvents();
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

  /** There is no body, and none is missed. */
  takeEmpty(): void {
    this.take(Mark.Content | Mark.End | Mark.Last);
  }

  feed(ptr: usize, len: usize): Progress {
    const end = ptr + len;
    this.progress = Progress.Nothing;
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
          this.events = kibibytes(this.bytes);
          if (end > ptr) this.take(Mark.Content | Mark.End);
          break;
      }
    }
    return this.hasFailed ? Progress.Failed : this.isDone ? Progress.Ended : this.progress;
  }

  /** The clean end of the answer. */
  finish(): Progress {
    if (this.kind == BodyKind.Json) this.finishJson();
    else if (this.kind == BodyKind.Events) this.finishEvents();
    if (!this.hasFailed && !this.hasContent) this.fail(Defect.Empty);
    return this.hasFailed ? Progress.Failed : Progress.Ended;
  }

  /** An error event must follow what has gone to the client, for its end is missing. */
  get needsEnding(): bool {
    return this.mayNeedEnding && this.hasFailed && !this.hasEnded;
  }

  /** A stream may be coming, and with it an error event behind its end. */
  get mayNeedEnding(): bool {
    return this.kind == BodyKind.Events || (this.kind == BodyKind.Unknown && this.onlyEvents);
  }

  /** Nothing that follows counts. */
  private get isOver(): bool {
    return this.isDone || (this.hasFailed && !this.isReleased);
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
    if (mark & Mark.Error) {
      this.excerpt.settle(this.json.place);
      this.fail(Defect.ErrorInside);
      return;
    }
    if (mark & Mark.Progress) this.note(Progress.Progress);
    if (mark & Mark.Content) {
      this.hasContent = true;
      if (this.mode == Guard.FirstEvent) this.isReleased = true;
      this.note(Progress.Content);
    }
    if (mark & Mark.Last) this.isDone = true;
    if (!(mark & Mark.End)) {
      // A choice that begins when all others have ended.
      if (mark & Mark.Progress) this.hasEnded = false;
      return;
    }
    if (!this.hasContent) return this.fail(Defect.Empty);
    this.hasEnded = true;
    this.note(Progress.Ended);
  }

  /** Leading blanks belong to no body; DeepSeek sends them while a plain request waits. */
  private recognizeKind(ptr: usize, end: usize): usize {
    ptr = skipBlanks(ptr, end);
    if (ptr == end) return ptr;
    this.kind = recognize(<i32>load<u8>(ptr), changetype<DialectRules>(this.rules).markless);
    this.isWhole = this.kind == BodyKind.Json;
    this.refuseEvents();
    return ptr;
  }

  /** A client that asked for no stream cannot read one. */
  private refuseEvents(): void {
    if (this.kind == BodyKind.Events && !this.onlyEvents) this.fail(Defect.Garbage);
  }

  // --- one JSON document ---

  private feedJson(ptr: usize, end: usize): void {
    if (this.json.isEmpty) ptr = skipBlanks(ptr, end);
    if (ptr == end) return;
    this.excerpt.keep(ptr, end);
    this.json.feed(ptr, end);
    this.events = kibibytes(this.json.offset);
    this.note(Progress.Progress);
    if (this.json.isBroken) this.fail(Defect.Garbage);
  }

  private finishJson(): void {
    if (this.hasFailed || this.isDone || this.json.isEmpty) return;
    if (!this.json.isComplete) return this.fail(Defect.Truncated);
    const mark = changetype<DialectRules>(this.rules).answer(this.json);
    if (this.onlyEvents && !(mark & Mark.Error)) this.fail(Defect.Garbage);
    else this.take(mark);
  }

  // --- a stream of events ---

  private feedEvents(ptr: usize, end: usize): void {
    const scanner = this.scanner;
    for (let p = max(ptr, end - min(end, 4)); p < end; p++) this.tail = (this.tail << 8) | load<u8>(p);
    while (!this.isOver) {
      ptr = scanner.next(ptr, end);
      switch (piece) {
        case Piece.Data:
          this.readData(dataStart, dataEnd);
          break;
        case Piece.NewLine:
          this.readData(LINE_FEED, LINE_FEED + 1);
          break;
        case Piece.Event:
          this.endEvent();
          break;
        default:
          return;
      }
    }
  }

  private readData(ptr: usize, end: usize): void {
    for (let p = ptr; p < end && this.matched >= 0 && this.matched < DONE_LENGTH; p++)
      this.matched = load<u8>(p) == <u8>(DONE >> (this.matched << 3)) ? this.matched + 1 : -1;
    this.excerpt.keep(ptr, end);
    this.json.feed(ptr, end);
  }

  private endEvent(): void {
    const rules = changetype<DialectRules>(this.rules);
    const json = this.json;
    if (this.matched == DONE_LENGTH) {
      // The other dialects end otherwise; some of their providers send it all the same.
      if (rules.done) this.take(Mark.End | Mark.Last);
    } else if (this.scanner.name == NAME_ERROR) this.takeEvent(Mark.Error);
    else if (json.isComplete) this.takeEvent(rules.event(json));
    else if (!json.isEmpty) this.takeInvalid();
    json.next();
    this.matched = 0;
    this.excerpt.next();
  }

  private takeEvent(mark: u32): void {
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
    if (this.hasFailed || this.hasEnded || !this.hasContent) return;
    if (this.scanner.isOpen) this.fail(Defect.Truncated);
    else if (changetype<DialectRules>(this.rules).markless) this.hasEnded = true;
    else this.fail(Defect.NoEndMark);
  }
}

/** Every started one counts. */
function kibibytes(bytes: u64): u32 {
  return <u32>((bytes + 1023) >> 10);
}

/** A record for `start`; whoever asks for it keeps it and uses it again. */
export function newValidator(): Validator {
  const judge = changetype<Validator>(heap.alloc(offsetof<Validator>()));
  judge.scanner = changetype<EventScanner>(heap.alloc(offsetof<EventScanner>()));
  judge.json = changetype<JsonReader>(heap.alloc(READER_SIZE));
  judge.excerpt = changetype<Excerpt>(heap.alloc(EXCERPT_SIZE));
  return judge;
}
