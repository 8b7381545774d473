import type { Path } from "../config/problem.js";
import { isRaw, members, object, objects, text, type Check, type Raw } from "../config/raw.js";

/** A configuration that goes to the module as it is: Higress's, alone or in a WasmPlugin resource. */
export interface Envelope {
  kind: "plugin configuration" | "WasmPlugin";
  /** What the host would hand to the module. */
  configuration: Raw;
  /** Where a part of it stands in the file. */
  place(path: Path): Path;
  /** Those that the module's VM is given, null for one of its host's; absent where that is not said. */
  variables?: Map<string, string | null>;
  /** Secrets of Kubernetes whose values Higress puts in: `secret.NAMESPACE/NAME.KEY`. Something stands in for them. */
  secrets?: string[];
}

/** What Higress's configurations have at their top and ours never has. */
const HIGRESS = ["_rules_", "provider", "activeProviderId", "role", "routing"];

/** Null when the file is a configuration of ours. */
export function envelopeOf(value: unknown, report: Check["report"]): Envelope | null {
  if (!isRaw(value)) return null;
  if (value["kind"] === "WasmPlugin") return wasmPlugin(value, report);
  if (!HIGRESS.some(field => field in value)) return null;
  return { kind: "plugin configuration", configuration: value, place: path => path };
}

const SECRET = /\$\{(secret\.(?:[^/}]+\/)?[^.}/]+\.[^}]+)\}/g;

/** What the control plane makes of the resource, as far as it can be known without its cluster. */
function wasmPlugin(resource: Raw, report: Check["report"]): Envelope {
  const envelope = convert(resource, report);
  const secrets: string[] = [];
  const filled = JSON.stringify(envelope.configuration).replace(SECRET, (_, name: string) => {
    if (!secrets.includes(name)) secrets.push(name);
    return `secret-${secrets.indexOf(name)}`;
  });
  return { ...envelope, secrets, configuration: JSON.parse(filled) as Raw };
}

/**
 * Higress's control plane does this: one JSON text of the default fields and a rule for each that is not disabled; or Istio's
 * field of one configuration for all.
 */
function convert(resource: Raw, report: Check["report"]): Envelope {
  const spec = object(resource["spec"]);
  const kind = "WasmPlugin";
  const variables = variablesOf(spec);
  if (isRaw(spec["pluginConfig"])) {
    const ignored = ["defaultConfig", "matchRules"].filter(field => field in spec);
    if (ignored.length > 0)
      report(
        ["spec", "pluginConfig"],
        `pluginConfig beside ${ignored.join(" and ")}`,
        "one of them: Higress reads no other then",
      );
    return { kind, variables, configuration: spec["pluginConfig"], place: path => ["spec", "pluginConfig", ...path] };
  }
  for (const field of ["url", "defaultConfig", "matchRules"])
    if (spec[field] === null) report(["spec", field], "nothing", `a value, or no ${field}`);
  const rules = members(spec["matchRules"]).filter(([, rule]) => object(rule)["configDisable"] !== true);
  for (const [i, rule] of rules) checkRule(["spec", "matchRules", i], rule, report);
  const on = spec["defaultConfigDisable"] !== true;
  const configuration = {
    ...(on ? object(spec["defaultConfig"]) : {}),
    ...(rules.length > 0 && { _rules_: rules.map(([, rule]) => ruleOf(object(rule))) }),
  };
  return {
    kind,
    variables,
    configuration,
    place([first, second, ...rest]) {
      if (first === undefined) return ["spec"];
      if (first !== "_rules_")
        return ["spec", "defaultConfig", first, ...(second === undefined ? [] : [second]), ...rest];
      const [index] = rules[Number(second)] ?? [Number(second)];
      return ["spec", "matchRules", index, "config", ...rest];
    },
  };
}

function variablesOf(spec: Raw): Map<string, string | null> {
  const entries = objects(object(spec["vmConfig"])["env"]);
  return new Map(
    entries.map(([, { name, value, valueFrom }]) => [text(name), valueFrom === "HOST" ? null : text(value)]),
  );
}

/** The field of a match rule, and the field of the plugin's rule that it becomes. */
const MATCHES = { ingress: "_match_route_", domain: "_match_domain_", service: "_match_service_" };

function ruleOf(rule: Raw): Raw {
  const matches = Object.entries(MATCHES).filter(([field]) => rule[field] !== undefined);
  return { ...object(rule["config"]), ...Object.fromEntries(matches.map(([field, name]) => [name, rule[field]])) };
}

function checkRule(path: Path, rule: unknown, report: Check["report"]): void {
  const fields = Object.keys(MATCHES);
  if (!fields.some(field => members(object(rule)[field]).length > 0))
    report(path, "a rule that matches nothing", `a list under ${fields.join(", ")}`);
}
