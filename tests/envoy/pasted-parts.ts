import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import type { Part } from "../../cli/render/render-parts.js";
import { freePorts, launch, type Host } from "./running-gateway.js";

type Node = Record<string, unknown>;

export interface PastedEnvoy extends Host {
  port: number;
}

/** An Envoy whose one virtual host has the parts of `render --part`. `clusters`: others than those of the part. */
export async function launchParts(
  parts: Record<Part, string>,
  {
    version,
    directory,
    domains,
    clusters,
  }: { version: string; directory: string; domains: string[]; clusters?: object[] },
): Promise<PastedEnvoy> {
  const [port, admin] = (await freePorts(2)) as [number, number];
  const part = (name: Part) => (parse(parts[name]) ?? {}) as Node;
  const address = (port_value: number) => ({ socket_address: { address: "127.0.0.1", port_value } });
  const { http_filters, ...settings } = part("filters");
  const { listeners = [], ...beside } = part("listener");
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    ...{ stat_prefix: "own", ...settings, http_filters },
    route_config: { virtual_hosts: [{ name: "llm", domains, routes: part("route")["routes"] }] },
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  const bootstrap = {
    ...{ admin: { address: address(admin) }, ...beside },
    static_resources: {
      listeners: [...(listeners as object[]), { name: "own", address: address(port), filter_chains: [{ filters }] }],
      clusters: clusters ?? part("clusters")["clusters"],
    },
  };
  writeFileSync(join(directory, "envoy.yaml"), JSON.stringify(bootstrap));
  const { path } = await findEnvoy({ version, say: () => {} });
  return { ...(await launch(path, directory, admin, { workers: 2 })), port };
}
