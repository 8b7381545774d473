import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { moveIn, startGateway, until, type Gateway, type GatewayOptions } from "./gateway.js";

const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 10_000 } };
const plain = { model: "m", messages: [] };
const streamed = { ...plain, stream: true };

interface Cluster {
  name: string;
  load_assignment: { endpoints: object[] };
  circuit_breakers: object;
}

/** Changes a cluster of a gateway that runs. */
async function changeCluster(gateway: Gateway, name: string, change: (cluster: Cluster) => void): Promise<void> {
  const file = "cds.yaml";
  const list = parse(readFileSync(join(gateway.directory, file), "utf8"), { merge: true }) as { resources: Cluster[] };
  change(list.resources.find(cluster => cluster.name === name)!);
  const updates = await gateway.stat("cluster_manager.cds.update_success");
  moveIn(gateway.directory, { [file]: stringify(list) });
  await until(async () => (await gateway.stat("cluster_manager.cds.update_success")) > updates);
}

/** A provider that says 103 before it refuses, as one behind a web server might. */
async function startHinting(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.writeHead(401, { "content-type": "application/json" });
      response.end('{"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}');
    });
  });
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, server };
}

describe("in retry mode, on Envoy 1.40.0, what the router does not try again goes on by callout:", () => {
  let gateway: Gateway;
  let hinting: Awaited<ReturnType<typeof startHinting>>;

  const start = async (first: object = {}, more: Partial<GatewayOptions> = {}) => {
    gateway = await startGateway({
      version: "1.40.0",
      providers: {
        one: { tokens: ["one-1"], config: { ...NEVER_OUT, ...first } },
        two: { tokens: ["two-1"], config: NEVER_OUT },
      },
      routes: [
        {
          ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
          fallbackConfig: { upstreams: [{ provider: "two" }] },
        },
      ],
      ...more,
    });
  };
  const byCallout = () =>
    gateway.providers.two!.requests.filter(({ headers }) => headers["x-envoy-internal"] === "true").length;

  beforeAll(async () => {
    hinting = await startHinting();
    return () => void hinting.server.close();
  });
  afterEach(() => gateway.stop());

  it("a cluster without a host", async () => {
    await start();
    await changeCluster(gateway, "one", cluster => (cluster.load_assignment.endpoints = []));
    for (const body of [plain, streamed]) expect((await gateway.ask(body)).words).toMatch("Hello from two");
    expect(byCallout()).toBe(2);
  });

  it("a name that does not resolve is no leftover: it is a failed connection, which streams", async () => {
    await start({ url: "http://no-such-name.invalid/v1" });
    for (const body of [plain, streamed]) {
      const answer = await gateway.ask(body);
      expect(answer.words).toMatch("Hello from two");
      expect(answer.trail).toMatch(/^one\/t1 connect, .*two\/t1 200$/);
    }
    expect(byCallout()).toBe(0);
  });

  it("more retries at once than the cluster allows", async () => {
    await start();
    await changeCluster(gateway, "one", cluster => (cluster.circuit_breakers = { thresholds: [{ max_retries: 1 }] }));
    await gateway.providers.one!.set("*", "401");
    await gateway.providers.two!.set("*", "slow 200ms");
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => gateway.ask(i % 2 ? plain : streamed)));
    for (const { words } of answers) expect(words).toMatch("Hello from two");
    expect(await gateway.stat("cluster.one.upstream_rq_retry_overflow")).toBeGreaterThan(0);
    expect(byCallout()).toBeGreaterThan(0);
  });

  it("an error after an interim 103", async () => {
    await start({ url: hinting.url });
    for (const body of [plain, streamed]) {
      const answer = await gateway.ask(body);
      expect(answer.words).toMatch("Hello from two");
      expect(answer.trail).toBe("one/t1 401 credential, two/t1 200");
    }
    expect(byCallout()).toBe(2);
  });
});
