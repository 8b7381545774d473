import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failedAt, failures, letAsk, reached, type Visit } from "../envoy/crowd.js";
import { GatewayFleet, INTERVAL } from "../envoy/gateway-fleet.js";
import { until } from "../envoy/running-gateway.js";
import { findRedis, findValkey, scriptOf, StoreServer } from "../envoy/store-server.js";

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
    const crowds: Visit[][] = fleet.gateways.map(() => []);
    let isOver = false;
    const asking = fleet.gateways.map((gateway, i) =>
      letAsk(gateway, { clients: 22, done: () => isOver, body: chat, visits: crowds[i]! }),
    );
    await pause(1000);
    await fleet.qwen.set(1, "401");
    await until(() => crowds.flat().some(failedAt("qwen/t1")));
    const news = performance.now();
    await pause(2 * INTERVAL + 3000);
    isOver = true;
    await Promise.all(asking);
    expect(failures(crowds.flat())).toEqual([]);
    for (const visits of crowds) {
      const later = visits.filter(({ started }) => started > news + 2 * INTERVAL);
      expect(later.length).toBeGreaterThan(5);
      expect(later.filter(reached("qwen/t1")).length).toBeLessThanOrEqual(1);
    }
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
      "is slow for 3 s, again and again",
      async () => {
        for (let i = 0; i < 3; i++) {
          await store.command("CLIENT", "PAUSE", 900, "ALL");
          await pause(1000);
        }
      },
    ],
    [
      "is refilled with huge and broken entries",
      async () => {
        await store.command("FLUSHALL");
        await store.command("HSET", "af1:{tests}:m", "epoch", "x".repeat(100_000), "version", "-7", "floor", "nan");
        for (let i = 0; i < 200; i++) {
          await store.command("HSET", "af1:{tests}:e", `garbage ${i}`, "y".repeat(i % 2 === 0 ? 100_000 : i));
          await store.command("ZADD", "af1:{tests}:v", i, `garbage ${i}`);
        }
      },
    ],
    [
      "is refilled by another version, with truncated entries",
      async () => {
        const entries = (await store.command("HGETALL", "af1:{tests}:e")) as string[];
        await store.command("FLUSHALL");
        await store.command("HSET", "af1:{tests}:m", "epoch", "another", "version", "100000", "floor", "0");
        for (let i = 0; i < entries.length; i += 2) {
          await store.command("HSET", "af1:{tests}:e", entries[i]!, entries[i + 1]!.slice(0, 60));
          await store.command("ZADD", "af1:{tests}:v", 99_999, entries[i]!);
        }
        await store.command("HSET", "af1:{tests}:e", "0".repeat(48), "5 99999999999999 0 2 a later format");
        await store.command("ZADD", "af1:{tests}:v", 5, "0".repeat(48));
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
      "evicts what was used least",
      async () => {
        await store.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        await store.command("DEL", "af1:{tests}:e");
        await pause(12 * INTERVAL);
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
    const before = await Promise.all(fleet.gateways.map(gateway => gateway.stat("server.memory_allocated")));
    const visits = await during(6, async () => {
      await fleet.qwen.set(1, "401");
      await fleet.know(1, "out");
      await happen();
      await fleet.inStep(BACK);
      await fleet.know(1, "out", BACK);
      await pause(500);
    });
    expect(failures(visits)).toEqual([]);
    const memory = await Promise.all(fleet.gateways.map(gateway => gateway.stat("server.memory_allocated")));
    // What connections and statistics take at first; a leak of 1 KiB a request would be more.
    memory.forEach((bytes, i) => expect(bytes - before[i]!).toBeLessThan(20 << 20));
    for (const gateway of fleet.gateways) {
      expect(gateway.log().match(/fleet tests: the store/g)?.length ?? 0).toBeLessThanOrEqual(3);
      expect(gateway.log()).not.toMatch(/panic|Function: proxy_on_\w+ failed/);
    }
  });

  it("it is moved: all go on with the new one, which learns what they know", async () => {
    const other = await StoreServer.start(find());
    try {
      const visits = await during(6, async () => {
        await fleet.qwen.set(1, "401");
        await fleet.know(1, "out");
        for (const gateway of fleet.gateways) await gateway.move(`redis://127.0.0.1:${other.port}`);
        await store.kill();
        await until(async () => (await other.command("HLEN", "af1:{tests}:e")) === 1, BACK);
        await fleet.inStep(BACK);
        await fleet.know(1, "out", BACK);
        await fleet.gateways[1]!.order({ do: "take-out", provider: "qwen", token: "t2" });
        await fleet.know(2, "taken-out", BACK);
      });
      expect(failures(visits)).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  it("what it executes late opens nothing for longer", async () => {
    await fleet.stop();
    fleet = await GatewayFleet.start({
      url: `redis://127.0.0.1:${store.port}`,
      qwen: { failover: { cooldownDuration: "9s" } },
    });
    const [gateway] = fleet.gateways;
    store.signal("SIGSTOP");
    await fleet.qwen.set(1, "401");
    await until(async () => (await gateway!.ask(chat())).trail.includes("credential"));
    const end = Date.now() + 9000;
    // Several calls say so meanwhile, and each is given up.
    await pause(6000);
    store.signal("SIGCONT");
    await fleet.inStep(BACK);
    await fleet.know(1, "out", BACK);
    const [, value] = (await store.command("HGETALL", "af1:{tests}:e")) as string[];
    expect(Number(value!.split(" ")[1]) - end).toBeLessThan(2500);
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

  it.each<[string, (bytes: Buffer) => string | undefined, RegExp, "stays"?]>([
    ["answers HTTP", () => "HTTP/1.1 400 Bad Request\r\n\r\n", /Redis's protocol/],
    ["answers half", () => "*10\r\n$3\r\naf1\r\n$3\r\nab", /Redis's protocol/],
    ["answers half, and then no more", () => "*10\r\n$3\r\naf1\r\n$3\r\nab", /does not answer/, "stays"],
    ["answers as RESP3 pushes do", () => ">2\r\n$10\r\ninvalidate\r\n*0\r\n%1\r\n+a\r\n#t\r\n", /Redis's protocol/],
    ["answers nothing", () => "", /Redis's protocol/],
    [
      "answers that it is in protected mode",
      () => `-DENIED Redis is running in protected mode${" because".repeat(100)}\r\n`,
      /protected mode/,
    ],
    ["has too many clients", () => "-ERR max number of clients reached\r\n", /no room for another client/],
    ["is a cluster that moves the keys", () => "-ASK 3999 127.0.0.1:6381\r\n", /does not own the fleet's keys/],
    ["knows no script, also after it was sent", () => "-NOSCRIPT No matching script.\r\n", /does not run scripts/],
    ["answers much", () => "x".repeat(300_000), /more than was asked for|Redis's protocol/],
    ["is silent", () => undefined, /does not answer/],
  ])("%s: requests go on, and the gateway says so once", async (_what, reply, words, stays) => {
    const store = await StoreServer.start();
    fleet = await GatewayFleet.start({ url: `redis://127.0.0.1:${store.port}`, count: 1 });
    await store.stop();
    server = createServer({ allowHalfOpen: true }, socket => {
      socket.on("error", () => {});
      socket.on("data", bytes => {
        const text = reply(bytes);
        if (stays && text !== undefined) socket.write(text);
        else if (text !== undefined) socket.end(text);
      });
    });
    await new Promise<void>(done => server.listen(store.port, "127.0.0.1", done));
    const [gateway] = fleet.gateways;
    await until(async () => words.test((await gateway!.status()).fleets[0]!.why), 15_000);
    const calls = await gateway!.stat("wasmcustom.ai_failover_fleet_calls_total");
    for (let i = 0; i < 20; i++) expect((await gateway!.ask(chat())).status).toBe(200);
    await pause(3000);
    expect((await gateway!.stat("wasmcustom.ai_failover_fleet_calls_total")) - calls).toBeLessThan(20);
    expect(gateway!.log().match(/fleet tests: the store/g)!.length).toBeLessThanOrEqual(2);
    expect(gateway!.log()).not.toMatch(/panic|Function: proxy_on_\w+ failed/);
  });
});

/** Connections to the store through a process of ours, which may do to them what proxies do. */
describe("a proxy in front of the store", () => {
  let server: Server;
  let store: StoreServer;
  let fleet: GatewayFleet;
  afterEach(async () => {
    await fleet?.stop();
    await store?.stop();
    server?.close();
  });

  async function start(through: (client: Socket, upstream: Socket) => void): Promise<void> {
    store = await StoreServer.start();
    server = createServer({ allowHalfOpen: true }, client => {
      const upstream = connect({ port: store.port, host: "127.0.0.1", allowHalfOpen: true });
      for (const socket of [client, upstream]) socket.on("error", () => {});
      client.pipe(upstream);
      through(client, upstream);
    });
    await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    fleet = await GatewayFleet.start({ url: `redis://127.0.0.1:${port}`, count: 2, joins: false });
  }

  it("that answers after 0.8 s each time: all are in step", async () => {
    await start((client, upstream) => {
      upstream.on("data", bytes => setTimeout(() => client.write(bytes), 800));
      upstream.on("end", () => setTimeout(() => client.end(), 850));
    });
    await fleet.inStep(BACK);
    await fleet.gateways[0]!.order({ do: "take-out", provider: "qwen", token: "t1" });
    await fleet.know(1, "taken-out", 2 * BACK);
  });

  it("that does not close: each gateway says so, and serves", async () => {
    await start((client, upstream) => upstream.pipe(client, { end: false }));
    for (const gateway of fleet.gateways) {
      await until(async () => /does not close the connection/.test((await gateway.status()).fleets[0]!.why), 15_000);
      expect((await gateway.ask(chat())).status).toBe(200);
    }
  });

  it("that passes half of each answer: each gateway says so, and serves", async () => {
    await start((client, upstream) => {
      upstream.on("data", bytes => client.end(bytes.subarray(0, bytes.length / 2)));
    });
    for (const gateway of fleet.gateways) {
      await until(async () => /Redis's protocol/.test((await gateway.status()).fleets[0]!.why), 15_000);
      expect((await gateway.ask(chat())).status).toBe(200);
    }
  });
});
