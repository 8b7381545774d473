import type { GatewayConfig } from "../config/config-types.js";
import { localReplies } from "./local-replies.js";
import { decompressors } from "./decompressors.js";
import { gatewayFilter, gatewayRouter } from "./render-filters.js";
import { longestTimeout, modeOf, type RenderOptions } from "./render-options.js";
import { protection } from "./protection.js";
import { tracing } from "./render-tracing.js";
import { renderRoutes } from "./render-route.js";
import { asList, quote, seconds, socketAddress, yaml } from "./yaml-text.js";

/** The listener that clients call, with the limits that Envoy advises for one that strangers can reach. */
export function renderListener(config: GatewayConfig, options: RenderOptions): string {
  const longest = longestTimeout(config);
  const filterOptions = { ...options, ownsRoute: true };
  return yaml`
    name: ai-failover
    address: ${socketAddress(config.listen)}
    # When this Envoy ends, the listeners of this direction close first.
    traffic_direction: INBOUND
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ai_failover
          # A body may come slowly, but not for ever. Also counts while the module holds a request, hence above every timeout.
          request_timeout: ${seconds(longest + 300_000)}
          ${managerFields(config)}
          # No provider learns a client's address: what Envoy would append, the module would remove.
          skip_xff_append: true
          ${localReplies(modeOf(options))}
          # A stream that breaks off is told by the end of its connection, this long after its last byte. Not at once: a client that is
          # still sending must have time to read an early answer, for bytes that nobody reads reset the connection.
          delayed_close_timeout: 0.2s
          ${protection}
          http_protocol_options:
            # What an nginx says where nobody has set its proxy_http_version. Its answers end with their connection.
            accept_http_10: true
            default_host_for_http_10: ai-failover
          # "/v1/../x" must not mean one thing here and another at a provider.
          normalize_path: true
          merge_slashes: true
          ${tracing(config, options)}
          ${accessLog([config.requestLog.path, options.recordsFile ?? ""].filter(path => path !== ""))}
          route_config:
            ${renderRoutes(config, options)}
          http_filters:
          ${asList([...decompressors, gatewayFilter(config, filterOptions), gatewayRouter(config, options)])}
  `;
}

/** The module's record of each request, one a line, in each of these files. */
function accessLog(files: string[]): string {
  if (files.length === 0) return "";
  return yaml`
    access_log:
    ${asList(files.map(fileLog))}
  `;
}

const fileLog = (file: string): string => yaml`
  name: envoy.access_loggers.file
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
    path: ${quote(file)}
    log_format: {text_format_source: {inline_string: "%FILTER_STATE(wasm.record:PLAIN)%\\n"}}
`;

/** What the module needs of an HttpConnectionManager. */
export function managerFields(config: GatewayConfig): string {
  return yaml`
    # Clients are strangers: Envoy removes their x-envoy-* headers, which would steer retries and time limits.
    use_remote_address: true
    # Above the longest timeout, which the module keeps: silence of a provider is not for Envoy to end. Not far above: what waits
    # for a callout when the module's VM crashes ends only by this.
    stream_idle_timeout: ${seconds(longestTimeout(config) + 5_000)}
  `;
}
