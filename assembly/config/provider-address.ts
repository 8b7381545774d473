/** Where a provider is reached: by its preset, by its url, or by the names that Higress has for parts of a URL. */
import { Kind } from "../json/lexer";
import { Fields, quote } from "./fields";
import { Preset } from "./presets";
import { addMistake, addWarning } from "./mistakes";
import { Url, parseUrl, withoutSlash } from "./url";

/** A name of Higress's for an address, or for a part of it. */
class Alias {
  constructor(
    readonly field: string,
    /** The one type that has it; "" for all. */
    readonly type: string,
  ) {}
}

/** For the whole URL. */
const URLS: Alias[] = [
  new Alias("openaiCustomUrl", "openai"),
  new Alias("vllmCustomUrl", "vllm"),
  new Alias("azureServiceUrl", "azure"),
  new Alias("claudeCustomUrl", "claude"),
];
/** For its host, with or without a port. */
const HOSTS: Alias[] = [
  new Alias("providerDomain", ""),
  new Alias("qwenDomain", "qwen"),
  new Alias("doubaoDomain", "doubao"),
  new Alias("zhipuDomain", "zhipuai"),
  new Alias("genericHost", "generic"),
  new Alias("vllmServerHost", "vllm"),
  new Alias("ollamaServerHost", "ollama"),
];
/** For the rest of it. */
const PARTS: string[] = ["ollamaServerPort", "providerBasePath", "basePath", "basePathHandling"];
/** Types that are reached in the user's own network, where plain HTTP is the rule. */
const PLAIN: string[] = ["ollama", "vllm"];
/** Ends of a URL that names an API instead of a base. */
const APIS: string[] = ["/chat/completions", "/completions", "/responses", "/messages", "/embeddings"];
const ACCOUNT = "cloudflareAccountId";
/** Whose tokens are good below this base only. */
const PLAN = "zhipuCodePlanMode";
const PLAN_BASE = "/api/coding/paas/v4";
const ALLOWED = "http:// or https://, host, base path";

export class ProviderAddress {
  /** Of the OpenAI dialects; null when only messagesUrl is known, or nothing. */
  main: Url | null = null;
  /** Of /v1/messages; null when it is not spoken. */
  messages: Url | null = null;
  /** Whether `main` is where the preset has it. */
  isPreset: bool = false;
}

export function readAddress(fields: Fields, preset: Preset, higress: bool): ProviderAddress {
  const address = new ProviderAddress();
  if (preset.type == "cloudflare") fields.take(ACCOUNT);
  if (!higress) refuseAliases(fields);
  const prefix = higress ? readPrefix(fields) : "";
  const given = new GivenUrl();
  given.read(fields, "url", higress);
  if (higress) readAliases(fields, preset, given);
  const url = given.url;
  if (url !== null && preset.type == "azure") checkAzure(fields.pathOf(given.field), url, preset);
  const messages = readUrl(fields, "messagesUrl", higress);
  // A URL that was refused is told once: the type's own takes its place, or none.
  const mayLack = given.isRefused || fields.has("messagesUrl");
  const ofAccount = higress && url === null ? accountUrl(fields, preset) : null;
  const main = url !== null ? url : ofAccount !== null ? ofAccount : presetUrl(fields, preset, mayLack, higress);
  address.isPreset = url === null || url.authority == preset.host;
  address.main = main;
  address.messages = messages;
  if (main === null) return address;
  if (preset.hasMessages && messages === null) {
    const url = new Url();
    url.host = main.host;
    url.port = main.port;
    url.authority = main.authority;
    // A mirror of the preset's host keeps its layout; any other URL serves all dialects below one base.
    url.path = prefix + (main.path == preset.base || main.path == PLAN_BASE ? preset.messagesBase : main.path);
    address.messages = url;
  }
  main.path = prefix + main.path;
  return address;
}

/** What a configuration says of a provider's URL. */
class GivenUrl {
  url: Url | null = null;
  /** Which field says it. */
  field: string = "";
  /** Whether the field is there and holds no URL. */
  isRefused: bool = false;

  read(fields: Fields, field: string, higress: bool): void {
    const member = fields.take(field);
    if (member === null || (member.kind == Kind.String && member.text == "")) return;
    this.url = readUrl(fields, field, higress);
    this.field = field;
    this.isRefused = this.url === null;
  }

