/**
 * What is compared: one Envoy for each, all with the listener, the connection manager and the cluster that the product renders.
 * What a variant lacks is taken out of that rendering, so that nothing else differs.
 */
import { parse } from "yaml";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { renderEnvoy } from "../../cli/render/render-envoy.js";
import { BAD_TOKEN, GOOD_TOKEN } from "./bench-tokens.js";

export const VARIANTS = ["bare", "retry policy", "no-op", "ours", "ours, 401 first"] as const;
export type Variant = (typeof VARIANTS)[number];

export interface Setting {
  listen: number;
  admin: number;
  upstream: number;
  /** The compiled modules. */
  ours: string;
  noop: string;
}

/** The bootstrap of one variant, as JSON. */
export function bootstrapOf(variant: Variant, setting: Setting): string {
  const envoy = parse(render(variant, setting)) as Bootstrap;
  if (!variant.startsWith("ours")) simplify(variant, envoy);
  return JSON.stringify(envoy);
}

function render(variant: Variant, { listen, admin, upstream, ours, noop }: Setting): string {
  const good = { value: GOOD_TOKEN };
  // All but one of a million requests meet the bad token first, and as it is never taken out, so does the next one.
  const rescue = {
    apiTokens: [{ value: BAD_TOKEN, weight: 1_000_000 }, good],
    tokenChoice: "weighted",
    failover: { enabled: false },
  };
  const config = {
    listen: `127.0.0.1:${listen}`,
    admin: `127.0.0.1:${admin}`,
    status: { enabled: false },
    console: { enabled: false },
    providers: [
      {
        ...{ id: "bench", type: "openai", url: `http://127.0.0.1:${upstream}/v1` },
        models: ["bench-*"],
        modelMapping: { "*": "bench-there" },
        ...(variant === "ours, 401 first" ? rescue : { apiTokens: [good] }),
      },
    ],
  };
  return renderEnvoy(resolveConfig(sourceOf(config, "bench")), { wasm: variant === "no-op" ? noop : ours });
}

interface Bootstrap {
  static_resources: {
    clusters: [{ name: string }];
    listeners: [{ filter_chains: [{ filters: [{ typed_config: ConnectionManager }] }] }];
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
  const manager = listeners[0].filter_chains[0].filters[0].typed_config;
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
