/** What a demo provider can be made to do, and its words: a test compares them with what it can do. */
import type { Word } from "./words.js";

export const FAULTS: { kind: string; word: Word }[] = [
  { kind: "ok", word: "fault-ok" },
  { kind: "401", word: "fault-401" },
  { kind: "402", word: "fault-402" },
  { kind: "429", word: "fault-429" },
  { kind: "500", word: "fault-500" },
  { kind: "503", word: "fault-503" },
  { kind: "refused", word: "fault-refused" },
  { kind: "reset", word: "fault-reset" },
  { kind: "hang", word: "fault-hang" },
  { kind: "slow", word: "fault-slow" },
  { kind: "slow-token", word: "fault-slow-token" },
  { kind: "silent", word: "fault-silent" },
  { kind: "keep-alive", word: "fault-keep-alive" },
  { kind: "stall", word: "fault-stall" },
  { kind: "cut", word: "fault-cut" },
  { kind: "truncated", word: "fault-truncated" },
  { kind: "error-in-200", word: "fault-error-in-200" },
  { kind: "empty", word: "fault-empty" },
  { kind: "garbage", word: "fault-garbage" },
];
