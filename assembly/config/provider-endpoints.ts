/** The endpoints of a provider: address, cluster, and how it is told who calls. */
import { Bytes } from "../text/bytes";
import { readAddress, ProviderAddress } from "./provider-address";
import { Fields, quote } from "./fields";
import { Auth, Preset } from "./presets";
import { addMistake } from "./mistakes";
import { Endpoint } from "./endpoint";
import { Provider } from "./provider";
import { Url } from "./url";

/** https://docs.claude.com/en/api/versioning: needed on every request, and this is the newest. */
const ANTHROPIC_VERSION = "2023-06-01";

const PROTOCOLS: string[] = ["openai", "original", "openai/v1"];

/** In the order of Auth. */
const AUTH_HEADERS: string[] = ["authorization", "authorization", "x-api-key", "api-key"];

/** Fills in the endpoints; returns what names the provider's record in the ledger together with its id. */
export function readEndpoints(fields: Fields, preset: Preset, id: string, higress: bool, provider: Provider): string {
  const address = readAddress(fields, preset, higress);
  // The console's own files say "openai/v1".
  const keepsPath = fields.choice("protocol", PROTOCOLS, 0) == 1 || preset.type == "generic";
  const version = readVersion(fields, preset);
  const main = address.main;
  const messages = address.messages;
  const cluster = readCluster(fields, id, main !== null ? main : messages, provider);
  if (main !== null) {
    const endpoint = makeEndpoint(main, cluster, preset.auth);
    endpoint.keepsPath = keepsPath;
    provider.openai = endpoint;
  }
  if (messages !== null) {
    const endpoint = makeEndpoint(messages, clusterOfMessages(fields, cluster, address), preset.messagesAuth);
    endpoint.keepsPath = keepsPath;
    endpoint.versionHeader = Bytes.of("anthropic-version");
    endpoint.versionValue = Bytes.of(version);
    provider.messages = endpoint;
  }
  // An endpoint that merely speaks OpenAI's dialect may list its models to everybody.
  if (preset.probe != "" && (address.isPreset || preset.type != "openai")) provider.probePath = Bytes.of(preset.probe);
  const named = main !== null ? main : messages;
  return named === null ? "" : named.authority + named.path;
}

function makeEndpoint(url: Url, cluster: string, auth: Auth): Endpoint {
  const endpoint = new Endpoint();
  endpoint.cluster = Bytes.of(cluster);
  endpoint.authority = Bytes.of(url.authority);
  endpoint.base = Bytes.of(url.path);
  if (url.query != "") endpoint.query = Bytes.of(url.query);
  endpoint.hasBearerPrefix = auth == Auth.Bearer;
  endpoint.authHeader = Bytes.of(AUTH_HEADERS[auth]);
  return endpoint;
}

function readVersion(fields: Fields, preset: Preset): string {
  if (preset.type != "claude") return ANTHROPIC_VERSION;
  const named = fields.text("version", "");
  const version = fields.text("claudeVersion", fields.text("apiVersion", isDate(named) ? named : ""));
  for (let i = 0; i < version.length; i++) {
    const c = version.charCodeAt(i);
    if (c > 0x20 && c < 0x7f) continue;
    addMistake(fields.pathOf("claudeVersion"), quote(version), "a version like 2023-06-01");
    return ANTHROPIC_VERSION;
  }
  return version == "" ? ANTHROPIC_VERSION : version;
}

/** 2023-06-01; the console numbers its own objects by a field of the same name. */
function isDate(text: string): bool {
  return text.length == ANTHROPIC_VERSION.length && text.charAt(4) == "-" && text.charAt(7) == "-";
}

/** The cluster that the configuration names, else what Higress's console calls the service of a provider. */
function readCluster(fields: Fields, id: string, url: Url | null, provider: Provider): string {
  const named = fields.text("cluster", "");
  const service = fields.text("openaiCustomServiceName", "");
  const servicePort = fields.whole("openaiCustomServicePort", 0, 1, 65535);
  provider.namesCluster = true;
  if (named != "") return named;
  if (service != "" && servicePort > 0) return `outbound|${servicePort}||${service}`;
  provider.namesCluster = fields.has("messagesCluster");
  if (url === null) return "";
  return url.isAddress ? `outbound|80||llm-${id}.internal.static` : `outbound|${url.port}||llm-${id}.internal.dns`;
}

function clusterOfMessages(fields: Fields, cluster: string, address: ProviderAddress): string {
  const named = fields.text("messagesCluster", "");
  if (named != "") return named;
  const main = address.main;
  const messages = address.messages;
  if (main !== null && messages !== null && main.authority != messages.authority)
    addMistake(
      fields.pathOf("messagesCluster"),
      "nothing",
      "the cluster of messagesUrl, which has another host than url",
    );
  return cluster;
}
