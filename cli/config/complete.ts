import { resolve } from "node:path";
import { parseAddress } from "./listen-address.js";
import { addressOf, clustersOf, idOf } from "./upstream-endpoint.js";
import { presets } from "./preset-table.js";
import { members, object, objects, text, type Raw } from "./raw.js";
import { checkShape } from "./schema.js";
import type { Source } from "./source.js";
import { tokenFilesOf, tokensFrom, typedTokensOf } from "./token-files.js";
import type { Address, AnswerRule, ClientKey, Fleet, GatewayConfig, Provider, Route } from "./config-types.js";
import { parseStoreUrl } from "../../assembly/config/store-url.js";
import { bytes, milliseconds } from "./parse-quantity.js";

/** Fields whose value is a duration, wherever they stand in a provider or a route. */
const DURATIONS = new Set([
  ...["healthCheckInterval", "healthCheckTimeout", "cooldownDuration", "retryTimeout", "openFor", "maxOpenFor"],
  ...["firstTokenTimeout", "attemptTimeout", "timeout", "maxWait", "for"],
]);

/** Turns a checked configuration, with its defaults filled in, into the types that render and run use. */
export function complete(config: Raw, source: Source, variables: string[]): GatewayConfig {
  const rawProviders = objects(config["providers"]).map(([, provider]) => provider);
  if (members(config["routes"]).length === 0) {
    config["routes"] = rawProviders.map(routeTo);
    checkShape(config); // fills in the defaults of these routes
  }
  const typedRoutes = members(object(source.value)["routes"]).map(([, route]) => object(route));
  const providers = rawProviders.map(provider => completeProvider(provider, source.directory));
  const clientKeys = config["clientKeys"] as ClientKey[];
  const tokenFiles = rawProviders.flatMap(provider => tokenFilesOf(provider, source.directory));
  const typed = [
    ...rawProviders.flatMap(typedTokensOf),
    ...clientKeys.map(({ value }) => value ?? ""),
    text(object(config["status"])["password"]),
    ...fleetSecretsOf(object(config["fleet"])),
  ];
  const typesSecrets = typed.some(secret => secret.replace(/\$\{\w+\}/g, "") !== "");
  return {
    listen: address(config["listen"]),
    ...(config["admin"] !== undefined && { admin: address(config["admin"]) }),
    status: withAddress(config["status"]) as GatewayConfig["status"],
    requestLog: { path: fileOf(text(object(config["requestLog"])["path"]), source.directory) },
    ...(config["tracing"] !== undefined && { tracing: completeTracing(object(config["tracing"])) }),
    console: withAddress(config["console"]) as GatewayConfig["console"],
    clientKeys,
    responseHeaders: config["responseHeaders"] as GatewayConfig["responseHeaders"],
    cors: config["cors"] as GatewayConfig["cors"],
    idleTimeout: milliseconds(config["idleTimeout"]),
    stallTimeout: milliseconds(config["stallTimeout"]),
    rejectEmpty: config["rejectEmpty"] as boolean,
    limits: completeLimits(object(config["limits"]), object(object(source.value)["limits"])),
    rules: rulesOf(config["rules"]),
    ...(config["fleet"] !== undefined && { fleet: completeFleet(object(config["fleet"]), source.directory) }),
    providers,
    routes: objects(config["routes"]).map(([i, route]) => completeRoute(route, typedRoutes[i])),
    variables: variables.filter(name => typed.some(secret => secret.includes(`\${${name}}`))),
    tokenFiles,
    typesSecrets,
    holdsSecrets: typesSecrets || tokenFiles.length > 0,
  };
}

/** The largest body fits into the memory for all of them: a default gives way to what is typed. */
function completeLimits(limits: Raw, typed: Raw): GatewayConfig["limits"] {
  const [body, all] = [bytes(limits["requestBody"]), bytes(limits["parkedBodies"])];
  const parkedBodies = typed["parkedBodies"] === undefined ? Math.max(all, body) : all;
  return { requestBody: Math.min(body, parkedBodies), parkedBodies, guard: bytes(limits["guard"]) };
}

/** The name of the collector's cluster: no provider can have it. */
const TRACING_CLUSTER = "_tracing";

function completeTracing({ url, sampling }: Raw): NonNullable<GatewayConfig["tracing"]> {
  const { protocol, hostname, port } = new URL(text(url));
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const isSafe = protocol === "https:";
  const target = {
    ...{ name: TRACING_CLUSTER, host, port: Number(port) || (isSafe ? 443 : 80) },
    ...{ tls: isSafe ? { serverName: host, caFile: "" } : null, connectTimeout: 1000 },
  };
  return { target, url: text(url), sampling: sampling as number };
}

