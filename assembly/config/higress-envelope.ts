/**
 * Higress's envelope: the global fields, and `_rules_`, a list of objects that each start as a copy of the global fields and
 * say with `_match_..._` where they hold.
 */
import { Bytes } from "../text/bytes";
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { Fields, show } from "./fields";
import { isGiven, readSite, serves } from "./site-reader";
import { addMistake, addWarning, mistakesReported } from "./mistakes";
import { SiteConfig } from "./site-config";
import { Plugin, SiteRule } from "./plugin";

const RULES = "_rules_";
/** Not inherited: what belongs to the configuration as a whole. */
const OWN: string[] = [RULES, "_plugin_id_", "role"];

export function readEnvelope(root: Value, plugin: Plugin): void {
  const rules = new Fields(root).list(RULES);
  const higress = isHigress(root) || rules.some(rule => isHigress(rule));
  for (let i = 0; i < rules.length; i++) plugin.rules.push(readRule(rules[i], root, higress));
  // Beside rules the global fields are often no more than what these inherit, and Higress serves nothing unasked.
  if (higress || rules.length > 0 ? serves(root) : holds(root)) plugin.global = readPart(root, higress);
  else if (rules.length == 0 && holds(root))
    addWarning("configuration", "no activeProviderId: every request passes through");
}

/** Whether there is anything but the envelope. */
function holds(root: Value): bool {
  return root.items.some(item => !OWN.includes(item.name));
}

/** Whether ai-proxy's fields say what is served, or its console wrote the providers: then its defaults hold. */
function isHigress(part: Value): bool {
  const providers = part.get("providers");
  const fromConsole = providers !== null && providers.items.some(provider => provider.get("protocol") !== null);
  return fromConsole || isGiven(part, "activeProviderId") || isGiven(part, "provider");
}

/** One that has mistakes serves nothing; the others may. */
function readPart(part: Value, higress: bool): SiteConfig {
  const before = mistakesReported();
  const config = readSite(part, higress);
  if (mistakesReported() == before) return config;
  const refused = new SiteConfig();
  refused.isRefused = true;
  return refused;
}

function readRule(value: Value, root: Value, higress: bool): SiteRule {
  const rule = new SiteRule();
  if (value.kind != Kind.Object) {
    addMistake(value.path, show(value), "an object with fields");
    rule.config = new SiteConfig();
    return rule;
  }
  rule.routes = readPlaces(value, "_match_route_");
  rule.routePrefixes = readPlaces(value, "_match_route_prefix_");
  rule.services = readPlaces(value, "_match_service_");
  rule.domains = readPlaces(value, "_match_domain_");
  const places = rule.routes.length + rule.routePrefixes.length + rule.services.length + rule.domains.length;
  if (places == 0)
    addMistake(
      value.path,
      "no place where it holds",
      "_match_route_, _match_route_prefix_, _match_service_ or _match_domain_",
    );
  rule.config = readPart(inherit(value, root), higress);
  rule.config.leadsToActive = rule.routes.length + rule.services.length > 0;
  return rule;
}

/** A list, or one text. */
function readPlaces(value: Value, name: string): Bytes[] {
  const places: Bytes[] = [];
  const member = value.get(name);
  if (member === null || member.kind == Kind.Null) return places;
  const entries = member.kind == Kind.Array ? member.items : [member];
  for (let i = 0; i < entries.length; i++)
    if (entries[i].kind == Kind.String && entries[i].text != "") places.push(Bytes.of(entries[i].text));
    else addMistake(entries[i].path, show(entries[i]), "a name");
  return places;
}

/** The rule with what it takes over from the global fields, whose members keep their own paths. */
function inherit(value: Value, root: Value): Value {
  const part = new Value(Kind.Object);
  part.parent = value.parent;
  part.index = value.index;
  part.items = value.items.slice();
  for (let i = 0; i < root.items.length; i++) {
    const item = root.items[i];
    // One provider in the old form would outrank what the rule itself says.
    const outranks = item.name == "provider" && isGiven(value, "activeProviderId");
    if (value.get(item.name) === null && !outranks && !OWN.includes(item.name)) part.items.push(item);
  }
  return part;
}
