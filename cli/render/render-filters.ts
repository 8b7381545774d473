import type { GatewayConfig } from "../config/config-types.js";
import { attemptJson, gatewayJson, statusJson } from "./render-plugin.js";
import { modeOf, type RenderOptions } from "./render-options.js";
import { quote, yaml } from "./yaml-text.js";

/** The module in its gateway role, before the router. */
export function gatewayFilter(config: GatewayConfig, options: RenderOptions): string {
  const json = gatewayJson(config, options);
  return yaml`
    name: ai-failover
    typed_config:
      ${wasmFilter("gateway", json, config.variables, options)}
  `;
}

/** The module in its status role, on the status listener. */
export function statusFilter(config: GatewayConfig, options: RenderOptions): string {
  return yaml`
    # Answers /status and takes orders there.
    name: ai-failover-status
    typed_config:
      ${wasmFilter("status", statusJson(config), config.variables, options)}
  `;
}

/** The module in its attempt role. */
export function attemptFilter(variables: string[], options: RenderOptions): string {
  return yaml`
    name: ai-failover-attempt
    typed_config:
      ${wasmFilter("attempt", attemptJson(modeOf(options)), variables, options)}
  `;
}

/** The router by itself. */
export const routerFilter = yaml`
  name: envoy.filters.http.router
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
    # Else providers are told our time limits (x-envoy-expected-rq-timeout-ms).
    suppress_envoy_headers: true
`;

/** The router of the listener that clients call, in retry mode with the module in its attempt role inside it. */
export function gatewayRouter(config: GatewayConfig, options: RenderOptions): string {
  if (modeOf(options) !== "retry") return routerFilter;
  return yaml`
    ${routerFilter}
      ${attemptFilters(config, options)}
  `;
}

function attemptFilters({ variables }: GatewayConfig, options: RenderOptions): string {
  return yaml`
    # One more pass through the module for each attempt: it sets token, path, host and model of the hop. Here and not in the
    # http_filters of the clusters: those are passed by callouts too, from within a call of the module (docs/envoy-facts.md, 12.6).
    upstream_http_filters:
    - ${attemptFilter(variables, options)}
    - name: envoy.filters.http.upstream_codec # must be the last
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec
  `;
}

function wasmFilter(role: string, json: string, variables: string[], options: RenderOptions): string {
  const { wasm, vmId = "ai-failover" } = options;
  return yaml`
    "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
    config:
      name: ai-failover-${role}
      root_id: ai-failover-${role}
      # After a trap the VM starts again; the default leaves the worker dead.
      failure_policy: FAIL_RELOAD
      # The default of 1s would answer every request of the worker with 503 for that long.
      reload_config: {backoff: {base_interval: 0.02s}}
      # The module may hold headers while it still gets the body.
      allow_on_headers_stop_iteration: true
      vm_config:
        # One id, code and environment for both roles: they share a VM on each worker, and so the exchanges.
        ${vmId === "" ? "" : `vm_id: ${vmId}`}
        runtime: envoy.wasm.runtime.v8
        code: {local: {filename: ${quote(wasm)}}}
        ${environment(variables)}
      configuration:
        "@type": type.googleapis.com/google.protobuf.StringValue
        value: |
          ${json}
  `;
}

function environment(variables: string[]): string {
  if (variables.length === 0) return "";
  return yaml`
    # The module reads these secrets for itself: their values are in no file and not in /config_dump.
    environment_variables: {host_env_keys: [${variables.map(quote).join(", ")}]}
  `;
}
