import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { renderPart, type Part } from "../../cli/render/render-parts.js";
import { freePorts, launch, moveIn } from "../envoy/running-gateway.js";
import { KEYS, type Platform, type Resource } from "./control-plane.js";
import { HOST, SHOP } from "./platform-walkthrough.js";

const address = (port_value: number) => ({ socket_address: { address: "127.0.0.1", port_value } });
const API = "type.googleapis.com/envoy.";

/** An Envoy of somebody's own with a host of this name and a shop, and the parts where docs/existing-envoy.md says. */
export function pastedParts(config: object, envoyVersion: string, port: number, shop: number): Resource[] {
  const resolved = resolveConfig(sourceOf(config, "the walkthrough"), KEYS);
  const options = { wasm: join(process.cwd(), "build/ai-failover.wasm"), envoyVersion };
  const part = (name: Part) => (parse(renderPart(name, resolved, options)) ?? {}) as Resource;
  const { http_filters, ...settings } = part("filters");
  const { listeners, ...beside } = part("listener");
  const manager = {
    "@type": `${API}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    ...{ stat_prefix: "own", ...settings, http_filters },
    route_config: {
      virtual_hosts: [
        { name: "llm", domains: [HOST], routes: part("route")["routes"] as object[] },
        { name: "shop", domains: [SHOP], routes: [{ match: { prefix: "/" }, route: { cluster: "shop" } }] },
      ],
    },
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  const shopCluster = {
    ...{ name: "shop", type: "STATIC" },
    load_assignment: {
      ...{ cluster_name: "shop", endpoints: [{ lb_endpoints: [{ endpoint: { address: address(shop) } }] }] },
    },
  };
  return [
    {
      bootstrap: { ...beside, ...part("stats") },
      listeners: [...(listeners as object[]), { name: "own", address: address(port), filter_chains: [{ filters }] }],
      clusters: [shopCluster, ...(part("clusters")["clusters"] as object[])],
    },
  ];
}

/** That Envoy, which watches the files with its listeners and its clusters. */
export async function startOwnEnvoy(envoyVersion: string, port: number, resources: Resource[]): Promise<Platform> {
  const directory = mkdtempSync(join(tmpdir(), "ai-failover-named-"));
  const [admin] = (await freePorts(1)) as [number];
  const listOf = (type: string, values: object[]) =>
    JSON.stringify({
      resources: values.map(value => ({ "@type": `${API}config.${type}`, ...value })),
    });
  const apply = ([own]: Resource[]) =>
    moveIn(directory, {
      "cds.yaml": listOf("cluster.v3.Cluster", own!["clusters"] as object[]),
      "lds.yaml": listOf("listener.v3.Listener", own!["listeners"] as object[]),
    });
  const watched = (name: string) => ({
    path_config_source: { path: join(directory, name), watched_directory: { path: directory } },
    resource_api_version: "V3",
  });
  const bootstrap = {
    ...{ node: { id: "own", cluster: "own" }, admin: { address: address(admin) }, ...resources[0]!["bootstrap"] },
    dynamic_resources: { cds_config: watched("cds.yaml"), lds_config: watched("lds.yaml") },
  };
  writeFileSync(join(directory, "envoy.yaml"), JSON.stringify(bootstrap));
  apply(resources);
  const { path } = await findEnvoy({ version: envoyVersion, say: () => {} });
  const start = () => launch(path, directory, admin, { workers: 2, env: KEYS });
  let host = await start();
  return {
    ...{ port, apply },
    stat: name => host.stat(name),
    log: () => host.log(),
    async restart() {
      await host.stop();
      host = await start();
    },
    async stop() {
      await host.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
