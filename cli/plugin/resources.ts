import { parse } from "yaml";
import type { Path } from "../config/problem.js";
import { isRaw, text, type Raw } from "../config/raw.js";
import { sourceOf, type Source } from "../config/source.js";
import type { Envelope } from "./envelope.js";

/** A configuration inside a resource of Kubernetes that is none itself. */
export interface Embedded {
  source: Source;
  /** Absent: it is a configuration of ours. */
  envelope?: Envelope;
}

/** "EnvoyFilter ai-failover"; undefined for what is no resource of Kubernetes. */
export function resourceName(value: unknown): string | undefined {
  if (!isRaw(value) || typeof value["kind"] !== "string") return undefined;
  const metadata = value["metadata"];
  const name = isRaw(metadata) ? text(metadata["name"]) : "";
  return name === "" ? value["kind"] : `${value["kind"]} ${name}`;
}

/** What a resource holds for this module: files of ours in a ConfigMap, and what an EnvoyFilter or the like hands to a Wasm filter. */
export function embeddedIn(source: Source): Embedded[] {
  const { value } = source;
  if (!isRaw(value)) return [];
  return value["kind"] === "ConfigMap" ? filesIn(source, value) : pluginsIn(source, value, []);
}

function filesIn(source: Source, { data }: Raw): Embedded[] {
  if (!isRaw(data)) return [];
  return Object.entries(data).flatMap(([name, file]) => {
    const config = typeof file === "string" && /\.ya?ml$/.test(name) ? read(file, parse) : undefined;
    if (!isRaw(config) || !("providers" in config)) return [];
    const base = sourceOf(config, source.name, source.directory);
    return [{ source: { ...base, locate: below(source, ["data", name]) } }];
  });
}

/** Every Wasm filter below this value that is the module in its gateway role. */
function pluginsIn(source: Source, value: unknown, path: Path): Embedded[] {
  if (typeof value !== "object" || value === null) return [];
  const found = isRaw(value) ? pluginOf(source, value, path) : [];
  const inside = Array.isArray(value) ? value.entries() : Object.entries(value);
  return [...found, ...[...inside].flatMap(([key, member]) => pluginsIn(source, member, [...path, key]))];
}

function pluginOf(source: Source, value: Raw, path: Path): Embedded[] {
  if (value["root_id"] !== "ai-failover-gateway" || !isRaw(value["configuration"])) return [];
  const configuration = read(text(value["configuration"]["value"]), JSON.parse);
  const at = [...path, "configuration", "value"];
  const place = (inner: Path): Path => [...at, ...inner];
  // What is no JSON is no object either, and the module says so.
  const given = isRaw(configuration) ? configuration : ([configuration] as unknown as Raw);
  return [{ source, envelope: { kind: "plugin configuration", configuration: given, place } }];
}

/** Where a part of a text stands: below the text, which has lines of its own. */
const below =
  (source: Source, path: Path): Source["locate"] =>
  problem =>
    source.locate({ ...problem, path: [...path, ...problem.path] });

function read(given: string, reader: (text: string) => unknown): unknown {
  try {
    return reader(given);
  } catch {
    return undefined;
  }
}
