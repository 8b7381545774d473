import { OLDEST_MINOR, RETRY_MINOR } from "../envoy/releases.js";
import { Refusal } from "../refusal.js";
import type { GatewayConfig } from "../config/config-types.js";

/**
 * How an attempt reaches its provider. "retry": the router chooses another cluster on a retry, and the attempt filter is in it.
 * "hop": the router sends every attempt to an internal listener, whose HTTP filter is the attempt filter; for a router that cannot
 * choose again. "callout": the gateway filter makes further attempts itself; where it is the only filter that can be placed.
 */
export const MODES = ["retry", "hop", "callout"] as const;
export type Mode = (typeof MODES)[number];

/** What decides how an attempt and a call of the module leave. */
export type Routing = Pick<RenderOptions, "envoyVersion" | "mode" | "cleansByCluster">;

export interface RenderOptions {
  /** The compiled module, as Envoy will find it. */
  wasm: string;
  /** The Envoy to render for, e.g. "1.36.4"; default: the newest known. */
  envoyVersion?: string;
  /** Default: the best one that this Envoy can do. */
  mode?: Mode;
  /** The providers' clusters take Envoy's marks off the module's own calls, so these need no listener. */
  cleansByCluster?: boolean;
  /** The route of the providers stands beside the module in one listener: both always are of one configuration. */
  ownsRoute?: boolean;
  /** Of the module's VM, where the host gives it another one; "": it has none. */
  vmId?: string;
  /** PEM of the authorities that providers are checked with; default: the system's. */
  caFile?: string;
  /** Absolute path of the socket for Envoy's admin interface, where the configuration names no address. */
  adminSocket?: string;
  /** Absolute path of a further file for the record of each request: the console's. */
  recordsFile?: string;
  /** Connections of clients at once; default: MOST_CONNECTIONS. */
  connections?: number;
}

/** Connections of clients that one Envoy takes at once. */
export const MOST_CONNECTIONS = 10_000;

/** The best that this release of Envoy can do (docs of the two constants), or less; refused when it cannot do that. */
export function modeOf({ envoyVersion = "1.40", mode }: Pick<RenderOptions, "envoyVersion" | "mode">): Mode {
  const canRetry = minorOf(envoyVersion) >= RETRY_MINOR;
  if (mode === "retry" && !canRetry)
    throw new Refusal(
      `Envoy ${envoyVersion} cannot choose another cluster on a retry: use 1.${RETRY_MINOR}, or mode hop`,
    );
  return mode ?? (canRetry ? "retry" : "hop");
}

const CALLOUTS = "ai-failover-callouts";

/**
 * Calls that the module makes by itself, callouts and probes, are marked by Envoy (x-envoy-internal and a time limit), and only a later
 * step can take the marks away. Filters of the provider's cluster would do, but in retry mode they take the place of the attempt
 * filter; so these calls pass a listener of this Envoy. In callout mode an Envoy need not take a listener: there the clusters do it.
 */
export const calloutCluster = (options: Routing): string | undefined =>
  modeOf(options) === "callout" || options.cleansByCluster === true ? undefined : CALLOUTS;

/** 40 of "1.40.0"; refused when that release cannot run the module. */
export function minorOf(envoyVersion = "1.40"): number {
  const [, minor] = /^1\.([0-9]+)(\.[0-9]+)?$/.exec(envoyVersion) ?? [];
  if (minor === undefined) throw new Refusal(`"${envoyVersion}" is no version of Envoy: use one like 1.40 or 1.36.4`);
  if (Number(minor) < OLDEST_MINOR)
    throw new Refusal(`Envoy ${envoyVersion} cannot run the module: use 1.${OLDEST_MINOR} or newer`);
  return Number(minor);
}

/** The longest `timeout` of all routes, in milliseconds: no other limit of Envoy may be shorter. */
export function longestTimeout({ routes }: GatewayConfig): number {
  return Math.max(...routes.map(({ timeout }) => timeout));
}
