/** Reads and changes the parts of a route as the file writes them. */
import type { ConfigView, RouteView } from "../../cli/console/console-types.js";
import { object, objects, text, valueOf, type Fields, type Item } from "./list-edits.js";

export interface ChainHop {
  provider: string;
  /** "": the name stays. */
  model: string;
  kind: "upstream" | "fallback";
  /** As it is typed; "": the default. */
  weight: string;
  isNew?: boolean;
  /** Its place in the file's list, and what stands there. */
  from?: number;
  saved?: Fields;
}

export interface Predicate {
  from?: number;
  matchType: string;
  matchValue: string;
}

export interface RouteFields {
  predicates: Predicate[];
  upstreams: ChainHop[];
  fallback: ChainHop[];
  isFallbackOn: boolean;
}

export function readRoute({ fields }: RouteView): RouteFields {
  const fallback = object(fields.fallbackConfig);
  return {
    predicates: objects(fields.modelPredicates).map(({ matchType, matchValue }, from) => ({
      ...{ from, matchType: text(matchType) || "PRE", matchValue: text(matchValue) },
    })),
    upstreams: objects(fields.upstreams).map((upstream, from) => hopOf(upstream, from, "upstream")),
    fallback: objects(fallback.upstreams).map((upstream, from) => hopOf(upstream, from, "fallback")),
    isFallbackOn: fallback.enabled !== false && objects(fallback.upstreams).length > 0,
  };
}

const hopOf = (saved: Fields, from: number, kind: ChainHop["kind"]): ChainHop => ({
  ...{ from, saved, kind, provider: text(saved.provider), model: text(object(saved.modelMapping)["*"]) },
  weight: saved.weight === undefined ? "" : String(saved.weight as number),
});

/** "qwen-*" of a prefix, the name of an exact match; "*" of a route for every model. */
export function modelsOf({ predicates }: RouteFields): string[] {
  if (predicates.length === 0) return ["*"];
  return predicates.map(({ matchType, matchValue }) => (matchType === "EQUAL" ? matchValue : `${matchValue}*`));
}

/** The hops that a request may reach, in their order. */
export const hopsOf = (route: RouteFields): ChainHop[] => [
  ...route.upstreams,
  ...(route.isFallbackOn ? route.fallback : []),
];

/** What the file is to have for a hop: what the page does not show stays. */
export function hopItem({ from, saved = {}, provider, model, weight }: ChainHop): Item {
  const mapping = { ...object(saved.modelMapping) };
  if (model !== text(mapping["*"])) mapping["*"] = model;
  if (model === "" && text(object(saved.modelMapping)["*"]) !== "") delete mapping["*"];
  const value = {
    ...saved,
    provider,
    weight: valueOf(weight),
    modelMapping: Object.keys(mapping).length > 0 ? mapping : undefined,
  };
  return { from, value: withoutAbsent(value) };
}

const withoutAbsent = (value: Fields): Fields =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));

/** Names besides "*" that a hop maps: they are changed in the file only. */
export const furtherMappings = ({ saved }: ChainHop): number =>
  Object.keys(object(saved?.modelMapping)).filter(name => name !== "*").length;

/** How likely each upstream is asked first, percent. */
export function sharesOf(upstreams: readonly ChainHop[]): number[] {
  const weights = upstreams.map(({ weight }) => (weight === "" ? 100 : Number(weight) || 0));
  const all = weights.reduce((a, b) => a + b, 0);
  return weights.map(weight => (all === 0 ? 0 : Math.round((weight / all) * 100)));
}

/** One for each route. */
export const exampleModels = ({ providers, routes }: ConfigView): string[] => {
  const known = providers.flatMap(({ models }) => models);
  return [...new Set(routes.map(route => exampleModel(readRoute(route).predicates, known)))];
};

/** A model's name that a route serves, for a first request. */
export function exampleModel(predicates: Predicate[], known: readonly string[]): string {
  const [first] = predicates;
  if (first === undefined) return known.find(model => !model.endsWith("*")) ?? "any-model";
  if (first.matchType === "EQUAL") return first.matchValue;
  return known.find(model => model.startsWith(first.matchValue) && !model.endsWith("*")) ?? `${first.matchValue}1`;
}

/** The route that a model takes, as the gateway finds it: the first that fits. */
export const routeOf = ({ routes }: ConfigView, model: string): RouteView | undefined =>
  routes.find(route => {
    const { predicates } = readRoute(route);
    return (
      predicates.length === 0 ||
      predicates.some(({ matchType, matchValue }) =>
        matchType === "EQUAL" ? model === matchValue : model.startsWith(matchValue),
      )
    );
  });

/** The names of the routes that ask this provider. */
export const routesOfProvider = ({ routes }: ConfigView, provider: string): RouteView[] =>
  routes.filter(route => {
    const { upstreams, fallback } = readRoute(route);
    return [...upstreams, ...fallback].some(hop => hop.provider === provider);
  });
