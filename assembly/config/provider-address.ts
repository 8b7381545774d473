/** Where a provider is reached, out of its preset and the many names that a configuration may give to parts of its URL. */
import { Fields, quote } from "./fields";
import { Preset } from "./presets";
import { addMistake, parseErrors, addWarning } from "./mistakes";
import { Url, parseUrl, urlFault, withoutSlash } from "./url";

class Name {
  constructor(
    readonly field: string,
    /** The one type that has it; "" for all. */
    readonly type: string,
  ) {}
}

/** Higress's names for the whole URL. */
const URLS: Name[] = [
  new Name("openaiCustomUrl", "openai"),
  new Name("vllmCustomUrl", "vllm"),
  new Name("azureServiceUrl", "azure"),
  new Name("claudeCustomUrl", "claude"),
];
/** Higress's names for its host, with or without a port. */
const HOSTS: Name[] = [
  new Name("providerDomain", ""),
  new Name("qwenDomain", "qwen"),
  new Name("doubaoDomain", "doubao"),
  new Name("zhipuDomain", "zhipuai"),
  new Name("genericHost", "generic"),
  new Name("vllmServerHost", "vllm"),
  new Name("ollamaServerHost", "ollama"),
];
/** Types that are reached in the user's own network, where plain HTTP is the rule. */
const PLAIN: string[] = ["ollama", "vllm"];
/** Ends of a URL that names an API instead of a base. */
const APIS: string[] = ["/chat/completions", "/completions", "/responses", "/messages", "/embeddings"];
const ACCOUNT = "cloudflareAccountId";
const ALLOWED = "http:// or https://, host, base path";

export class ProviderAddress {
  /** Of the OpenAI dialects; null when only messagesUrl is known. */
  main: Url | null = null;
  /** Of /v1/messages; null when it is not spoken. */
  messages: Url | null = null;
  /** Whether `main` is where the preset has it. */
  isPreset: bool = false;
}

export function readAddress(fields: Fields, preset: Preset, higress: bool): ProviderAddress {
  const address = new ProviderAddress();
  if (preset.type == "cloudflare") fields.take(ACCOUNT);
  const mistakes = parseErrors.length;
  const prefix = readPrefix(fields);
  const given = readMain(fields, preset, higress);
  const messages = readUrl(fields, "messagesUrl", higress);
  const main = given !== null ? given : presetUrl(fields, preset, messages !== null || parseErrors.length > mistakes);
  address.isPreset = given === null || given.authority == preset.host;
  address.main = main;
  address.messages = messages;
  if (main === null) return address;
  if (preset.hasMessages && messages === null) {
    const url = new Url();
    url.host = main.host;
    url.port = main.port;
    url.authority = main.authority;
    // A mirror of the preset's host keeps its layout; any other URL serves all dialects below one base.
    url.path = prefix + (main.path == preset.base ? preset.messagesBase : main.path);
    address.messages = url;
  }
  main.path = prefix + main.path;
  return address;
}

/** Higress puts providerBasePath, and basePath when it is told so, before the path of the API. */
function readPrefix(fields: Fields): string {
  const prefix = fields.text("providerBasePath", "");
  const handling = fields.choice("basePathHandling", ["removePrefix", "prepend"], 0);
  const base = fields.text("basePath", "");
  if (base != "" && handling == 0)
    addMistake(fields.pathOf("basePath"), "a prefix to be removed", "no basePath, or basePathHandling: prepend");
  return pathOf(prefix) + (handling == 1 ? pathOf(base) : "");
}

function pathOf(text: string): string {
  const path = withoutSlash(text);
  return path == "" || path.startsWith("/") ? path : `/${path}`;
}

/** The URL that the configuration says, whatever names it gives to its parts; null when it says none. */
function readMain(fields: Fields, preset: Preset, higress: bool): Url | null {
  let field = "url";
  let url = readUrl(fields, field, higress);
  const hasUrl = fields.has("url");
  const port = fields.whole("ollamaServerPort", 0, 1, 65535);
  for (let i = 0; i < URLS.length; i++) {
    if (!applies(fields, URLS[i], preset, hasUrl, higress)) continue;
    field = URLS[i].field;
    url = readUrl(fields, field, higress);
  }
  for (let i = 0; i < HOSTS.length; i++) {
    if (!applies(fields, HOSTS[i], preset, hasUrl || url !== null, higress)) continue;
    field = HOSTS[i].field;
    const host = fields.text(field, "");
    const scheme = PLAIN.includes(preset.type) ? "http://" : "https://";
    url = parseUrl(scheme + host + (port > 0 ? `:${port}` : "") + filled(fields, preset));
    if (url === null) addMistake(fields.pathOf(field), urlFault, "a host, or host:port");
  }
  if (url !== null && preset.type == "azure") checkAzure(fields.pathOf(field), url, preset);
  return url;
}

/** Whether this field is there and means something for the type. */
function applies(fields: Fields, name: Name, preset: Preset, hasOther: bool, higress: bool): bool {
  const there = fields.text(name.field, "") != "";
  if (!there) return false;
  const path = fields.pathOf(name.field);
  const fits = name.type == "" || name.type == preset.type;
  if (fits && !hasOther) return true;
  if (fits)
    addMistake(path, "two names for the address of one provider", `one of them; ${name.field} is Higress's for url`);
  else if (higress) addWarning(path, `has no effect with type ${preset.type}`);
  else addMistake(path, `${name.field} with type ${preset.type}`, "url");
  return false;
}

function readUrl(fields: Fields, field: string, higress: bool): Url | null {
  let text = fields.text(field, "");
  if (text == "") return null;
  if (higress && !text.includes("://")) text = `https://${text}`; // as ai-proxy does
  const url = parseUrl(text);
  if (url === null) addMistake(fields.pathOf(field), urlFault, ALLOWED);
  else url.path = withoutApi(url.path);
  return url;
}

function withoutApi(path: string): string {
  for (let i = 0; i < APIS.length; i++)
    if (path.endsWith(APIS[i])) return path.substring(0, path.length - APIS[i].length);
  return path;
}

/** Azure names its deployments in the path and its API by date; "/openai/v1" needs neither. */
function checkAzure(path: string, url: Url, preset: Preset): void {
  if (url.path == "") url.path = preset.base;
  if (url.path.includes("/deployments") && !url.query.includes("api-version="))
    addMistake(path, "an Azure URL without api-version", '".../openai/v1", or "...?api-version=2024-10-21"');
}

function presetUrl(fields: Fields, preset: Preset, mayLack: bool): Url | null {
  if (preset.host != "") return parseUrl(`https://${preset.host}${filled(fields, preset)}`);
  if (!mayLack)
    addMistake(fields.pathOf("url"), "nothing", `type ${preset.type} has no address of its own: say it with url`);
  return null;
}

/** The preset's base path with what an account puts into it. */
function filled(fields: Fields, preset: Preset): string {
  if (!preset.base.includes("{account}")) return preset.base;
  const account = fields.text(ACCOUNT, "");
  for (let i = 0; i < account.length; i++) {
    const c = account.charCodeAt(i);
    if (c > 0x20 && c < 0x7f && c != 0x2f && c != 0x3f && c != 0x23) continue;
    addMistake(fields.pathOf(ACCOUNT), quote(account), "the id of an account");
    return preset.base;
  }
  if (account == "") addMistake(fields.pathOf(ACCOUNT), "nothing", "the id of the account, or url");
  return preset.base.replace("{account}", account);
}
