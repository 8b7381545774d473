import { afterEach, describe, expect, it } from "vitest";
import type { DemoRequest } from "../../cli/demo/demo-provider.js";
import { failedAt, failures, lateVisits, letAsk, reached, type Visit } from "./crowd.js";
import { startGateway, until, type Gateway, type TestHost } from "./running-gateway.js";

const CLIENTS = 64;
/** More than anyone makes in a day, under a load. */
const EDITED = [
  { mode: "retry", version: "1.40.0", edits: 40 },
  { mode: "hop", version: "1.36.4", edits: 40 },
  { mode: "callout", version: "1.36.4", edits: 30 },
  { mode: "callout", version: "1.38.2", edits: 30 },
] as const;

let gateway: Gateway;
afterEach(() => gateway.stop());

const chat = (n = 0) => ({ model: `m-${n}`, stream: n % 2 === 1, messages: [] });
const plain = () => ({ model: "m", messages: [] });
const asked = ({ method }: DemoRequest) => method === "POST";

const token = (id: string, n: number) => ({ name: `t${n}`, value: `${id}-${n}` });
const provider = (id: string, tokens: number[], more: object = {}) => ({
  ...{ id, type: id, url: gateway.providers[id]!.url, apiTokens: tokens.map(n => token(id, n)), ...more },
});
const long = {
  ...{ name: "long", modelPredicates: [{ matchType: "EQUAL", matchValue: "long" }] },
  upstreams: [{ provider: "slow" }],
};

/** Applies other tokens of qwen, and more of its route. */
const edit = (tokens: number[], more: object = {}, qwen: object = calm) =>
  gateway.apply({
    routes: [long, route(more)],
    config: {
      providers: [provider("qwen", tokens, qwen), provider("deepseek", [1]), provider("slow", [1], { type: "openai" })],
    },
  });
const route = (more: object = {}) => ({
  ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "qwen" }] },
  fallbackConfig: { enabled: true, upstreams: [{ provider: "deepseek" }] },
  ...more,
});

/** No probe and no trial comes in between. */
const calm = { failover: { healthCheckInterval: 60_000 }, providerBreaker: { openFor: 60_000 } };
const neverOut = { ...calm, providerBreaker: { failureThreshold: 1_000_000 } };

/** qwen with three tokens, then deepseek. */
async function start(pace = 5, host: TestHost = {}, config: object = calm) {
  gateway = await startGateway({
    ...host,
    providers: {
      qwen: { tokens: ["qwen-1", "qwen-2", "qwen-3"], pace, remember: 100_000, config: { type: "qwen", ...config } },
      deepseek: { tokens: ["deepseek-1"], pace, config: { type: "deepseek" } },
      slow: { tokens: ["slow-1"], pace: 40 * pace },
    },
    routes: [long, route()],
  });
  return gateway.providers.qwen!;
}

/**
 * Closes the connection behind each request, so that the next one meets the newest configuration. It must be said with every
 * request of a test: one that leaves its connection open leaves it to whoever asks next, with the configuration of its beginning.
 */
const newcomers = { headers: { connection: "close" } };

describe.each(EDITED)("an edit of the running configuration in $mode mode, on Envoy $version,", host => {
  const { mode, version, edits } = host;

  it(`fails no request and cuts no stream, ${edits} times under the load of ${CLIENTS} clients, and keeps a dead token out`, async () => {
    const qwen = await start(20, { mode, version }, neverOut);
    await qwen.set(1, "401");
    // After the third token comes the other provider: in callout mode by callouts, which the next edit meets on their way.
    await qwen.set(3, "error-in-200");
    const visits: Visit[] = [];
    let done = false;
    const crowd = letAsk(gateway, { clients: CLIENTS, done: () => done, body: chat, visits, options: newcomers });
    // They began under the first configuration, and end under the last.
    const longOnes = { clients: 8, requests: 8, body: () => ({ ...chat(1), model: "long" }) };
    const streams = letAsk(gateway, { ...longOnes, options: newcomers });
    await until(() => visits.some(failedAt("qwen/t1")));
    // Each takes the second token out or in; only the last one takes the third out, so that a worker that is behind shows.
    for (let i = 1; i < edits; i++) await edit(i % 2 ? [1, 3] : [1, 2, 3], { timeout: 600_000 + i }, neverOut);
    await edit([1, 2], {}, neverOut);
    const ask = (requests: number) => letAsk(gateway, { clients: 8, requests, body: chat, options: newcomers });
    // Each worker takes an edit over in its own time, and a busy one answers when it can: once is no proof.
    let rounds = 0;
    await until(async () => (rounds = (await ask(16)).some(reached("qwen/t3")) ? 0 : rounds + 1) === 3);
    const last = await ask(40);
    done = true;
    await crowd;
    expect(failures(await streams)).toEqual([]);
    expect(last.filter(reached("qwen/t3"))).toEqual([]);
    const all = [...visits, ...last];
    console.log(
      `${edits} edits under ${all.length} requests, ${all.filter(failedAt("qwen/t3")).length} of them rescued`,
    );
    expect(failures(all)).toEqual([]);
    for (const { body, answer } of all) expect(answer.words).toContain(`model ${(body as { model: string }).model},`);
    expect(lateVisits(all, "qwen/t1")).toEqual([]);
    expect(await gateway.stat("listener_manager.lds.update_rejected")).toBe(0);
  });
});

