import { OLDEST_MINOR, RETRY_MINOR } from "../envoy/releases.js";
import { Refusal } from "../refusal.js";
import type { GatewayConfig } from "../config/config-types.js";

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

/** What this release of Envoy can do (docs of the two constants); refused when it can run nothing of ours. */
export function modeFor(envoyVersion = "1.40"): Mode {
  const [, minor] = /^1\.([0-9]+)(\.[0-9]+)?$/.exec(envoyVersion) ?? [];
  if (minor === undefined) throw new Refusal(`"${envoyVersion}" is no version of Envoy: use one like 1.40 or 1.36.4`);
  if (Number(minor) < OLDEST_MINOR)
    throw new Refusal(`Envoy ${envoyVersion} cannot run the module: use 1.${OLDEST_MINOR} or newer`);
  return Number(minor) >= RETRY_MINOR ? "retry" : "callout";
}

/** The longest `timeout` of all routes, in milliseconds: no other limit of Envoy may be shorter. */
export function longestTimeout({ routes }: GatewayConfig): number {
  return Math.max(...routes.map(({ timeout }) => timeout));
}
