import { asList, yaml } from "./yaml-text.js";

interface InnerListener {
  name: string;
  /** In statistics. */
  stats: string;
  /** `local_reply_config`. */
  replies: string;
  /** Before the router, and the router. */
  filters: string[];
  /** Of answers that come from a provider. */
  removedOfAnswers?: string;
}

/** A listener of this Envoy for this Envoy: what comes there leaves for the cluster that a header names, without Envoy's own marks. */
export function internalListener({ name, stats, replies, filters, removedOfAnswers }: InnerListener): string {
  return yaml`
    name: ${name}
    internal_listener: {}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ${stats}
          codec_type: HTTP1
          http_protocol_options: {enable_trailers: true}
          # As they come from the listener that clients call, and from providers.
          generate_request_id: false
          server_header_transformation: PASS_THROUGH
          # The module and the other listener keep all limits. Of headers more than that one takes.
          stream_idle_timeout: 0s
          # A stream that breaks off ends the connection, and only that tells the other side. There are no bytes that could reset it.
          delayed_close_timeout: 0.02s
          max_request_headers_kb: 128
          common_http_protocol_options: {max_headers_count: 200, idle_timeout: 0s}
          ${replies}
          route_config:
            name: ${stats.replaceAll("_", "-")}
            virtual_hosts:
            - name: ${stats.replaceAll("_", "-")}
              domains: ["*"]
              routes:
              - match: {prefix: /}
                # What Envoy itself has added, and what the module tells this route.
                request_headers_to_remove: ${removedHeaders}
                ${removedOfAnswers === undefined ? "" : `response_headers_to_remove: [${removedOfAnswers}]`}
                # A request that the module did not plan has no such header and reaches nobody.
                route: {cluster_header: x-ai-failover-cluster, timeout: 0s}
          http_filters:
          ${asList(filters)}
  `;
}

/** The cluster whose only endpoint is that listener. */
export function internalCluster(name: string, stats: string, circuitBreakers: string): string {
  return yaml`
    name: ${name}
    # In statistics it has a name that stays.
    alt_stat_name: ${stats}
    type: STATIC
    connect_timeout: 1s
    ${circuitBreakers}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        common_http_protocol_options: {idle_timeout: 55s, max_headers_count: 200}
        # HTTP/1.1 costs less here than HTTP/2.
        explicit_http_config: {http_protocol_options: {enable_trailers: true}}
    load_assignment:
      cluster_name: ${name}
      endpoints: [{lb_endpoints: [{endpoint: {address: {envoy_internal_address: {server_listener_name: ${name}}}}}]}]
  `;
}

/** What the bootstrap needs for internal listeners. */
export const innerBootstrap = yaml`
  # For the listeners that attempts or calls of the module pass.
  bootstrap_extensions:
  - name: envoy.bootstrap.internal_listener
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener
`;

const removedHeaders = `[${[
  "x-ai-failover-cluster",
  "x-forwarded-proto",
  "x-envoy-attempt-count",
  "x-envoy-decorator-operation",
  "x-envoy-original-path",
  "x-envoy-original-host",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-external-address",
  "x-envoy-internal",
].join(", ")}]`;
