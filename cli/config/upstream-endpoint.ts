import { hint, type Path } from "./problem.js";
import type { Preset } from "./preset-table.js";
import { object, text, type Check, type Raw } from "./raw.js";
import type { ClusterTarget } from "./config-types.js";

/**
 * The names that a provider's address may have, most of them Higress's: what each one says, and the only type that has
 * it. The module reads the same fields (assembly/config/provider-address.ts); here only scheme, host and port are needed.
 */
const FIELDS: Record<string, { says: "url" | "host" | "port" | "path" | "messages"; type?: string }> = {
  url: { says: "url" },
  messagesUrl: { says: "messages" },
  openaiCustomUrl: { says: "url", type: "openai" },
  vllmCustomUrl: { says: "url", type: "vllm" },
  azureServiceUrl: { says: "url", type: "azure" },
  claudeCustomUrl: { says: "url", type: "claude" },
  providerDomain: { says: "host" },
  qwenDomain: { says: "host", type: "qwen" },
  doubaoDomain: { says: "host", type: "doubao" },
  zhipuDomain: { says: "host", type: "zhipuai" },
  genericHost: { says: "host", type: "generic" },
  vllmServerHost: { says: "host", type: "vllm" },
  ollamaServerHost: { says: "host", type: "ollama" },
  ollamaServerPort: { says: "port", type: "ollama" },
  providerBasePath: { says: "path" },
  cloudflareAccountId: { says: "path", type: "cloudflare" },
};

/** Types that are reached in the user's own network, where plain HTTP is the rule. */
const PLAIN = ["ollama", "vllm"];

/** The address fields that the provider has, as they go to the module. */
export function addressOf(provider: Raw): Record<string, string | number> {
  const fields = Object.keys(FIELDS).filter(field => provider[field] !== undefined);
  return Object.fromEntries(fields.map(field => [field, provider[field] as string | number]));
}

/** A URL that can be called; null when it is none. */
function parseUrl(value: string): URL | null {
  if (!URL.canParse(value)) return null;
  const url = new URL(value);
  return ["http:", "https:"].includes(url.protocol) && url.hostname !== "" ? url : null;
}

/** Where the OpenAI dialects are reached, or, if the user said only that, Anthropic's; null when nobody says it. */
function mainUrl(provider: Raw, preset: Preset): URL | null {
  const said = (what: string): string => {
    const field = Object.keys(FIELDS).find(field => FIELDS[field]!.says === what && provider[field] !== undefined);
    return field === undefined ? "" : String(provider[field]);
  };
  const scheme = PLAIN.includes(preset.type) ? "http" : "https";
  const host = said("host") || preset.host;
  const fromHost = host && `${scheme}://${host}${said("port") && `:${said("port")}`}`;
  return parseUrl(said("url") || fromHost || said("messages"));
}

/** The clusters of a provider, and which of its dialects goes to which. */
export function clustersOf(
  provider: Raw,
  id: string,
  preset: Preset,
): { cluster: string; messagesCluster?: string; targets: Omit<ClusterTarget, "connectTimeout">[] } {
  const main = mainUrl(provider, preset);
  const messages = parseUrl(text(provider["messagesUrl"]));
  const own = text(provider["cluster"]);
  const cluster = own || id;
  const targets = main && own === "" ? [target(id, main, provider)] : [];
  if (!main || !messages) return { cluster, targets };
  if (messages.origin === main.origin) return { cluster, messagesCluster: cluster, targets };
  const messagesCluster = `${id}-messages`;
  return { cluster, messagesCluster, targets: [...targets, target(messagesCluster, messages, provider)] };
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

/** The address of one provider: said once, by names that its type has, in URLs that can be called. */
export function checkEndpoint(path: Path, provider: Raw, preset: Preset, check: Check): void {
  for (const field of Object.keys(addressOf(provider))) {
    const { says, type = preset.type } = FIELDS[field]!;
    const at = [...path, field];
    if (type !== preset.type) check.report(at, `${field} with type ${preset.type}`, "url");
    else if (field !== "url" && says !== "messages" && provider["url"] !== undefined)
      check.report(at, `${field} beside url`, "one of the two");
    if (says === "url" || says === "messages") checkUrl(at, text(provider[field]), check);
    if (says === "host") checkHost(at, text(provider[field]), check);
  }
  if (preset.host === "" && Object.keys(addressOf(provider)).length === 0)
    check.report([...path, "url"], "nothing", `type ${preset.type} has no address of its own: say it with url`);
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
  else if (url.hash !== "") check.report(path, "a fragment at the end", "a URL without");
}

function checkHost(path: Path, value: string, check: Check): void {
  const url = parseUrl(`https://${value}`);
  if (!url || url.pathname !== "/" || url.search !== "" || url.username !== "")
    check.report(path, "no host that can be called", "a host, or host:port");
}

const scheme = (value: string): string => hint(value.split("://")[0] ?? "", ["http", "https"]);
