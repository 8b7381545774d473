import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { renderParts } from "../cli/docs-existing.js";
import { pasteParts } from "../envoy/pasted-parts.js";
import { freePorts, launch, moveIn } from "../envoy/running-gateway.js";
import { KEYS, type Platform, type Resource } from "./control-plane.js";
import { HOST, SHOP } from "./platform-walkthrough.js";

const address = (port_value: number) => ({ socket_address: { address: "127.0.0.1", port_value } });
const API = "type.googleapis.com/envoy.config.";

/** An Envoy of somebody's own with a host of this name and a shop, and the parts in it. */
export function ownEnvoyWithParts(config: object, envoyVersion: string, port: number, shop: number): Resource[] {
  const rendered = renderParts(config, join(process.cwd(), "build/ai-failover.wasm"), envoyVersion, KEYS);
  const shopHost = { name: "shop", domains: [SHOP], routes: [{ match: { prefix: "/" }, route: { cluster: "shop" } }] };
  const shopCluster = {
    ...{ name: "shop", type: "STATIC" },
    load_assignment: {
      ...{ cluster_name: "shop", endpoints: [{ lb_endpoints: [{ endpoint: { address: address(shop) } }] }] },
    },
  };
  const { clusters, ...pasted } = pasteParts(rendered, { port, domains: [HOST], otherHosts: [shopHost] });
  return [{ ...pasted, clusters: [shopCluster, ...clusters] }];
}

/** That Envoy, which watches the files with its listeners and its clusters. */
export async function startOwnEnvoy(envoyVersion: string, port: number, resources: Resource[]): Promise<Platform> {
  const directory = mkdtempSync(join(tmpdir(), "ai-failover-named-"));
  const [admin] = (await freePorts(1)) as [number];
  const listOf = (type: string, values: object[]) =>
    JSON.stringify({
      resources: values.map(value => ({ "@type": API + type, ...value })),
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
    ...{ node: { id: "own", cluster: "own" }, admin: { address: address(admin) }, ...resources[0]!["beside"] },
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
