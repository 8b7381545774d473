import type { GatewayConfig } from "../config/config-types.js";
import { adminAddressOf, envoyAddressOf } from "./render-admin.js";
import type { RenderOptions } from "./render-options.js";
import { protection } from "./protection.js";
import { statusFilter } from "./render-filters.js";
import { asList, socketAddress, yaml } from "./yaml-text.js";

/** A name that no provider can have: theirs begin with a letter. */
const ADMIN = "_admin";

/**
 * The listener for supervisors, Prometheus and operators: whether to send requests here (/ready), whether to start it anew (/live),
 * /metrics, and the module's /status. "" when it is off.
 */
export function renderStatusListener(config: GatewayConfig, options: RenderOptions): string {
  const { status } = config;
  if (!status.enabled) return "";
  // In a fleet the module answers /ready with 503 until it has heard from the store.
  const own = statusFilter(config, options);
  return yaml`
    name: ai-failover-status
    address: ${socketAddress(status.listen)}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ai_failover_status
          ${protection}
          # The module trusts callers by their address: a client must not be able to say another one.
          use_remote_address: true
          request_timeout: 10s
          stream_idle_timeout: 10s
          route_config:
            name: ai-failover-status
            virtual_hosts:
            - name: ai-failover-status
              domains: ["*"]
              # What is not named here is 404.
              routes:
              - match: {path: /live, headers: [${get}]}
                direct_response: {status: 200, body: {inline_string: "live\\n"}}
                ${withoutModule}
              # Of the admin interface this path alone, without a query: the rest rules this Envoy.
              - match: {path: /metrics, headers: [${get}, {name: ":path", string_match: {exact: /metrics}}]}
                route: {cluster: ${ADMIN}, prefix_rewrite: /stats/prometheus}
                ${withoutModule}
          http_filters:
          ${asList(config.fleet === undefined ? [readyFilter, own] : [own, readyFilter])}
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  `;
}

/** A supervisor must not depend on the module. */
const withoutModule =
  'typed_per_filter_config: {ai-failover-status: {"@type": type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true}}';

const readyFilter = yaml`
  # Answers /ready: 200, or 503 while this Envoy drains.
  name: envoy.filters.http.health_check
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck
    pass_through_mode: false
    headers: [{name: ":method", string_match: {exact: GET}}, {name: ":path", string_match: {exact: /ready}}]
`;

const get = '{name: ":method", string_match: {exact: GET}}';

/** Envoy's own admin interface, for /metrics; "" when the status listener is off. */
export function renderAdminCluster(config: GatewayConfig, options: RenderOptions): string {
  if (!config.status.enabled) return "";
  return yaml`
    name: ${ADMIN}
    type: STATIC
    connect_timeout: 1s
    load_assignment:
      cluster_name: ${ADMIN}
      endpoints: [{lb_endpoints: [{endpoint: {address: ${envoyAddressOf(adminAddressOf(config, options))}}}]}]
  `;
}
