import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { Gateway } from "../../cli/run/gateway.js";
import { freePorts, launch, send, until, type Host } from "../envoy/running-gateway.js";

/** As a load balancer notices it: by /ready, every LOOK. */
const LOOK = 0.2;
const MINIMUM = 1_500;
const CLIENTS = 64;

const directory = mkdtempSync(join(tmpdir(), "ai-failover-rolling-"));
let provider: DemoProvider;
let front: Host;
let url: string;
const replicas: { gateway: Gateway; file: string }[] = [];

const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
const replica = async (file: string): Promise<Gateway> =>
  Gateway.start({ config: file, concurrency: 1, say: () => {} });

beforeAll(async () => {
  provider = await startDemoProvider({ name: "one", tokens: ["a"], pace: 1 });
  const ports: number[][] = [];
  for (let i = 0; i < 3; i++) {
    const [listen, admin, status] = (await freePorts(3)) as [number, number, number];
    ports.push([listen, status]);
    const file = join(directory, `${i}.yaml`);
    writeFileSync(
      file,
      `listen: 127.0.0.1:${listen}
admin: 127.0.0.1:${admin}
status: {listen: "127.0.0.1:${status}"}
providers: [{id: one, type: openai, url: "${provider.url}", models: ["m*"], apiTokens: [a]}]
`,
      { mode: 0o600 },
    );
    replicas.push({ gateway: await replica(file), file });
  }
  const [port, admin] = (await freePorts(2)) as [number, number];
  url = `http://127.0.0.1:${port}`;
  writeFileSync(join(directory, "envoy.yaml"), JSON.stringify(frontOf(port, admin, ports as [number, number][])));
  front = await launch((await findEnvoy({ say: () => {} })).path, directory, admin, { workers: 1 });
});
afterAll(async () => {
  await front?.stop();
  for (const { gateway } of replicas) await gateway.stop();
  await provider?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** An Envoy before them that asks /ready, retries nothing, and keeps its connections open. */
function frontOf(port: number, admin: number, replicas: [listen: number, status: number][]): object {
  const check = { http_health_check: { path: "/ready" }, timeout: "1s", interval: `${LOOK}s` };
  const endpoints = replicas.map(([listen, status]) => ({
    endpoint: { address: address(listen), health_check_config: { port_value: status } },
  }));
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "front",
    route_config: {
      virtual_hosts: [
        { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "gateways" } }] },
      ],
    },
    http_filters: [
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
      },
    ],
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  return {
    admin: { address: address(admin) },
    static_resources: {
      listeners: [{ name: "front", address: address(port), filter_chains: [{ filters }] }],
      clusters: [
        {
          ...{ name: "gateways", type: "STATIC", connect_timeout: "1s" },
          health_checks: [{ ...check, unhealthy_threshold: 1, healthy_threshold: 1, no_traffic_interval: `${LOOK}s` }],
          load_assignment: { cluster_name: "gateways", endpoints: [{ lb_endpoints: endpoints }] },
        },
      ],
    },
  };
}

it("a rolling update of three replicas under 64 clients refuses no call", { timeout: 120_000 }, async () => {
  const ready = (count: number) =>
    until(async () => (await front.stat("cluster.gateways.membership_healthy")) === count, 20_000);
  await ready(3);
  let goesOn = true;
  let served = 0;
  const failures: string[] = [];
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (goesOn) {
      const answer = await send(url, { model: "m", messages: [], stream: true });
      if (answer.status === 200 && !answer.broken && answer.text.includes("[DONE]")) served++;
      else failures.push(`${answer.status}${answer.broken ? " broken" : ""}: ${answer.text.slice(0, 200)}`);
    }
  });
  for (const each of replicas) {
    await each.gateway.stop(MINIMUM);
    await ready(2);
    each.gateway = await replica(each.file);
    await ready(3);
  }
  goesOn = false;
  await Promise.all(clients);
  expect(failures).toEqual([]);
  expect(served).toBeGreaterThan(CLIENTS);
});
