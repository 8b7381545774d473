import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { checkListeners, parseAddress } from "./listen-address.js";
import { reaches } from "./own-listener.js";
import type { Path } from "./problem.js";
import { presets } from "./preset-table.js";
import { object, objects, text, type Check, type Raw } from "./raw.js";
import { parseStoreUrl } from "../../assembly/config/store-url.js";
import { milliseconds } from "./parse-quantity.js";
import { LONGEST } from "../../assembly/config/quantities.js";
import { checkFile, checkTokenFiles } from "./token-files.js";
import { clustersOf, idOf } from "./upstream-endpoint.js";

/** What only the tool reads, and the schema cannot say: listeners, clusters, TLS, files. The rest is the module's to judge. */
export function checkOwn(config: Raw, check: Check): void {
  checkListeners(config, check);
  const providers = objects(config["providers"]);
  checkFleet(config, check);
  checkTracing(object(config["tracing"]), check);
  checkClusterNames(providers, check);
  checkLoops(config, providers, check);
  for (const [i, provider] of providers) {
    const path = ["providers", i];
    if (milliseconds(provider["connectTimeout"]) > LONGEST)
      check.report([...path, "connectTimeout"], String(provider["connectTimeout"]), "at most 24h");
    checkTls([...path, "tls"], provider, check);
    checkTokenFiles([...path, "apiTokens"], provider, check);
  }
}

function checkFleet(config: Raw, check: Check): void {
  const { url, caFile } = object(config["fleet"]);
  const { fault, scheme, host } = parseStoreUrl(text(url));
  // What looks like an address is one: it would be asked for as a name.
  if (fault === "" && /^[0-9.]+$|:/.test(host) && isIP(host) === 0)
    check.report(["fleet", "url"], `"${host}"`, "a name, an IPv4 address, or an IPv6 address in brackets");
  if (text(caFile) === "") return;
  if (fault === "" && scheme !== "rediss")
    check.report(["fleet", "caFile"], "caFile for a redis:// url", "a rediss:// url");
  checkAuthorities(["fleet", "caFile"], text(caFile), check);
}

/** Its address stands in what is rendered, in clear. */
function checkTracing({ url }: Raw, check: Check): void {
  if (url === undefined) return;
  const address = URL.canParse(text(url)) ? new URL(text(url)) : null;
  if (address === null) check.report(["tracing", "url"], "no URL", "one like http://collector:4318/v1/traces");
  else if (address.username !== "" || address.password !== "" || address.search !== "" || address.hash !== "")
    check.report(
      ["tracing", "url"],
      "a URL with a user, a query or a fragment",
      "one like http://collector:4318/v1/traces",
    );
}

/** The cluster of a messagesUrl is named after its provider: no other provider may have that name. */
function checkClusterNames(providers: [number, Raw][], check: Check): void {
  const ids = providers.map(([, provider]) => idOf(provider));
  for (const [i, provider] of providers) {
    const preset = presets.get(text(provider["type"]));
    const name = preset && clustersOf(provider, idOf(provider), preset).messagesCluster;
    const other = ids.findIndex(id => id === name);
    if (name !== undefined && other >= 0 && other !== i)
      check.report(["providers", other, "id"], `"${name}"`, `another id: /v1/messages of providers[${i}] has it`);
  }
}

/** A provider that is this gateway's own listener would send every request in a circle. */
function checkLoops(config: Raw, providers: [number, Raw][], check: Check): void {
  const listen = parseAddress(config["listen"]);
  if (listen === null) return;
  for (const [i, provider] of providers) {
    const preset = presets.get(text(provider["type"]));
    const targets = preset ? clustersOf(provider, idOf(provider), preset).targets : [];
    const own = targets.findIndex(target => reaches(target, listen));
    if (own < 0) continue;
    const field = own > 0 || provider["url"] === undefined ? "messagesUrl" : "url";
    check.report(["providers", i, field], "the address of this gateway itself (listen)", "another one");
  }
}

function checkTls(path: Path, provider: Raw, check: Check): void {
  const preset = presets.get(text(provider["type"]));
  const tls = object(provider["tls"]);
  if (preset) {
    const { targets } = clustersOf(provider, "id", preset);
    if (targets.length > 0 && targets.every(({ tls }) => !tls))
      for (const field of ["caFile", "serverName"])
        if (text(tls[field]) !== "") check.report([...path, field], `${field} for an http:// url`, "an https:// url");
  }
  const caFile = text(tls["caFile"]);
  if (caFile !== "") checkAuthorities([...path, "caFile"], caFile, check);
}

/** Envoy would refuse the whole configuration. */
function checkAuthorities(path: Path, name: string, check: Check): void {
  const pem = checkFile(path, name, check)?.toString("latin1");
  if (pem === undefined) return;
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
