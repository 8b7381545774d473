import { isIP } from "node:net";
import { parse, stringify } from "yaml";
import type { ClusterTarget, GatewayConfig } from "../config/config-types.js";
import { higress } from "./higress-target.js";
import { clusterList, fleetClusters, targetsOf } from "./render-clusters.js";
import { gatewayFilter, gatewayRouter } from "./render-filters.js";
import { innerBootstrap } from "./inner-manager.js";
import { calloutClusters, calloutListeners } from "./render-callouts.js";
import { innerCluster, innerListener } from "./render-hop.js";
import { longestTimeout, modeOf, type RenderOptions } from "./render-options.js";
import { switchOn } from "./render-parts.js";
import { renderRoute } from "./render-route.js";
import { distinct, withClusters } from "./target-clusters.js";
import { quote, sayOnce, seconds, yaml } from "./yaml-text.js";

type Renderer = (config: GatewayConfig, options: RenderOptions) => string[];

/** Resources of Kubernetes for what runs Envoys there: a list of documents each. */
export const targets = { istio, "envoy-gateway": envoyGateway, higress } satisfies Record<string, Renderer>;
export type Target = keyof typeof targets;

export function renderTarget(target: Target, config: GatewayConfig, options: RenderOptions): string {
  return `${sayOnce(targets[target](config, options).join("\n---\n"))}\n`;
}

// === Istio ===

const ISTIO_NAMESPACE = "istio-ingress";
const ISTIO_HOST = "llm.example.com";

/** A name that stands in no DNS for what has an address only. */
const hostOf = ({ name, host }: ClusterTarget): string => (isIP(host) ? `${name}.ai-failover.internal` : host);

function istio(config: GatewayConfig, options: RenderOptions): string[] {
  const cluster = (target: ClusterTarget) => `outbound|${target.port}||${hostOf(target)}`;
  const all = distinct(targetsOf(config), cluster);
  const named = withClusters(config, cluster);
  return [
    yaml`
      # ai-failover in Istio, for proxies on Envoy ${modeOf(options) === "retry" ? "1.39 and newer" : "1.35 to 1.38"}: docs/kubernetes.md. Written by: ai-failover render --target istio
      # Change the namespace, the selector of the gateway's pods, the Gateway and its port, and the host to yours, all where they stand.

      # The providers as services of Istio, with TLS and the names that their certificates must have.
      ${all.flatMap(istioService).join("\n---\n")}
    `,
    istioRoute(all[0]),
    yaml`
      apiVersion: networking.istio.io/v1alpha3
      kind: EnvoyFilter
      metadata: {name: ai-failover, namespace: ${ISTIO_NAMESPACE}}
      spec:
        # The pods of your gateway. For a Gateway of the Gateway API:
        # targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: llm}]
        workloadSelector: {labels: {istio: ingress}}
        configPatches:
        ${istioPatches(named, options).join("\n")}
    `,
  ];
}

function istioService(target: ClusterTarget): string[] {
  const { host, port, tls, connectTimeout } = target;
  const name = hostOf(target);
  const meta = `{name: ${quote(name.toLowerCase().replaceAll(/[^a-z0-9-]/g, "-"))}, namespace: ${ISTIO_NAMESPACE}}`;
  const address = isIP(host) ? `resolution: STATIC\nendpoints: [{address: ${quote(host)}}]` : "resolution: DNS";
  const check =
    tls === null ? "DISABLE" : `SIMPLE, sni: ${quote(tls.serverName)}, subjectAltNames: [${quote(tls.serverName)}]`;
  return [
    yaml`
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: ${meta}
      spec:
        hosts: [${quote(name)}]
        location: MESH_EXTERNAL
        ${address}
        ports: [{number: ${port}, name: ${tls ? "https" : "http"}, protocol: ${tls ? "HTTPS" : "HTTP"}}]
    `,
    yaml`
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: ${meta}
      spec:
        host: ${quote(name)}
        trafficPolicy:
          connectionPool: {tcp: {connectTimeout: ${seconds(connectTimeout)}}, http: {idleTimeout: 55s}}
          tls: {mode: ${check}}
    `,
  ];
}

function istioRoute(first: ClusterTarget | undefined): string {
  const destination = first
    ? `{host: ${quote(hostOf(first))}, port: {number: ${first.port}}}`
    : "{host: a-service-of-yours}";
  return yaml`
    # The route for which the module is on; its destination is replaced below, by what the module chooses.
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: llm, namespace: ${ISTIO_NAMESPACE}}
    spec:
      hosts: [${ISTIO_HOST}]
      gateways: [llm] # a Gateway of yours, on port 443
      http:
      - name: ai-failover
        match: [{uri: {prefix: /v1/}}]
        route: [{destination: ${destination}}]
        # Istio's own policy would be merged with the module's.
        retries: {attempts: 0}
  `;
}

