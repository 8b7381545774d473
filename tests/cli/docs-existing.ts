import { parse, parseDocument, type Document, type YAMLMap, type YAMLSeq } from "yaml";
import { resolveConfig } from "../../cli/config/load.js";
import { sourceOf } from "../../cli/config/source.js";
import { renderPart, type Part } from "../../cli/render/parts.js";

/** The three parts as `render --part` prints them. */
export function renderParts(config: unknown, wasm: string, envoyVersion: string): Record<Part, string> {
  const env = { DASHSCOPE_API_KEY: "sk-a", DEEPSEEK_API_KEY: "sk-b", PARTNER_API_KEY: "sk-c" };
  const resolved = resolveConfig(sourceOf(config, "the example"), env);
  const options = { wasm, envoyVersion, caFile: "/etc/ssl/certs/ca-certificates.crt" };
  const part = (name: Part) => renderPart(name, resolved, options);
  return { filters: part("filters"), route: part("route"), clusters: part("clusters") };
}

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const MANAGER = ["static_resources", "listeners", 0, "filter_chains", 0, "filters", 0, "typed_config"];
const FILTER_CONFIG = "type.googleapis.com/envoy.config.route.v3.FilterConfig";

/** Pastes the parts as docs/existing-envoy.md says, comments included. `own`: clusters there that are providers'. */
export function paste(before: string, parts: Record<Part, string>, own: string[]): Document {
  const document = parseDocument(before);
  const list = (text: string, field: string): YAMLSeq => parseDocument(text).get(field) as YAMLSeq;
  const filters = list(parts.filters, "http_filters");
  const [gateway, router] = filters.items as [YAMLMap, YAMLMap];
  const attempt = router.getIn(["typed_config", "upstream_http_filters"]);
  router.deleteIn(["typed_config", "upstream_http_filters"]);

  // 1: the gateway role before the router, off where a route does not ask for it.
  gateway.set("disabled", true);
  const manager = document.getIn(MANAGER) as YAMLMap;
  const theirs = manager.get("http_filters") as YAMLSeq;
  theirs.items.splice(-1, 1, gateway, router);
  manager.set("use_remote_address", true);
  manager.set("stream_idle_timeout", "630s");

  // 2: the route, for which the filter is on.
  const routes = parseDocument(parts.route).getIn(["route_config", "virtual_hosts", 0, "routes"]) as YAMLSeq;
  const route = routes.items[0] as YAMLMap;
  route.setIn(["match", "prefix"], "/v1/");
  const on = { "ai-failover": { "@type": FILTER_CONFIG, config: {} } };
  route.set("typed_per_filter_config", document.createNode(on));
  (manager.getIn(["route_config", "virtual_hosts", 0, "routes"]) as YAMLSeq).items.unshift(route);

  // 3: the clusters, with the attempt role in those that are providers'.
  const clusters = document.getIn(["static_resources", "clusters"]) as YAMLSeq;
  const rendered = list(parts.clusters, "clusters").items as YAMLMap[];
  const providers = (clusters.items as YAMLMap[]).filter(cluster => own.includes(cluster.get("name") as string));
  for (const cluster of providers) {
    cluster.set("circuit_breakers", rendered[0]!.get("circuit_breakers"));
    cluster.set("typed_extension_protocol_options", document.createNode(plainOptions()));
  }
  if (attempt !== undefined)
    for (const cluster of [...providers, ...rendered])
      cluster.setIn(["typed_extension_protocol_options", OPTIONS, "http_filters"], attempt);
  clusters.items.push(...rendered);
  return document;
}

const plainOptions = () => ({
  [OPTIONS]: {
    "@type": `type.googleapis.com/${OPTIONS}`,
    explicit_http_config: { http_protocol_options: {} },
  },
});

/** Without comments and aliases. */
export const plain = (document: Document): unknown => parse(document.toString());
