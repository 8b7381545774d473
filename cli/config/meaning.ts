import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkListeners } from "./listen-address.js";
import { checkEndpoint, clustersOf } from "./upstream-endpoint.js";
import { hint, type Path } from "./problem.js";
import { presets } from "./preset-table.js";
import { members, object, objects, refuseRepeats, text, type Check, type Raw } from "./raw.js";
import { checkFile, checkTokens } from "./token-variables.js";
import { LONGEST, bytes, milliseconds } from "./parse-quantity.js";

/** What the schema cannot say: names that refer to each other, limits that fit each other, files that exist. */
export function checkMeaning(config: Raw, check: Check): void {
  checkListeners(config, check);
  checkClientKeys(config, check);
  checkLimits(config, check);
  checkDurations([], config, check);
  const providers = objects(config["providers"]);
  const ids = checkIds(providers, check);
  for (const [i, provider] of providers) checkProvider(["providers", i], provider, check);
  const routes = objects(config["routes"]);
  const names = routes.map(([i, { name }]): [Path, string] => [["routes", i, "name"], text(name)]);
  refuseRepeats(names, "a name", check);
  // The first that matches wins: what stands a second time never does.
  refuseRepeats(matchValues(routes, "PRE"), "a prefix", check);
  refuseRepeats(matchValues(routes, "EQUAL"), "a model", check);
  for (const [i, route] of routes) checkRoute(["routes", i], route, ids, check);
  if (members(config["routes"]).length === 0) checkModels(providers, check);
}

/** The provider's id, or its type where that is used once. */
export function idOf(provider: Raw): string {
  return text(provider["id"]) || text(provider["type"]);
}

/** What a provider serves when no routes are written. */
export function modelsOf(provider: Raw): string[] {
  const models = provider["models"] ?? presets.get(text(provider["type"]))?.models ?? [];
  return members(models).map(([, model]) => text(model));
}

function checkIds(providers: [number, Raw][], check: Check): string[] {
  const seen = new Map<string, number>();
  for (const [i, provider] of providers) {
    const id = idOf(provider);
    const path = ["providers", i, "id"];
    if (!seen.has(id)) seen.set(id, i);
    else if (provider["id"] !== undefined)
      check.report(path, `"${id}", which providers[${seen.get(id)}] has already`, "an id of its own");
    else if (id !== "") check.report(path, "nothing", `an id, because the type ${id} is used more than once`);
  }
  for (const [i, provider] of providers) {
    const preset = presets.get(text(provider["type"]));
    const name = preset && clustersOf(provider, idOf(provider), preset).messagesCluster;
    if (name !== undefined && (seen.get(name) ?? i) !== i)
      check.report(
        ["providers", seen.get(name)!, "id"],
        `"${name}"`,
        `another id: /v1/messages of providers[${i}] has it`,
      );
  }
  return [...seen.keys()];
}

function checkProvider(path: Path, provider: Raw, check: Check): void {
  const type = provider["type"];
  if (typeof type !== "string") return;
  const preset = presets.get(type);
  const types = [...presets.keys()];
  if (!preset) return check.report([...path, "type"], `"${type}"`, types.join(", ") + hint(type, types));
  checkEndpoint(path, provider, preset, check);
  checkTokens([...path, "apiTokens"], provider, preset, check);
  checkMapping([...path, "modelMapping"], provider["modelMapping"], check);
  const caFile = text(object(provider["tls"])["caFile"]);
  if (caFile !== "") checkAuthorities([...path, "tls", "caFile"], caFile, check);
  for (const [i, model] of members(provider["models"])) checkPattern([...path, "models", i], text(model), check);
}

/** Envoy would refuse the whole configuration. */
function checkAuthorities(path: Path, name: string, check: Check): void {
  if (!checkFile(path, name, check)) return;
  const pem = readFileSync(resolve(check.directory, name), "latin1");
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  const bad = blocks.findIndex(block => !isCertificate(block));
  if (blocks.length === 0)
    check.report(path, `"${name}", which holds no certificate`, "the authorities' certificates, PEM");
  else if (bad >= 0)
    check.report(path, `"${name}", whose certificate ${bad + 1} is damaged`, "the authorities' certificates, PEM");
}

function isCertificate(block: string): boolean {
  try {
    new X509Certificate(block);
    return true;
  } catch {
    return false;
  }
}

