import type { Preset } from "./preset-table.js";
import { object, text, type Raw } from "./raw.js";
import type { ClusterTarget } from "./config-types.js";

/** The fields that say where a provider is reached, as the module reads them; here only scheme, host and port are needed. */
const ADDRESS = ["url", "messagesUrl", "cloudflareAccountId"];

/** The provider's id, or its type where that is used once. */
export function idOf(provider: Raw): string {
  return text(provider["id"]) || text(provider["type"]);
}

/** The address fields that the provider has, as they go to the module. */
export function addressOf(provider: Raw): Record<string, string> {
  const fields = ADDRESS.filter(field => provider[field] !== undefined);
  return Object.fromEntries(fields.map(field => [field, text(provider[field])]));
}

/** A URL that can be called; null when it is none. */
function parseUrl(value: unknown): URL | null {
  if (!URL.canParse(text(value))) return null;
  const url = new URL(text(value));
  return ["http:", "https:"].includes(url.protocol) && url.hostname !== "" ? url : null;
}

/** The clusters of a provider, and which of its dialects goes to which. */
export function clustersOf(
  provider: Raw,
  id: string,
  preset: Preset,
): { cluster: string; messagesCluster?: string; targets: Omit<ClusterTarget, "connectTimeout">[] } {
  const messages = parseUrl(provider["messagesUrl"]);
  // Where the OpenAI dialects are reached, or, if the user said only that, Anthropic's.
  const main = parseUrl(provider["url"] ?? (preset.host && `https://${preset.host}`)) ?? messages;
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
