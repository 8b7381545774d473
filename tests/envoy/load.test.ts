import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoRequest } from "../../cli/demo/provider.js";
import { failedAt, failures, lateMeetings, letAsk, type Visit } from "./crowd.js";
import { HOSTS, startGateway, until, type Gateway } from "./gateway.js";

const CLIENTS = 64;
/** Longest time from one probe to the next here, and what Envoy, the tick and a busy machine may add. */
const INTERVAL = 500;

const pause = (ms: number) => new Promise(done => setTimeout(done, ms));
const isProbe = ({ method, model }: DemoRequest) => method === "GET" || model === "probe";

/** Probes for a token: by the free call, which cannot tell an empty account, or by a completion, which can ask the provider, too. */
const WAYS = [
  { way: "the free call", healthCheckModel: "", fault: "401" },
  { way: "a completion", healthCheckModel: "probe", fault: "402" },
];
const CASES = WAYS.map((way, i) => ({ ...way, ...HOSTS[i]! }));

describe.each(CASES)(
  "64 clients, with probes by $way, in $mode mode, on Envoy $version",
  ({ mode, version, ...way }) => {
    let gateway: Gateway;
    const visits: Visit[] = [];
    let crowd: Promise<Visit[]>;
    let done = false;
    /** When the provider closed its port, and with it the connections of answers that were on their way. */
    let shut = 0;

    beforeAll(async () => {
      const openFor = { openFor: INTERVAL, maxOpenFor: INTERVAL };
      const failover = {
        healthCheckInterval: INTERVAL,
        healthCheckModel: way.healthCheckModel,
        healthCheckTimeout: 1000,
      };
      gateway = await startGateway({
        version,
        providers: {
          qwen: {
            tokens: ["qwen-1", "qwen-2", "qwen-3"],
            pace: 20,
            remember: 100_000,
            config: { type: "qwen", failover, providerBreaker: openFor },
          },
          deepseek: { tokens: ["deepseek-1"], pace: 20, config: { type: "deepseek" } },
        },
        routes: [
          {
            name: "main",
            modelPredicates: [],
            upstreams: [{ provider: "qwen" }],
            fallbackConfig: { enabled: true, upstreams: [{ provider: "deepseek" }] },
          },
        ],
      });
      const body = (n: number) => ({ model: "m", stream: n % 2 === 1, messages: [] });
      crowd = letAsk(gateway, { clients: CLIENTS, done: () => done, body, visits });
      await until(() => visits.length > CLIENTS);
    });
    afterAll(() => gateway.stop());

    const backWithin: Record<string, number> = {};

    it("meet each dying token no more once its death is known, and get it back", async () => {
      const qwen = gateway.providers.qwen!;
      for (const token of [1, 2, 3]) {
        const died = performance.now();
        await qwen.set(token, way.fault);
        await until(() => visits.some(visit => visit.ended >= died && failedAt(`qwen/t${token}`)(visit)));
        await pause(1000);
        const healed = performance.now();
        await qwen.set(token, "ok");
        const isBack = (r: DemoRequest) => r.at > healed && r.tokenNumber === token && !isProbe(r);
        await until(() => qwen.requests.some(isBack));
        backWithin[`t${token}`] = Math.round(qwen.requests.find(isBack)!.at - healed);
        expect(lateMeetings(visits, `qwen/t${token}`, died, healed)).toEqual([]);
      }
    });

    it("meet a provider that went down only by trials once its breaker is open, and get it back", async () => {
      const qwen = gateway.providers.qwen!;
      for (const fault of ["503", "reset", "refused"]) {
        const before = qwen.requests.length;
        if (fault === "refused") shut = performance.now();
        await qwen.set("*", fault);
        await until(() => visits.slice(-CLIENTS).every(({ answer }) => answer.trail === "deepseek/t1 200"));
        const open = qwen.requests.length;
        await pause(1000);
        const trials = qwen.requests.length - open;
        // Some hundred requests have come meanwhile.
        expect(trials).toBeLessThan(10);
        const healed = performance.now();
        await qwen.reset();
        const isBack = (r: DemoRequest) => r.at > healed && !isProbe(r);
        await until(() => qwen.requests.some(isBack));
        backWithin[fault] = Math.round(qwen.requests.find(isBack)!.at - healed);
        await until(() => visits.slice(-CLIENTS).every(({ answer }) => answer.trail.startsWith("qwen/")));
        console.log(`${fault}: ${open - before} requests until it was out, ${trials} trials in 1 s`);
      }
    });

    it("see no failed request all the while", async () => {
      done = true;
      await crowd;
      console.log(`${visits.length} requests; back after (ms): ${JSON.stringify(backWithin)}`);
      // Bytes that are out cannot be taken back; nor, without an attempt role, an answer that Envoy itself has cut (facts 12.3).
      const isCut = ({ started, ended, answer: { broken, status } }: Visit) =>
        started < shut && ended > shut && (broken || (mode === "callout" && status === 502));
      expect(failures(visits.filter(visit => !isCut(visit)))).toEqual([]);
    });
  },
);

/** Takes so many requests of each token in any second, and refuses the others as providers do. */
async function startLimiter(limit: number): Promise<{ server: Server; url: string; refused: () => number }> {
  const taken = new Map<string, number[]>();
  let refused = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const token = request.headers.authorization ?? "";
      const now = performance.now();
      const recent = (taken.get(token) ?? []).filter(at => at > now - 1000);
      const fits = recent.length < limit;
      taken.set(token, fits ? [...recent, now] : recent);
      if (!fits) refused++;
      const message = { content: "Hello from the limiter." };
      response.writeHead(fits ? 200 : 429, { "content-type": "application/json", "retry-after": "1" });
      response.end(JSON.stringify(fits ? { choices: [{ message }] } : { error: { code: "rate_limit_exceeded" } }));
    });
  });
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, refused: () => refused };
}

describe.each(HOSTS)(
  "64 clients of a provider that takes 60 requests a second, in $mode mode, on Envoy $version",
  ({ version }) => {
    it("wait for their turn, and none of them fails", async () => {
      const { server, url, refused } = await startLimiter(20);
      const gateway = await startGateway({
        version,
        providers: { one: { tokens: ["one-1", "one-2", "one-3"], config: { url } } },
      });
      const visits = await letAsk(gateway, {
        clients: CLIENTS,
        requests: 240,
        body: () => ({ model: "one-m", messages: [] }),
      });
      await gateway.stop();
      server.close();
      server.closeAllConnections();
      expect(failures(visits)).toEqual([]);
      expect(refused()).toBeGreaterThan(0);
      // They do not hammer at its door either.
      expect(refused()).toBeLessThan(visits.length * 2);
    });
  },
);