/** The name of the store's cluster: no provider can have it. */
export const FLEET_CLUSTER = "_fleet";

function completeFleet(fleet: Raw, directory: string): Fleet {
  const { url, name, interval, startTimeout, secret, caFile, cluster } = fleet;
  const { host, port, scheme } = parseStoreUrl(text(url));
  const tls = scheme === "rediss" ? { serverName: host, caFile: fileOf(text(caFile), directory) } : null;
  const target = { name: FLEET_CLUSTER, host, port, tls, connectTimeout: 1000 };
  return {
    ...{ url: text(url), name: text(name), interval: milliseconds(interval), startTimeout: milliseconds(startTimeout) },
    ...(secret !== undefined && { secret: text(secret) }),
    ...(text(cluster) === "" ? { cluster: FLEET_CLUSTER, target } : { cluster: text(cluster) }),
  };
}

/** Of the URL what may be one: user and password. */
function fleetSecretsOf({ url, secret }: Raw): string[] {
  const { user, password } = parseStoreUrl(text(url));
  return [user === "" ? "" : variablesIn(user), password, text(secret)];
}

/** The name of a user is no secret. */
const variablesIn = (value: string): string => (value.match(/\$\{\w+\}/g) ?? []).join("");

/** What a provider serves when no routes are written. */
function modelsOf(provider: Raw): string[] {
  const models = provider["models"] ?? presets.get(text(provider["type"]))?.models;
  return members(models).map(([, model]) => text(model));
}

function completeProvider(provider: Raw, directory: string): Provider {
  const id = idOf(provider);
  const preset = presets.get(text(provider["type"]))!;
  const { cluster, messagesCluster, targets } = clustersOf(provider, id, preset);
  const connectTimeout = milliseconds(provider["connectTimeout"]);
  const from = (caFile: string) => (caFile === "" ? "" : resolve(directory, caFile));
  return {
    id,
    type: text(provider["type"]),
    address: addressOf(provider),
    cluster,
    ...(messagesCluster !== undefined && { messagesCluster }),
    targets: targets.map(({ tls, ...rest }) => ({
      ...rest,
      tls: tls && { ...tls, caFile: from(tls.caFile) },
      connectTimeout,
    })),
    models: modelsOf(provider),
    modelMapping: provider["modelMapping"] as Provider["modelMapping"],
    apiTokens: tokensFrom(provider, directory),
    tokenChoice: provider["tokenChoice"] as Provider["tokenChoice"],
    stickyBy: text(provider["stickyBy"]),
    rules: rulesOf(provider["rules"]),
    forwardHeaders: provider["forwardHeaders"] as string[],
    forwardQuery: provider["forwardQuery"] as string[],
    allowPaths: provider["allowPaths"] as string[],
    failover: withDurations(provider["failover"]) as Provider["failover"],
    retryOnFailure: withDurations(provider["retryOnFailure"]) as Provider["retryOnFailure"],
    providerBreaker: withDurations(provider["providerBreaker"]) as Provider["providerBreaker"],
  };
}

/** An attempt's limit leaves time for another attempt: a default that does not is half of the time. */
function completeRoute(raw: Raw, typed: Raw = {}): Route {
  const route = withDurations(raw) as unknown as Route;
  for (const field of ["firstTokenTimeout", "attemptTimeout"] as const)
    if (typed[field] === undefined && route[field] >= route.timeout)
      route[field] = Math.max(1, Math.floor(route.timeout / 2));
  return route;
}

/** The route of a provider in a configuration without routes. */
function routeTo(provider: Raw): Raw {
  const models = modelsOf(provider);
  const predicate = (model: string) =>
    model.endsWith("*")
      ? { matchType: "PRE", matchValue: model.slice(0, -1) }
      : { matchType: "EQUAL", matchValue: model };
  const id = idOf(provider);
  return {
    name: id,
    modelPredicates: models.includes("*") ? [] : models.map(predicate),
    upstreams: [{ provider: id }],
  };
}

const rulesOf = (value: unknown): AnswerRule[] => objects(value).map(([, rule]) => withDurations(rule));

function withDurations(value: unknown): Raw {
  const convert = ([key, field]: [string, unknown]) => [key, DURATIONS.has(key) ? milliseconds(field) : field];
  return Object.fromEntries(Object.entries(object(value)).map(convert));
}

const fileOf = (name: string, directory: string): string => (name === "" ? "" : resolve(directory, name));

function withAddress(value: unknown): Raw {
  return { ...object(value), listen: address(object(value)["listen"]) };
}

/** Whether it can be bound was checked where its listener is on; one that is off is never bound. */
function address(value: unknown): Address {
  return parseAddress(value) ?? { host: "127.0.0.1", port: 0 };
}
