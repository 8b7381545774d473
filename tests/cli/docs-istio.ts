import { parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import type { Part } from "../../cli/render/render-parts.js";

const host = (cluster: string): string => cluster.split("|").at(-1)!;

const SERVICES = `# ai-failover in Istio, for proxies on Envoy 1.39 and newer: docs/kubernetes.md. Written by a test from ./istio/ai-failover.yaml.

# The providers as services of Istio, with TLS and the names that their certificates must have.
`;

const service = (name: string): string => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name.replaceAll(".", "-")}, namespace: istio-ingress}
spec:
  hosts: [${name}]
  location: MESH_EXTERNAL
  resolution: DNS
  ports: [{number: 443, name: https, protocol: HTTPS}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name.replaceAll(".", "-")}, namespace: istio-ingress}
spec:
  host: ${name}
  trafficPolicy:
    tls: {mode: SIMPLE, sni: ${name}, subjectAltNames: [${name}]}
---
`;

const ROUTE = (
  name: string,
): string => `# The route for which the module is on; its destination is replaced below, by what the module chooses.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: llm, namespace: istio-ingress}
spec:
  hosts: [llm.example.com]
  gateways: [llm] # a Gateway of yours
  http:
  - name: llm
    match: [{uri: {prefix: /v1/}}]
    route: [{destination: {host: ${name}, port: {number: 443}}}]
---
`;

/** The resources as one text, out of what `render --part` prints. */
export function istioResources(parts: Record<Part, string>, clusters: string[]): string {
  const [gateway, router] = (parseDocument(parts.filters).get("http_filters") as YAMLSeq).items as [YAMLMap, YAMLMap];
  const route = (parseDocument(parts.route).get("routes") as YAMLSeq).items[0] as YAMLMap;
  route.delete("match");

  const document = parseDocument(`
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: ai-failover, namespace: istio-ingress}
spec:
  workloadSelector: {labels: {istio: ingress}} # the pods of your gateway
  configPatches:
`);
  const list = document.createNode([]) as YAMLSeq;
  document.setIn(["spec", "configPatches"], list);
  const patch = (reason: string, applyTo: string, match: object, operation: string, value: object) => {
    const node = document.createNode({ applyTo, match: { context: "GATEWAY", ...match }, patch: { operation, value } });
    node.commentBefore = ` ${reason}`;
    list.items.push(node);
  };
  const manager = { name: "envoy.filters.network.http_connection_manager" };
  patch(
    "The gateway role, off where a route does not ask for it.",
    "HTTP_FILTER",
    { listener: { filterChain: { filter: { ...manager, subFilter: { name: "envoy.filters.http.router" } } } } },
    "INSERT_BEFORE",
    gateway,
  );
  patch(
    "On for the route named llm, which goes where the module points, again for each retry.",
    "HTTP_ROUTE",
    { routeConfiguration: { vhost: { route: { name: "llm" } } } },
    "MERGE",
    route,
  );
  patch(
    "The attempt role, in the router. What came by another route passes it.",
    "HTTP_FILTER",
    { listener: { filterChain: { filter: { ...manager, subFilter: { name: "envoy.filters.http.router" } } } } },
    "MERGE",
    router,
  );
  const names = clusters.map(host);
  return SERVICES + names.map(service).join("") + ROUTE(names[0]!) + document.toString({ lineWidth: 0 });
}
