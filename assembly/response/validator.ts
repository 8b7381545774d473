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
import { Body } from "./response-head";
import { EXCERPT_SIZE, Excerpt } from "./error-excerpt";
import { Kind, kindOf, recognize, skipBlanks } from "./body-kind";
import { Dialect, Guard } from "../config/plugin";
import { EventScanner, NAME_ERROR, Piece, dataEnd, dataStart, piece } from "../http/sse";
import { JsonReader, READER_SIZE } from "../json/stream-reader";
import { messages } from "./dialect-messages";
import { openai } from "./dialect-openai";
import { other } from "./dialect-other";
import { responses } from "./dialect-responses";
import { Mark, Rules } from "./dialect-rules";

/** What a piece of an answer brought; the later, the more. */
export enum Seen {
  /** Blanks, comments, parts of an event. */
  Nothing,
  Progress,
  /** What `first-event` waits for. */
  Content,
  /** The end mark; `done` says whether anything may still follow. */
  Ended,
  Failed,
}

export enum Flaw {
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
const RULES: Rules[] = [openai, openai, responses, messages, other];

const DONE: u64 = 0x5d454e4f445b; // "[DONE]", little-endian
const DONE_LENGTH = 6;
const LINE_FEED = memory.data<u8>([0x0a]);

@unmanaged
export class Judge {
  /** Passed as it is: compressed, or audio and images where they may be an answer. Set by `start`. */
  opaque: bool;
  /** One JSON document: it can only be judged at its end. */
  whole: bool;
  /** What comes may go to the client: a flaw is no longer rescued. */
  released: bool;
  /** There was content. */
  good: bool;
  /** The end mark was there. */
  ended: bool;
  /** The last event was there. */
  done: bool;
  failed: bool;
  cause: Flaw;
  /** How many events count as progress, for limits between events; of other bodies, every started KiB. */
  events: u32;
  /** Passed after content although they were no JSON. */
  invalidEvents: u32;
  /** The client can read nothing but a stream: to the official ones any other body is one without events, and no error. */
  private onlyEvents: bool;
  private mode: Guard;
  private kind: Kind;
  private rules: usize;
  private seen: Seen;
  private bytes: u64;
  /** Bytes of DONE that begin the data of this event. */
  private matched: i32;
  /** The last four bytes of a stream, the last one lowest. */
  tail: u32;
  scanner: EventScanner;
  json: JsonReader;
  excerpt: Excerpt;

  /** `shaped`: the answer has the shape of its dialect; false: judge it like any JSON. */
  start(dialect: Dialect, shaped: bool, streamed: bool, body: Body, mode: Guard): void {
    const rules = RULES[shaped ? dialect : Dialect.Other];
    this.mode = mode;
    this.onlyEvents = streamed && !rules.markless;
    this.rules = changetype<usize>(rules);
    this.released = mode == Guard.None;
    this.good = false;
    this.ended = false;
    this.done = false;
    this.failed = false;
    this.cause = Flaw.None;
    this.events = 0;
    this.invalidEvents = 0;
    this.seen = Seen.Nothing;
    this.bytes = 0;
    this.matched = 0;
    this.tail = 0;
    this.excerpt.start();
    this.scanner.start();
    this.json.start(rules.tree);
    this.kind = kindOf(body, rules.markless);
    // Clients read a stream whatever its type says, and an error is one too.
    if (this.onlyEvents && this.kind != Kind.Opaque) this.kind = Kind.Unknown;
    this.opaque = this.kind == Kind.Opaque;
    this.whole = this.kind == Kind.Json;
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
    this.released = true;
  }

  /** There is no body, and none is missed. */
  takeEmpty(): void {
    this.take(Mark.Content | Mark.End | Mark.Last);
  }

  feed(ptr: usize, len: usize): Seen {
    const end = ptr + len;
    this.seen = Seen.Nothing;
    if (this.kind == Kind.Unknown) ptr = this.look(ptr, end);
    if (!this.isOver) {
      switch (this.kind) {
        case Kind.Events:
          this.feedEvents(ptr, end);
          break;
        case Kind.Json:
          this.feedJson(ptr, end);
          break;
        case Kind.Opaque:
          this.bytes += end - ptr;
          this.events = kibibytes(this.bytes);
          if (end > ptr) this.take(Mark.Content | Mark.End);
          break;
      }
    }
    return this.failed ? Seen.Failed : this.done ? Seen.Ended : this.seen;
  }

