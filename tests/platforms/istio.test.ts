import { startIstio } from "./start-istio.js";
import { resourcesOf, type Resource } from "./control-plane.js";
import { onEveryEnvoy } from "./every-envoy.js";

const API = "networking.istio.io/v1";

/** The gateway itself, and another team's service: its route has the name that the module's has. */
function around(port: number, shop: number): Resource[] {
  const host = "shop.internal";
  return [
    {
      ...{ apiVersion: API, kind: "Gateway", metadata: { name: "llm" } },
      spec: {
        selector: { istio: "ingress" },
        servers: [{ port: { number: port, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
      },
    },
    {
      ...{ apiVersion: API, kind: "ServiceEntry", metadata: { name: "shop" } },
      spec: {
        ...{ hosts: [host], location: "MESH_EXTERNAL", resolution: "STATIC", endpoints: [{ address: "127.0.0.1" }] },
        ports: [{ number: shop, name: "http", protocol: "HTTP" }],
      },
    },
    {
      ...{ apiVersion: API, kind: "VirtualService", metadata: { name: "shop" } },
      spec: {
        ...{ hosts: ["shop.example.com"], gateways: ["llm"] },
        http: [{ name: "ai-failover", route: [{ destination: { host, port: { number: shop } } }] }],
      },
    },
  ];
}

onEveryEnvoy("istiod 1.31.0", envoyVersion => ({
  resources(config, port, shop) {
    // The port of the Gateway is part of what the resources name.
    const text = JSON.stringify(resourcesOf("istio", config, envoyVersion));
    const ours = JSON.parse(text.replaceAll("llm.example.com:443", `llm.example.com:${port}`)) as Resource[];
    return [...around(port, shop), ...ours];
  },
  start: (port, resources) => startIstio(envoyVersion, port, resources),
}));