  readHost(fields: Fields, field: string, text: string): void {
    const parsed = parseUrl(text);
    if (parsed.url === null) addMistake(fields.pathOf(field), parsed.fault, "a host, or host:port");
    this.url = parsed.url;
    this.field = field;
    this.isRefused = parsed.url === null;
  }
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

/** The URL by the names that Higress has for it. */
function readAliases(fields: Fields, preset: Preset, given: GivenUrl): void {
  const port = fields.whole("ollamaServerPort", 0, 1, 65535);
  for (let i = 0; i < URLS.length; i++)
    if (applies(fields, URLS[i], preset, given)) given.read(fields, URLS[i].field, true);
  for (let i = 0; i < HOSTS.length; i++) {
    if (!applies(fields, HOSTS[i], preset, given)) continue;
    const scheme = PLAIN.includes(preset.type) ? "http://" : "https://";
    const host = fields.text(HOSTS[i].field, "") + (port > 0 ? `:${port}` : "");
    given.readHost(fields, HOSTS[i].field, scheme + host + filled(fields, preset, true));
  }
}

/** Whether this field is there and means something for the type. */
function applies(fields: Fields, alias: Alias, preset: Preset, given: GivenUrl): bool {
  if (fields.text(alias.field, "") == "") return false;
  const path = fields.pathOf(alias.field);
  if (alias.type != "" && alias.type != preset.type) {
    addWarning(path, `has no effect with type ${preset.type}`);
    return false;
  }
  if (given.field == "") return true;
  addMistake(path, `${alias.field} beside ${given.field}`, "one of them: both say the address");
  return false;
}

/** In a configuration of ours one name is enough. */
function refuseAliases(fields: Fields): void {
  for (let i = 0; i < URLS.length; i++) refuseAlias(fields, URLS[i].field);
  for (let i = 0; i < HOSTS.length; i++) refuseAlias(fields, HOSTS[i].field);
  for (let i = 0; i < PARTS.length; i++) refuseAlias(fields, PARTS[i]);
}

function refuseAlias(fields: Fields, field: string): void {
  const member = fields.value.get(field);
  if (member === null) return;
  member.isKnown = true;
  addMistake(fields.pathOf(field), "a field of Higress", "url: scheme, host, port and base path");
}

function readUrl(fields: Fields, field: string, higress: bool): Url | null {
  let text = fields.text(field, "");
  if (text == "") return null;
  if (higress && !text.includes("://")) text = `https://${text}`; // as ai-proxy does
  const parsed = parseUrl(text);
  const url = parsed.url;
  if (url === null) addMistake(fields.pathOf(field), parsed.fault, ALLOWED);
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

function presetUrl(fields: Fields, preset: Preset, mayLack: bool, higress: bool): Url | null {
  const host = higress && preset.higressHost != "" ? preset.higressHost : preset.host;
  if (host != "") return parseUrl(`https://${host}${filled(fields, preset, higress)}`).url;
  if (!mayLack)
    addMistake(fields.pathOf("url"), "nothing", `type ${preset.type} has no address of its own: say it with url`);
  return null;
}

/** Where Higress's names for region and project lead; null without them. */
function accountUrl(fields: Fields, preset: Preset): Url | null {
  if (preset.type == "bedrock") {
    const region = readName(fields, "awsRegion");
    return region == "" ? null : parseUrl(`https://bedrock-runtime.${region}.amazonaws.com${preset.base}`).url;
  }
  if (preset.type != "vertex") return null;
  const region = readName(fields, "vertexRegion");
  const project = readName(fields, "vertexProjectId");
  if (region == "" || project == "") return null;
  const host = (region == "global" ? "" : `${region}-`) + "aiplatform.googleapis.com";
  return parseUrl(`https://${host}/v1/projects/${project}/locations/${region}/endpoints/openapi`).url;
}

/** What may stand in a host, or as one part of a path. */
function readName(fields: Fields, field: string): string {
  const name = fields.text(field, "").trim();
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if ((c >= 0x30 && c <= 0x3a) || (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || c == 0x2d || c == 0x2e)
      continue;
    addMistake(fields.pathOf(field), quote(name), "letters, digits and hyphens");
    return "";
  }
  return name;
}

/** The preset's base path with what an account puts into it. */
function filled(fields: Fields, preset: Preset, higress: bool): string {
  if (higress && preset.type == "zhipuai" && fields.flag(PLAN, false)) return PLAN_BASE;
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
