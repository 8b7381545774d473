import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { internalCluster, internalListener } from "./inner-manager.js";
import { retryCutReply } from "./local-replies.js";
import { circuitBreakers } from "./render-clusters.js";
import { attemptFilter, routerFilter } from "./render-filters.js";
import type { RenderOptions } from "./render-options.js";
import { yaml } from "./yaml-text.js";

/** In place of the internal listener's name, until that is known. */
const NAME = "ai-failover-attempts";
const STATS = "ai_failover_attempts";

/** The variables that the module reads: a VM has one list of them. */
type Variables = string[];

/**
 * Hop mode: the listener that every attempt passes. No edit of providers or routes changes it: connections to it are pooled, and a
 * pooled one keeps the filters, and so the VM, of its first day (docs/envoy-facts.md, 22.2).
 */
export function innerListener(variables: Variables, options: RenderOptions): string {
  return listenerText(variables, options).replace(NAME, innerName(variables, options));
}

/** The cluster whose only endpoint is that listener. */
export const innerCluster = (variables: Variables, options: RenderOptions): string =>
  internalCluster(innerName(variables, options), STATS, circuitBreakers);

/**
 * Another name for another VM or other filters, so that no new request rides a connection into an old one: with a hash of the
 * module's code, the variables and the text of the listener.
 */
export function innerName(variables: Variables, options: RenderOptions): string {
  const hash = createHash("sha256").update(listenerText(variables, options));
  if (existsSync(options.wasm)) hash.update(readFileSync(options.wasm));
  return `${NAME}-${hash.digest("hex").slice(0, 8)}`;
}

function listenerText(variables: Variables, options: RenderOptions): string {
  return yaml`
    # Hop mode: each attempt comes here, on the worker and so to the VM of its request.
    ${internalListener({
      ...{ name: NAME, stats: STATS, replies: retryCutReply },
      filters: [attemptFilter(variables, options), routerFilter],
    })}
  `;
}
