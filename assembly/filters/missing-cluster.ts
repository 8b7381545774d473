/**
 * No cluster of the host has the name that is taken for a provider's. Services of Higress that its console did not make have names
 * of their own; which one is the active provider's, an ingress's rule says by where its route leads.
 */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { SiteConfig } from "../config/site-config";
import { Endpoint } from "../config/endpoint";
import { Provider } from "../config/provider";
import { Exchange, configOf } from "../request/exchange";
import { Hop, endpointOf } from "../request/hop";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";

/** What the console calls the services of providers begins so: such a one is another provider's. */
const OF_CONSOLE = Bytes.of("||llm-");

/** True: the hop's provider has the cluster of the host's route from now on. It makes strings to say so, or that it has none, once. */
export function takeRoute(x: Exchange, hop: Hop): bool {
  const config = configOf(x);
  const provider = changetype<Provider>(hop.provider);
  const lacking = endpointOf(hop).cluster;
  const leads = config.leadsToActive && config.active === provider && !provider.namesCluster;
  const route = leads ? host.property(hostNames.CLUSTER_NAME) || host.property(hostNames.CLUSTER_NAME_OLD) : null;
  if (route !== null && mayTake(route, config)) {
    const cluster = Bytes.copy(route.ptr, route.len);
    setCluster(provider.openai, cluster);
    setCluster(provider.messages, cluster);
    host.log(
      host.LogLevel.Info,
      `${provider.id.toString()}: no cluster ${lacking.toString()}; ${cluster.toString()} is its service, where the route leads`,
    );
    return true;
  }
  note(provider, lacking);
  return false;
}

/** Says once for each provider that the host has no such cluster. It makes strings. */
export function note(provider: Provider, cluster: Bytes): void {
  if (!provider.isMissingClusterLogged)
    host.log(
      host.LogLevel.Warn,
      `${provider.id.toString()}: no cluster ${cluster.toString()}; say the one of its service with "cluster"`,
    );
  provider.isMissingClusterLogged = true;
}

function setCluster(endpoint: Endpoint | null, cluster: Bytes): void {
  if (endpoint !== null) endpoint.cluster = cluster;
}

/** Whether the cluster is no provider's. */
function mayTake(cluster: Span, config: SiteConfig): bool {
  for (let i: usize = 0; i + OF_CONSOLE.len <= cluster.len; i++)
    if (OF_CONSOLE.equals(cluster.ptr + i, OF_CONSOLE.len)) return false;
  for (let i = 0, k = config.providers.length; i < k; i++) {
    const provider = config.providers[i];
    if (isAt(provider.openai, cluster) || isAt(provider.messages, cluster)) return false;
  }
  return true;
}

function isAt(endpoint: Endpoint | null, cluster: Span): bool {
  return endpoint !== null && cluster.is(endpoint.cluster);
}
