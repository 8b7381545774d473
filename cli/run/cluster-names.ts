import type { ClusterTarget, GatewayConfig, Provider } from "../config/config-types.js";
import { targetsOf } from "../render/render-clusters.js";

/**
 * The clusters of one run, over its edits. Requests that began under an earlier configuration go on with it, so
 *  - a cluster that an edit no longer names is kept until nobody can ask for it any more;
 *  - a name never gets another address: what is tried again would bring the old address's token there. A provider that
 *    moves gets a cluster of another name, `qwen~2`.
 */
export class Clusters {
  /** What Envoy has, by name; with the time when it goes (performance.now()), unless the configuration names it. */
  private readonly known = new Map<string, { target: ClusterTarget; goes: number }>();

  /** @param stay how long a request may outlive the configuration that it began under, milliseconds */
  constructor(
    config: GatewayConfig,
    private readonly stay: number,
  ) {
    this.serve(config);
  }

  /** The configuration with the names that its clusters have in this run. */
  named(config: GatewayConfig): GatewayConfig {
    return { ...config, providers: config.providers.map(provider => this.nameOf(provider)) };
  }

  /** What is to stand beside this configuration's own. */
  besides(config: GatewayConfig): ClusterTarget[] {
    const own = new Set(targetsOf(config).map(({ name }) => name));
    return [...this.known.values()].map(({ target }) => target).filter(({ name }) => !own.has(name));
  }

  /** Envoy has this configuration now. */
  serve(config: GatewayConfig, now = performance.now()): void {
    for (const cluster of this.known.values()) cluster.goes = Math.min(cluster.goes, now + this.stay);
    for (const target of targetsOf(config)) this.known.set(target.name, { target, goes: Infinity });
  }

  /** Forgets those whose time is over; says whether there were any. */
  prune(now = performance.now()): boolean {
    const over = [...this.known.values()].filter(({ goes }) => goes <= now);
    for (const { target } of over) this.known.delete(target.name);
    return over.length > 0;
  }

  private nameOf(provider: Provider): Provider {
    const names = new Map(provider.targets.map(target => [target.name, this.nameFor(target)]));
    const renamed = (name: string) => names.get(name) ?? name;
    const { cluster, messagesCluster, targets } = provider;
    return {
      ...provider,
      cluster: renamed(cluster),
      ...(messagesCluster !== undefined && { messagesCluster: renamed(messagesCluster) }),
      targets: targets.map(target => ({ ...target, name: renamed(target.name) })),
    };
  }

  private nameFor(target: ClusterTarget): string {
    const names = [target.name, ...Array.from(this.known.keys(), (_, i) => `${target.name}~${i + 2}`)];
    const there = names.find(name => this.known.has(name) && placeOf(this.known.get(name)!.target) === placeOf(target));
    return there ?? names.find(name => !this.known.has(name))!;
  }
}

/** Who it is that gets the tokens. */
const placeOf = ({ host, port, tls }: ClusterTarget): string => JSON.stringify([host, port, tls?.serverName]);
