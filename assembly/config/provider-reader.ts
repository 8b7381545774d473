/** One provider of a configuration. */
import { Bytes } from "../text/bytes";
import { hash64 } from "../text/hash";
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { readEndpoints } from "./provider-endpoints";
import { Fields, isSecret, quote, show } from "./fields";
import { readMapping, readPatterns } from "./mapping-reader";
import { isToken } from "./identifiers";
import { PRESETS, Preset } from "./presets";
import { addMistake, addPartialMistake, addWarning, refusePart } from "./mistakes";
import { hint } from "./nearest";
import { addFailoverOnStatus, addRetryOnStatus, readRules } from "./rules-reader";
import { readPassage } from "./passage-reader";
import { readTokens } from "./secrets-reader";
import { isUntranslated } from "./untranslated";
import { AnswerRule } from "./answer-rule";
import { BreakerSettings, FailoverSettings, Provider, RetrySettings, StickyBy, TokenChoice } from "./provider";

/** In the order of TokenChoice. */
const CHOICES: string[] = ["random", "weighted", "sticky"];
/** Of the user's file, but the cluster's business: the command line tool renders them. */
const RENDERED: string[] = ["tls", "connectTimeout"];
const MOST = 1000000;
/** What Higress's code takes for a retry when the configuration says nothing. */
const HIGRESS_RETRY_TIMEOUT = 60000;

/** A provider, and what only its routes want to know. */
export class ProviderDraft {
  /** What it serves when no routes are written: names and "prefix*". */
  models: string[] = [];
  /** Higress's firstByteTimeout, ms; 0: not said. */
  firstTokenTimeout: i32 = 0;

  constructor(
    readonly value: Value,
    readonly provider: Provider,
  ) {}
}

/** Of the part that is being read: what names one of these is no further mistake. */
export const refusedIds: string[] = [];

/**
 * Refuses the id of a provider that is not there; `ids` are those that are. One that is there and cannot be served is left out of
 * a fallback, and refuses the part for which it is the first.
 */
export function refuseReference(path: string, id: string, ids: string[], isFallback: bool = false): void {
  if (refusedIds.includes(id)) {
    if (!isFallback) refusePart();
    return;
  }
  if (ids.includes(id) || ids.includes("")) return; // its own mistake has been told
  const allowed = ids.length > 0 ? ids.join(", ") + hint(id, ids) : "the id of a provider";
  addMistake(path, `${quote(id)}, which is no provider`, allowed);
}

function presetOf(fields: Fields, higress: bool): Preset | null {
  const member = fields.take("type");
  const types = PRESETS.map<string>(preset => preset.type);
  if (member === null) {
    addMistake(fields.pathOf("type"), "nothing", types.join(", "));
    return null;
  }
  const at = member.kind == Kind.String ? types.indexOf(member.text) : -1;
  if (at >= 0) return PRESETS[at];
  const url = higress ? "openaiCustomUrl" : "url";
  const near = hint(member.text, types);
  const allowed =
    types.join(", ") + (near != "" ? near : `; whatever else speaks OpenAI's API: type openai with ${url}`);
  // Higress has types that would need a translation, and gets new ones: what such a provider does not concern is served.
  if (higress && member.kind == Kind.String) addPartialMistake(member.path, show(member), allowed);
  else addMistake(member.path, show(member), allowed);
  return null;
}

/** null after a complaint that leaves nothing to go on with. */
export function readProvider(value: Value, id: string, higress: bool): ProviderDraft | null {
  const fields = new Fields(value);
  fields.take("id");
  const preset = presetOf(fields, higress);
  if (preset === null || (higress && isUntranslated(fields, preset))) return null;
  const provider = new Provider();
  const draft = new ProviderDraft(value, provider);
  provider.id = Bytes.of(id);
  provider.type = Bytes.of(preset.type);
  provider.family = preset.family;
  const place = readEndpoints(fields, preset, id, higress, provider);
  provider.ledgerKey = Bytes.of(hashOf(`${id}\n${place}`));
  provider.ledgerHash = hash64(provider.ledgerKey.ptr, provider.ledgerKey.len);
  provider.tokenChoice = <TokenChoice>fields.choice("tokenChoice", CHOICES, TokenChoice.Random);
  provider.tokens = readTokens(fields, provider.tokenChoice == TokenChoice.Weighted, preset.tokenless, higress);
  provider.mapping = readMapping(fields.take("modelMapping"));
  readSticky(fields, provider);
  provider.rules = readRules(fields);
  provider.failover = readFailover(fields.object("failover"), higress, provider.rules);
  provider.retry = readRetry(fields.object("retryOnFailure"), higress, provider.failover.isEnabled, provider.rules);
  provider.breaker = readBreaker(fields.object("providerBreaker"));
  readPassage(fields, provider);
  draft.models = fields.has("models") ? readPatterns(fields, "models") : preset.models;
  fields.take("models");
  for (let i = 0; i < RENDERED.length; i++)
    if (fields.take(RENDERED[i]) !== null)
      addWarning(fields.pathOf(RENDERED[i]), "has no effect here: the cluster decides it");
  if (!higress) {
    fields.finish();
    return draft;
  }
  draft.firstTokenTimeout = fields.duration("firstByteTimeout", 0, 0);
  if (fields.take("timeout") !== null)
    addWarning(
      fields.pathOf("timeout"),
      "limits only what ai-proxy loads for a context; attemptTimeout limits an attempt",
    );
  refuseNarrowing(fields);
  fields.tolerate("does not concern failover: no effect");
  return draft;
}

