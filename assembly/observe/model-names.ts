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

/** The name behind a key of the ledger, found among all names that the configuration has for this provider. */
export function nameOf(config: SiteConfig, provider: Provider, hashes: NameHash, key: u64): Bytes | null {
  const probe = provider.failover.healthCheckModel;
  if (probe !== null && hashes.model(probe.ptr, probe.len) == key) return probe;
  let name = nameIn(provider.mapping, hashes, key);
  for (let i = 0, k = config.routes.length; i < k && name === null; i++) {
    const route = config.routes[i];
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
