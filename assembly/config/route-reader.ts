/** One route of a configuration, and the routes that providers get where none are written. */
import { Bytes } from "../text/bytes";
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { isIdle, readConsoleFields } from "./console-route";
import { Fields, show } from "./fields";
import { makePredicate, modelOf, predicateOf, readMapping } from "./mapping-reader";
import { nameOf } from "./identifiers";
import { ProviderDraft, refuseReference } from "./provider-reader";
import { addMistake, addWarning } from "./mistakes";
import { addAlsoOn, addResponseCodes } from "./rules-reader";
import { AnswerRule } from "./answer-rule";
import { MAX_UPSTREAMS, Route, Upstream } from "./route";
import { ModelMapping } from "./model-mapping";
import { Provider } from "./provider";
import { Predicate } from "./predicate";

const MATCH_TYPES: string[] = ["PRE", "EQUAL"];
const STRATEGIES: string[] = ["SEQ", "RAND"];
/** In the order of Guard. */
const GUARDS: string[] = ["none", "first-event", "full"];
const HEAVIEST = 1000000;

export function readRoute(value: Value, index: i32, drafts: ProviderDraft[], higress: bool): Route {
  const fields = new Fields(value);
  const route = new Route();
  const name = fields.take("name");
  if (name === null) addMistake(fields.pathOf("name"), "nothing", "a name");
  route.index = index;
  route.name = Bytes.of(name === null ? "" : nameOf(name));
  readPredicates(fields, route.predicates);
  readUpstreams(fields, drafts, true, route.upstreams);
  if (fields.value.kind == Kind.Object) checkUpstreams(fields, route);
  readPolicy(fields, route, drafts, higress);
  if (higress) readConsoleFields(fields);
  fields.finish();
  return route;
}

/** What a route says besides what it serves: the route of Higress's active provider takes it from around it. */
export function readPolicy(fields: Fields, route: Route, drafts: ProviderDraft[], higress: bool): void {
  readFallback(fields.object("fallbackConfig"), route, drafts, higress);
  const upstreams = route.upstreams.length + route.fallback.length;
  if (upstreams > MAX_UPSTREAMS)
    addMistake(
      fields.pathOf("upstreams"),
      `${upstreams} upstreams with those of fallbackConfig`,
      `at most ${MAX_UPSTREAMS}`,
    );
  route.guard = fields.choice("guard", GUARDS, route.guard);
  const time = fields.duration("timeout", route.timeout, 1);
  route.timeout = time;
  route.firstTokenTimeout = readLimit(fields, "firstTokenTimeout", route.firstTokenTimeout, time);
  route.attemptTimeout = readLimit(fields, "attemptTimeout", route.attemptTimeout, time);
  route.maxWait = fields.duration("maxWait", route.maxWait, 0);
  route.retryBudget = readShare(fields, "retryBudget");
}

/** A limit on one attempt, which must leave time for another: a default that does not is half of the time. */
function readLimit(fields: Fields, name: string, whenAbsent: i32, timeout: i32): i32 {
  const fitting = whenAbsent < timeout ? whenAbsent : max(1, timeout / 2);
  const limit = fields.duration(name, fitting, 1);
  if (limit >= timeout && fields.has(name))
    addMistake(
      fields.pathOf(name),
      shownOr(fields, name, limit),
      `below timeout, which is ${shownOr(fields, "timeout", timeout)}`,
    );
  return limit;
}

/** A duration as it was written. */
function shownOr(fields: Fields, name: string, milliseconds: i32): string {
  const member = fields.take(name);
  return member === null ? `${milliseconds / 1000}s, the default` : show(member);
}

function readShare(fields: Fields, name: string): i32 {
  const member = fields.take(name);
  if (member === null) return 0;
  const share = member.kind == Kind.Number ? parseFloat(member.text) : NaN;
  if (share >= 0 && share <= 1) return <i32>Math.round(share * 1000);
  addMistake(member.path, show(member), "a share from 0 to 1, 0 for no budget");
  return 0;
}

function readPredicates(fields: Fields, predicates: Predicate[]): void {
  const entries = fields.list("modelPredicates");
  for (let i = 0; i < entries.length; i++) {
    const entry = new Fields(entries[i]);
    const value = entry.take("matchValue");
    if (!entry.has("matchType")) addMistake(entry.pathOf("matchType"), "nothing", "EQUAL or PRE");
    if (value === null) addMistake(entry.pathOf("matchValue"), "nothing", "the name of a model, or its beginning");
    const isExact = entry.choice("matchType", MATCH_TYPES, 0) == 1;
    if (!entry.flag("caseSensitive", true))
      addMistake(entry.pathOf("caseSensitive"), "false", "true: the case of a model's name counts");
    const model = value === null ? "" : modelOf(value);
    if (model != "") predicates.push(makePredicate(model, isExact));
    entry.finish();
  }
}

