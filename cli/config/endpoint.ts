import { hint, type Path } from "./problem.js";
import type { Preset } from "./presets.js";
import { object, text, type Check, type Raw } from "./raw.js";
import type { ClusterTarget } from "./types.js";

/** Higress's names for a provider's address: what part of it each one says, and the only type that has it. */
const HIGRESS: Record<string, { part: "url" | "host" | "port" | "path"; type?: string }> = {
  openaiCustomUrl: { part: "url", type: "openai" },
  vllmCustomUrl: { part: "url", type: "vllm" },
  azureServiceUrl: { part: "url", type: "azure" },
  providerDomain: { part: "host" },
  providerBasePath: { part: "path" },
  qwenDomain: { part: "host", type: "qwen" },
  doubaoDomain: { part: "host", type: "doubao" },
  genericHost: { part: "host", type: "generic" },
  vllmServerHost: { part: "host", type: "vllm" },
  ollamaServerHost: { part: "host", type: "ollama" },
  ollamaServerPort: { part: "port", type: "ollama" },
};

/** Types that are reached in the user's own network, where plain HTTP is the rule. */
const PLAIN = ["ollama", "vllm"];

/** The URLs to be used in place of the preset's, whatever names the user gave their parts. */
export function urlsOf(provider: Raw, preset: Preset): { url?: string; messagesUrl?: string } {
  const part: Record<string, string> = {};
  for (const [field, { part: name }] of Object.entries(HIGRESS))
    if (provider[field] !== undefined) part[name] = String(provider[field]);
  const given = text(provider["url"]) || part["url"];
  const messages = text(provider["messagesUrl"]);
  if (given) return { url: given, ...(messages && { messagesUrl: messages }) };
  if (!part["host"] && !part["path"]) return messages ? { messagesUrl: messages } : {};
  const scheme = PLAIN.includes(text(provider["type"])) ? "http" : "https";
  const move = (base: string, path?: string): string => {
    const old = base === "" ? new URL("https://unset") : new URL(base);
    const host = part["host"] ?? old.host;
    return `${scheme}://${host}${part["port"] ? `:${part["port"]}` : ""}${path ?? old.pathname.replace(/\/$/, "")}`;
  };
  const moved = messages || (preset.messages && part["host"] ? move(preset.messages) : "");
  return { url: move(preset.openai, part["path"]), ...(moved && { messagesUrl: moved }) };
}

/** A URL that can be called; null when it is none. */
export function parseUrl(value: string): URL | null {
  if (!URL.canParse(value)) return null;
  const url = new URL(value);
  return ["http:", "https:"].includes(url.protocol) && url.hostname !== "" ? url : null;
}

/** The clusters of a provider, and which of its dialects goes to which. */
export function clustersOf(
  provider: Raw,
  id: string,
  preset: Preset,
): { cluster: string; messagesCluster?: string; targets: Omit<ClusterTarget, "connectTimeout">[] } {
  const { url, messagesUrl } = urlsOf(provider, preset);
  const main = parseUrl(url ?? preset.openai) ?? parseUrl(preset.messages);
  const messages = parseUrl(messagesUrl ?? (url === undefined ? preset.messages : "")) ?? main;
  const own = text(provider["cluster"]);
  const targets = main && own === "" ? [target(id, main, provider)] : [];
  if (!main || !messages || messages.origin === main.origin) return { cluster: own || id, targets };
  const messagesCluster = `${id}-messages`;
  return { cluster: own || id, messagesCluster, targets: [...targets, target(messagesCluster, messages, provider)] };
}

function target(name: string, url: URL, provider: Raw): Omit<ClusterTarget, "connectTimeout"> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const tls = object(provider["tls"]);
  const secure = url.protocol === "https:";
  return {
    name,
    host,
    port: Number(url.port) || (secure ? 443 : 80),
    tls: secure ? { serverName: text(tls["serverName"]) || host, caFile: text(tls["caFile"]) } : null,
  };
}

/** The address fields of one provider: each a URL, none beside another that says the same. */
export function checkEndpoint(path: Path, provider: Raw, preset: Preset, check: Check): void {
  const type = text(provider["type"]);
  for (const [field, { type: only, part }] of Object.entries(HIGRESS)) {
    if (provider[field] === undefined) continue;
    const at = [...path, field];
    if (only !== undefined && only !== type) check.report(at, `${field} with type ${type}`, "url");
    else if (provider["url"] !== undefined) check.report(at, `${field} beside url`, "one of the two");
    if (part === "url") checkUrl(at, text(provider[field]), check);
  }
  for (const field of ["url", "messagesUrl"])
    if (text(provider[field]) !== "") checkUrl([...path, field], text(provider[field]), check);

  const { url } = urlsOf(provider, preset);
  if (url === undefined && preset.openai === "" && preset.messages === "")
    check.report([...path, "url"], "nothing", `type ${type} has no address of its own: say it with url`);
  const tls = object(provider["tls"]);
  const { targets } = clustersOf(provider, "id", preset);
  if (targets.length > 0 && targets.every(({ tls }) => !tls))
    for (const field of ["caFile", "serverName"])
      if (text(tls[field]) !== "")
        check.report([...path, "tls", field], `${field} for an http:// url`, "an https:// url");
}

function checkUrl(path: Path, value: string, check: Check): void {
  const url = parseUrl(value);
  // A URL that is wrong may be a token in the wrong place: it is not shown.
  if (!url) check.report(path, "no URL that can be called", `http:// or https://, host, base path${scheme(value)}`);
  else if (url.username !== "" || url.password !== "")
    check.report(path, "a user or password in the URL", "a URL without; tokens stand in apiTokens");
  else if (url.hash !== "") check.report(path, `"${url.hash}" at the end`, "a URL without a fragment");
}

const scheme = (value: string): string => hint(value.split("://")[0] ?? "", ["http", "https"]);