describe("an edit of the running configuration, on Envoy 1.40.0 with two workers,", () => {
  it("forgets a token that it removes: should it ever return, it is as good as new", async () => {
    const qwen = await start();
    await qwen.set(1, "401");
    const before = await letAsk(gateway, { clients: 4, requests: 40, body: chat, options: newcomers });
    expect(before.filter(failedAt("qwen/t1")).length).toBeGreaterThan(0);
    await edit([2, 3]);
    const without = await letAsk(gateway, { clients: 4, requests: 40, body: chat, options: newcomers });
    expect(failures(without)).toEqual([]);
    expect(without.filter(reached("qwen/t1"))).toEqual([]);
    await qwen.reset();
    await edit([1, 2, 3]);
    const again = await letAsk(gateway, { clients: 4, requests: 60, body: chat, options: newcomers });
    expect(again.filter(reached("qwen/t1")).length).toBeGreaterThan(0);
  });

  it("keeps a rate limit, for the one model that it concerns", async () => {
    const qwen = await start();
    await qwen.set("*", { kind: "status", status: 429, retryAfter: "60" });
    await letAsk(gateway, { clients: 1, requests: 3, body: plain, options: newcomers });
    expect(qwen.requests).toHaveLength(3);
    await qwen.reset();
    await edit([1, 2, 3], { timeout: 500_000 });
    const visits = await letAsk(gateway, { clients: 4, requests: 40, body: plain, options: newcomers });
    expect(new Set(visits.map(({ answer }) => answer.trail))).toEqual(new Set(["deepseek/t1 200"]));
    expect((await gateway.ask({ ...plain(), model: "other" }, newcomers)).trail).toMatch(/^qwen/);
  });

  it("keeps the open breaker of a provider", async () => {
    const qwen = await start();
    await qwen.set("*", "503");
    await letAsk(gateway, { clients: 1, requests: 4, body: plain, options: newcomers });
    await qwen.reset();
    const met = qwen.requests.length;
    await edit([1, 2, 3], { timeout: 500_000 });
    const visits = await letAsk(gateway, { clients: 4, requests: 40, body: plain, options: newcomers });
    expect(new Set(visits.map(({ answer }) => answer.trail))).toEqual(new Set(["deepseek/t1 200"]));
    expect(qwen.requests).toHaveLength(met);
  });
});

describe("the same token under two providers, on Envoy 1.40.0 with two workers,", () => {
  it("never mixes: what one refuses, the other still takes", async () => {
    const shared = ["sk-shared-1", "sk-shared-2"];
    gateway = await startGateway({
      providers: {
        one: { tokens: shared, config: { type: "qwen" } },
        two: { tokens: shared, config: { type: "qwen" } },
      },
    });
    await gateway.providers.one!.set(1, "401");
    const visits = await letAsk(gateway, {
      ...{ clients: 8, requests: 160, options: newcomers },
      body: n => ({ ...chat(n >> 1), model: n % 2 ? "one-m" : "two-m" }),
    });
    expect(failures(visits)).toEqual([]);
    expect(visits.filter(failedAt("one/t1")).length).toBeGreaterThan(0);
    expect(lateVisits(visits, "one/t1")).toEqual([]);
    const two = gateway.providers.two!.requests.filter(asked);
    for (const n of [1, 2]) expect(two.slice(-40).some(({ tokenNumber }) => tokenNumber === n)).toBe(true);
  });
});
