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

/** Where the parts of `render --part` are pasted: a virtual host with these domains, beside others. */
export interface Pasted {
  /** What the bootstrap gets. */
  beside: Node;
  listeners: object[];
  clusters: object[];
}

const address = (port_value: number) => ({ socket_address: { address: "127.0.0.1", port_value } });

/** An Envoy's own listener on this port, with the parts where docs/existing-envoy.md says. */
export function pasteParts(
  parts: Record<Part, string>,
  { port, domains, otherHosts = [] }: { port: number; domains: string[]; otherHosts?: object[] },
): Pasted {
  const part = (name: Part) => (parse(parts[name]) ?? {}) as Node;
  const { http_filters, ...settings } = part("filters");
  const { listeners = [], ...beside } = part("listener");
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    ...{ stat_prefix: "own", ...settings, http_filters },
    route_config: { virtual_hosts: [{ name: "llm", domains, routes: part("route")["routes"] }, ...otherHosts] },
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  return {
    beside,
    listeners: [...(listeners as object[]), { name: "own", address: address(port), filter_chains: [{ filters }] }],
    clusters: part("clusters")["clusters"] as object[],
  };
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
  const pasted = pasteParts(parts, { port, domains });
  const bootstrap = {
    ...{ admin: { address: address(admin) }, ...pasted.beside },
    static_resources: { listeners: pasted.listeners, clusters: clusters ?? pasted.clusters },
  };
  writeFileSync(join(directory, "envoy.yaml"), JSON.stringify(bootstrap));
  const { path } = await findEnvoy({ version, say: () => {} });
  return { ...(await launch(path, directory, admin, { workers: 2 })), port };
}
