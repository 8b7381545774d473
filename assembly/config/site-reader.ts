/** One part of a plugin configuration, the whole of it or a rule, as a Config. */
import { Bytes } from "../text/bytes";
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { Fields, quote, show } from "./fields";
import { readFleet } from "./fleet-reader";
import { listModels } from "./model-list";
import { idOf } from "./identifiers";
import { ProviderDraft, readProvider, refuseNarrowing, refuseReference, refusedIds } from "./provider-reader";
import { addMistake, addWarning, refusePart } from "./mistakes";
import { readOrigins } from "./passage-reader";
import { defaultRoutes, makeUpstream, readPolicy, readRoute } from "./route-reader";
import { Predicate } from "./predicate";
import { RouteIndex } from "./route-index";
import { readRules } from "./rules-reader";
import { readClientKeys } from "./secrets-reader";
import { SiteConfig, ResponseHeaders, Routing } from "./site-config";
import { ModelMapping } from "./model-mapping";
import { Route } from "./route";

/** In the order of ResponseHeaders and of Routing. */
const HEADERS: string[] = ["off", "basic", "trail"];
export const ROUTINGS: string[] = ["host", "plan", "listener"];
/** Of the user's file, but Envoy's business: the command line tool renders them. */
const RENDERED: string[] = ["listen", "admin", "status", "console", "requestLog", "tracing", "$schema"];
/** Of the envelope, read already. */
const ENVELOPE: string[] = [
  "role",
  "_rules_",
  "_plugin_id_",
  "_match_route_",
  "_match_route_prefix_",
  "_match_service_",
];

/** Whether the part says what it serves, and does not only hold what rules inherit. */
export function serves(part: Value): bool {
  return isGiven(part, "activeProviderId") || isGiven(part, "provider") || isGiven(part, "routes");
}

export function isGiven(part: Value, name: string): bool {
  const member = part.get(name);
  if (member === null || member.kind == Kind.Null) return false;
  return !(member.kind == Kind.String && member.text == "") && !(member.kind == Kind.Array && member.items.length == 0);
}

/** `higress`: the configuration is Higress's, with its defaults, and fields of ai-proxy that do not concern us. */
export function readSite(part: Value, higress: bool): SiteConfig {
  const fields = new Fields(part);
  const config = new SiteConfig();
  for (let i = 0; i < ENVELOPE.length; i++) fields.take(ENVELOPE[i]);
  fields.take("_match_domain_");
  const drafts = readProviders(fields, higress);
  for (let i = 0; i < drafts.length; i++) config.providers.push(drafts[i].provider);
  const entries = fields.list("routes");
  for (let i = 0; i < entries.length; i++) config.routes.push(readRoute(entries[i], i, drafts, higress));
  checkNames(config.routes, entries);
  checkPredicates(entries, higress);
  const active = activeOf(fields, drafts);
  if (active !== null) {
    config.active = active.provider;
    config.routes.push(routeTo(active, fields, drafts, config.routes.length, higress));
  } else if (higress && !serves(part))
    addMistake(part.path, "no activeProviderId", "activeProviderId, provider or routes: what is served here");
  else if (!higress && config.routes.length == 0) config.routes = defaultRoutes(drafts);
  for (let i = 0; i < config.providers.length; i++) addNew(config.forwardHeaders, config.providers[i].forwardHeaders);
  config.routeIndex = new RouteIndex(config.routes.map<Predicate[]>((route: Route) => route.predicates));
  config.models = listModels(drafts, config.routes);
  config.routing = <Routing>fields.choice("routing", ROUTINGS, Routing.Host);
  const callouts = fields.text("calloutCluster", "");
  if (callouts.length > 0) config.calloutCluster = Bytes.of(callouts);
  config.routeTimeout = fields.duration("routeTimeout", 0, 0);
  config.rules = readRules(fields);
  config.clientKeys = readClientKeys(fields);
  config.responseHeaders = <ResponseHeaders>fields.choice("responseHeaders", HEADERS, ResponseHeaders.Trail);
  config.allowOrigins = readOrigins(fields.object("cors"));
  config.idleTimeout = fields.duration("idleTimeout", config.idleTimeout, 0);
  config.stallTimeout = fields.duration("stallTimeout", config.stallTimeout, 0);
  config.rejectsEmpty = fields.flag("rejectEmpty", config.rejectsEmpty);
  config.hasRecords = fields.flag("requestRecords", false);
  config.hasSpans = fields.flag("spanAttributes", false);
  config.fleet = readFleet(fields.take("fleet"));
  readLimits(fields.object("limits"), config);
  for (let i = 0; i < RENDERED.length; i++)
    if (fields.take(RENDERED[i]) !== null)
      addWarning(fields.pathOf(RENDERED[i]), "has no effect here: Envoy's configuration decides it");
  if (higress) {
    refuseNarrowing(fields);
    fields.tolerate("does not concern failover: no effect");
  } else fields.finish();
  return config;
}

function addNew(to: Bytes[], names: Bytes[]): void {
  for (let i = 0; i < names.length; i++) {
    let isThere = false;
    for (let j = 0; j < to.length; j++) if (to[j].equals(names[i].ptr, names[i].len)) isThere = true;
    if (!isThere) to.push(names[i]);
  }
}

/** The largest body must fit into the memory for all of them: a default gives way to what is written. */
function readLimits(fields: Fields, config: SiteConfig): void {
  const body = fields.size("requestBody", config.requestBodyLimit);
  const parked = fields.size("parkedBodies", max(config.parkedBodiesLimit, body));
  const member = fields.take("requestBody");
  if (member !== null && body > parked) addMistake(member.path, show(member), "at most parkedBodies");
  config.requestBodyLimit = min(body, parked);
  config.parkedBodiesLimit = parked;
  config.guardLimit = fields.size("guard", config.guardLimit);
  fields.finish();
}

