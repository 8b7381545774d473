import { visible } from "./visible-text.js";

/** How a line is made to stand out on a terminal; elsewhere, and with NO_COLOR, nothing is added. */
export interface Colour {
  good(text: string): string;
  bad(text: string): string;
  strong(text: string): string;
  dim(text: string): string;
}

export function colourOf(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Colour {
  const on = stream.isTTY === true && !env["NO_COLOR"];
  const paint = (code: number) => (text: string) => (on ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { good: paint(32), bad: paint(31), strong: paint(1), dim: paint(2) };
}

/** Rows in columns as wide as their longest cell, two spaces apart. Names of others stand in them: nothing steers the terminal. */
export function columns(texts: string[][]): string[] {
  const rows = texts.map(row => row.map(visible));
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map(row => (row[i] ?? "").length)));
  return rows.map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
