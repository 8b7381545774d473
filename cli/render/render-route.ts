import type { GatewayConfig } from "../config/config-types.js";
import { clustersOf } from "./render-clusters.js";
import { innerName } from "./render-hop.js";
import { GRACE_MS, MOST_ATTEMPTS } from "../../assembly/config/route-limits.js";
import { longestTimeout, modeOf, type Mode, type RenderOptions } from "./render-options.js";
import { quote, seconds, yaml } from "./yaml-text.js";

/** The route configuration: every path reaches the module, which answers what is not for a provider. */
export function renderRoutes(config: GatewayConfig, options: RenderOptions): string {
  return yaml`
    name: ai-failover
    virtual_hosts:
    - name: ai-failover
      domains: ["*"]
      routes:
      - match: {prefix: /}
        ${renderRoute(config, options)}
  `;
}

/** What stands beside `match` in the route that leads to the providers. */
export function renderRoute(config: GatewayConfig, options: RenderOptions): string {
  return yaml`
    # The gateway role cannot remove it: Envoy looks for the route by it.
    request_headers_to_remove: [x-forwarded-proto]
    ${ROUTES[modeOf(options)](config, options)}
  `;
}

const ROUTES: Record<Mode, (config: GatewayConfig, options: RenderOptions) => string> = {
  retry: retryRoute,
  hop: hopRoute,
  callout: calloutRoute,
};

function retryRoute(config: GatewayConfig): string {
  const refresh = yaml`
    # Each retry goes where the module points then, else all would go to the first cluster.
    refresh_cluster_on_retry: true
  `;
  return yaml`
    route:
      inline_cluster_specifier_plugin:
        ${clusterChoice(config)}
      ${retries(longestTimeout(config), refresh)}
  `;
}

function hopRoute(config: GatewayConfig, options: RenderOptions): string {
  return yaml`
    route:
      # Every attempt goes through the internal listener of this Envoy, where the module chooses the provider's cluster.
      cluster: ${innerName(config.variables, options)}
      ${retries(longestTimeout(config) + GRACE_MS)}
  `;
}

/** @param longest of all requests, ms */
function retries(longest: number, refresh = ""): string {
  return yaml`
    # A request with a shorter limit says so (x-envoy-upstream-rq-timeout-ms), or one that may not be sent again (x-envoy-max-retries).
    timeout: ${seconds(longest)}
    # Never add a hedge_policy: attempts would run side by side, and all on the first cluster.
    retry_policy:
      # An attempt without an answer is tried again; an answer only when the module asks by its header.
      retry_on: connect-failure,refused-stream,reset,retriable-headers
      retriable_headers: [{name: x-ai-failover-retry, present_match: true}]
      # The limit of one attempt is set by request. There is no per_try_idle_timeout: its clock runs before the first byte too; the
      # module keeps idleTimeout between events.
      num_retries: ${MOST_ATTEMPTS - 1}
      ${refresh}
      # Another token or provider can be tried at once. Where a request has to wait, the module holds the failed answer meanwhile.
      retry_back_off: {base_interval: 0.001s, max_interval: 0.002s}
  `;
}

function calloutRoute(config: GatewayConfig): string {
  return yaml`
    route:
      inline_cluster_specifier_plugin:
        ${clusterChoice(config)}
      # No retry policy: further attempts are callouts of the module, which keeps all time limits by its own clock.
      # A route timeout that fires while an answer is held could not be rescued any more.
      timeout: 0s
  `;
}

function clusterChoice({ providers }: GatewayConfig): string {
  const names = providers.flatMap(clustersOf);
  const action = "type.googleapis.com/envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction";
  const entries = [...new Set(names)].map(
    name => yaml`
      ${quote(name)}:
        action: {name: cluster, typed_config: {"@type": ${action}, cluster: ${quote(name)}}}
    `,
  );
  return yaml`
    # The module names the cluster in filter state: not a header, so no client can choose one and no provider sees it.
    # There is no on_no_match: what the module did not plan ends in a 503 and reaches nobody.
    extension:
      name: envoy.router.cluster_specifier_plugin.matcher
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier
        cluster_matcher:
          matcher_tree:
            input:
              name: ai-failover-cluster
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.FilterStateInput
                key: wasm.ai_failover_cluster
            exact_match_map:
              map:
                ${entries.join("\n")}
  `;
}