/** All providers; of Higress's only those that can be reached, because ai-proxy does not look at the others either. */
function readProviders(fields: Fields, higress: bool): ProviderDraft[] {
  const drafts: ProviderDraft[] = [];
  const values: Value[] = [];
  const single = fields.take("provider");
  if (single !== null) values.push(single);
  const entries = fields.list("providers");
  for (let i = 0; i < entries.length; i++)
    if (!higress || isReached(fields, entries[i], single === null)) values.push(entries[i]);
  if (single === null && entries.length == 0)
    addMistake(fields.pathOf("providers"), "no provider", "a list with at least one");
  const ids: string[] = [];
  for (let i = 0; i < values.length; i++) ids.push(idFor(values[i], higress));
  checkIds(values, ids);
  refusedIds.length = 0;
  for (let i = 0; i < values.length; i++) {
    const draft = readProvider(values[i], ids[i], higress);
    if (draft === null) {
      refusedIds.push(ids[i]);
      continue;
    }
    draft.provider.index = drafts.length;
    drafts.push(draft);
  }
  return drafts;
}

/** The id, or the type. */
function idFor(value: Value, higress: bool): string {
  if (isGiven(value, "id")) return idOf(value.get("id")!, higress);
  const type = value.get("type");
  return type !== null && type.kind == Kind.String ? type.text : "";
}

function checkIds(values: Value[], ids: string[]): void {
  for (let i = 0; i < ids.length; i++) {
    const first = ids.indexOf(ids[i]);
    if (first == i || ids[i] == "") continue;
    const path = values[i].pathTo("id");
    const owner = values[first].path;
    if (isGiven(values[i], "id")) addMistake(path, `${quote(ids[i])}, which ${owner} has already`, "an id of its own");
    else addMistake(path, "nothing", `an id, because ${owner} is called ${ids[i].slice(0, 60)} already`);
  }
}

/** Whether it is the part's active provider, or an upstream names it. */
function isReached(fields: Fields, provider: Value, byActive: bool): bool {
  const given = provider.get("id");
  const named = given !== null && given.text != "" ? given : provider.get("type");
  const id = named === null ? "" : named.text;
  const active = fields.value.get("activeProviderId");
  if (byActive && active !== null && active.text == id) return true;
  const routes = fields.value.get("routes");
  const fallback = fields.value.get("fallbackConfig");
  return (routes !== null && isNamed(routes, id)) || (fallback !== null && isNamed(fallback, id));
}

/** Whether an upstream below this value names the provider; what is switched off names none. */
function isNamed(value: Value, id: string): bool {
  const enabled = value.get("enabled");
  if (enabled !== null && enabled.kind == Kind.False) return false;
  if (value.name == "provider" && value.text == id) return true;
  for (let i = 0; i < value.items.length; i++) if (isNamed(value.items[i], id)) return true;
  return false;
}

function checkNames(routes: Route[], values: Value[]): void {
  const names = routes.map<string>(route => route.name.toString());
  for (let i = 0; i < names.length; i++)
    if (names[i] != "" && names.indexOf(names[i]) < i)
      addMistake(values[i].pathTo("name"), `"${names[i]}" once more`, "a name of its own");
}

/** The first route that matches wins: what stands a second time never matches. Higress's console lets people write that. */
function checkPredicates(routes: Value[], higress: bool): void {
  const first = new Map<string, string>();
  for (let i = 0; i < routes.length; i++) {
    const list = routes[i].get("modelPredicates");
    for (let j = 0; list !== null && j < list.items.length; j++) {
      const type = list.items[j].get("matchType");
      const value = list.items[j].get("matchValue");
      if (type === null || value === null || value.kind != Kind.String) continue;
      const key = `${type.text} ${value.text}`;
      if (!first.has(key)) {
        first.set(key, list.items[j].path);
        continue;
      }
      const found = `${quote(value.text)}, which ${first.get(key)} has already`;
      if (higress) addWarning(value.path, `${found}: never matches`);
      else addMistake(value.path, found, type.text == "PRE" ? "a prefix of its own" : "a model of its own");
    }
  }
}

/** Higress's active provider: the one that the host's route leads to. */
function activeOf(fields: Fields, drafts: ProviderDraft[]): ProviderDraft | null {
  const id = fields.text("activeProviderId", "");
  // The older form of one provider outranks the newer one, as in ai-proxy.
  if (fields.has("provider")) {
    if (drafts.length > 0 && drafts[0].value.name == "provider") return drafts[0];
    refusePart();
    return null;
  }
  if (id == "") return null;
  for (let i = 0; i < drafts.length; i++) if (drafts[i].provider.id.toString() == id) return drafts[i];
  const providers = fields.list("providers");
  const ids: string[] = [];
  for (let i = 0; i < providers.length; i++) {
    const known = providers[i].get("id");
    if (known !== null) ids.push(known.text);
  }
  refuseReference(fields.pathOf("activeProviderId"), id, ids);
  return null;
}

/** Everything that no route of ours serves goes to the active provider first. */
function routeTo(active: ProviderDraft, fields: Fields, drafts: ProviderDraft[], index: i32, higress: bool): Route {
  const route = new Route();
  route.index = index;
  route.name = Bytes.of(active.provider.id.toString());
  route.upstreams.push(makeUpstream(active.provider, new ModelMapping()));
  if (active.firstTokenTimeout > 0) route.firstTokenTimeout = active.firstTokenTimeout;
  readPolicy(fields, route, drafts, higress);
  return route;
}
