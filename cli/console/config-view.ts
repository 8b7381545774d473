import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { tokensOf, variablesOf, type Environment } from "../config/expand.js";
import { isSecret } from "../config/problem.js";
import { isRaw, members, object, objects, text, type Raw } from "../config/raw.js";
import { linesOf, numbered } from "../config/token-files.js";
import { presets } from "../config/preset-table.js";
import type { ConfigPath, ConfigView, PresetView, ProviderView, TokenView } from "./console-types.js";
import { fingerprintOf } from "./token-store.js";

/** What the page is shown in place of a secret that is typed in the configuration. */
export const HIDDEN = "***";

/** The file as the pages see it: everything but its secrets. */
export function viewOf(
  source: string,
  directory: string,
  env: Environment,
  isDemo: (id: string) => boolean,
): ConfigView {
  const config = readYaml(source);
  const providers = objects(config["providers"]).map(([index, provider]) =>
    providerView(index, provider, directory, env, isDemo),
  );
  const { providers: _providers, routes: _routes, ...rest } = config;
  return {
    providers,
    routes: objects(config["routes"]).map(([index, route]) => ({ index, name: text(route["name"]), fields: route })),
    gateway: withoutSecrets(rest, []) as Record<string, unknown>,
  };
}

/** An unreadable text has no parts: what is wrong with it is told elsewhere. */
function readYaml(source: string): Raw {
  try {
    return object(parse(source));
  } catch {
    return {};
  }
}

function providerView(
  index: number,
  provider: Raw,
  directory: string,
  env: Environment,
  isDemo: (id: string) => boolean,
): ProviderView {
  const type = text(provider["type"]);
  const id = text(provider["id"]) || type;
  const tokens = members(provider["apiTokens"]).flatMap(([at, entry]) => tokenViews(at, entry, directory, env));
  const { apiTokens: _, ...fields } = provider;
  return {
    ...{ index, id, type, tokens },
    address: addressOf(type, text(provider["url"]) || text(provider["messagesUrl"])),
    models: members(provider["models"]).map(([, model]) => text(model)),
    fields: withoutSecrets(fields, ["providers", index]) as Record<string, unknown>,
    isDemo: isDemo(id),
    isLeftOut: tokens.length > 0 && tokens.every(token => token.isMissing) && !isDemo(id),
  };
}

/** One for each token of the entry's file or variable. */
function tokenViews(index: number, entry: unknown, directory: string, env: Environment): TokenView[] {
  const { name, value, valueFile, weight } = isRaw(entry) ? entry : ({ value: entry } as Raw);
  const known = { index, name: text(name), ...(typeof weight === "number" && { weight }) };
  const [variable] = variablesOf(text(value));
  const isFile = typeof valueFile === "string";
  const isMissing = !isFile && variable !== undefined && !env[variable];
  const secrets = isFile
    ? secretsIn(resolve(directory, valueFile))
    : isMissing
      ? [undefined]
      : tokensOf(text(value), env);
  const place = isFile
    ? ({ source: "file", from: valueFile } as const)
    : ({ source: variable ? "variable" : "text", from: variable ?? "" } as const);
  return secrets.map((secret, part) => ({
    ...named({ ...known, name: known.name && numbered(known.name, part) }, secret),
    ...{ ...place, isMissing: secret === undefined, part, of: secrets.length },
  }));
}

function named<Known extends { name: string }>(known: Known, secret: string | undefined) {
  const fingerprint = secret ? fingerprintOf(secret) : null;
  return { ...known, name: known.name || (fingerprint ? `#${fingerprint}` : ""), fingerprint };
}

function secretsIn(file: string): (string | undefined)[] {
  try {
    const lines = linesOf(readFileSync(file, "utf8"));
    return lines.length > 0 ? lines : [undefined];
  } catch {
    return [undefined];
  }
}

/** Where a provider of this type is reached. */
export function addressOf(type: string, url: string): string {
  if (url !== "") return url;
  const preset = presets.get(type);
  return preset === undefined || preset.host === "" ? "" : `https://${preset.host}${preset.base}`;
}

export function presetViews(): PresetView[] {
  return [...presets.values()].map(preset => ({
    type: preset.type,
    address: addressOf(preset.type, ""),
    variable: preset.variable,
    prefixes: preset.models,
    hasFreeProbe: preset.probe !== "",
  }));
}

/** A copy with `HIDDEN` for each text that is, or may be, a secret. */
function withoutSecrets(value: unknown, path: ConfigPath): unknown {
  if (Array.isArray(value)) return value.map((item, i) => withoutSecrets(item, [...path, i]));
  if (isRaw(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(item, [...path, key])]));
  if (typeof value !== "string" || !isSecret(path) || /^\$\{\w+\}$/.test(value)) return value;
  return HIDDEN;
}

/** The secrets that are typed in this text, the longest first: no line of it may be shown with one. */
export function typedSecretsOf(source: string): string[] {
  const found = new Set<string>();
  const walk = (value: unknown, path: ConfigPath): void => {
    if (Array.isArray(value)) value.forEach((item, i) => walk(item, [...path, i]));
    else if (isRaw(value)) for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
    else if (typeof value === "string" && isSecret(path) && !/^\$\{\w+\}$/.test(value) && value !== "")
      found.add(value);
  };
  walk(readYaml(source), []);
  return [...found].sort((a, b) => b.length - a.length);
}
