/** Names of models at a provider, as far as the configuration knows them. */
import { Bytes } from "../text/bytes";
import { ModelMapping, ModelName } from "../config/model-mapping";
import { Provider } from "../config/provider";
import { Route, Upstream } from "../config/route";
import { SiteConfig } from "../config/site-config";
import { NameHash } from "../health/name-hash";

/** What the model becomes at this upstream: of the route's only name, else of any; null: it stays, or depends on the name. */
export function modelThere(route: Route, upstream: Upstream): ModelName | null {
  const mapping = upstream.mapping.entries.length > 0 ? upstream.mapping : upstream.provider.mapping;
  const predicates = route.predicates;
  const isOne = predicates.length == 1 && predicates[0].isExact;
  return isOne ? mapping.lookup(predicates[0].value.ptr, predicates[0].value.len) : mapping.lookup(0, 0);
}

/** The routes of each provider, by its index: looked up for each of a thousand names, all routes would be too many. */
export function routesByProvider(config: SiteConfig): Route[][] {
  const lists: Route[][] = [];
  for (let i = 0, k = config.providers.length; i < k; i++) lists.push([]);
  for (let i = 0, k = config.routes.length; i < k; i++) {
    const route = config.routes[i];
    addRoute(lists, route, route.upstreams);
    addRoute(lists, route, route.fallback);
  }
  return lists;
}

function addRoute(lists: Route[][], route: Route, upstreams: Upstream[]): void {
  for (let i = 0, k = upstreams.length; i < k; i++) {
    const list = lists[upstreams[i].provider.index];
    if (list.length == 0 || list[list.length - 1] !== route) list.push(route);
  }
}

/** The name behind a key of the ledger, found among all names that the provider and its routes have. */
export function nameOf(routes: Route[], provider: Provider, hashes: NameHash, key: u64): Bytes | null {
  const probe = provider.failover.healthCheckModel;
  if (probe !== null && hashes.model(probe.ptr, probe.len) == key) return probe;
  let name = nameIn(provider.mapping, hashes, key);
  for (let i = 0, k = routes.length; i < k && name === null; i++) {
    const route = routes[i];
    name = nameInRoute(route, route.upstreams, provider, hashes, key);
    if (name === null) name = nameInRoute(route, route.fallback, provider, hashes, key);
  }
  return name;
}

function nameInRoute(
  route: Route,
  upstreams: Upstream[],
  provider: Provider,
  hashes: NameHash,
  key: u64,
): Bytes | null {
  for (let i = 0, k = upstreams.length; i < k; i++) {
    if (upstreams[i].provider !== provider) continue;
    const name = nameIn(upstreams[i].mapping, hashes, key);
    if (name !== null) return name;
    for (let j = 0, n = route.predicates.length; j < n; j++) {
      const value = route.predicates[j].value;
      if (route.predicates[j].isExact && hashes.model(value.ptr, value.len) == key) return value;
    }
  }
  return null;
}

function nameIn(mapping: ModelMapping, hashes: NameHash, key: u64): Bytes | null {
  for (let i = 0, k = mapping.entries.length; i < k; i++) {
    const entry = mapping.entries[i];
    const target = entry.target;
    if (target !== null && hashes.model(target.text.ptr, target.text.len) == key) return target.text;
    if (target === null && entry.isExact && hashes.model(entry.pattern.ptr, entry.pattern.len) == key)
      return entry.pattern;
  }
  return null;
}
