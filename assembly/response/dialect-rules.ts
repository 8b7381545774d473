/** What a dialect makes of one event, or of one whole answer: facts about its members go in, marks come out. */
import { JsonReader } from "../json/stream-reader";
import { hashOf } from "../json/watched-paths";

/** What watched members say, as bits. */
export enum Fact {
  Error = 1,
  /** Text, reasoning, a refusal, audio or a call of a tool. */
  Content = 2,
  /** The reason why the model stopped. */
  Finish = 4,
  /** The list that an answer is made of, not empty: choices, output, content. */
  Answer = 8,
  /** The two members of an error that is not wrapped: DashScope's own shape, vLLM's. */
  Code = 16,
  Message = 32,
  /** There is a `delta`, even an empty one. */
  Delta = 64,
}

/** What an event counts as, as bits; 0: for nothing, like a ping. */
export enum Mark {
  Progress = 1,
  /** Good enough to let the answer go. */
  Content = 2,
  /** Nothing that the client needs is missing any more. */
  End = 4,
  /** The dialect sends nothing after it. */
  Last = 8,
  Error = 16,
}

export const WHOLE: u32 = Mark.Progress | Mark.Content | Mark.End | Mark.Last;

export class DialectRules {
  constructor(
    /** The members to watch. */
    readonly tree: u8,
    readonly event: (json: JsonReader) => u32,
    /** Of one JSON answer; 0: it holds no answer. */
    readonly answer: (json: JsonReader) => u32,
    /** `[DONE]` is the last event. */
    readonly done: bool,
    /** A stream that ends cleanly is complete: there is no end mark to miss. */
    readonly markless: bool = false,
  ) {}
}

/** Events that are told apart by their `type`. */
export class EventTypes {
  private hashes: u64[] = [];
  private marks: u32[] = [];

  put(mark: u32, types: string[]): this {
    for (let i = 0; i < types.length; i++) {
      this.hashes.push(hashOf(types[i]));
      this.marks.push(mark);
    }
    return this;
  }

  find(type: u64, otherwise: u32): u32 {
    for (let i = 0, k = this.hashes.length; i < k; i++)
      if (unchecked(this.hashes[i]) == type) return unchecked(this.marks[i]);
    return otherwise;
  }
}
