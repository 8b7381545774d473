/** How a row of the failure table is written, and which words it takes for its own. */
import { Bytes } from "../text/bytes";
import { Family } from "../config/presets";
import { pairsOf } from "./byte-pairs";
import { Judgement } from "./judgement";

/** Where in an error a row's word stands. */
export enum Where {
  /** A code, type or reason is this word, or begins with it and a dot ("Throttling.RateQuota"). */
  Code,
  /** A code has this in it. */
  CodeHolds,
  /** The number of a `base_resp`, or in parentheses at the end of a message. */
  FrameCode,
  /**
   * The message has these words. `*` stands for up to four words; what is quoted and the model's name count as one; of words with `|`
   * between them one counts. A phrase that takes a token out must open the message where the status is about the request: behind a colon or
   * a quote may stand a client's words.
   */
  Says,
}

/** With which statuses a row counts. */
export enum With {
  Any,
  /** 401, 403: they tell of the token. */
  Refusal,
  /** 404, 410: what is missing may be the model, the path, or a thing that the request names. */
  Missing,
}

/** In their order; failure-table.ts fills it. */
export const ROWS: Row[] = [];
/** Broad words: they count after all others, and only where no status tells more (an error inside a 200). */
export const BROAD: Row[] = [];

/** Words that only one meaning has are looked for in any family: a compatible endpoint may speak another's. */
const ANY = -1;
export const DASHSCOPE = 1 << Family.DashScope;
export const GEMINI = 1 << Family.Gemini;

/** In a phrase: stands for up to four words. */
export const STAR: u8 = 0x2a;

export class Row {
  readonly text: Bytes;
  /** What shows at once that it does not fit. */
  readonly pairs: StaticArray<u16>;
  constructor(
    readonly judgement: Judgement,
    readonly where: Where,
    text: string,
    /** Bits by `Family`. */
    readonly families: i32 = ANY,
    readonly statuses: With = With.Any,
  ) {
    const bytes = Bytes.of(where == Where.Says ? wholeWords(text.replaceAll(" * ", "*")) : text);
    this.text = bytes;
    this.pairs = pairsOf(bytes, STAR);
  }
}

/** Phrases are whole words, but where they begin or end in a language that has no blanks between them. */
function wholeWords(phrase: string): string {
  const first = phrase.charCodeAt(0) < 0x80 ? " " : "";
  const last = phrase.charCodeAt(phrase.length - 1) < 0x80 ? " " : "";
  return first + phrase + last;
}

/** Every phrase that a pattern with `|` stands for. */
function spellings(pattern: string): string[] {
  let all: string[] = [""];
  const words = pattern.split(" ");
  for (let i = 0; i < words.length; i++) {
    const choices = words[i].split("|");
    const longer: string[] = [];
    for (let j = 0; j < all.length; j++)
      for (let k = 0; k < choices.length; k++) longer.push(i == 0 ? choices[k] : all[j] + " " + choices[k]);
    all = longer;
  }
  return all;
}

export function code(judgement: Judgement, word: string, families: i32 = ANY): void {
  ROWS.push(new Row(judgement, Where.Code, word, families));
}
export function codeHolds(judgement: Judgement, text: string): void {
  ROWS.push(new Row(judgement, Where.CodeHolds, text));
}
export function frame(judgement: Judgement, number: string): void {
  ROWS.push(new Row(judgement, Where.FrameCode, number));
}
export function says(judgement: Judgement, pattern: string, families: i32 = ANY): void {
  addPhrases(judgement, pattern, families, With.Any);
}
/** Words that say it of a token only in a 401 or 403. */
export function refusalCode(judgement: Judgement, word: string): void {
  ROWS.push(new Row(judgement, Where.Code, word, ANY, With.Refusal));
}
export function refusalSays(judgement: Judgement, pattern: string): void {
  addPhrases(judgement, pattern, ANY, With.Refusal);
}
/** Words that say what is missing, in a 404 or 410. */
export function missingSays(judgement: Judgement, pattern: string): void {
  addPhrases(judgement, pattern, ANY, With.Missing);
}
function addPhrases(judgement: Judgement, pattern: string, families: i32, statuses: With): void {
  const all = spellings(pattern);
  for (let i = 0; i < all.length; i++) ROWS.push(new Row(judgement, Where.Says, all[i], families, statuses));
}
export function broad(judgement: Judgement, word: string): void {
  BROAD.push(new Row(judgement, Where.Code, word));
}
