/** A configuration in use, with what is known and counted for it. */
import { EMPTY, Span } from "../text/span";
import { ruleFor } from "../config/rule-matcher";
import { SiteConfig, Plugin } from "../config/plugin";
import { RetryBudget } from "../health/retry-budget";
import { Health } from "../health/health";
import { Metrics } from "../observe/metrics";
import { BreakerLog } from "../observe/breaker-log";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";
import { Prober } from "./prober";
import { SharedStore } from "./shared-store";

export class Service {
  readonly health: Health;
  readonly metrics: Metrics;
  readonly prober: Prober;
  /** By the index of the route. */
  readonly budgets: RetryBudget[] = [];

  constructor(
    readonly config: SiteConfig,
    readonly root: u32,
  ) {
    const health = new Health(config.providers, new SharedStore(), new BreakerLog());
    health.isProbing = true;
    this.health = health;
    this.metrics = new Metrics(config);
    this.prober = new Prober(health, config.providers);
    for (let i = 0, k = config.routes.length; i < k; i++)
      this.budgets.push(new RetryBudget(config.routes[i].retryBudget));
  }
}

/**
 * Services whose root is gone while exchanges still read them, through pointers that the collector does not see: an attempt can
 * outlive its client and with it the last stream of a root.
 */
let lingering: Service[] = [];

/** The root of these is gone. */
export function retire(services: Service[]): void {
  for (let i = 0, k = services.length; i < k; i++) {
    services[i].prober.retire();
    if (services[i].config.users > 0) lingering.push(services[i]);
    else services[i].health.drop();
  }
}

/** Lets go of those that nobody reads any more; before the collector runs. */
export function letGo(): void {
  const still: Service[] = [];
  for (let i = 0, k = lingering.length; i < k; i++) {
    if (lingering[i].config.users > 0) still.push(lingering[i]);
    else lingering[i].health.drop();
  }
  lingering = still;
}

/** Which configuration serves a request to this authority; null: it passes through untouched. */
export function serviceFor(plugin: Plugin, services: Service[], authority: Span): Service | null {
  if (plugin.rules.length == 0) return services.length > 0 ? unchecked(services[0]) : null;
  const name = host.property(hostNames.ROUTE_NAME) || host.property(hostNames.ROUTE_NAME_OLD) || EMPTY;
  const routePtr = name.ptr;
  const routeLen = name.len;
  const cluster = host.property(hostNames.CLUSTER_NAME) || host.property(hostNames.CLUSTER_NAME_OLD) || EMPTY;
  const config = ruleFor(plugin, routePtr, routeLen, cluster.ptr, cluster.len, authority.ptr, authority.len);
  if (config === null) return null;
  for (let i = 0, k = services.length; i < k; i++)
    if (unchecked(services[i]).config === config) return unchecked(services[i]);
  return null;
}