const MANAGER = "filter: {name: envoy.filters.network.http_connection_manager";
const ROUTER = `{listener: {filterChain: {${MANAGER}, subFilter: {name: envoy.filters.http.router}}}}}`;

function istioPatches(config: GatewayConfig, options: RenderOptions): string[] {
  const patch = (reason: string, applyTo: string, match: string, operation: string, value: string) => yaml`
    # ${reason}
    - applyTo: ${applyTo}
      match: {context: GATEWAY${match === "" ? "" : `, ${match.slice(1, -1)}`}}
      patch:
        operation: ${operation}
        value:
          ${value}
  `;
  const { variables } = config;
  const hop = () => [
    patch("The listener that every attempt passes.", "LISTENER", "", "ADD", innerListener(variables, options)),
    patch("The cluster that leads to it.", "CLUSTER", "", "ADD", innerCluster(variables, options)),
  ];
  const stores = fleetClusters(config, options);
  const calls = [
    ...calloutListeners(options).map(text =>
      patch("The listener that the module's own calls pass, callouts and probes.", "LISTENER", "", "ADD", text),
    ),
    ...calloutClusters(options).map(text => patch("The cluster that leads to it.", "CLUSTER", "", "ADD", text)),
  ];
  return [
    ...calls,
    ...(modeOf(options) === "hop" ? hop() : []),
    ...stores.map(store => patch("The store of the fleet.", "CLUSTER", "", "ADD", store)),
    patch(
      "The gateway role, off where a route does not ask for it.",
      "HTTP_FILTER",
      ROUTER,
      "INSERT_BEFORE",
      `disabled: true\n${gatewayFilter(config, options)}`,
    ),
    patch(
      "On for the route named ai-failover of this host, whose attempts go where the module points: the host's name, and the port of " +
        "the Gateway.",
      "HTTP_ROUTE",
      `{routeConfiguration: {vhost: {name: "${ISTIO_HOST}:443", route: {name: ai-failover}}}}`,
      "MERGE",
      `typed_per_filter_config:\n  ${switchOn.replaceAll("\n", "\n  ")}\n${renderRoute(config, options)}`,
    ),
    patch(
      "Limits of your listener that would end what the module still tries.",
      "NETWORK_FILTER",
      `{listener: {filterChain: {${MANAGER}}}}}`,
      "MERGE",
      yaml`
        name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stream_idle_timeout: ${seconds(longestTimeout(config) + 5_000)}
      `,
    ),
    patch(
      "In retry mode the attempt role, in the router. What came by another route passes it.",
      "HTTP_FILTER",
      ROUTER,
      "MERGE",
      gatewayRouter(config, options),
    ),
  ];
}

// === Envoy Gateway ===

const LISTENER = "default/llm/http";

function envoyGateway(config: GatewayConfig, options: RenderOptions): string[] {
  const [first] = targetsOf(config);
  const env = config.variables
    .map(quote)
    .map(name => `- {name: ${name}, valueFrom: {secretKeyRef: {name: llm-tokens, key: ${name}}}}`);
  return [
    yaml`
      # ai-failover in Envoy Gateway, for proxies on Envoy ${modeOf(options) === "retry" ? "1.39 and newer" : "1.35 to 1.38"}: docs/kubernetes.md. Written by: ai-failover render --target envoy-gateway
      # Envoy Gateway itself needs extensionApis: {enableEnvoyPatchPolicy: true, enableBackend: true}. An EnvoyExtensionPolicy cannot do this:
      # it places one filter, and this needs two in one VM.

      # The module and the tokens in the proxy's pods.
      apiVersion: gateway.envoyproxy.io/v1alpha1
      kind: EnvoyProxy
      metadata: {name: llm, namespace: envoy-gateway-system}
      spec:
        provider:
          type: Kubernetes
          kubernetes:
            envoyDeployment:
              pod:
                volumes:
                - {name: ai-failover, configMap: {name: ai-failover-wasm}}
              container:
                volumeMounts:
                - {name: ai-failover, mountPath: /var/lib/ai-failover, readOnly: true}
                ${env.length > 0 ? `env:\n${env.join("\n")}` : ""}
        ${gatewayBootstrap(options)}
    `,
    yaml`
      apiVersion: gateway.networking.k8s.io/v1
      kind: GatewayClass
      metadata: {name: llm}
      spec:
        controllerName: gateway.envoyproxy.io/gatewayclass-controller
        parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: llm, namespace: envoy-gateway-system}
    `,
    yaml`
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: llm, namespace: default}
      spec:
        gatewayClassName: llm
        listeners:
        - {name: http, protocol: HTTP, port: 80}
    `,
    yaml`
      # The route for which the module is on; its backend is replaced below, by what the module chooses.
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: llm, namespace: default}
      spec:
        parentRefs: [{name: llm}]
        rules:
        - matches: [{path: {type: PathPrefix, value: /v1}}]
          backendRefs: [{group: gateway.envoyproxy.io, kind: Backend, name: llm}]
    `,
    yaml`
      apiVersion: gateway.envoyproxy.io/v1alpha1
      kind: Backend
      metadata: {name: llm, namespace: default}
      spec:
        endpoints: [${first === undefined ? "{fqdn: {hostname: localhost, port: 80}}" : endpointOf(first)}]
    `,
    yaml`
      apiVersion: gateway.envoyproxy.io/v1alpha1
      kind: EnvoyPatchPolicy
      metadata: {name: ai-failover, namespace: default}
      spec:
        targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: llm}
        type: JSONPatch
        jsonPatches:
        ${gatewayPatches(config, options).join("\n")}
    `,
  ];
}

