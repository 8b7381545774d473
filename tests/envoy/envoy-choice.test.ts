import { afterEach, describe, expect, it } from "vitest";
import { failures, letAsk } from "./crowd.js";
import { startGateway, until, type AskOptions, type Gateway, type GatewayOptions } from "./running-gateway.js";

let gateway: Gateway;
afterEach(() => gateway.stop());

const chat = () => ({ model: "m", messages: [] });
/** Each on a connection of its own, so that both workers serve. */
const close = { connection: "close" };
const crowd = (requests: number) => letAsk(gateway, { clients: 8, requests, body: chat, options: { headers: close } });

/** Of so many draws with this chance, how many one may expect: four standard deviations to either side. */
const about = (count: number, chance: number) => {
  const [mean, spread] = [count * chance, 4 * Math.sqrt(count * chance * (1 - chance))];
  return { least: mean - spread, most: mean + spread };
};

async function start(one: object, route: object = {}, tokens = 2): Promise<void> {
  const options: GatewayOptions = {
    workers: 2,
    providers: {
      one: { tokens: Array.from({ length: tokens }, (_, i) => `one-${i + 1}`), config: one },
      two: { tokens: ["two-1"] },
    },
    routes: [
      {
        ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
        fallbackConfig: { enabled: true, upstreams: [{ provider: "two" }] },
        ...route,
      },
    ],
  };
  gateway = await startGateway(options);
}

describe("a choice by weight, on Envoy 1.40.0 with two workers,", () => {
  it("gives each token its share", async () => {
    const token = (n: number, weight: number) => ({ name: `t${n}`, value: `one-${n}`, weight });
    await start({ tokenChoice: "weighted", apiTokens: [token(1, 3), token(2, 1)] });
    expect(failures(await crowd(300))).toEqual([]);
    const first = gateway.providers.one!.requests.filter(({ tokenNumber }) => tokenNumber === 1).length;
    const { least, most } = about(300, 3 / 4);
    expect(first).toBeGreaterThan(least);
    expect(first).toBeLessThan(most);
  });

  it("gives each upstream of a route its share, and all of it to the other while one is down", async () => {
    const upstreams = [
      { provider: "one", weight: 30 },
      { provider: "two", weight: 10 },
    ];
    await start({ providerBreaker: { openFor: 60_000 } }, { upstreams, fallbackConfig: { enabled: false } });
    const visits = await crowd(300);
    const first = visits.filter(({ answer }) => /^one\/t\d 200$/.test(answer.trail)).length;
    expect(visits.filter(({ answer }) => answer.trail === "two/t1 200")).toHaveLength(300 - first);
    const { least, most } = about(300, 3 / 4);
    expect(first).toBeGreaterThan(least);
    expect(first).toBeLessThan(most);
    await gateway.providers.one!.set("*", "503");
    expect(failures(await crowd(40))).toEqual([]);
    expect((await crowd(20)).map(({ answer }) => answer.trail)).toEqual(Array(20).fill("two/t1 200"));
  });
});

describe("a sticky choice, on Envoy 1.40.0 with two workers,", () => {
  const WAYS: [string, (caller: string) => { body?: object; headers?: AskOptions["headers"] }][] = [
    ["credential", caller => ({ headers: { authorization: `Bearer ${caller}` } })],
    ["user", caller => ({ body: { user: caller } })],
    ["header:x-session", caller => ({ headers: { "x-session": caller } })],
  ];
  it.each(WAYS)(
    "by %s keeps a caller at its token, through the deaths of other tokens, and after that of its own",
    async (stickyBy, as) => {
      await start({ type: "qwen", tokenChoice: "sticky", stickyBy, failover: { healthCheckInterval: 200 } }, {}, 3);
      const callers = Array.from({ length: 12 }, (_, i) => `caller-${i}`);
      const tokensOf = async () => {
        const used = callers.map(async caller => {
          const { body, headers } = as(caller);
          const answer = await gateway.ask({ ...chat(), ...body }, { headers: { ...close, ...headers } });
          return answer.trail.split(", ").at(-1)!;
        });
        return Promise.all(used);
      };
      const before = await tokensOf();
      expect(new Set(before).size).toBeGreaterThan(1);
      for (let i = 0; i < 3; i++) expect(await tokensOf()).toEqual(before);
      const [dead] = before;
      await gateway.providers.one!.set(Number(/t(\d)/.exec(dead!)![1]), "401");
      await tokensOf();
      const during = await tokensOf();
      for (const [i, token] of during.entries())
        if (before[i] === dead) expect(token).toMatch(/^one\/t\d 200$/);
        else expect(token).toBe(before[i]);
      expect(during).not.toContain(dead);
      await gateway.providers.one!.reset();
      await until(async () => (await tokensOf()).join() === before.join());
    },
  );
});

describe("retryBudget, on Envoy 1.40.0 with two workers,", () => {
  it("lets no more than its share of the requests be tried again", async () => {
    await start({ failover: { enabled: false } }, { retryBudget: 0.2 }, 1);
    await gateway.providers.one!.set("*", "401");
    const visits = await crowd(100);
    // Each worker counts for itself, whole requests.
    const served = visits.filter(({ answer }) => answer.trail === "one/t1 401 credential, two/t1 200").length;
    expect([19, 20]).toContain(served);
    const refused = visits.filter(({ answer }) => answer.status === 503 && answer.trail === "one/t1 401 credential");
    expect(refused).toHaveLength(100 - served);
  });
});
