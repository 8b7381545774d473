/**
 * Calls of the module to providers: callouts and probes. Envoy marks them (`x-envoy-internal`), and only what they pass afterwards can
 * take the marks off: an internal listener of the same Envoy, which sends them on to the cluster that a header names.
 */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import * as headerBuilder from "../http/header-builder";
import { SiteConfig } from "../config/site-config";
import * as host from "../proxywasm/host";
import { servesStreams } from "../proxywasm/dispatcher";
import * as hostNames from "./host-names";

/** While the headers of the call are built: where it goes. */
export function addTarget(config: SiteConfig, cluster: Bytes): void {
  if (config.calloutCluster !== null) headerBuilder.put(hostNames.CLUSTER_HEADER, cluster);
}

export function send(
  config: SiteConfig,
  cluster: Bytes,
  headers: Span,
  body: usize,
  size: usize,
  timeoutMs: u32,
): host.Callout {
  return host.callout(config.calloutCluster || cluster, headers, body, size, timeoutMs);
}

/** Internal listeners are on workers: the main thread, which has a VM as well, has none and can reach nobody by them. */
export function canCall(config: SiteConfig): bool {
  return config.calloutCluster === null || servesStreams();
}
