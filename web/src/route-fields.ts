/** Reads and changes the parts of a route as the file writes them. */
import type { ConfigView, RouteView } from "../../cli/console/console-types.js";
import type { ChainHop } from "./parts/route-chain.js";

type Fields = Record<string, unknown>;

const object = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const objects = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(object) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

export interface RouteFields {
  predicates: { matchType: string; matchValue: string }[];
  upstreams: ChainHop[];
  fallback: ChainHop[];
  isFallbackOn: boolean;
}

export function readRoute({ fields }: RouteView): RouteFields {
  const fallback = object(fields.fallbackConfig);
  const several = objects(fields.upstreams).length > 1;
  return {
    predicates: objects(fields.modelPredicates).map(({ matchType, matchValue }) => ({
      matchType: text(matchType) || "PRE",
      matchValue: text(matchValue),
    })),
    upstreams: objects(fields.upstreams).map(upstream => hopOf(upstream, "upstream", several)),
    fallback: objects(fallback.upstreams).map(upstream => hopOf(upstream, "fallback", false)),
    isFallbackOn: fallback.enabled !== false && objects(fallback.upstreams).length > 0,
  };
}

function hopOf(upstream: Fields, kind: ChainHop["kind"], hasWeight: boolean): ChainHop {
  return {
    provider: text(upstream.provider),
    model: text(object(upstream.modelMapping)["*"]),
    kind,
    ...(hasWeight && { weight: Number(upstream.weight ?? 100) }),
  };
}

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

/** As the file has an upstream. */
export const upstreamValue = ({ provider, model }: ChainHop): Fields => ({
  provider,
  ...(model === "" ? {} : { modelMapping: { "*": model } }),
});

/** One for each route. */
export const exampleModels = ({ providers, routes }: ConfigView): string[] => {
  const known = providers.flatMap(({ models }) => models);
  return [...new Set(routes.map(route => exampleModel(readRoute(route).predicates, known)))];
};

/** A model's name that a route serves, for a first request. */
export function exampleModel(predicates: RouteFields["predicates"], known: readonly string[]): string {
  const [first] = predicates;
  if (first === undefined) return known[0] ?? "any-model";
  if (first.matchType === "EQUAL") return first.matchValue;
  return known.find(model => model.startsWith(first.matchValue)) ?? `${first.matchValue}1`;
}
