import { parse, parseDocument, type Document, type YAMLMap, type YAMLSeq } from "yaml";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { parts, renderPart, type Part } from "../../cli/render/render-parts.js";

/** The parts as `render --part` prints them. */
export function renderParts(
  config: unknown,
  wasm: string,
  envoyVersion: string,
  env: Record<string, string> = { DASHSCOPE_API_KEY: "sk-a", DEEPSEEK_API_KEY: "sk-b", PARTNER_API_KEY: "sk-c" },
): Record<Part, string> {
  const resolved = resolveConfig(sourceOf(config, "the example"), env);
  const options = { wasm, envoyVersion, caFile: "/etc/ssl/certs/ca-certificates.crt" };
  const names = Object.keys(parts) as Part[];
  return Object.fromEntries(names.map(name => [name, renderPart(name, resolved, options)])) as Record<Part, string>;
}

const MANAGER = ["static_resources", "listeners", 0, "filter_chains", 0, "filters", 0, "typed_config"];

/** Pastes the parts as docs/existing-envoy.md says, comments included. */
export function paste(before: string, rendered: Record<Part, string>): Document {
  const document = parseDocument(before);
  const part = (name: Part): YAMLMap => parseDocument(rendered[name]).contents as YAMLMap;
  const list = (map: YAMLMap, field: string): unknown[] => (map.get(field) as YAMLSeq).items;

  const manager = document.getIn(MANAGER) as YAMLMap;
  for (const { key, value } of part("filters").items) {
    if (String(key) !== "http_filters") manager.set(key, value);
    else list(manager, "http_filters").splice(-1, 1, ...(value as YAMLSeq).items);
  }

  const [host] = list(manager.get("route_config") as YAMLMap, "virtual_hosts") as [YAMLMap];
  list(host, "routes").unshift(...list(part("route"), "routes"));

  const clusters = document.getIn(["static_resources", "clusters"]) as YAMLSeq;
  const { names, fields } = forOwnClusters(rendered.clusters);
  for (const cluster of clusters.items as YAMLMap[])
    if (names.includes(cluster.get("name") as string)) for (const { key, value } of fields) cluster.set(key, value);
  clusters.items.push(...list(part("clusters"), "clusters"));

  if (/^listeners:/m.test(rendered.listener)) {
    (document.getIn(["static_resources", "listeners"]) as YAMLSeq).items.unshift(
      ...list(part("listener"), "listeners"),
    );
    document.set("bootstrap_extensions", part("listener").get("bootstrap_extensions"));
  }

  const [stats] = part("stats").items;
  document.set(stats!.key, stats!.value);
  return document;
}

/** What the clusters part says, in comments, that clusters of the user's own get. */
export function forOwnClusters(text: string): { names: string[]; fields: YAMLMap["items"] } {
  const [, names, fields] = /^# Goes into your own (.+):\n#\n((?:# .*\n)+)/m.exec(text) ?? [];
  if (names === undefined) return { names: [], fields: [] };
  return {
    names: names.split(", "),
    fields: (parseDocument(fields!.replace(/^# /gm, "")).contents as YAMLMap).items,
  };
}

/** Without comments and aliases. */
export const plain = (document: Document): unknown => parse(document.toString());
