import type { Address, GatewayConfig } from "../config/types.js";
import { renderFilters } from "./filters.js";
import { longestTimeout, type RenderOptions } from "./options.js";
import { renderRoute } from "./route.js";
import { quote, seconds, yaml } from "./text.js";

export const socketAddress = ({ host, port }: Address): string =>
  `{socket_address: {address: ${quote(host)}, port_value: ${port}}}`;

/** The listener that clients call, with the limits that Envoy advises for one that strangers can reach. */
export function renderListener(config: GatewayConfig, options: RenderOptions): string {
  const longest = longestTimeout(config);
  return yaml`
    name: ai-failover
    address: ${socketAddress(config.listen)}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ai_failover
          # Clients are strangers: Envoy removes their x-envoy-* headers, which would steer retries and time limits.
          use_remote_address: true
          # A client that sends its headers slowly keeps a connection, not more.
          request_headers_timeout: 10s
          # A body may come slowly, but not for ever. Also counts while the module holds a request, hence above every timeout.
          request_timeout: ${seconds(longest + 300_000)}
          # Above the longest timeout, which the module keeps: silence of a provider is not for Envoy to end.
          stream_idle_timeout: ${seconds(longest + 30_000)}
          # Header size and count of a request; more is answered with 431.
          max_request_headers_kb: 60
          common_http_protocol_options:
            max_headers_count: 100
            # A connection that nobody uses.
            idle_timeout: 900s
          http2_protocol_options:
            # Calls at once on one connection, and the bytes that they may leave unread in our buffers.
            max_concurrent_streams: 100
            initial_stream_window_size: 1048576
            initial_connection_window_size: 4194304
            # Floods of cheap frames end the connection: Envoy's defaults, written out because the limits of a public
            # gateway should not change unseen.
            max_outbound_control_frames: 1000
            max_consecutive_inbound_frames_with_empty_payload: 1
            max_inbound_priority_frames_per_stream: 100
            max_inbound_window_update_frames_per_data_frame_sent: 10
          # "/v1/../x" must not mean one thing here and another at a provider.
          normalize_path: true
          merge_slashes: true
          route_config:
            ${renderRoute(config, options)}
          http_filters:
          ${renderFilters(config, options)}
  `;
}
