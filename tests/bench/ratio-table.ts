import type { Cell } from "./bench-cells.js";
import type { Slice } from "./bench-load.js";
import { quantile } from "./quantile.js";
import type { Variant } from "./variants.js";

/** One turn through all variants. */
export type Round = Record<Variant, Slice>;

/** What one variant costs in one cell. */
export interface Cost {
  variant: Variant;
  /** CPU time of a request, or of an event, microseconds; and as a ratio to the bare Envoy. */
  cpu: number;
  ratio: number;
  /** Of the answers, milliseconds. */
  p50: number;
}

/** The lower quartile over the rounds: what else the machine does only ever adds. */
export function costsOf({ events = 1 }: Pick<Cell, "events">, variants: Variant[], rounds: Round[]): Cost[] {
  const cpu = (variant: Variant) =>
    quantile(
      rounds.map(round => round[variant].cpu),
      0.25,
    ) / events;
  return variants.map(variant => ({
    variant,
    cpu: cpu(variant),
    ratio: cpu(variant) / cpu("bare"),
    p50: quantile(
      rounds.map(round => round[variant].p50),
      0.25,
    ),
  }));
}

/** The same request served at once and rescued, one behind the other. */
export type RescueRound = Record<"served" | "rescued", Slice>;

/** What a rescued request costs more than one that is served at once. */
export interface RescueCost {
  /** CPU time, microseconds. */
  cpu: number;
  /** Time to the answer, milliseconds. */
  latency: number;
}

/** The median over the rounds: what else the machine does may meet either of the two. */
export function rescueCostOf(rounds: RescueRound[]): RescueCost {
  const more = (of: "cpu" | "p50") =>
    quantile(
      rounds.map(({ served, rescued }) => rescued[of] - served[of]),
      0.5,
    );
  return { cpu: more("cpu"), latency: more("p50") };
}
