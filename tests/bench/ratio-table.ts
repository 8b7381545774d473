import type { Slice } from "./bench-load.js";
import { VARIANTS, type Variant } from "./variants.js";

export interface Cell {
  size: string;
  connections: number;
}

/** One turn through all variants. */
export type Round = Record<Variant, Slice>;

/** The most that ours may cost on the success path, as a ratio of CPU time to a bare Envoy, by size and connections. */
const AIMS: Record<string, number> = {
  ...{ "1 KB/1": 1.45, "1 KB/16": 1.6 },
  ...{ "64 KB/1": 1.5, "64 KB/16": 1.7 },
  ...{ "1 MB/1": 1.8, "1 MB/16": 1.8 },
};

const COLUMNS = ["body", "conns", "variant", "CPU us", "ratio", "aim", "p50 ms", "ratio", "p99 ms", "ratio"];
const WIDTHS = [6, 6, 16, 8, 7, 6, 9, 7, 9, 7];
const LEFT = new Set([0, 2]);

export const heading = (): string => line(COLUMNS);

/** The lines of one cell: medians over its rounds, of the values and of the ratios to bare within a round. */
export function linesOf({ size, connections }: Cell, rounds: Round[]): string {
  const lines = VARIANTS.map((variant, i) => {
    const pair = (key: keyof Slice, digits: number) => [
      median(rounds.map(round => round[variant][key])).toFixed(digits),
      variant === "bare" ? "" : median(rounds.map(round => round[variant][key] / round.bare[key])).toFixed(2),
    ];
    const aim = variant === "ours" ? (AIMS[`${size}/${connections}`]?.toFixed(2) ?? "") : "";
    const place = i === 0 ? [size, String(connections)] : ["", ""];
    return line([...place, variant, ...pair("cpu", 1), aim, ...pair("p50", 2), ...pair("p99", 2)]);
  });
  return lines.join("\n");
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function line(texts: string[]): string {
  return texts
    .map((text, i) => (LEFT.has(i) ? text.padEnd(WIDTHS[i]!) : text.padStart(WIDTHS[i]!)))
    .join(" ")
    .trimEnd();
}
