import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failures, letAsk, type Visit } from "../envoy/crowd.js";
import { GatewayFleet, INTERVAL } from "../envoy/gateway-fleet.js";
import { until } from "../envoy/running-gateway.js";
import { findRedis, findValkey, StoreServer } from "../envoy/store-server.js";

const pause = (ms: number) => new Promise(done => setTimeout(done, ms));
const chat = () => ({ model: "m", messages: [] });
/** Within three intervals, with what a loaded machine adds. */
const BACK = 3 * INTERVAL + 2000;

/** What a store may do to its gateways, under load: no request may fail of it, and all must be back in step after it. */
describe.each([
  ["Redis", findRedis],
  ["Valkey", findValkey],
])("with %s", (_name, find) => {
  let store: StoreServer;
  let fleet: GatewayFleet;
  beforeEach(async () => {
    store = await StoreServer.start(find());
    fleet = await GatewayFleet.start({ url: `redis://127.0.0.1:${store.port}` });
  });
  afterEach(async () => {
    await fleet?.stop();
    await store?.stop();
  });

  /** Lets clients ask all gateways while something happens; answers what became of them. */
  async function during(clients: number, happen: () => Promise<void>): Promise<Visit[]> {
    let isOver = false;
    const crowds = fleet.gateways.map(gateway => letAsk(gateway, { clients, done: () => isOver, body: chat }));
    try {
      await happen();
    } finally {
      isOver = true;
    }
    return (await Promise.all(crowds)).flat();
  }

  it("64 clients meet a revoked token at most once a gateway after two intervals", async () => {
    const asked: number[] = [];
    const visits = await during(22, async () => {
      await pause(1000);
      await fleet.qwen.set(1, "401");
      await pause(2 * INTERVAL + 300);
      fleet.qwen.requests.length = 0;
      await pause(3000);
      asked.push(
        fleet.qwen.requests.filter(({ method, tokenNumber }) => method === "POST" && tokenNumber === 1).length,
      );
    });
    expect(failures(visits)).toEqual([]);
    expect(visits.length).toBeGreaterThan(200);
    expect(asked[0]).toBeLessThanOrEqual(fleet.gateways.length);
  });

  const faults: [string, () => Promise<void>][] = [
    [
      "is killed and comes back empty",
      async () => {
        await store.kill();
        await pause(3000);
        await store.start();
      },
    ],
    [
      "is stopped for 5 s and goes on",
      async () => {
        store.signal("SIGSTOP");
        await pause(5000);
        store.signal("SIGCONT");
      },
    ],
    ["is emptied", async () => void (await store.command("FLUSHALL"))],
    [
      "is filled with garbage",
      async () => {
        for (const part of "evxmg") await store.command("SET", `af1:{tests}:${part}`, "garbage");
      },
    ],
    [
      "asks for another password",
      async () => {
        await store.command("CONFIG", "SET", "requirepass", "another");
        await pause(3000);
        await store.commands([
          ["AUTH", "another"],
          ["CONFIG", "SET", "requirepass", ""],
        ]);
      },
    ],
    [
      "is full",
      async () => {
        await store.command("CONFIG", "SET", "maxmemory", "1");
        await pause(12 * INTERVAL);
        await store.command("CONFIG", "SET", "maxmemory", "0");
      },
    ],
    [
      "becomes a replica",
      async () => {
        await store.command("REPLICAOF", "127.0.0.1", "1");
        await pause(12 * INTERVAL);
        await store.command("REPLICAOF", "NO", "ONE");
      },
    ],
  ];

  it.each(faults)("it %s: no request fails, and all know the same again", async (_what, happen) => {
    const visits = await during(6, async () => {
      await fleet.qwen.set(1, "401");
      await pause(1000);
      await happen();
      await fleet.inStep(BACK);
      await fleet.know(1, "out", BACK);
      await pause(500);
    });
    expect(failures(visits)).toEqual([]);
    const memory = await Promise.all(fleet.gateways.map(gateway => gateway.stat("server.memory_allocated")));
    for (const bytes of memory) expect(bytes).toBeLessThan(200 << 20);
    for (const gateway of fleet.gateways) {
      expect(gateway.log().match(/fleet tests: the store/g)?.length ?? 0).toBeLessThanOrEqual(3);
      expect(gateway.log()).not.toMatch(/panic|Function: proxy_on_\w+ failed/);
    }
  });

  it("a provider that comes back gets one trial at a time from all three", async () => {
    await fleet.stop();
    fleet = await GatewayFleet.start({
      url: `redis://127.0.0.1:${store.port}`,
      qwen: { failover: { cooldownDuration: "3s" } },
    });
    const visits = await during(6, async () => {
      await fleet.qwen.set(1, "401");
      await fleet.know(1, "out");
      fleet.qwen.requests.length = 0;
      await pause(20_000);
    });
    expect(failures(visits)).toEqual([]);
    const trials = fleet.qwen.requests.filter(({ method, tokenNumber }) => method === "POST" && tokenNumber === 1);
    expect(trials.length).toBeGreaterThanOrEqual(2);
    const gaps = trials.slice(1).map(({ at }, i) => at - trials[i]!.at);
    expect(gaps.filter(gap => gap < 2000)).toEqual([]);
  });

  it("1,000 entries come in pages, and none is cut", async () => {
    const late = await fleet.add();
    await until(async () => (await late.status()).fleets[0]!.state === "in-step");
    // Of strangers: they count for nothing, and are told.
    const { scriptOf } = await import("../envoy/store-server.js");
    const keys = ["e", "v", "x", "m", "g"].map(part => `af1:{tests}:${part}`);
    for (let n = 0; n < 1000; n += 50) {
      const ops = Array.from({ length: 50 }, (_, i) => [
        "O",
        (n + i).toString(16).padStart(48, "0"),
        600_000,
        "x".repeat(90),
      ]);
      await store.command("EVAL", scriptOf().text, 5, ...keys, "", 0, "stranger", 1, "", "", "", ...ops.flat());
    }
    await until(async () => (await late.status()).fleets[0]!.unsigned === 1000, 20_000);
    await fleet.qwen.set(1, "401");
    await until(async () => (await late.ask(chat())).trail.includes("credential"));
    await fleet.know(1, "out");
  });
});

