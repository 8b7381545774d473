import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { moveIn, until, type Gateway } from "./running-gateway.js";

export interface Cluster {
  name: string;
  load_assignment: { endpoints: object[] };
  circuit_breakers: object;
  typed_extension_protocol_options: Record<string, object>;
}

/** Changes clusters of a gateway that runs. */
export async function changeClusters(gateway: Gateway, names: string[], change: (cluster: Cluster) => void) {
  const file = "cds.yaml";
  const list = parse(readFileSync(join(gateway.directory, file), "utf8"), { merge: true }) as { resources: Cluster[] };
  list.resources.filter(({ name }) => names.includes(name)).forEach(change);
  const updates = await gateway.stat("cluster_manager.cds.update_success");
  moveIn(gateway.directory, { [file]: stringify(list) });
  await until(async () => (await gateway.stat("cluster_manager.cds.update_success")) > updates);
}

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** Lets a cluster speak HTTP/2, as it would over TLS to a provider that offers it. */
export function speakHttp2(cluster: Cluster): void {
  cluster.typed_extension_protocol_options = {
    [OPTIONS]: {
      "@type": `type.googleapis.com/${OPTIONS}`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  };
}
