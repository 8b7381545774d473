import { startEnvoyGateway } from "./start-envoy-gateway.js";
import { resourcesOf, type Resource } from "./control-plane.js";
import { onEveryEnvoy } from "./every-envoy.js";
import { HOST } from "./platform-walkthrough.js";

/** With these our route is for two hosts of a name, with the others for every host. */
const NAMED = ["1.40.0", "1.36.4"];

const metadata = { name: "shop", namespace: "default" };

/** Another team's service at the same gateway. */
const shopOf = (port: number): Resource[] => [
  {
    ...{ apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata },
    spec: {
      ...{ parentRefs: [{ name: "llm" }], hostnames: ["shop.example.com"] },
      rules: [{ backendRefs: [{ group: "gateway.envoyproxy.io", kind: "Backend", name: "shop" }] }],
    },
  },
  {
    ...{ apiVersion: "gateway.envoyproxy.io/v1alpha1", kind: "Backend", metadata },
    spec: { endpoints: [{ ip: { address: "127.0.0.1", port } }] },
  },
];

onEveryEnvoy("Envoy Gateway 1.9.1", envoyVersion => ({
  resources(config, port, shop) {
    const ours = resourcesOf("envoy-gateway", config, envoyVersion);
    for (const { kind, spec } of ours) {
      if (kind === "Gateway") spec.listeners[0].port = port;
      if (kind === "HTTPRoute" && NAMED.includes(envoyVersion))
        Object.assign(spec, { hostnames: [HOST, "other.example.com"] });
    }
    return [...ours, ...shopOf(shop)];
  },
  start: (port, resources) => startEnvoyGateway(envoyVersion, port, resources),
}));