describe("what is no store", () => {
  let server: Server;
  let fleet: GatewayFleet;
  afterEach(async () => {
    await fleet?.stop();
    server?.close();
  });

  it.each<[string, (bytes: Buffer) => string | undefined, RegExp]>([
    ["answers HTTP", () => "HTTP/1.1 400 Bad Request\r\n\r\n", /Redis's protocol/],
    ["answers much", () => "x".repeat(300_000), /more than was asked for|Redis's protocol/],
    ["is silent", () => undefined, /does not answer/],
  ])("%s: requests go on, and the gateway says so once", async (_what, reply, words) => {
    const store = await StoreServer.start();
    fleet = await GatewayFleet.start({ url: `redis://127.0.0.1:${store.port}`, count: 1 });
    await store.stop();
    server = createServer({ allowHalfOpen: true }, socket => {
      socket.on("error", () => {});
      socket.on("data", bytes => {
        const text = reply(bytes);
        if (text !== undefined) socket.end(text);
      });
    });
    await new Promise<void>(done => server.listen(store.port, "127.0.0.1", done));
    const [gateway] = fleet.gateways;
    await until(async () => words.test((await gateway!.status()).fleets[0]!.why), 15_000);
    for (let i = 0; i < 20; i++) expect((await gateway!.ask(chat())).status).toBe(200);
    await pause(3000);
    expect(gateway!.log()).not.toMatch(/panic|Function: proxy_on_\w+ failed/);
  });
});