  /** The clean end of the answer. */
  finish(): Seen {
    if (this.kind == Kind.Json) this.finishJson();
    else if (this.kind == Kind.Events) this.finishEvents();
    if (!this.failed && !this.good) this.fail(Flaw.Empty);
    return this.failed ? Seen.Failed : Seen.Ended;
  }

  /** An error event must follow what has gone to the client, for its end is missing. */
  get needsEnding(): bool {
    return this.mayNeedEnding && this.failed && !this.ended;
  }

  /** A stream may be coming, and with it an error event behind its end. */
  get mayNeedEnding(): bool {
    return this.kind == Kind.Events || (this.kind == Kind.Unknown && this.onlyEvents);
  }

  /** Nothing that follows counts. */
  private get isOver(): bool {
    return this.done || (this.failed && !this.released);
  }

  private fail(cause: Flaw): void {
    if (this.failed) return;
    this.failed = true;
    this.cause = cause;
  }

  private note(seen: Seen): void {
    if (this.seen < seen) this.seen = seen;
  }

  private take(mark: u32): void {
    if (mark & Mark.Error) {
      this.excerpt.settle(this.json.place);
      this.fail(Flaw.ErrorInside);
      return;
    }
    if (mark & Mark.Progress) this.note(Seen.Progress);
    if (mark & Mark.Content) {
      this.good = true;
      if (this.mode == Guard.FirstEvent) this.released = true;
      this.note(Seen.Content);
    }
    if (mark & Mark.Last) this.done = true;
    if (!(mark & Mark.End)) {
      // A choice that begins when all others have ended.
      if (mark & Mark.Progress) this.ended = false;
      return;
    }
    if (!this.good) return this.fail(Flaw.Empty);
    this.ended = true;
    this.note(Seen.Ended);
  }

  /** Leading blanks belong to no body; DeepSeek sends them while a plain request waits. */
  private look(ptr: usize, end: usize): usize {
    ptr = skipBlanks(ptr, end);
    if (ptr == end) return ptr;
    this.kind = recognize(<i32>load<u8>(ptr), changetype<Rules>(this.rules).markless);
    this.whole = this.kind == Kind.Json;
    this.refuseEvents();
    return ptr;
  }

  /** A client that asked for no stream cannot read one. */
  private refuseEvents(): void {
    if (this.kind == Kind.Events && !this.onlyEvents) this.fail(Flaw.Garbage);
  }

  // --- one JSON document ---

  private feedJson(ptr: usize, end: usize): void {
    if (this.json.isEmpty) ptr = skipBlanks(ptr, end);
    if (ptr == end) return;
    this.excerpt.keep(ptr, end);
    this.json.feed(ptr, end);
    this.events = kibibytes(this.json.offset);
    this.note(Seen.Progress);
    if (this.json.isBroken) this.fail(Flaw.Garbage);
  }

  private finishJson(): void {
    if (this.failed || this.done || this.json.isEmpty) return;
    if (!this.json.isComplete) return this.fail(Flaw.Truncated);
    const mark = changetype<Rules>(this.rules).answer(this.json);
    if (this.onlyEvents && !(mark & Mark.Error)) this.fail(Flaw.Garbage);
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
    const rules = changetype<Rules>(this.rules);
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
    this.note(Seen.Progress);
    if (this.released) this.invalidEvents++;
    else this.fail(Flaw.Garbage);
  }

  private finishEvents(): void {
    if (this.isOver) return;
    // Clients stop reading at [DONE], with or without its blank line.
    if (this.matched == DONE_LENGTH) this.endEvent();
    if (this.failed || this.ended || !this.good) return;
    if (this.scanner.isOpen) this.fail(Flaw.Truncated);
    else if (changetype<Rules>(this.rules).markless) this.ended = true;
    else this.fail(Flaw.NoEndMark);
  }
}

/** Every started one counts. */
function kibibytes(bytes: u64): u32 {
  return <u32>((bytes + 1023) >> 10);
}

/** A record for `start`; whoever asks for it keeps it and uses it again. */
export function newJudge(): Judge {
  const judge = changetype<Judge>(heap.alloc(offsetof<Judge>()));
  judge.scanner = changetype<EventScanner>(heap.alloc(offsetof<EventScanner>()));
  judge.json = changetype<JsonReader>(heap.alloc(READER_SIZE));
  judge.excerpt = changetype<Excerpt>(heap.alloc(EXCERPT_SIZE));
  return judge;
}
