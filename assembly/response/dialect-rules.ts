/** What a dialect makes of one event, or of one whole answer: facts about its members go in, marks come out. */
import { JsonReader } from "../json/stream-reader";
import { hashOf, watch } from "../json/watched-paths";

/** What watched members say, as bits. */
export enum Fact {
  /** An error where official clients look for it. */
  Error = 1,
  /** Text, reasoning, a refusal, audio, a call of a tool: everything that is not known to be none. */
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
  /** An error where official clients do not look. */
  HiddenError = 128,
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
  /** With Error: official clients do not raise it. */
  Hidden = 32,
  /** The model has begun, and nothing of what it says is here: good enough to let the answer go, but no answer. */
  Sign = 64,
  /** The model has stopped by itself: an answer, unless it says of itself that it has no output. */
  Stop = 128,
}

export const WHOLE: u32 = Mark.Progress | Mark.Content | Mark.End | Mark.Last;
/** The same without any content. */
export const STOPPED: u32 = Mark.Progress | Mark.Stop | Mark.End | Mark.Last;

export class DialectRules {
  /** `[DONE]` is the last event. */
  endsInDone: bool = false;
  /** A stream that ends cleanly is complete: there is no end mark to miss. */
  isMarkless: bool = false;
  /** Official clients read no event without a name, and raise only what is named error. */
  isNamed: bool = false;
  /** The members to watch in an answer that the provider keeps. */
  treeOfKept: u8 = 0;

  constructor(
    /** The members to watch. */
    readonly tree: u8,
    readonly event: (json: JsonReader) => u32,
    /** Of one JSON answer; 0: it holds no answer. */
    readonly answer: (json: JsonReader) => u32,
  ) {
    this.treeOfKept = tree;
  }
}

/** Watches all members of the object at `path`: they are content, but for those that are known to be none. */
export function watchContent(tree: u8, path: string, others: string[]): void {
  watch(tree, path + ".?", Fact.Content);
  for (let i = 0; i < others.length; i++) watch(tree, path + "." + others[i], 0);
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
    if (type == 0) return otherwise;
    for (let i = 0, k = this.hashes.length; i < k; i++)
      if (unchecked(this.hashes[i]) == type) return unchecked(this.marks[i]);
    return otherwise;
  }
}
