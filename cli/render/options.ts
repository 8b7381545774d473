import type { GatewayConfig } from "../config/types.js";

/** Retry mode streams through every rescue; callout mode works where Envoy cannot choose a cluster again on a retry. */
export type Mode = "retry" | "callout";

export interface RenderOptions {
  /** The compiled module, as Envoy will find it. */
  wasm: string;
  /** The Envoy to render for, e.g. "1.36.4"; default: the newest known. */
  envoyVersion?: string;
  /** PEM of the authorities that providers are checked with; default: the system's. */
  caFile?: string;
}

/** `refresh_cluster_on_retry` came with 1.39 (docs: envoy-facts 11). */
export function modeFor(envoyVersion = "1.40.0"): Mode {
  const [major = 0, minor = 0] = envoyVersion.split(".").map(Number);
  return major > 1 || (major === 1 && minor >= 39) ? "retry" : "callout";
}

/** The longest `timeout` of all routes, in milliseconds: no other limit of Envoy may be shorter. */
export function longestTimeout({ routes }: GatewayConfig): number {
  return Math.max(...routes.map(({ timeout }) => timeout));
}
