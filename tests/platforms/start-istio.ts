import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { freePorts } from "../envoy/running-gateway.js";
import { toolPath } from "./build-tools.js";
import { startEmptyApiServer } from "./empty-api-server.js";
import { Daemon, KEYS, type Platform, type Resource } from "./control-plane.js";

const NAMESPACE = "istio-ingress";
const address = (port_value: number) => ({ socket_address: { address: "127.0.0.1", port_value } });

/** Without a pod of it in the API server istiod believes a proxy's labels only of such a machine. */
const VM = "istio.io/test-vm";

/** What a pod's istiod needs a cluster for is off; its configuration comes from files. */
const ENV = {
  ...{ POD_NAME: "istiod", POD_NAMESPACE: "istio-system", PILOT_CERT_PROVIDER: "none", ENABLE_CA_SERVER: "false" },
  ...{ PILOT_ENABLE_METADATA_EXCHANGE: "false", PILOT_ENABLE_ALPN_FILTER: "false", PILOT_ENABLE_GATEWAY_API: "false" },
  ...{ DISABLE_INJECT: "1", VALIDATION_WEBHOOK_CONFIG_NAME: "", INJECTION_WEBHOOK_CONFIG_NAME: "" },
  ...{ XDS_AUTH: "false", PILOT_ENABLE_STATUS: "false" },
};

/** An istiod, and a gateway's proxy that it configures; `port` is that of the Gateway. */
export async function startIstio(envoyVersion: string, port: number, resources: Resource[]): Promise<Platform> {
  const directory = mkdtempSync(join(tmpdir(), "ai-failover-istio-"));
  const [xds, web, metrics, control, admin] = (await freePorts(5)) as [number, number, number, number, number];
  const api = await startEmptyApiServer();
  const write = (name: string, value: object) => writeFileSync(join(directory, name), stringify(value));
  mkdirSync(join(directory, "resources"));

  const apply = (list: Resource[]) => {
    const named = list.map(resource => ({ ...resource, metadata: { namespace: NAMESPACE, ...resource["metadata"] } }));
    write("next.yaml", {});
    writeFileSync(join(directory, "next.yaml"), named.map(resource => stringify(resource)).join("---\n"));
    renameSync(join(directory, "next.yaml"), join(directory, "resources", "all.yaml"));
  };
  apply(resources);
  write("kubeconfig", {
    ...{ apiVersion: "v1", kind: "Config", "current-context": "none" },
    clusters: [{ name: "none", cluster: { server: api.url } }],
    users: [{ name: "none", user: {} }],
    contexts: [{ name: "none", context: { cluster: "none", user: "none" } }],
  });
  write("mesh.yaml", {
    configSources: [{ address: `fs://${join(directory, "resources")}` }],
    ...{ accessLogFile: "/dev/stdout", enablePrometheusMerge: false },
    defaultConfig: { discoveryAddress: `127.0.0.1:${xds}` },
    defaultProviders: { metrics: [], tracing: [], accessLogging: [] },
  });
  write("envoy.yaml", bootstrapOf(admin, xds));

  const args = [
    ...["discovery", "--registries=Kubernetes", "--kubeconfig", join(directory, "kubeconfig")],
    ...["--meshConfig", join(directory, "mesh.yaml"), "--grpcAddr", `127.0.0.1:${xds}`],
    ...["--httpAddr", `127.0.0.1:${web}`, "--httpsAddr", "", "--secureGRPCAddr", ""],
    ...["--monitoringAddr", `127.0.0.1:${metrics}`, "--ctrlz_port", String(control), "--ctrlz_address", "127.0.0.1"],
  ];
  const log = join(directory, "istiod.log");
  const istiod = Daemon.start(toolPath("istiod"), args, log, { cwd: directory, env: ENV });
  await istiod.serves(`http://127.0.0.1:${web}/ready`);

  const { path } = await findEnvoy({ version: envoyVersion, say: () => {} });
  const envoyLog = join(directory, "envoy.log");
  const startProxy = async (): Promise<Daemon> => {
    const args = ["-c", join(directory, "envoy.yaml"), "--concurrency", "2", "--disable-hot-restart", "-l", "warning"];
    const proxy = Daemon.start(path, [...args, "--component-log-level", "wasm:info,config:info"], envoyLog, {
      ...{ cwd: directory, env: KEYS },
    });
    await proxy.serves(`http://127.0.0.1:${port}/nobody`);
    return proxy;
  };
  let proxy = await startProxy();

  return {
    ...{ port, apply },
    log: () => readFileSync(envoyLog, "utf8"),
    async stat(name) {
      const text = await (await fetch(`http://127.0.0.1:${admin}/stats?filter=^${name}$`)).text();
      return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
    },
    async restart() {
      await proxy.stop();
      proxy = await startProxy();
    },
    async stop() {
      await proxy.stop();
      await istiod.stop();
      api.server.closeAllConnections();
      api.server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** What Istio's agent writes for a gateway's proxy, as far as it is needed here. */
function bootstrapOf(admin: number, xds: number): object {
  const ads = { ads: {}, initial_fetch_timeout: "0s", resource_api_version: "V3" };
  return {
    node: {
      ...{ id: `router~127.0.0.1~gateway.${NAMESPACE}~${NAMESPACE}.svc.cluster.local`, cluster: NAMESPACE },
      metadata: {
        ...{ LABELS: { istio: "ingress", [VM]: "1" }, NAMESPACE, NAME: "gateway", CLUSTER_ID: "Kubernetes" },
        ...{ ISTIO_VERSION: "1.31.0", MESH_ID: "cluster.local", UNPRIVILEGED_POD: "true" },
      },
    },
    admin: { address: address(admin) },
    bootstrap_extensions: [
      {
        name: "envoy.bootstrap.internal_listener",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener",
        },
      },
    ],
    dynamic_resources: {
      ads_config: {
        ...{ api_type: "GRPC", transport_api_version: "V3", grpc_services: [{ envoy_grpc: { cluster_name: "xds" } }] },
      },
      ...{ lds_config: ads, cds_config: ads },
    },
    static_resources: {
      clusters: [
        {
          ...{ name: "xds", type: "STATIC", connect_timeout: "1s" },
          load_assignment: {
            cluster_name: "xds",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(xds) } }] }],
          },
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
        },
      ],
    },
  };
}
