import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { retryCutReply } from "./local-replies.js";
import { circuitBreakers } from "./render-clusters.js";
import { attemptFilter, routerFilter } from "./render-filters.js";
import type { RenderOptions } from "./render-options.js";
import { asList, yaml } from "./yaml-text.js";

/** In place of the internal listener's name, until that is known. */
const NAME = "ai-failover-attempts";

/** The variables that the module reads: a VM has one list of them. */
type Variables = string[];

/**
 * Hop mode: the listener that every attempt passes. No edit of providers or routes changes it: connections to it are pooled, and a
 * pooled one keeps the filters, and so the VM, of its first day (docs/envoy-facts.md, 22.2).
 */
export function innerListener(variables: Variables, options: RenderOptions): string {
  return listenerText(variables, options).replace(NAME, innerName(variables, options));
}

/** The cluster whose only endpoint is that listener. */
export function innerCluster(variables: Variables, options: RenderOptions): string {
  const name = innerName(variables, options);
  return yaml`
    name: ${name}
    # In statistics it has a name that stays.
    alt_stat_name: ai_failover_attempts
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

/** What the bootstrap needs for an internal listener. */
export const innerBootstrap = yaml`
  # For the listener that every attempt passes.
  bootstrap_extensions:
  - name: envoy.bootstrap.internal_listener
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener
`;

/**
 * Another name for another VM or other filters, so that no new request rides a connection into an old one: with a hash of the
 * module's code, the variables and the text of the listener.
 */
export function innerName(variables: Variables, options: RenderOptions): string {
  const hash = createHash("sha256").update(listenerText(variables, options));
  if (existsSync(options.wasm)) hash.update(readFileSync(options.wasm));
  return `${NAME}-${hash.digest("hex").slice(0, 8)}`;
}

function listenerText(variables: Variables, options: RenderOptions): string {
  return yaml`
    # Hop mode: each attempt comes here, on the worker and so to the VM of its request.
    name: ${NAME}
    internal_listener: {}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ai_failover_attempts
          codec_type: HTTP1
          http_protocol_options: {enable_trailers: true}
          # As they come from the listener that clients call, and from providers.
          generate_request_id: false
          server_header_transformation: PASS_THROUGH
          # The module and the other listener keep all limits. Of headers more than that one takes.
          stream_idle_timeout: 0s
          # A stream that breaks off ends the connection, and only that tells the other listener. There are no bytes that could reset it.
          delayed_close_timeout: 0.02s
          max_request_headers_kb: 128
          common_http_protocol_options: {max_headers_count: 200, idle_timeout: 0s}
          ${retryCutReply}
          route_config:
            name: ai-failover-attempts
            virtual_hosts:
            - name: ai-failover-attempts
              domains: ["*"]
              routes:
              - match: {prefix: /}
                # What Envoy itself has added, and what the attempt filter tells this route.
                request_headers_to_remove: ${removedHeaders}
                # A request that the attempt filter did not plan has no such header and reaches nobody.
                route: {cluster_header: x-ai-failover-cluster, timeout: 0s}
          http_filters:
          ${asList([attemptFilter(variables, options), routerFilter])}
  `;
}

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
