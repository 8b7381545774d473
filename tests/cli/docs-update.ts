import { readFileSync, writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";

/** `npm run docs:update`: what a document repeats of the code is written anew before it is compared. */
export const updatesDocs = process.env["UPDATE_DOCS"] !== undefined;

const WIDTH = 140;

/** Writes the table whose head row is `head`. */
export async function updateTable(file: string, head: string[], rows: string[][]): Promise<void> {
  const table = [head, head.map(() => "---"), ...rows].map(cells => `| ${cells.join(" | ")} |`);
  const isHead = (line: string) => line.startsWith("|") && cellsOf(line).join() === head.join();
  await update(file, lines => {
    const from = lines.findIndex(isHead);
    const size = lines.slice(from).findIndex(line => !line.startsWith("|"));
    return from < 0 ? null : [...lines.slice(0, from), ...table, ...(size < 0 ? [] : lines.slice(from + size))];
  });
}

/** Writes the list that ends a section. */
export async function updateList(file: string, heading: string, items: string[]): Promise<void> {
  await update(file, lines => {
    const start = lines.findIndex(line => line.replace(/^#+ /, "") === heading);
    const from = lines.findIndex((line, i) => i > start && line.startsWith("- "));
    const size = lines.slice(from).findIndex(line => line.startsWith("#"));
    return start < 0 || from < 0
      ? null
      : [...lines.slice(0, from), ...items.flatMap(wrapped), "", ...(size < 0 ? [] : lines.slice(from + size))];
  });
}

const cellsOf = (line: string): string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map(cell => cell.trim());

/** An item of a list, in lines. */
function wrapped(item: string): string[] {
  const lines = ["-"];
  for (const word of item.split(" ")) {
    const last = lines.at(-1)!;
    if (last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}

async function update(file: string, change: (lines: string[]) => string[] | null): Promise<void> {
  if (!updatesDocs) return;
  const lines = change(readFileSync(file, "utf8").split("\n"));
  if (lines === null) throw new Error(`${file} has no place for it`);
  writeFileSync(file, await format(lines.join("\n"), { ...(await resolveConfig(file)), filepath: file }));
}
