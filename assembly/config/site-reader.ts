/** One part of a plugin configuration, the whole of it or a rule, as a Config. */
import { Bytes } from "../text/bytes";
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { Fields, quote } from "./fields";
import { listModels } from "./model-list";
import { idOf } from "./identifiers";
import { ProviderDraft, readProvider, refuseNarrowing, refuseReference, refusedIds } from "./provider-reader";
import { addMistake, addWarning } from "./mistakes";
import { defaultRoutes, makeUpstream, readPolicy, readRoute } from "./route-reader";
import { readClientKeys } from "./secrets-reader";
import { SiteConfig, ModelMapping, ResponseHeaders, Route, Routing } from "./plugin";

/** In the order of ResponseHeaders and of Routing. */
const HEADERS: string[] = ["off", "basic", "trail"];
const ROUTINGS: string[] = ["host", "plan"];
/** Of the user's file, but Envoy's business: the command line tool renders them. */
const RENDERED: string[] = ["listen", "admin", "status", "console", "$schema"];
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
  for (let i = 0; i < entries.length; i++) config.routes.push(readRoute(entries[i], i, drafts));
  checkNames(config.routes, entries);
  const active = activeOf(fields, drafts);
  if (active !== null) {
    config.active = active.provider;
    config.routes.push(routeTo(active, fields, drafts, config.routes.length));
  } else if (higress && !serves(part))
    addMistake(part.path, "no activeProviderId", "activeProviderId, provider or routes: what is served here");
  else if (!higress && config.routes.length == 0) config.routes = defaultRoutes(drafts);
  config.models = listModels(drafts, config.routes);
  config.routing = <Routing>fields.choice("routing", ROUTINGS, Routing.Host);
  config.clientKeys = readClientKeys(fields);
  config.responseHeaders = <ResponseHeaders>fields.choice("responseHeaders", HEADERS, ResponseHeaders.Trail);
  config.idleTimeout = fields.duration("idleTimeout", config.idleTimeout, 0);
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

function readLimits(fields: Fields, config: SiteConfig): void {
  config.requestBodyLimit = fields.size("requestBody", config.requestBodyLimit);
  config.parkedBodiesLimit = fields.size("parkedBodies", config.parkedBodiesLimit);
  config.guardLimit = fields.size("guard", config.guardLimit);
  if (config.requestBodyLimit > config.parkedBodiesLimit)
    addMistake(
      fields.pathOf("requestBody"),
      `${config.requestBodyLimit}`,
      `at most parkedBodies, ${config.parkedBodiesLimit}`,
    );
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
  for (let i = 0; i < values.length; i++) ids.push(idFor(values[i], values, higress));
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

/** The id, or the type where that is used once. */
function idFor(value: Value, all: Value[], higress: bool): string {
  const id = value.get("id");
  if (id !== null && id.kind != Kind.Null && id.text != "") return idOf(id, higress);
  const type = value.get("type");
  if (type === null || type.kind != Kind.String) return "";
  for (let i = 0; i < all.length; i++) {
    const other = all[i].get("type");
    if (all[i] === value || other === null || other.text != type.text) continue;
    addMistake(
      value.pathTo("id"),
      "nothing",
      `an id, because the type ${type.text.slice(0, 60)} is used more than once`,
    );
    return "";
  }
  return type.text;
}

function checkIds(values: Value[], ids: string[]): void {
  for (let i = 0; i < ids.length; i++) {
    const first = ids.indexOf(ids[i]);
    if (first < i && ids[i] != "")
      addMistake(
        values[i].pathTo("id"),
        `${quote(ids[i])}, which ${values[first].path} has already`,
        "an id of its own",
      );
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

/** Whether an upstream below this value names the provider. */
function isNamed(value: Value, id: string): bool {
  if (value.name == "provider" && value.text == id) return true;
  for (let i = 0; i < value.items.length; i++) if (isNamed(value.items[i], id)) return true;
  return false;
}

function checkNames(routes: Route[], values: Value[]): void {
  const names = routes.map<string>(route => route.name.toString());
  for (let i = 0; i < names.length; i++)
    if (names[i] != "" && names.indexOf(names[i]) < i)
      addMistake(values[i].pathTo("name"), `"${names[i]}"`, "a name of its own");
}

/** Higress's active provider: the one that the host's route leads to. */
function activeOf(fields: Fields, drafts: ProviderDraft[]): ProviderDraft | null {
  const id = fields.text("activeProviderId", "");
  // The older form of one provider outranks the newer one, as in ai-proxy.
  if (fields.has("provider")) return drafts.length > 0 && drafts[0].value.name == "provider" ? drafts[0] : null;
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
function routeTo(active: ProviderDraft, fields: Fields, drafts: ProviderDraft[], index: i32): Route {
  const route = new Route();
  route.index = index;
  route.name = Bytes.of(active.provider.id.toString());
  route.upstreams.push(makeUpstream(active.provider, new ModelMapping()));
  if (active.firstTokenTimeout > 0) route.firstTokenTimeout = active.firstTokenTimeout;
  readPolicy(fields, route, drafts);
  return route;
}
