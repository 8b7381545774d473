import type { Figures } from "./console-types.js";
import type { RequestRecord } from "./request-record.js";

/** How long the last requests took to their first token, and what rescues cost. */
export function figuresOf(records: readonly RequestRecord[]): Figures {
  const firstToken = sorted(records.map(({ firstTokenMs }) => firstTokenMs));
  const rescue = sorted(records.filter(({ outcome }) => outcome === "rescued").map(({ rescueMs }) => rescueMs));
  return {
    requests: records.length,
    firstTokenMs: quantile(firstToken, 0.5),
    firstTokenP95Ms: quantile(firstToken, 0.95),
    rescueMs: quantile(rescue, 0.5),
  };
}

const sorted = (values: (number | undefined)[]): number[] =>
  values.filter(value => value !== undefined).sort((a, b) => a - b);

const quantile = (values: number[], share: number): number | null =>
  values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? null;
