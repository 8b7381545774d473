/** A configuration in use: with its health, and kept alive until the last exchange has left it. */
import { ruleFor } from "../config/match";
import { Config, Plugin } from "../config/types";
import * as head from "../exchange/head";
import { Health } from "../health/health";
import { Metrics } from "../observe/metrics";
import * as host from "../proxy/host";
import * as names from "./names";

export class Service {
  readonly health: Health;
  readonly metrics: Metrics;
  constructor(
    readonly config: Config,
    readonly root: u32,
  ) {
    this.health = new Health(config.providers);
    this.metrics = new Metrics(config);
  }
}

/** Which configuration serves the request whose headers `head` has read; null: it passes through untouched. */
export function serviceFor(plugin: Plugin, services: Service[]): Service | null {
  if (plugin.rules.length == 0) return services.length > 0 ? unchecked(services[0]) : null;
  const route = host.property(names.ROUTE_NAME) || host.property(names.ROUTE_NAME_OLD);
  const routePtr = route ? host.ptr : 0;
  const routeLen = route ? host.len : 0;
  const cluster = host.property(names.CLUSTER_NAME) || host.property(names.CLUSTER_NAME_OLD);
  const clusterPtr = cluster ? host.ptr : 0;
  const clusterLen = cluster ? host.len : 0;
  const config = ruleFor(plugin, routePtr, routeLen, clusterPtr, clusterLen, head.authority.ptr, head.authority.len);
  if (config === null) return null;
  for (let i = 0, k = services.length; i < k; i++)
    if (unchecked(services[i]).config === config) return unchecked(services[i]);
  return null;
}
