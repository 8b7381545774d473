import { isIP } from "node:net";
import type { ClusterTarget, GatewayConfig, Provider } from "../config/config-types.js";
import { systemAuthorities } from "./authorities.js";
import { modeOf, type RenderOptions } from "./render-options.js";
import { quote, seconds, yaml } from "./yaml-text.js";

/** One for each address of a provider; none for those that stand in the user's own Envoy. */
export const targetsOf = ({ providers }: GatewayConfig): ClusterTarget[] => providers.flatMap(({ targets }) => targets);

export function clusterList(targets: ClusterTarget[], options: RenderOptions): string[] {
  return targets.map(target => renderCluster(target, options));
}

/** For the HttpProtocolOptions of a provider's cluster, where no listener can do it (render-callouts). */
export const ownHeaders = yaml`
  # Callouts and probes are marked by Envoy, which is none of a provider's business.
  http_filters:
  - name: envoy.filters.http.header_mutation
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
      mutations: {request_mutations: [{remove: x-envoy-internal}, {remove: x-envoy-expected-rq-timeout-ms}]}
  - name: envoy.filters.http.upstream_codec
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec
`;

/** The store of a fleet: none, or one. */
export function fleetClusters({ fleet }: GatewayConfig, options: RenderOptions): string[] {
  return fleet?.target === undefined ? [] : [renderStore(fleet.target, options)];
}

function renderStore(target: ClusterTarget, { caFile = systemAuthorities() }: RenderOptions): string {
  const { name, tls, connectTimeout } = target;
  return yaml`
    name: ${quote(name)}
    connect_timeout: ${seconds(connectTimeout)}
    ${endpoints(target)}
    ${rawConnections}
    ${tls ? transport(tls, caFile) : ""}
  `;
}

/** The collector of spans: none, or one. */
export function tracingClusters({ tracing }: GatewayConfig, { caFile = systemAuthorities() }: RenderOptions): string[] {
  if (tracing === undefined) return [];
  const { name, tls, connectTimeout } = tracing.target;
  return [
    yaml`
      name: ${quote(name)}
      connect_timeout: ${seconds(connectTimeout)}
      ${endpoints(tracing.target)}
      ${tls ? transport(tls, caFile) : ""}
    `,
  ];
}

const rawConnections = yaml`
  # What the module sends there becomes a TCP connection of its own: the body goes out as it is, the headers do not.
  upstream_config:
    name: envoy.upstreams.http.tcp
    typed_config: {"@type": type.googleapis.com/envoy.extensions.upstreams.http.tcp.v3.TcpConnectionPoolProto}
`;

/** Every cluster that a provider is reached by. */
export const clustersOf = ({ cluster, messagesCluster }: Provider): string[] =>
  messagesCluster ? [cluster, messagesCluster] : [cluster];

export const circuitBreakers = yaml`
  # The defaults (1024, and 3 retries at once) would refuse under load just when many requests fail over.
  # max_retries is counted on the cluster of the first attempt, for all further ones.
  circuit_breakers:
    thresholds: [{max_connections: 10000, max_pending_requests: 10000, max_requests: 10000, max_retries: 10000}]
`;

function renderCluster(target: ClusterTarget, options: RenderOptions): string {
  const { name, tls, connectTimeout } = target;
  const { caFile = systemAuthorities() } = options;
  return yaml`
    name: ${quote(name)}
    connect_timeout: ${seconds(connectTimeout)}
    ${endpoints(target)}
    ${circuitBreakers}
    # Notices a peer that went away without a word.
    upstream_connection_options:
      tcp_keepalive: {keepalive_time: 30, keepalive_interval: 10, keepalive_probes: 3}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        # Most load balancers drop an idle connection after 60 s: let ours go first, or an attempt meets the reset.
        common_http_protocol_options: {idle_timeout: 55s}
        ${tls ? negotiatedProtocol : explicitProtocol}
        ${modeOf(options) === "callout" ? ownHeaders : ""}
    ${tls ? transport(tls, caFile) : ""}
  `;
}

const explicitProtocol = yaml`
  # Some servers send both; the framing by chunks counts (RFC 9112, 6.3).
  explicit_http_config: {http_protocol_options: {allow_chunked_length: true}}
`;

const negotiatedProtocol = yaml`
  # HTTP/2 where the provider offers it (ALPN). One connection carries many calls then, so a dead one must be noticed.
  auto_config:
    http_protocol_options: {allow_chunked_length: true}
    http2_protocol_options: {connection_keepalive: {interval: 30s, timeout: 10s}}
`;

function endpoints({ name, host, port }: ClusterTarget): string {
  const address = `{endpoint: {address: {socket_address: {address: ${quote(host)}, port_value: ${port}}}}}`;
  if (isIP(host))
    return yaml`
      type: STATIC
      load_assignment:
        cluster_name: ${quote(name)}
        endpoints: [{lb_endpoints: [${address}]}]
    `;
  return yaml`
    type: STRICT_DNS
    # IPv6 alone fails where a network has none; both would spread attempts over addresses that may not work.
    dns_lookup_family: V4_PREFERRED
    load_assignment:
      cluster_name: ${quote(name)}
      endpoints:
      - lb_endpoints: [${address}]
      # Used only while the name does not resolve. Nobody can listen on port 0, so that is a connect failure, which is
      # retried elsewhere; without it Envoy would answer by itself.
      - priority: 1
        lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}}]
  `;
}

/** TLS with a check of the certificate and its names. */
export function transport({ serverName, caFile }: NonNullable<ClusterTarget["tls"]>, systemCa: string): string {
  return yaml`
    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        # Written out, because auto_sni and auto_san_validation would use the host that the client asked for.
        ${isIP(serverName) ? "" : `sni: ${quote(serverName)}`}
        common_tls_context:
          validation_context:
            trusted_ca: {filename: ${quote(caFile || systemCa)}}
            match_typed_subject_alt_names:
            - {san_type: ${isIP(serverName) ? "IP_ADDRESS" : "DNS"}, matcher: {exact: ${quote(serverName)}}}
  `;
}
