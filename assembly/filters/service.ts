/** A configuration in use, with what is known and counted for it. */
import { Bytes } from "../text/bytes";
import { EMPTY, Span } from "../text/span";
import { ruleFor } from "../config/rule-matcher";
import { Plugin, SiteRule } from "../config/plugin";
import { Route } from "../config/route";
import { SiteConfig } from "../config/site-config";
import { RetryBudget } from "../health/retry-budget";
import { Health } from "../health/health";
import { Metrics } from "../observe/metrics";
import { BreakerHistory } from "../observe/breaker-history";
import { HealthGauges } from "../observe/health-gauges";
import { BreakerWatch } from "../observe/breaker-watch";
import { StatusSite } from "../observe/status-site";
import * as host from "../proxywasm/host";
import * as fleetMembers from "./fleet-members";
import { FleetPermits } from "./fleet-permits";
import * as hostNames from "./host-names";
import { Prober } from "./prober";
import { SharedStore } from "./shared-store";

const EVERYWHERE = Bytes.of("");

export class Service {
  readonly health: Health;
  readonly metrics: Metrics;
  /** As the status listener tells it. */
  readonly site: StatusSite;
  readonly prober: Prober;
  readonly gauges: HealthGauges;
  /** An edit has replaced it; its last connections still drain. It is neither told nor probed: the edit may have removed a token. */
  isReplaced: bool = false;
  /** By the index of the route. */
  readonly budgets: RetryBudget[];

  constructor(
    /** What it is a part of. */
    readonly plugin: Plugin,
    readonly config: SiteConfig,
    readonly root: u32,
    matches: Bytes = EVERYWHERE,
  ) {
    const shared = new SharedStore();
    const watch = new BreakerWatch(new BreakerHistory(shared));
    const fleet = config.fleet;
    const permits = fleet !== null ? new FleetPermits(fleet) : null;
    const health = new Health(config.providers, shared, watch, fleet, permits);
    health.isProbing = true;
    this.health = health;
    const metrics = new Metrics(config);
    this.metrics = metrics;
    this.site = new StatusSite(matches, config, health, metrics);
    this.gauges = new HealthGauges(config);
    this.prober = new Prober(health, config, metrics);
    this.budgets = budgetsOf(config);
  }
}

/** By the index of the route. */
export function budgetsOf(config: SiteConfig): RetryBudget[] {
  return config.routes.map<RetryBudget>((route: Route) => new RetryBudget(route.retryBudget));
}

/** Of one of the plugin's configurations. */
export function matchesIn(plugin: Plugin, config: SiteConfig): Bytes {
  for (let i = 0, k = plugin.rules.length; i < k; i++)
    if (plugin.rules[i].config === config) return matchesOf(plugin.rules[i]);
  return EVERYWHERE;
}

/** What a rule matches, as people read it: "routes: ingress-a, ingress-b; domains: llm.example.com". */
export function matchesOf(rule: SiteRule): Bytes {
  const parts: string[] = [];
  addList(parts, "routes", rule.routes, "");
  addList(parts, "routes", rule.routePrefixes, "*");
  addList(parts, "services", rule.services, "");
  addList(parts, "domains", rule.domains, "");
  return Bytes.of(parts.join("; "));
}

function addList(parts: string[], title: string, list: Bytes[], suffix: string): void {
  if (list.length == 0) return;
  const all: string[] = [];
  for (let i = 0; i < list.length; i++) all.push(list[i].toString() + suffix);
  parts.push(`${title}: ${all.join(", ")}`);
}

/** Of every root that is there, the newest root's last. */
let living: Service[] = [];
/** Those of them that are told, found once after each change, and how each is told. */
let told: Service[] = [];
let sites: StatusSite[] = [];

/** A root serves by these from now on. */
export function start(services: Service[]): void {
  for (let i = 0, k = services.length; i < k; i++) living.push(services[i]);
  tellWhoLives();
}

/** The newest configuration first: it says how the store is reached. */
function membersOf(services: Service[]): fleetMembers.Member[] {
  const members: fleetMembers.Member[] = [];
  for (let i = services.length - 1; i >= 0; i--) {
    const fleet = services[i].config.fleet;
    if (fleet !== null && !services[i].isReplaced) members.push(new fleetMembers.Member(fleet, services[i].health));
  }
  return members;
}

export function toldSites(): StatusSite[] {
  return sites;
}

/** In the order of `toldSites`. */
export function toldServices(): Service[] {
  return told;
}

/** As `serviceFor`, of a request that has not come: by the newest root that has a part for it; null: it would pass untouched. */
export function toldServiceFor(route: Span, cluster: Span, authority: Span): Service | null {
  let plugin: Plugin | null = null;
  for (let i = 0, k = told.length; i < k; i++) {
    if (told[i].plugin === plugin) continue;
    plugin = told[i].plugin;
    const config = ruleFor(plugin, route.ptr, route.len, cluster.ptr, cluster.len, authority.ptr, authority.len);
    for (let j = i; j < k && config !== null; j++) if (told[j].config === config) return told[j];
  }
  return null;
}

function tellWhoLives(): void {
  told = findTold();
  sites = told.map<StatusSite>((service: Service) => service.site);
  fleetMembers.serve(membersOf(living));
}

/**
 * Those that are told: the newest root's first, each root's in their order. An older one that shares a provider and a route's name
 * with a newer root's is the same configuration before an edit, which Envoy drains.
 */
function findTold(): Service[] {
  const list: Service[] = [];
  for (let end = living.length; end > 0;) {
    let from = end;
    while (from > 0 && living[from - 1].root == living[end - 1].root) from--;
    const newer = list.length;
    for (let i = from; i < end; i++) {
      const service = living[i];
      service.isReplaced = hasNewer(service.site, list, newer);
      if (!service.isReplaced) list.push(service);
    }
    end = from;
  }
  return list;
}

function hasNewer(old: StatusSite, list: Service[], count: i32): bool {
  for (let i = 0; i < count; i++) {
    const site = list[i].site;
    // A refused one has neither.
    if ((old.config.isRefused || site.config.isRefused) && old.matches.equals(site.matches.ptr, site.matches.len))
      return true;
    if (sharesProvider(old.config, site.config) && sharesRoute(old.config, site.config)) return true;
  }
  return false;
}

function sharesProvider(one: SiteConfig, other: SiteConfig): bool {
  const keys = new Set<string>();
  for (let i = 0; i < other.providers.length; i++) keys.add(other.providers[i].ledgerKey.toString());
  for (let i = 0; i < one.providers.length; i++) if (keys.has(one.providers[i].ledgerKey.toString())) return true;
  return false;
}

function sharesRoute(one: SiteConfig, other: SiteConfig): bool {
  const names = new Set<string>();
  for (let i = 0; i < other.routes.length; i++) names.add(other.routes[i].name.toString());
  for (let i = 0; i < one.routes.length; i++) if (names.has(one.routes[i].name.toString())) return true;
  return false;
}

/**
 * Services whose root is gone while exchanges still read them, through pointers that the collector does not see: an attempt can
 * outlive its client and with it the last stream of a root.
 */
let lingering: Service[] = [];

/** The root of these is gone. */
export function retire(services: Service[]): void {
  const rest: Service[] = [];
  for (let i = 0, k = living.length; i < k; i++) if (!services.includes(living[i])) rest.push(living[i]);
  living = rest;
  tellWhoLives();
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
