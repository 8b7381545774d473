/** The body of GET /v1/models: the exact names that some route serves. */
import { Bytes } from "../text/bytes";
import { isPrefix, jsonOf } from "./mapping-reader";
import { ProviderDraft } from "./provider-reader";
import { ModelMapping } from "./model-mapping";
import { Route } from "./route";
import { matchesAny } from "./predicate";

const entries: string[] = [];
const seen = new Set<string>();

export function listModels(drafts: ProviderDraft[], routes: Route[]): Bytes {
  entries.length = 0;
  seen.clear();
  for (let i = 0; i < drafts.length; i++) {
    const owner = drafts[i].provider.id.toString();
    for (let j = 0; j < drafts[i].models.length; j++)
      if (!isPrefix(drafts[i].models[j])) add(drafts[i].models[j], owner, routes);
    addKeys(drafts[i].provider.mapping, owner, routes);
  }
  for (let i = 0; i < routes.length; i++) {
    const owner = routes[i].name.toString();
    const predicates = routes[i].predicates;
    for (let j = 0; j < predicates.length; j++)
      if (predicates[j].isExact) add(predicates[j].value.toString(), owner, routes);
    for (let j = 0; j < routes[i].upstreams.length; j++) addKeys(routes[i].upstreams[j].mapping, owner, routes);
    for (let j = 0; j < routes[i].fallback.length; j++) addKeys(routes[i].fallback[j].mapping, owner, routes);
  }
  return Bytes.of(`{"object":"list","data":[${entries.join(",")}]}`);
}

function addKeys(mapping: ModelMapping, owner: string, routes: Route[]): void {
  for (let i = 0; i < mapping.entries.length; i++)
    if (mapping.entries[i].isExact) add(mapping.entries[i].pattern.toString(), owner, routes);
}

function add(name: string, owner: string, routes: Route[]): void {
  if (name == "" || seen.has(name)) return;
  seen.add(name);
  if (!isServed(name, routes)) return;
  const id = jsonOf(name).toString();
  entries.push(`{"id":${id},"object":"model","created":0,"owned_by":${jsonOf(owner).toString()}}`);
}

function isServed(name: string, routes: Route[]): bool {
  const bytes = Bytes.of(name);
  for (let i = 0; i < routes.length; i++) if (matchesAny(routes[i].predicates, bytes.ptr, bytes.len)) return true;
  return false;
}
