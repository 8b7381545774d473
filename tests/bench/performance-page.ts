/** docs/performance.md and its picture, from what a run has measured. */
import type { Cell, RescueCell } from "./bench-cells.js";
import type { Cost, RescueCost } from "./ratio-table.js";
import type { Variant } from "./variants.js";

export interface Measured {
  served: { cell: Cell; costs: Cost[] }[];
  rescued: { cell: RescueCell; costs: (RescueCost & { variant: Variant })[] }[];
  live: { streams: number; bare: number; ours: number }[];
  ledger: string[];
}

const NAMES: Record<Variant, string> = {
  bare: "bare Envoy",
  "no-op": "no-op module",
  calls: "host calls alone",
  retry: "retry mode",
  before: "module of before",
  hop: "hop mode",
  callout: "callout mode",
};

export const PICTURE = "pictures/performance.svg";

export function pageOf(measured: Measured): string {
  return `# Performance

Written by \`npm run bench -- --write\`. All variants ran side by side in one run: Envoy 1.40.0 with one worker that has a CPU of its own.
The figures are CPU time of the Envoy process, the lower quartile over interleaved slices of several starts of all Envoys. Absolute times
depend on the machine; the ratios to a bare Envoy depend on it less.

![CPU time of a request as a ratio to a bare Envoy](${PICTURE})

## A request that is served at once

CPU time in microseconds, and its ratio to a bare Envoy. The no-op module is called back as often as ours and does nothing; "host calls
alone" makes the calls of ours in retry mode and does nothing else. Both are what the host charges. [Modes](modes.md) says which mode runs where.

${table([["request", ...measured.served[0]!.costs.map(({ variant }) => NAMES[variant]), "aim (retry)"], ...measured.served.map(servedRow)])}

## What a failover costs

The same request after a failure at the first provider, minus the request that is served at once: CPU time in microseconds, and time
to the answer in milliseconds, the median over all rounds. The failing provider is never taken out here; in a real gateway only the first requests pay this. After a
\`503\` and a \`reset\` the same provider is asked once more before the next one.

${table([["failure", "request", ...measured.rescued[0]!.costs.map(({ variant }) => NAMES[variant])], ...measured.rescued.map(rescuedRow)])}

## What grows

Streams that are open and silent: CPU time of Envoy in a second, in milliseconds.

${table([["open streams", "bare Envoy", "retry mode"], ...measured.live.map(({ streams, bare, ours }) => [String(streams), bare.toFixed(1), ours.toFixed(1)])])}

What the ledger and the choice of a token and a route cost a request, measured alone inside Envoy's VM:

${measured.ledger.map(line => `- ${line}`).join("\n")}
`;
}

function servedRow({ cell, costs }: Measured["served"][number]): string[] {
  const cells = costs.map(({ variant, cpu, ratio }) =>
    variant === "bare" ? cpu.toFixed(1) : `${cpu.toFixed(1)} (${ratio.toFixed(2)})`,
  );
  return [cell.name, ...cells, cell.aim === undefined ? "-" : cell.aim.toFixed(2)];
}

function rescuedRow({ cell, costs }: Measured["rescued"][number]): string[] {
  const cells = costs.map(({ cpu, latency }) => `${signed(cpu, 0)} us, ${signed(latency, 2)} ms`);
  return [cell.failure === "reset" ? "connection reset" : cell.failure, cell.size, ...cells];
}

const signed = (value: number, digits: number) => `${value < 0 ? "" : "+"}${value.toFixed(digits)}`;

function table(rows: string[][]): string {
  const [head, ...body] = rows.map(cells => `| ${cells.join(" | ")} |`);
  return [head, `|${rows[0]!.map(() => " --- |").join("")}`, ...body].join("\n");
}

const BAR = 14;
const GAP = 22;
const LEFT = 260;
/** Where the longest bar ends; its figure stands behind it. */
const RIGHT = 770;
const COLOURS: Partial<Record<Variant, string>> = {
  "no-op": "#9aa5b1",
  calls: "#93c5fd",
  retry: "#2563eb",
  hop: "#7c3aed",
};

/** Bars of the ratios; a line marks the bare Envoy. */
export function pictureOf(served: Measured["served"]): string {
  const shown = Object.keys(COLOURS) as Variant[];
  const scale = (RIGHT - LEFT) / Math.max(...served.flatMap(({ costs }) => costs.map(({ ratio }) => ratio)));
  const height = 40 + served.length * (shown.length * BAR + GAP);
  const texts = served.flatMap(({ cell, costs }, row) => {
    const top = 40 + row * (shown.length * BAR + GAP);
    const bars = shown.flatMap((variant, i) => {
      const ratio = costs.find(cost => cost.variant === variant)?.ratio ?? 0;
      const y = top + i * BAR;
      const width = ratio * scale;
      return [
        `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[variant]}"/>`,
        `<text x="${(LEFT + width + 6).toFixed(1)}" y="${y + 10}" font-size="11">${ratio.toFixed(2)}</text>`,
      ];
    });
    return [`<text x="${LEFT - 10}" y="${top + 20}" text-anchor="end" font-size="12">${cell.name}</text>`, ...bars];
  });
  const legend = shown.map(
    (variant, i) =>
      `<rect x="${LEFT + i * 130}" y="8" width="12" height="12" fill="${COLOURS[variant]}"/><text x="${LEFT + i * 130 + 17}" y="18" font-size="12">${NAMES[variant]}</text>`,
  );
  const one = (LEFT + scale).toFixed(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 ${height}" width="820" height="${height}" font-family="sans-serif" fill="#1f2933">`,
    `<rect width="820" height="${height}" fill="#ffffff"/>`,
    ...legend,
    ...texts,
    `<line x1="${one}" y1="30" x2="${one}" y2="${height - 10}" stroke="#1f2933" stroke-dasharray="3 3"/>`,
    `</svg>`,
    "",
  ].join("\n");
}

/** The same for a terminal: columns are aligned. */
export function linesOf(rows: string[][]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => row[i]!.length)));
  return rows
    .map(row => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "))
    .join("\n");
}

export const servedLine = servedRow;
export const rescuedLine = rescuedRow;