function readUpstreams(fields: Fields, drafts: ProviderDraft[], weighted: bool, upstreams: Upstream[]): void {
  const entries = fields.list("upstreams");
  for (let i = 0; i < entries.length; i++) {
    const entry = new Fields(entries[i]);
    const provider = readReference(entry, drafts, !weighted);
    const mapping = readMapping(entry.take("modelMapping"));
    const weight = entry.whole("weight", 100, 0, HEAVIEST);
    // The console writes one here as well, and its upstreams have one shape.
    if (!weighted && entry.has("weight"))
      addWarning(entry.pathOf("weight"), "has no effect: fallback upstreams are tried in their order");
    entry.finish();
    if (provider === null) continue;
    const upstream = makeUpstream(provider, mapping);
    upstream.weight = weighted ? weight : 100;
    upstreams.push(upstream);
  }
}

export function makeUpstream(provider: Provider, mapping: ModelMapping): Upstream {
  const upstream = new Upstream();
  upstream.provider = provider;
  upstream.mapping = mapping;
  return upstream;
}

/** The provider that an upstream names. */
function readReference(fields: Fields, drafts: ProviderDraft[], isFallback: bool): Provider | null {
  const id = fields.text("provider", "");
  if (id == "") {
    addMistake(fields.pathOf("provider"), "nothing", "the id of a provider");
    return null;
  }
  const ids: string[] = [];
  for (let i = 0; i < drafts.length; i++) {
    const provider = drafts[i].provider;
    if (provider.id.toString() == id) return provider;
    ids.push(provider.id.toString());
  }
  refuseReference(fields.pathOf("provider"), id, ids, isFallback);
  return null;
}

function checkUpstreams(fields: Fields, route: Route): void {
  const path = fields.pathOf("upstreams");
  if (fields.list("upstreams").length == 0) return addMistake(path, "no upstream", "a list with at least one");
  if (route.upstreams.length == 0) return;
  for (let i = 0; i < route.upstreams.length; i++) if (route.upstreams[i].weight > 0) return;
  addMistake(path, "only weights of 0", "at least one weight above 0");
}

function readFallback(fields: Fields, route: Route, drafts: ProviderDraft[], higress: bool): void {
  const enabled = fields.flag("enabled", true);
  // The console keeps what was there before it was switched off: providers that are gone, and texts that are empty.
  if (higress && !enabled) return;
  const upstreams: Upstream[] = [];
  readUpstreams(fields, drafts, false, upstreams);
  if (higress && !isIdle(fields.take("fallbackStrategy")))
    route.hasRandomFallback = fields.choice("fallbackStrategy", STRATEGIES, 0) == 1;
  const rules: AnswerRule[] = [];
  addAlsoOn(fields, higress, rules);
  addResponseCodes(fields, higress, rules);
  fields.finish();
  if (!enabled) return;
  route.fallback = upstreams;
  route.rules = rules;
}

/** Each provider gets a route from its models; the model alone says which provider is meant. */
export function defaultRoutes(drafts: ProviderDraft[]): Route[] {
  const routes: Route[] = [];
  const owned: string[] = [];
  const owners: string[] = [];
  for (let i = 0; i < drafts.length; i++) {
    const draft = drafts[i];
    const id = draft.provider.id.toString();
    const path = draft.value.pathTo("models");
    const route = new Route();
    route.index = i;
    route.name = draft.provider.id;
    route.upstreams.push(makeUpstream(draft.provider, new ModelMapping()));
    if (draft.models.length == 0 && drafts.length > 1)
      addMistake(path, "no models and no routes", `names or "prefix*" of what ${id} serves, or routes`);
    for (let j = 0; j < draft.models.length; j++) {
      const model = draft.models[j];
      const owner = owned.indexOf(model);
      if (owner >= 0)
        addMistake(
          path,
          `"${model}", which ${owners[owner]} serves too`,
          "other models, or routes that say who comes first",
        );
      owned.push(model);
      owners.push(id);
      route.predicates.push(predicateOf(model));
    }
    routes.push(route);
  }
  return routes;
}
