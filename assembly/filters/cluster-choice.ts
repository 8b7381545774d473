/** Which cluster the router sends a client's stream to: by filter state, or by a route that the host has fixed. */
import { Bytes } from "../text/bytes";
import { Exchange } from "../request/exchange";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";

const OFF = Bytes.of("off");

/** Before the first change to the request's headers, under a route that the host has fixed. */
export function keepRoute(): void {
  host.setProperty(hostNames.CLEAR_ROUTE_CACHE, OFF.ptr, OFF.len);
}

/**
 * Whether the host's route leads to the cluster, and still will when path and host are the hop's: on Higress, which alone has this
 * property. Elsewhere Envoy looks for the route again after any change to the headers (facts 17.2), and may find another's cluster.
 */
export function routeLeadsTo(cluster: Bytes): bool {
  const current = host.property(hostNames.CLUSTER_NAME_OLD);
  return current !== null && current.is(cluster);
}

/** Points the gateway stream's filter state at the cluster: the router reads it again for a retry. */
export function setCluster(x: Exchange, cluster: Bytes): bool {
  if (x.cluster == changetype<usize>(cluster)) return true;
  if (!host.setProperty(hostNames.CLUSTER, cluster.ptr, cluster.len)) return false;
  x.cluster = changetype<usize>(cluster);
  return true;
}