function checkRoute(path: Path, route: Raw, ids: string[], check: Check): void {
  const fallback = object(route["fallbackConfig"]);
  const upstreams = objects(route["upstreams"]);
  if (upstreams.length > 0 && upstreams.every(([, { weight }]) => weight === 0))
    check.report([...path, "upstreams"], "only weights of 0", "at least one weight above 0");
  const lists: [Path, unknown][] = [
    [[...path, "upstreams"], route["upstreams"]],
    [[...path, "fallbackConfig", "upstreams"], fallback["upstreams"]],
  ];
  for (const [at, list] of lists)
    for (const [i, upstream] of objects(list)) {
      const id = text(upstream["provider"]);
      if (id !== "" && !ids.includes(id))
        check.report([...at, i, "provider"], `"${id}", which is no provider`, ids.join(", ") + hint(id, ids));
      checkMapping([...at, i, "modelMapping"], upstream["modelMapping"], check);
    }
  const timeout = milliseconds(route["timeout"]);
  for (const field of ["firstTokenTimeout", "attemptTimeout"]) {
    if (timeout === 0 || !(milliseconds(route[field]) >= timeout)) continue;
    const note = check.isTyped([...path, field]) ? "" : ", the default";
    check.report(
      [...path, field],
      `${String(route[field])}${note}`,
      `below timeout, which is ${String(route["timeout"])}`,
    );
  }
}

/** What the predicates of all routes that match this way ask for, and where. */
function matchValues(routes: [number, Raw][], type: string): [Path, string][] {
  return routes.flatMap(([i, { modelPredicates }]) =>
    objects(modelPredicates)
      .filter(([, { matchType }]) => matchType === type)
      .map(([j, { matchValue }]): [Path, string] => [
        ["routes", i, "modelPredicates", j, "matchValue"],
        text(matchValue),
      ]),
  );
}

/** Without routes the model alone says which provider is meant. */
function checkModels(providers: [number, Raw][], check: Check): void {
  const owner = new Map<string, string>();
  for (const [i, provider] of providers) {
    const id = idOf(provider);
    const path = ["providers", i, "models"];
    const models = modelsOf(provider);
    if (models.length === 0 && providers.length > 1 && presets.has(text(provider["type"])))
      check.report(path, "no models and no routes", `names or "prefix*" of what ${id} serves, or routes`);
    for (const model of models) {
      const other = owner.get(model);
      if (other !== undefined)
        check.report(path, `"${model}", which ${other} serves too`, "other models, or routes that say who comes first");
      owner.set(model, id);
    }
  }
}

function checkMapping(path: Path, mapping: unknown, check: Check): void {
  for (const key of Object.keys(object(mapping))) checkPattern([...path, key], key, check);
}

function checkPattern(path: Path, pattern: string, check: Check): void {
  if (pattern.startsWith("~")) check.report(path, `"${pattern}"`, 'an exact name or "prefix*"; no regular expression');
  else if (pattern.indexOf("*") < pattern.length - 1 && pattern.includes("*"))
    check.report(path, `"${pattern}"`, 'an exact name, or one "*" at the end');
}

function checkClientKeys(config: Raw, check: Check): void {
  const keys = objects(config["clientKeys"]);
  for (const [i, { value, sha256 }] of keys)
    if ((value === undefined) === (sha256 === undefined))
      check.report(["clientKeys", i], value === undefined ? "neither value nor sha256" : "both", "value or sha256");
  const names = keys.map(([i, { name }]): [Path, string] => [["clientKeys", i, "name"], text(name)]);
  refuseRepeats(names, "a name", check);
}

function checkLimits(config: Raw, check: Check): void {
  const limits = object(config["limits"]);
  if (bytes(limits["requestBody"]) > bytes(limits["parkedBodies"]))
    check.report(["limits", "requestBody"], String(limits["requestBody"]), "at most parkedBodies");
  for (const field of ["requestBody", "parkedBodies", "guard"])
    if (bytes(limits[field]) > LARGEST) check.report(["limits", field], String(limits[field]), "at most 2GiB");
}

/** The module is a 32-bit machine with 4 GiB of memory. */
const LARGEST = 2 ** 31;

const DURATION = /(Timeout|Interval|Duration|Wait|For|^timeout)$/;

function checkDurations(path: Path, value: unknown, check: Check): void {
  for (const [i, member] of members(value)) checkDurations([...path, i], member, check);
  for (const [key, member] of Object.entries(object(value))) {
    if (DURATION.test(key) && milliseconds(member) > LONGEST)
      check.report([...path, key], String(member), "at most 24h");
    if (key !== "modelMapping") checkDurations([...path, key], member, check);
  }
}
