import { afterEach, describe, expect, it } from "vitest";
import { changeClusters } from "./extra-clusters.js";
import { startGateway, type Gateway, type GatewayOptions } from "./running-gateway.js";
import { startServer } from "./server.js";

const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 10_000 } };
const plain = { model: "m", messages: [] };
const streamed = { ...plain, stream: true };

describe("in retry mode, on Envoy 1.40.0, what the router does not try again goes on by callout:", () => {
  let gateway: Gateway;

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
  /** Answered ones: a call to a cluster without a host is counted, too, and answered by this Envoy. */
  const byCallout = () => gateway.stat("cluster.ai_failover_callouts.upstream_rq_2xx");

  afterEach(() => gateway.stop());

  it("a cluster without a host", async () => {
    await start();
    await changeClusters(gateway, ["one"], cluster => (cluster.load_assignment.endpoints = []));
    for (const body of [plain, streamed]) expect((await gateway.ask(body)).words).toMatch("Hello from two");
    expect(await byCallout()).toBe(2);
  });

  it("a name that does not resolve is no leftover: it is a failed connection, which streams", async () => {
    await start({ url: "http://no-such-name.invalid/v1" });
    for (const body of [plain, streamed]) {
      const answer = await gateway.ask(body);
      expect(answer.words).toMatch("Hello from two");
      expect(answer.trail).toMatch(/^one\/t1 connect, .*two\/t1 200$/);
    }
    expect(await byCallout()).toBe(0);
  });

  it("more retries at once than the cluster allows", async () => {
    await start();
    await changeClusters(
      gateway,
      ["one"],
      cluster => (cluster.circuit_breakers = { thresholds: [{ max_retries: 1 }] }),
    );
    await gateway.providers.one!.set("*", "401");
    await gateway.providers.two!.set("*", "slow 200ms");
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => gateway.ask(i % 2 ? plain : streamed)));
    for (const { words } of answers) expect(words).toMatch("Hello from two");
    expect(await gateway.stat("cluster.one.upstream_rq_retry_overflow")).toBeGreaterThan(0);
    expect(await byCallout()).toBeGreaterThan(0);
  });

  it("an error after an interim 103", async () => {
    const hinting = await startServer(response => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.writeHead(401, { "content-type": "application/json" });
      response.end('{"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}');
    });
    await start({ url: hinting.url });
    for (const body of [plain, streamed]) {
      const answer = await gateway.ask(body);
      expect(answer.words).toMatch("Hello from two");
      expect(answer.trail).toBe("one/t1 401 credential, two/t1 200");
    }
    expect(await byCallout()).toBe(2);
    await hinting.close();
  });
});
