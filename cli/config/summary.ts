import { columns } from "../colour.js";
import { tokensOf, type Environment } from "./expand.js";
import { addressText } from "./listen-address.js";
import type { AnswerRule, GatewayConfig, ModelMapping, Route } from "./config-types.js";

/** What is served: one line for each route, with the upstreams and what they fall back to. */
export function summaryOf(config: GatewayConfig, env: Environment = process.env): string[] {
  const rows = config.routes.map(route => [
    route.name,
    modelsOf(route),
    namesOf(route.upstreams, route.upstreams.length > 1),
    route.fallbackConfig.enabled ? namesOf(route.fallbackConfig.upstreams) : "",
  ]);
  const providers = config.providers.map(provider => {
    const tokens = provider.apiTokens.flatMap(({ value }) => tokensOf(value, env)).filter(token => token !== "").length;
    const places = provider.targets.map(target => `${target.tls ? "https" : "http"}://${addressText(target)}`);
    const where = places.length > 0 ? places.join(", ") : `cluster ${provider.cluster}`;
    const count =
      tokens === 0 && provider.apiTokens.length > 0 ? "not set" : `${tokens} token${tokens === 1 ? "" : "s"}`;
    return [provider.id, count, where];
  });
  return [
    ...columns([["ROUTE", "MODELS", "UPSTREAMS", "FALLBACK"], ...rows.map(row => row.map(cell => cell || "-"))]),
    "",
    ...columns([["PROVIDER", "TOKENS", "ADDRESS"], ...providers]),
    ...rulesSummary(config),
  ];
}

/** What each rule does, in the order in which they are asked. */
function rulesSummary(config: GatewayConfig): string[] {
  const rows = [
    ...config.providers.flatMap(({ id, rules }) => rules.map(rule => [id, ...cellsOfRule(rule)])),
    ...config.rules.map(rule => ["every provider", ...cellsOfRule(rule)]),
  ];
  return rows.length === 0 ? [] : ["", ...columns([["RULE FOR", "ANSWERS", "THEN", "OUT"], ...rows])];
}

function cellsOfRule(rule: AnswerRule): string[] {
  const { status, code, contains, cause } = rule;
  const answers = [
    ...(status === undefined ? [] : [[status].flat().join(", ")]),
    ...(code === undefined ? [] : [`code ${code}`]),
    ...(contains === undefined ? [] : [`"${contains}" in the message`]),
    ...(cause === undefined ? [] : [`cause ${cause}`]),
  ].join(", ");
  const time = rule.for === undefined ? "" : ` for ${rule.for / 1000}s`;
  return [answers, rule.then ?? "as usual", rule.out === undefined ? "as usual" : rule.out + time];
}

function modelsOf({ modelPredicates }: Route): string {
  if (modelPredicates.length === 0) return "all";
  return modelPredicates.map(p => (p.matchType === "PRE" ? `${p.matchValue}*` : p.matchValue)).join(", ");
}

function namesOf(
  upstreams: { provider: string; weight?: number; modelMapping: ModelMapping }[],
  weighed = false,
): string {
  return upstreams
    .map(({ provider, weight, modelMapping }) => {
      const star = modelMapping["*"] ? ` as ${modelMapping["*"]}` : "";
      return `${provider}${weighed ? ` (${weight})` : ""}${star}`;
    })
    .join(", ");
}
