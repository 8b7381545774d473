import { tokensOf, valueOf, variablesOf, type Environment } from "../config/expand.js";
import { isRaw, type Raw } from "../config/raw.js";
import type { Family } from "../demo/demo-errors.js";

/**
 * What the default file means with the keys that there are. A key is real unless it begins with "demo-": with one real
 * key there is no demo, and providers without a key are left out; without any, demo providers answer.
 */
export interface KeyPlan {
  /** The configuration to serve. */
  value: unknown;
  demos: DemoPlan[];
  /** The variables that hold the demo providers' tokens: they go the way that real ones go. */
  env: Record<string, string>;
  /** One line for each provider that is left out. */
  notes: string[];
}

export interface DemoPlan {
  /** The provider's id. */
  name: string;
  family: Family;
  tokens: string[];
  models: string[];
  /** Where in the configuration its address belongs. */
  provider: Raw;
}

/** The providers that there is a demo of, with the number of their tokens and what they list. */
const demoTypes: Record<string, { family: Family; tokens: number; models: string[] }> = {
  qwen: { family: "qwen", tokens: 3, models: ["qwen-turbo", "qwen-plus", "qwen-max"] },
  deepseek: {
    family: "deepseek",
    tokens: 2,
    models: ["deepseek-v4-flash", "deepseek-v4-pro", "deepseek-chat", "deepseek-reasoner"],
  },
};

type Keys = "real" | "demo" | "none";

export function planKeys(source: unknown, env: Environment): KeyPlan {
  const value = structuredClone(source);
  const plan: KeyPlan = { value, demos: [], env: {}, notes: [] };
  if (!isRaw(value) || !Array.isArray(value.providers) || !value.providers.every(isRaw)) return plan;
  const providers: Raw[] = value.providers;
  const keys = new Map(providers.map(provider => [provider, keysOf(provider, env)]));
  const isReal = [...keys.values()].includes("real");
  const isDemo = (provider: Raw) => !isReal && Object.hasOwn(demoTypes, String(provider.type));
  const stays = (provider: Raw) => keys.get(provider) !== "none" || isDemo(provider);
  if (!providers.some(stays)) return plan;

  if (isReal) for (const provider of providers.filter(stays)) dropUnset(provider, env);
  else
    plan.demos = providers.filter(isDemo).map(provider => planDemo(provider, keys.get(provider) === "demo", plan.env));
  const leftOut = providers.filter(provider => !stays(provider));
  plan.notes = isReal ? leftOut.map(provider => `${idOf(provider)} is left out: ${missing(provider)} is not set.`) : [];
  value.providers = providers.filter(stays);
  dropFromRoutes(value, leftOut.map(idOf));
  return plan;
}

const idOf = (provider: Raw): string => String(provider.id ?? provider.type);

const missing = (provider: Raw): string => [...new Set(entriesOf(provider).flatMap(variablesOf))].join(", ");

/** The texts of a provider's tokens; a file of tokens has none here. */
function entriesOf({ apiTokens }: Raw): string[] {
  if (!Array.isArray(apiTokens)) return [];
  return apiTokens.map(textOf).filter(text => text !== undefined);
}

function textOf(entry: unknown): string | undefined {
  const text = isRaw(entry) ? entry.value : entry;
  return typeof text === "string" ? text : undefined;
}

const isUnset = (text: string, env: Environment): boolean => variablesOf(text).some(name => !valueOf(name, env));

function keysOf(provider: Raw, env: Environment): Keys {
  const { apiTokens } = provider;
  const entries = entriesOf(provider);
  if (!Array.isArray(apiTokens) || apiTokens.length === 0 || entries.length < apiTokens.length) return "real";
  const set = entries.filter(entry => !isUnset(entry, env));
  if (set.length === 0) return "none";
  return set.flatMap(entry => tokensOf(entry, env)).every(token => token.startsWith("demo-")) ? "demo" : "real";
}

function dropUnset(provider: Raw, env: Environment): void {
  if (!Array.isArray(provider.apiTokens)) return;
  provider.apiTokens = provider.apiTokens.filter(entry => !isUnset(textOf(entry) ?? "", env));
}

function planDemo(provider: Raw, keepsTokens: boolean, env: KeyPlan["env"]): DemoPlan {
  const name = idOf(provider);
  const { family, tokens: count, models } = demoTypes[String(provider.type)]!;
  const tokens = Array.from({ length: count }, (_, i) => `demo-${name}-${i + 1}`);
  const variable = `AI_FAILOVER_DEMO_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_`;
  if (!keepsTokens) {
    provider.apiTokens = tokens.map((_, i) => ({ name: `demo-${i + 1}`, value: `\${${variable}${i + 1}}` }));
    for (const [i, token] of tokens.entries()) env[`${variable}${i + 1}`] = token;
  }
  return { name, family, tokens, models, provider };
}

/** Routes lose the upstreams that are left out, and a route that has none left is left out too. */
function dropFromRoutes(value: Raw, names: string[]): void {
  if (!Array.isArray(value.routes)) return;
  const live = (upstream: unknown) => !isRaw(upstream) || !names.includes(String(upstream.provider));
  for (const route of value.routes.filter(isRaw)) {
    if (Array.isArray(route.upstreams)) route.upstreams = route.upstreams.filter(live);
    const fallback = route.fallbackConfig;
    if (!isRaw(fallback) || !Array.isArray(fallback.upstreams)) continue;
    fallback.upstreams = fallback.upstreams.filter(live);
    if ((fallback.upstreams as unknown[]).length === 0) delete route.fallbackConfig;
  }
  value.routes = value.routes.filter(
    route => !isRaw(route) || !Array.isArray(route.upstreams) || route.upstreams.length > 0,
  );
  if ((value.routes as unknown[]).length === 0) delete value.routes;
}
