import type { ClusterTarget, GatewayConfig, Provider } from "../config/config-types.js";

/** The configuration with names of clusters that the platform gives; a provider that names its own keeps it. */
export function withClusters(config: GatewayConfig, nameOf: (target: ClusterTarget) => string): GatewayConfig {
  const rename = (provider: Provider): Provider => {
    const names = new Map(provider.targets.map(target => [target.name, nameOf(target)]));
    const renamed = (name: string) => names.get(name) ?? name;
    const { cluster, messagesCluster } = provider;
    const messages = messagesCluster === undefined ? {} : { messagesCluster: renamed(messagesCluster) };
    return { ...provider, cluster: renamed(cluster), ...messages, targets: [] };
  };
  return { ...config, providers: config.providers.map(rename) };
}

/** The first of those that have one key. */
export function distinct(list: ClusterTarget[], keyOf: (target: ClusterTarget) => string): ClusterTarget[] {
  const keys = list.map(keyOf);
  return list.filter((_, i) => keys.indexOf(keys[i]!) === i);
}
