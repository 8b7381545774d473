/**
 * What is compared: one Envoy for each, all with the listener, the connection manager and the cluster that the product renders.
 * What a variant lacks is taken out of that rendering, so that nothing else differs.
 */
import { parse } from "yaml";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { renderEnvoy } from "../../cli/render/render-envoy.js";
import type { Mode } from "../../cli/render/render-options.js";
import { FAILURES, GOOD_TOKEN } from "./bench-tokens.js";

export type Variant = "bare" | "no-op" | "calls" | "retry" | "before" | "hop" | "callout";

const MODES: Record<Variant, Mode> = {
  bare: "retry",
  "no-op": "retry",
  calls: "retry",
  retry: "retry",
  before: "retry",
  hop: "hop",
  callout: "callout",
};

export interface Setting {
  listen: number;
  admin: number;
  upstream: number;
  /** The compiled module of this variant. */
  wasm: string;
}

/** The bootstrap of one variant, as JSON. */
export function bootstrapOf(variant: Variant, setting: Setting): string {
  const envoy = parse(render(variant, setting)) as Bootstrap;
  if (variant === "bare" || variant === "no-op") simplify(variant, envoy);
  const json = JSON.stringify(envoy);
  // What a module of before may not know, and refuse: it says its limits with each request, and makes no callouts in retry mode.
  return variant === "before" ? json.replace(/\\n *\\"(?:routeTimeout|calloutCluster)\\": [^,]+,/g, "") : json;
}

/** Models `bench-*` are served at once; `401-*` and the like meet that failure first, for nothing is ever taken out here. */
function render(variant: Variant, { listen, admin, upstream, wasm }: Setting): string {
  const url = `http://127.0.0.1:${upstream}/v1`;
  const never = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1_000_000 } };
  const good = { provider: "bench", modelMapping: { "*": "bench-there" } };
  const config = {
    listen: `127.0.0.1:${listen}`,
    admin: `127.0.0.1:${admin}`,
    status: { enabled: false },
    console: { enabled: false },
    providers: [
      { id: "bench", type: "openai", url, apiTokens: [{ value: GOOD_TOKEN }] },
      ...Object.entries(FAILURES).map(([failure, value]) => ({
        ...{ id: `fails-${failure}`, type: "openai", url, apiTokens: [{ value }] },
        ...never,
      })),
    ],
    routes: [
      { name: "bench", modelPredicates: [{ matchType: "PRE", matchValue: "bench-" }], upstreams: [good] },
      ...Object.keys(FAILURES).map(failure => ({
        name: `rescue-${failure}`,
        modelPredicates: [{ matchType: "PRE", matchValue: `${failure}-` }],
        upstreams: [{ provider: `fails-${failure}` }],
        fallbackConfig: { enabled: true, upstreams: [good] },
      })),
    ],
  };
  return renderEnvoy(resolveConfig(sourceOf(config, "bench")), { wasm, mode: MODES[variant] });
}

interface Bootstrap {
  static_resources: {
    clusters: [{ name: string }];
    listeners: { name: string; filter_chains: [{ filters: [{ typed_config: ConnectionManager }] }] }[];
  };
}

interface ConnectionManager {
  http_filters: { name: string; typed_config: { upstream_http_filters?: unknown } }[];
  route_config: {
    virtual_hosts: [{ routes: { match: { filter_state?: unknown }; route: Record<string, unknown> }[] }];
  };
}

/** One plain route to the cluster, without what only the module needs. */
function simplify(variant: Variant, { static_resources: { clusters, listeners } }: Bootstrap): void {
  const manager = listeners.find(({ name }) => name === "ai-failover")!.filter_chains[0].filters[0].typed_config;
  const [host] = manager.route_config.virtual_hosts;
  host.routes = host.routes.filter(({ match }) => match.filter_state === undefined);
  for (const { route } of host.routes) {
    delete route["inline_cluster_specifier_plugin"];
    route["cluster"] = clusters[0].name;
    if (variant === "bare") delete route["retry_policy"];
  }
  if (variant === "no-op") return;
  const router = manager.http_filters.at(-1)!;
  delete router.typed_config.upstream_http_filters;
  manager.http_filters = [router];
}
