import { readFileSync } from "node:fs";

/** What the tests of the documentation read of a document. */
export interface Document {
  file: string;
  text: string;
  /** The rows of all its tables without their heads, as the text of their cells. */
  rows: string[][];
  /** Its code blocks in order. */
  blocks: { language: string; code: string }[];
}

export function readDocument(file: string): Document {
  const text = readFileSync(file, "utf8");
  return { file, text, rows: rowsOf(text), blocks: blocksOf(text) };
}

/** The part below a heading, to the next one of its rank or a higher one. */
export function section(text: string, heading: string): string {
  const start = new RegExp(`^(#+) ${heading}$`, "m").exec(text);
  if (start === null) throw new Error(`there is no heading "${heading}"`);
  const rest = text.slice(start.index + start[0].length);
  const end = new RegExp(`^#{1,${start[1]!.length}} `, "m").exec(withoutBlocks(rest));
  return rest.slice(0, end?.index);
}

/** Code blocks blanked: a "#" in them is no heading, and nothing else moves. */
export const withoutBlocks = (text: string): string =>
  text.replace(/^```.*?^```/gms, block => block.replace(/[^\n]/g, " "));

export function rowsOf(text: string): string[][] {
  return withoutBlocks(text)
    .split("\n")
    .flatMap((line, i, lines) => (isBody(line, lines[i + 1]) ? [cellsOf(line)] : []));
}

/** Neither a head, which its rule follows, nor the rule. */
const isBody = (line: string, next = ""): boolean => /^\|/.test(line) && !isRule(line) && !isRule(next);
const isRule = (line: string): boolean => /^\|[ :|-]+\|$/.test(line);

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split("|")
    .map(cell => cell.trim());

function blocksOf(text: string): Document["blocks"] {
  return [...text.matchAll(/^```(\S*)\n(.*?)^```/gms)].map(([, language, code]) => ({
    language: language!,
    code: code!,
  }));
}

/** The texts in a cell, or anywhere, that are set as code. */
export const codesOf = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
