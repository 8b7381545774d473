import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findRedis, findValkey, scriptOf, StoreServer, type Reply } from "./store-server.js";

const KEYS = ["e", "v", "x", "m", "g"].map(part => `af1:{rules}:${part}`);
const { text } = scriptOf();
const IN_AN_HOUR = String(Date.now() + 3_600_000);
const pause = (ms: number) => new Promise(done => setTimeout(done, ms));

type Op = [op: string, id: string, number: number, payload: string];

/** What the script does, on real servers: no other way tells whether they agree. */
describe.each([
  ["Redis", findRedis],
  ["Valkey", findValkey],
])("the script, on %s", (_name, find) => {
  let store: StoreServer;
  beforeAll(async () => {
    store = await StoreServer.start(find());
  });
  afterAll(() => store?.stop());
  const seen = new Map<string, [epoch: string, version: number]>();
  beforeEach(async () => {
    seen.clear();
    await store.command("FLUSHALL");
  });

  async function call(gateway: string, ops: Op[], at: number | "" = "", presence: number | "" = "", paging = "") {
    const [epoch, version] = seen.get(gateway) ?? ["", 0];
    const args = [epoch, version, gateway, 100, presence, at, paging, ...ops.flat()];
    const result = (await store.command("EVAL", text, 5, ...KEYS, ...args)) as Reply[];
    seen.set(gateway, [String(result[1]), Number(result[2])]);
    const entries = result[6] as string[];
    return {
      answers: result[5] as number[],
      isAll: result[4] === 1,
      version: Number(result[2]),
      changed: Object.fromEntries(entries.flatMap((id, i) => (i % 2 === 0 ? [[id, entries[i + 1]!]] : []))),
      gateways: result[8] as Reply[],
      hasMore: result[9] === 1,
    };
  }
  const tell = async (gateway: string, ...op: Op) => (await call(gateway, [op])).answers[0]!;
  const fields = async (id: string) => String(await store.command("HGET", KEYS[0]!, id)).split(" ");
  /** All pages, from where this gateway is. */
  async function pages(gateway: string) {
    const ids: string[] = [];
    let count = 0;
    for (let paging = ""; count < 30; paging = "1") {
      const { changed, hasMore } = await call(gateway, [], "", "", paging);
      count++;
      ids.push(...Object.keys(changed));
      if (!hasMore) break;
    }
    return { ids, count };
  }
  const versionOf = async (id: string) => Number((await fields(id))[0]);
  const secondsLeft = async (id: string) => {
    const [seconds] = (await store.command("TIME")) as string[];
    return Math.round((Number((await fields(id))[1]) - Number(seconds) * 1000) / 1000);
  };

  it("lets of two openings the later end win", async () => {
    expect(await tell("a", "O", "t", 60_000, "x")).toBe(1);
    expect(await tell("b", "O", "t", 5000, "x")).toBe(0);
    expect(await tell("b", "O", "t", 90_000, "y")).toBe(1);
    expect(await secondsLeft("t")).toBeGreaterThan(85);
  });

  it("closes only at the version that the closer saw", async () => {
    await tell("a", "O", "t", 60_000, "x");
    const version = await versionOf("t");
    expect(await tell("a", "C", "t", version - 1, "x")).toBe(0);
    await call("b", []);
    expect(await tell("a", "C", "t", version, "x")).toBe(1);
    expect((await call("b", [])).changed["t"]).toMatch(/^\d+ 0 0 x$/);
    expect((await call("b", [])).changed).toEqual({});
  });

  it("lets a person's order outrank what is learnt", async () => {
    await tell("a", "O", "t", 60_000, "x");
    expect(await tell("a", "P", "t", 3_600_000, "ann")).toBe(1);
    expect(await tell("b", "C", "t", await versionOf("t"), "x")).toBe(0);
    expect(await tell("b", "O", "t", 86_400_000, "x")).toBe(0);
    expect(await tell("b", "B", "t", 500, "bob")).toBe(1);
    expect(await tell("a", "O", "t", 60_000, "x")).toBe(0);
    await pause(600);
    expect(await tell("a", "O", "t", 60_000, "x")).toBe(1);
  });

  it("gives one permit at a time, to be given back by its holder only", async () => {
    expect(await tell("a", "L", "t", 3000, "")).toBe(3000);
    const refused = await tell("b", "L", "t", 3000, "");
    expect(refused).toBeLessThan(0);
    expect(refused).toBeGreaterThanOrEqual(-3000);
    expect(await tell("b", "U", "t", 0, "")).toBe(0);
    expect(await tell("a", "U", "t", 0, "")).toBe(1);
    expect(await tell("b", "L", "t", 3000, "")).toBe(3000);
  });

  it("tells what is new also after a replica that lacked the last change has become the store", async () => {
    await tell("a", "O", "t", 60_000, "x");
    for (const key of KEYS) await store.command("COPY", key, `saved ${key}`);
    await pause(5);
    await tell("a", "O", "lost", 60_000, "x");
    await call("b", []);
    for (const key of KEYS) await store.command("COPY", `saved ${key}`, key, "REPLACE");
    await pause(5);
    await tell("c", "O", "new", 60_000, "x");
    expect(Object.keys((await call("b", [])).changed)).toContain("new");
  });

  it("opens nothing for what comes late, and closes", async () => {
    const [seconds] = (await store.command("TIME")) as string[];
    const late = (Number(seconds) - 3) * 1000;
    await tell("a", "O", "t", 60_000, "x");
    const { answers } = await call(
      "a",
      [
        ["O", "u", 60_000, "x"],
        ["L", "u", 3000, ""],
      ],
      late,
    );
    expect(answers).toEqual([-1, -1]);
    expect((await call("a", [["C", "t", await versionOf("t"), "x"]], late)).answers).toEqual([1]);
  });

  it("tells everything anew after it was emptied", async () => {
    await tell("a", "O", "t", 60_000, "x");
    await store.command("FLUSHALL");
    const { isAll, version, changed } = await call("a", []);
    expect([isAll, version, changed]).toEqual([true, 0, {}]);
  });

  it.each([
    ["a foreign type", ["SET", KEYS[1]!, "garbage"]],
    ["a counter that is none", ["HSET", KEYS[3]!, "version", "zz"]],
    ["a counter that is no number", ["HSET", KEYS[3]!, "version", "nan"]],
    ["a counter below 0", ["HSET", KEYS[3]!, "version", "-5"]],
    ["a counter that is not whole", ["HSET", KEYS[3]!, "version", "1.5"]],
    ["a counter at its end", ["HSET", KEYS[3]!, "version", "9223372036854775807"]],
    ["a floor that is none", ["HSET", KEYS[3]!, "floor", "zz"]],
    ["a floor above the counter", ["HSET", KEYS[3]!, "floor", IN_AN_HOUR]],
    ["an epoch that is too long", ["HSET", KEYS[3]!, "epoch", "x".repeat(1000)]],
    ["an epoch that is empty", ["HSET", KEYS[3]!, "epoch", ""]],
    ["a counter of an hour from now: its clock was set back", ["HSET", KEYS[3]!, "version", IN_AN_HOUR]],
    ...KEYS.flatMap((key): [string, string[]][] => [
      [`a list in the place of ${key}`, ["LPUSH", key, "garbage"]],
      [`a text in the place of ${key}`, ["SET", key, "garbage"]],
      [`a set in the place of ${key}`, ["SADD", key, "garbage"]],
    ]),
  ])("begins anew where it finds %s", async (_what, garbage) => {
    await tell("a", "O", "t", 60_000, "x");
    const [epoch] = seen.get("a")!;
    if (garbage[0] !== "HSET") await store.command("DEL", garbage[1]!);
    await store.command(...garbage);
    expect((await call("a", [["O", "t", 90_000, "x"]], "", 60_000)).answers).toEqual([1]);
    expect(seen.get("a")![0]).not.toBe(epoch);
    expect(Object.keys((await call("b", [])).changed)).toEqual(["t"]);
    expect((await call("b", [])).changed).toEqual({});
  });

  it.each(KEYS.slice(0, 4))(
    "begins anew, by the next word of a gateway's presence, when it has evicted %s",
    async key => {
      await call("a", [["O", "t", 60_000, "x"]], "", 60_000);
      const [epoch] = seen.get("a")!;
      await store.command("DEL", key);
      expect((await call("a", [], "", 60_000)).isAll).toBe(true);
      expect(seen.get("a")![0]).not.toBe(epoch);
      expect(await tell("a", "O", "t", 60_000, "x")).toBe(1);
      const { isAll, changed } = await call("b", [], "", 60_000);
      expect([isAll, Object.keys(changed)]).toEqual([true, ["t"]]);
    },
  );

  it("drops what is no entry and no gateway, and lets nothing make its answer long", async () => {
    await call("a", [["O", "t", 60_000, "x"]], "", 60_000);
    const garbage: [string, string][] = [
      ["huge", "x".repeat(1 << 20)],
      ["i".repeat(1000), "1 2 3 x"],
      ["small", "1 2"],
    ];
    for (const [id, value] of garbage) {
      await store.command("HSET", KEYS[0]!, id, value);
      await store.command("ZADD", KEYS[1]!, 1, id);
      // What is dropped is dropped everywhere: else the gateways' word of their presence finds that something is missing.
      await store.command("ZADD", KEYS[2]!, 9e15, id);
    }
    await store.command("ZADD", KEYS[1]!, 1, "without a value");
    await store.command("ZADD", KEYS[4]!, Date.now(), "g".repeat(1000));
    await store.command("ZADD", KEYS[4]!, 9e15, "of the future");
    expect(Object.keys((await call("b", [])).changed).sort()).toEqual(["small", "t"]);
    expect((await call("b", [], "", 60_000)).gateways.filter((_, i) => i % 2 === 0).sort()).toEqual(["a", "b"]);
    expect(await store.command("HKEYS", KEYS[0]!)).toEqual(expect.arrayContaining(["t", "small"]));
    expect(await store.command("HLEN", KEYS[0]!)).toBe(2);
    expect(await store.command("ZCARD", KEYS[1]!)).toBe(2);
  });

  it("is kept from no opening by an end that nobody could have written", async () => {
    await tell("a", "O", "t", 60_000, "x");
    await store.command("HSET", KEYS[0]!, "t", "1 99999999999999 2 junk");
    expect(await tell("a", "O", "t", 60_000, "x")).toBe(1);
    expect(await secondsLeft("t")).toBeLessThanOrEqual(61);
  });

  it("takes back a permit's key that has no end, or another type", async () => {
    await store.command("SET", `${KEYS[0]}:t`, "garbage");
    expect(await tell("a", "L", "t", 3000, "")).toBe(3000);
    await store.command("LPUSH", `${KEYS[0]}:u`, "garbage");
    expect(await tell("a", "L", "u", 3000, "")).toBe(3000);
    // Given by a clock that was set back since.
    await store.command("SET", `${KEYS[0]}:v`, `stranger ${IN_AN_HOUR}`, "PX", 3_600_000);
    expect(await tell("a", "L", "v", 3000, "")).toBe(3000);
    expect(await tell("b", "L", "v", 3000, "")).toBeLessThan(0);
    await store.command("SET", `${KEYS[0]}:w`, `stranger ${Date.now()}`, "PX", 86_400_000);
    expect(await tell("a", "L", "w", 3000, "")).toBe(-3000);
    expect(await tell("a", "L", "w", 3000, "")).toBe(3000);
  });

  it("wipes nothing for arguments that are wrong", async () => {
    await tell("a", "O", "t", 60_000, "x");
    await expect(store.command("EVAL", text, 5, ...KEYS, "", 0, "a", 100, "", "", "", "O", "only")).rejects.toThrow(
      "ERR",
    );
    const wrong = "e no a no  no  O t no x L t no ".split(" ");
    // A permit for no time is refused by the server itself.
    await expect(store.command("EVAL", text, 5, ...KEYS, ...wrong)).rejects.toThrow("ERR");
    expect((await fields("t"))[3]).toBe("x");
  });

  it("tells 1,000 entries in pages, and none twice", async () => {
    for (let n = 0; n < 1000; n += 40)
      await call(
        "a",
        Array.from({ length: 40 }, (_, i): Op => ["O", `t${n + i}`, 600_000, "x"]),
      );
    const { ids, count } = await pages("b");
    expect(new Set(ids).size).toBe(1000);
    expect(ids).toHaveLength(1000);
    expect(count).toBe(10);
    expect((await call("b", [])).changed).toEqual({});
  });

  it("comes to the end of its pages although something with a late version was forgotten", async () => {
    for (let n = 0; n < 240; n += 40)
      await call(
        "a",
        Array.from({ length: 40 }, (_, i): Op => ["O", `t${n + i}`, 600_000, "x"]),
      );
    await tell("a", "O", "gone", 1000, "x");
    await store.command("ZADD", KEYS[2]!, 1, "gone");
    await tell("a", "O", "t0", 700_000, "x");
    expect(await store.command("HEXISTS", KEYS[0]!, "gone")).toBe(0);
    const { ids, count } = await pages("b");
    expect([new Set(ids).size, ids.length, count]).toEqual([240, 240, 3]);
    // Who was away for long hears all again.
    seen.set("c", [seen.get("b")![0], 5]);
    const { isAll, changed } = await call("c", []);
    expect([isAll, Object.keys(changed).length]).toEqual([true, 100]);
  });

  it("lists the gateways that were seen", async () => {
    await call("a", [], "", 60_000);
    const { gateways } = await call("b", [], "", 60_000);
    expect(gateways.filter((_, i) => i % 2 === 0).sort()).toEqual(["a", "b"]);
  });
});

it("needs no more than the user in docs/fleet.md may", async () => {
  const { readFileSync } = await import("node:fs");
  const line = /^ACL SETUSER gateway on >PASSWORD .*$/m.exec(readFileSync("docs/fleet.md", "utf8"))![0];
  const store = await StoreServer.start();
  try {
    await store.command(...line.replace("PASSWORD", "p").replace("{production}", "{rules}").split(" "));
    const ops = [
      "O",
      "t",
      60_000,
      "x",
      "C",
      "t",
      1,
      "x",
      "P",
      "u",
      1000,
      "x",
      "B",
      "u",
      1000,
      "x",
      "L",
      "t",
      9,
      "",
      "U",
      "t",
      0,
      "",
    ];
    const call = (gateway: string) => ["EVAL", text, 5, ...KEYS, "", 0, gateway, 100, 60_000, "", "", ...ops];
    const auth = ["AUTH", "gateway", "p"];
    const replies = await store.commands([auth, ["SELECT", 1], call("a"), call("b")]);
    expect(replies.filter(reply => reply instanceof Error)).toEqual([]);
    const [, other] = await store.commands([auth, ["KEYS", "*"]]);
    expect(other).toBeInstanceOf(Error);
  } finally {
    await store.stop();
  }
});
