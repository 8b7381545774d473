import { isIP } from "node:net";
import type { ClusterTarget, GatewayConfig } from "../config/config-types.js";
import { Refusal } from "../refusal.js";
import { fleetClusters, ownHeaders, targetsOf, transport } from "./render-clusters.js";
import { innerCluster, innerListener } from "./render-hop.js";
import { longestTimeout, type RenderOptions } from "./render-options.js";
import { gatewayJson } from "./render-plugin.js";
import { renderRoute } from "./render-route.js";
import { withClusters } from "./target-clusters.js";
import { asList, quote, seconds, yaml } from "./yaml-text.js";

const HOST = "llm.example.com";
/** Of the image of Higress's gateway. */
const AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

const serviceOf = ({ name, host }: ClusterTarget): string => `llm-${name}.internal.${isIP(host) ? "static" : "dns"}`;
const portOf = ({ host, port }: ClusterTarget): number => (isIP(host) ? 80 : port);
const clusterOf = (target: ClusterTarget): string => `outbound|${portOf(target)}||${serviceOf(target)}`;

/** The services, an ingress and the WasmPlugin; in hop mode with an EnvoyFilter beside it. */
export function higress(config: GatewayConfig, options: RenderOptions): string[] {
  const { mode = "callout" } = options;
  if (mode === "retry")
    throw new Refusal("Higress's Envoy cannot choose another cluster on a retry: use mode hop, or none");
  const all = targetsOf(config);
  const streams = mode === "hop";
  // Higress's VMs have no id; its Envoy is a 1.36.
  const inHigress: RenderOptions = { ...options, mode, envoyVersion: "1.36", vmId: "", cleansByCluster: true };
  const named = withClusters(config, clusterOf);
  return [
    services(all, streams),
    ingress(all[0], streams),
    plugin(named, inHigress),
    ...(streams ? [envoyFilter(named, all, inHigress)] : []),
    ...fleetClusters(config, { ...inHigress, caFile: AUTHORITIES }).map(storeFilter),
  ];
}

function services(all: ClusterTarget[], streams: boolean): string {
  const registries = all.map(target => {
    const { name, host, port, tls } = target;
    const place = isIP(host)
      ? `type: static, domain: ${quote(`${host}:${port}`)}, port: 80`
      : `type: dns, domain: ${quote(host)}, port: ${port}`;
    const protocol = tls ? `protocol: https, sni: ${quote(tls.serverName)}` : "protocol: http";
    return `{name: llm-${name}.internal, ${place}, ${protocol}}`;
  });
  return yaml`
    # ai-failover in Higress 2${streams ? ", with every rescued stream streamed" : ""}: docs/higress.md. Written by: ai-failover render --target higress${streams ? " --mode hop" : ""}

    # The only McpBridge that Higress looks at is the one named default: merge these entries into yours.
    apiVersion: networking.higress.io/v1
    kind: McpBridge
    metadata: {name: default, namespace: higress-system}
    spec:
      registries:
      ${asList(registries) || " []"}
  `;
}

function ingress(first: ClusterTarget | undefined, streams: boolean): string {
  return yaml`
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: llm
      namespace: higress-system
      annotations:
        higress.io/destination: ${first === undefined ? "a-service-of-yours" : `${serviceOf(first)}:${portOf(first)}`}
        # The module cannot remove it: Envoy looks for the route by it.
        higress.io/request-header-control-remove: x-forwarded-proto
        ${streams ? "# Higress's own policy would be merged with the module's.\nhigress.io/proxy-next-upstream: \"off\"" : ""}
    spec:
      ingressClassName: higress
      rules:
      - host: ${HOST}
        http:
          paths:
          - path: /v1
            pathType: Prefix
            backend:
              resource: {apiGroup: networking.higress.io, kind: McpBridge, name: default}
  `;
}

function plugin(config: GatewayConfig, options: RenderOptions): string {
  const streams = options.mode === "hop";
  const json = gatewayJson(config, options);
  const source = streams
    ? yaml`
        # The file that the EnvoyFilter below names too, mounted into the gateway: one module in both places is one VM.
        url: ${quote(`file://${options.wasm}`)}
      `
    : yaml`
        # The image of \`docker build .\`: plugin.wasm at its root. A file that is mounted into the gateway is file:///path.
        url: oci://registry.example.com/ai-failover:0.1.0
      `;
  return yaml`
    apiVersion: extensions.higress.io/v1alpha1
    kind: WasmPlugin
    metadata: {name: ai-failover, namespace: higress-system}
    spec:
      ${source}
      phase: UNSPECIFIED_PHASE
      priority: 100
      # After a fatal error requests fail, rather than reach a provider without a token.
      failStrategy: FAIL_CLOSE
      # Tokens come from the environment of the gateway's process: they stand in no resource and not in /config_dump.
      vmConfig:
        env:
        ${asList(config.variables.map(name => `{name: ${quote(name)}, valueFrom: HOST}`)) || " []"}
      matchRules:
      # The ingress above.
      - ingress: [llm]
        config:
          ${streams ? json : json.replace('"routing": "plan"', '"routing": "host"')}
  `;
}

function envoyFilter(config: GatewayConfig, all: ClusterTarget[], options: RenderOptions): string {
  const { variables } = config;
  const manager = "envoy.filters.network.http_connection_manager";
  const patch = (reason: string, applyTo: string, match: string, operation: string, value: string) => yaml`
    # ${reason}
    - applyTo: ${applyTo}
      match: {context: GATEWAY${match}}
      patch:
        operation: ${operation}
        value:
          ${value}
  `;
  return yaml`
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: ai-failover, namespace: higress-system}
    spec:
      workloadSelector: {labels: {app: higress-gateway}}
      configPatches:
      ${[
        patch("The listener that every attempt passes.", "LISTENER", "", "ADD", innerListener(variables, options)),
        patch("The cluster that leads to it.", "CLUSTER", "", "ADD", innerCluster(variables, options)),
        patch(
          "The route of the ingress above: every attempt goes through that listener. For TLS the same once more with port 443.",
          "HTTP_ROUTE",
          `, routeConfiguration: {vhost: {name: "${HOST}:80", route: {name: llm}}}`,
          "MERGE",
          renderRoute(config, options),
        ),
        patch(
          "A limit of the gateway's listener that would end what the module still tries; and no provider is told time limits.",
          "NETWORK_FILTER",
          `, listener: {filterChain: {filter: {name: ${manager}}}}`,
          "MERGE",
          yaml`
            name: ${manager}
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stream_idle_timeout: ${seconds(longestTimeout(config) + 5_000)}
          `,
        ),
        ...all.map(target =>
          patch(
            "Each provider's cluster. Higress checks no certificate by itself.",
            "CLUSTER",
            `, cluster: {name: "${clusterOf(target)}"}`,
            "MERGE",
            providerCluster(target),
          ),
        ),
      ].join("\n")}
  `;
}

/** An McpBridge leads to services of HTTP only. */
const storeFilter = (store: string): string => yaml`
  # The store of the fleet.
  apiVersion: networking.istio.io/v1alpha3
  kind: EnvoyFilter
  metadata: {name: ai-failover-fleet, namespace: higress-system}
  spec:
    workloadSelector: {labels: {app: higress-gateway}}
    configPatches:
    - applyTo: CLUSTER
      match: {context: GATEWAY}
      patch:
        operation: ADD
        value:
          ${store}
`;

function providerCluster({ tls }: ClusterTarget): string {
  return yaml`
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http_protocol_options: {}}
        ${ownHeaders}
    ${tls ? transport(tls, AUTHORITIES) : ""}
  `;
}
