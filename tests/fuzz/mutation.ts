/** Damages texts where it hurts a parser: at the pieces that it goes by, by repetition, by cuts, and byte by byte. */
import type { Random } from "./random.js";

/** Longest text that a mutation makes: what grows beyond it is cut. */
const LONGEST = 1 << 16;

export const pick = <Value>(choices: readonly Value[], random: Random): Value => choices[random(choices.length)]!;

/** `text` holds a byte in each character (latin1), and so does the result. */
export function mutate(text: string, pieces: readonly string[], random: Random): string {
  for (let rounds = random(5); rounds > 0; rounds--) text = once(text, pieces, random).slice(0, LONGEST);
  return text;
}

function once(text: string, pieces: readonly string[], random: Random): string {
  const at = random(text.length + 1);
  const other = random(text.length + 1);
  const before = text.slice(0, at);
  const after = text.slice(at);
  switch (random(9)) {
    case 0:
      return before + after.slice(1 + random(6));
    case 1:
      return before + String.fromCharCode(random(256)) + after.slice(1);
    case 2:
      return random(4) === 0 ? before : text;
    case 3:
      return before + text.slice(other, other + random(80)) + after;
    case 4:
      return before + pick(pieces, random).repeat(1 + random(random(40) === 0 ? 400 : 3)) + after;
    case 5:
      return text.slice(0, Math.min(at, other)) + text.slice(Math.max(at, other));
    case 6:
      return before.replace(/\d+/, () => pick(NUMBERS, random)) + after;
    default:
      return before + pick(pieces, random) + after;
  }
}

/** Where numbers end in the ways that they are kept in. */
const NUMBERS = [
  ...["0", "-1", "255", "256", "65535", "65536", "2147483647", "2147483648", "-2147483648", "4294967295", "4294967296"],
  ...[
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "1e999",
    "1e-999",
    "0.1",
  ],
  ...["99999999999999999999999999999999999999", "00", "0x10", "١"],
].map(text => Buffer.from(text).toString("latin1"));

/** Text of Unicode as bytes in characters. */
export const bytesIn = (text: string): string => Buffer.from(text).toString("latin1");

/** Cuts bytes into up to five pieces, some of them empty. */
export function chunksOf(text: string, random: Random): Buffer[] {
  const bytes = Buffer.from(text, "latin1");
  const cuts = Array.from({ length: random(5) }, () => random(bytes.length + 1)).sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, i) => bytes.subarray(cuts[i - 1] ?? 0, end));
}