/** Refuses fields that say who or what is served: without them more would be. */
export function refuseNarrowing(fields: Fields): void {
  const items = fields.value.items;
  for (let i = 0; i < items.length; i++) {
    if (items[i].isKnown || isSecret(items[i]) || !narrows(items[i].name.toLowerCase())) continue;
    items[i].isKnown = true;
    addMistake(
      items[i].path,
      "a field that narrows who or what is served",
      "none such here: a plugin of its own does that",
    );
  }
}

const NARROWING: string[] = [
  "allow",
  "deny",
  "consumer",
  "blacklist",
  "whitelist",
  "blocklist",
  "_match_",
  "predicate",
  // Of the console's routes, which stand below routes.
  "authconfig",
  "domains",
];

function narrows(name: string): bool {
  for (let i = 0; i < NARROWING.length; i++) if (name.includes(NARROWING[i])) return true;
  return false;
}

function hashOf(text: string): string {
  const bytes = Bytes.of(text);
  return hash64(bytes.ptr, bytes.len).toString(16).padStart(16, "0");
}

function readSticky(fields: Fields, provider: Provider): void {
  const by = fields.text("stickyBy", "credential");
  if (by == "credential") return;
  if (by == "user") {
    provider.stickyBy = StickyBy.User;
    return;
  }
  const header = by.startsWith("header:") ? by.substring(7).toLowerCase() : "";
  if (!isToken(header)) return addMistake(fields.pathOf("stickyBy"), quote(by), "credential, user, or header:NAME");
  provider.stickyBy = StickyBy.Header;
  provider.stickyHeader = Bytes.of(header);
}

/** Higress reads a number that is not there and a 0 alike. */
function count(fields: Fields, name: string, whenAbsent: i32, higress: bool): i32 {
  const number = fields.whole(name, whenAbsent, higress ? 0 : 1, MOST);
  return number == 0 ? whenAbsent : number;
}

function interval(fields: Fields, name: string, whenAbsent: i32, higress: bool): i32 {
  const time = fields.duration(name, whenAbsent, higress ? 0 : 1);
  return time == 0 ? whenAbsent : time;
}

/** Thresholds and intervals default to what Higress's console writes, which is also ours. */
function readFailover(fields: Fields, higress: bool, rules: AnswerRule[]): FailoverSettings {
  const settings = new FailoverSettings();
  settings.isEnabled = fields.flag("enabled", !higress);
  settings.failureThreshold = count(fields, "failureThreshold", settings.failureThreshold, higress);
  settings.successThreshold = count(fields, "successThreshold", settings.successThreshold, higress);
  settings.healthCheckInterval = interval(fields, "healthCheckInterval", settings.healthCheckInterval, higress);
  settings.healthCheckTimeout = interval(fields, "healthCheckTimeout", settings.healthCheckTimeout, higress);
  const model = fields.text("healthCheckModel", "");
  if (model != "") settings.healthCheckModel = Bytes.of(model);
  settings.cooldownDuration = fields.duration("cooldownDuration", 0, 0);
  addFailoverOnStatus(fields, higress, rules);
  fields.finish();
  return settings;
}

/** The console writes no more than `enabled`; Higress's code then retries once. */
function readRetry(fields: Fields, higress: bool, failover: bool, rules: AnswerRule[]): RetrySettings {
  const settings = new RetrySettings();
  settings.isEnabled = fields.flag("enabled", !higress || failover);
  settings.maxRetries = fields.whole("maxRetries", 0, 0, MOST);
  if (settings.maxRetries == 0 && higress) settings.maxRetries = 1;
  settings.retryTimeout = fields.duration("retryTimeout", 0, 0);
  if (settings.retryTimeout == 0 && higress) settings.retryTimeout = HIGRESS_RETRY_TIMEOUT;
  addRetryOnStatus(fields, higress, rules);
  fields.finish();
  return settings;
}

function readBreaker(fields: Fields): BreakerSettings {
  const settings = new BreakerSettings();
  settings.failureThreshold = fields.whole("failureThreshold", settings.failureThreshold, 1, MOST);
  settings.openFor = fields.duration("openFor", settings.openFor, 1);
  settings.maxOpenFor = fields.duration("maxOpenFor", settings.maxOpenFor, 1);
  fields.finish();
  return settings;
}
