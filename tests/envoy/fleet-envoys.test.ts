import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GatewayFleet, INTERVAL } from "./gateway-fleet.js";
import { StoreServer } from "./store-server.js";
import { until } from "./running-gateway.js";

const pause = (ms: number) => new Promise(done => setTimeout(done, ms));
const chat = { model: "m", messages: [] };

let store: StoreServer;
let fleet: GatewayFleet;

beforeAll(async () => {
  store = await StoreServer.start();
  fleet = await GatewayFleet.start({ url: `redis://127.0.0.1:${store.port}` });
});
afterAll(async () => {
  await fleet?.stop();
  await store?.stop();
});

describe("three gateways with one store", () => {
  it("know of each other, each by one call an interval", async () => {
    await until(async () => (await fleet.gateways[0]!.status()).fleets[0]!.gateways === 3, 20_000);
    const before = await store.info("total_connections_received");
    await pause(10 * INTERVAL);
    const calls = (await store.info("total_connections_received")) - before;
    expect(calls).toBeGreaterThan(12);
    expect(calls).toBeLessThanOrEqual(36);
  });

  it("meet a revoked token at one gateway, and the others leave it alone from then on", async () => {
    const [first, ...others] = fleet.gateways;
    await fleet.qwen.set(1, "401");
    await until(async () => (await first!.ask(chat)).trail.includes("credential"));
    await fleet.know(1, "out");
    fleet.qwen.requests.length = 0;
    for (const gateway of others) for (let i = 0; i < 20; i++) expect((await gateway.ask(chat)).status).toBe(200);
    const met = fleet.qwen.requests.filter(({ method, tokenNumber }) => method === "POST" && tokenNumber === 1);
    expect(met).toEqual([]);
    const status = await others[0]!.status();
    expect(status.sites[0]!.providers[0]!.tokens[0]!.breaker).toMatchObject({
      cause: "credential",
      learntFrom: (await first!.status()).fleets[0]!.gateway,
    });
  });

  it("hear when it is well again", async () => {
    await fleet.qwen.reset();
    await fleet.gateways[1]!.order({ do: "try-now", provider: "qwen", token: "t1" });
    await fleet.know(1, "live", 20_000);
  });

  it("obey a person's orders that one of them got", async () => {
    await fleet.gateways[2]!.order({ do: "take-out", provider: "qwen", token: "t2" });
    await fleet.know(2, "taken-out");
    await fleet.gateways[0]!.order({ do: "bring-back", provider: "qwen", token: "t2" });
    await fleet.know(2, "live");
  });

  it("names nothing in the store", async () => {
    await fleet.gateways[0]!.order({ do: "take-out", provider: "qwen", token: "t1", for: "1m" });
    await fleet.know(1, "taken-out");
    const all = JSON.stringify(await store.command("HGETALL", "af1:{tests}:e"));
    expect(all).not.toMatch(/qwen|deepseek|t1|secret/);
    expect(all).toMatch(/[0-9a-f]{48}/);
    await fleet.gateways[0]!.order({ do: "bring-back", provider: "qwen", token: "t1" });
    await fleet.know(1, "live");
  });
});

beforeEach(() => {
  fleet.qwen.requests.length = 0;
});