/** Envoy Gateway's own bootstrap knows no internal listeners. */
function gatewayBootstrap(options: RenderOptions): string {
  if (modeOf(options) === "callout") return "";
  const { bootstrap_extensions: value } = parse(innerBootstrap) as { bootstrap_extensions: object };
  return yaml`
    bootstrap:
      type: JSONPatch
      jsonPatches:
      - {op: add, path: /bootstrap_extensions, value: ${JSON.stringify(value)}}
  `;
}

const endpointOf = ({ host, port }: ClusterTarget): string =>
  isIP(host) ? `{ip: {address: ${quote(host)}, port: ${port}}}` : `{fqdn: {hostname: ${quote(host)}, port: ${port}}}`;

function gatewayPatches(config: GatewayConfig, options: RenderOptions): string[] {
  const manager = "/default_filter_chain/filters/0/typed_config";
  // Whatever its matches and its hosts: Envoy Gateway makes a route of each.
  const route = "\"..routes[?(@.name =~ '^httproute/default/llm/rule/0/')]\"";
  const patch = (type: string, name: string, operation: string, value = "") => yaml`
    - type: type.googleapis.com/envoy.config.${type}
      name: ${quote(name)}
      operation:
        ${operation}
        ${value === "" ? "" : `value:\n  ${value.replaceAll("\n", "\n  ")}`}
  `;
  const listener = (operation: string, value?: string) => patch("listener.v3.Listener", LISTENER, operation, value);
  const onRoute = (op: string, field: string, value: string) =>
    patch("route.v3.RouteConfiguration", LISTENER, `op: ${op}\njsonPath: ${route}\npath: /${field}`, value);
  const { variables } = config;
  const isHop = modeOf(options) === "hop";
  const own = [...clusterList(targetsOf(config), options), ...fleetClusters(config, options)];
  const clusters = [...own, ...calloutClusters(options), ...(isHop ? [innerCluster(variables, options)] : [])];
  const nameOf = (text: string) => /^name: "?(.*?)"?$/m.exec(text)![1]!;
  const fields = Object.entries(parse(renderRoute(config, options)) as object);
  const inner = [...calloutListeners(options), ...(isHop ? [innerListener(variables, options)] : [])];
  return [
    "# The module's two roles and the router, in place of the router; off where a route does not ask for it.",
    listener("op: remove\njsonPath: \"..http_filters[?(@.name=='envoy.filters.http.router')]\""),
    listener(`op: add\npath: ${manager}/http_filters/-`, `disabled: true\n${gatewayFilter(config, options)}`),
    listener(`op: add\npath: ${manager}/http_filters/-`, gatewayRouter(config, options)),
    listener(`op: add\npath: ${manager}/stream_idle_timeout`, seconds(longestTimeout(config) + 5_000)),
    "# On for the route above.",
    onRoute("add", "typed_per_filter_config", switchOn),
    ...fields.map(([field, value]) =>
      onRoute(
        field === "route" ? "replace" : "add",
        field,
        stringify(value, { lineWidth: 0, compat: "yaml-1.1" }).trim(),
      ),
    ),
    "# The providers.",
    ...clusters.map(text => patch("cluster.v3.Cluster", nameOf(text), 'op: add\npath: ""', text)),
    "# What attempts and the module's own calls pass.",
    ...inner.map(text => patch("listener.v3.Listener", nameOf(text), 'op: add\npath: ""', text)),
  ];
}
