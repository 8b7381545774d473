/**
 * What a crowd of clients sees while tokens and providers die and come back. Longer than in `npm test`:
 *
 *     LOAD_SECONDS=30 npx vitest run --project envoy tests/envoy/load.test.ts
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoRequest } from "../../cli/demo/demo-provider.js";
import { failedAt, failures, lateVisits, letAsk, type Visit } from "./crowd.js";
import { HOSTS, startGateway, until, type Gateway } from "./running-gateway.js";

const CLIENTS = 64;
/** healthCheckInterval, and for how long a provider's breaker is open. */
const INTERVAL = 500;
/** A probe comes up to a tenth later. */
const JITTER = 1.1;
/** For so long tokens die, and as long providers: at least once each. */
const HALF = Number(process.env["LOAD_SECONDS"] ?? 0) * 500;

const pause = (ms: number) => new Promise(done => setTimeout(done, ms));
const isProbe = ({ method, model }: DemoRequest) => method === "GET" || model === "probe";

/** Probes for a token: by the free call, which cannot tell an empty account, or by a completion, which can ask the provider, too. */
const WAYS = [
  { way: "the free call", healthCheckModel: "", fault: "401" },
  { way: "a completion", healthCheckModel: "probe", fault: "402" },
  { way: "the free call", healthCheckModel: "", fault: "401" },
];
const CASES = WAYS.map((way, i) => ({ ...way, ...HOSTS[i]! }));

describe.each(CASES)(
  "64 clients, with probes by $way, in $mode mode, on Envoy $version",
  ({ mode, version, ...way }) => {
    let gateway: Gateway;
    const visits: Visit[] = [];
    let crowd: Promise<Visit[]>;
    let done = false;
    /** When the provider had closed its port, and with it the connections of answers that were on their way. */
    const shut: [from: number, to: number][] = [];

    beforeAll(async () => {
      const openFor = { openFor: INTERVAL, maxOpenFor: INTERVAL };
      const failover = {
        healthCheckInterval: INTERVAL,
        healthCheckModel: way.healthCheckModel,
        healthCheckTimeout: 1000,
      };
      gateway = await startGateway({
        ...{ mode, version },
        providers: {
          qwen: {
            tokens: ["qwen-1", "qwen-2", "qwen-3"],
            pace: 20,
            remember: 1_000_000,
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

    /** How long each thing took to be back, and when it was tried again. Printed: how busy the machine was, no test may ask. */
    const back: Record<string, [took: number, triedAt: number]> = {};
    const noteBack = (what: string, since: number, isIt: (r: DemoRequest) => boolean, interval: number) => {
      const took = gateway.providers.qwen!.requests.find(r => r.at > since && !isProbe(r) && isIt(r))!.at - since;
      back[what] = [Math.round(took), Math.round(interval)];
    };
    const repeat = async (round: (n: number) => Promise<void>) => {
      const began = performance.now();
      for (let n = 1; n === 1 || performance.now() - began < HALF; n++) await round(n);
    };

    it(
      "meet each dying token no more once its death is known, and get it back",
      { timeout: 120_000 + HALF },
      async () => {
        const qwen = gateway.providers.qwen!;
        await repeat(async round => {
          for (const token of [1, 2, 3]) {
            const isOf = (r: DemoRequest) => r.tokenNumber === token;
            const died = performance.now();
            await qwen.set(token, way.fault);
            await until(() => visits.some(visit => visit.ended >= died && failedAt(`qwen/t${token}`)(visit)));
            await pause(1000);
            const healed = performance.now();
            await qwen.set(token, "ok");
            const dead = qwen.requests.filter(r => isOf(r) && r.fault.kind !== "ok" && r.at > died);
            await until(() => qwen.requests.some(r => r.at > healed && isOf(r) && !isProbe(r)));
            // Each probe in vain doubles the time to the next one.
            const probes = dead.filter(isProbe).length;
            noteBack(`t${token} in round ${round}`, healed, isOf, INTERVAL * 2 ** probes * JITTER);
            // No client at all but those that were on their way, each once.
            expect(lateVisits(visits, `qwen/t${token}`, died, healed)).toEqual([]);
            expect(dead.length - probes).toBeLessThanOrEqual(CLIENTS);
          }
        });
      },
    );

    it(
      "meet a provider that went down only by trials once its breaker is open, and get it back",
      { timeout: 120_000 + HALF },
      async () => {
        const qwen = gateway.providers.qwen!;
        await repeat(async round => {
          for (const fault of ["503", "reset", "refused"]) {
            const before = qwen.requests.length;
            const down = performance.now();
            await qwen.set("*", fault);
            await until(() => visits.slice(-CLIENTS).every(({ answer }) => answer.trail === "deepseek/t1 200"));
            const open = qwen.requests.length;
            await pause(1000);
            const trials = qwen.requests.length - open;
            // Some hundred requests have come meanwhile.
            expect(trials).toBeLessThan(10);
            const healed = performance.now();
            await qwen.reset();
            if (fault === "refused") shut.push([down, healed]);
            await until(() => qwen.requests.some(r => r.at > healed && !isProbe(r)));
            noteBack(`after ${fault} in round ${round}`, healed, () => true, INTERVAL * JITTER);
            await until(() => visits.slice(-CLIENTS).every(({ answer }) => answer.trail.startsWith("qwen/")));
            console.log(`${fault}: ${open - before} requests until it was out, ${trials} trials in 1 s`);
          }
        });
      },
    );

    it("see no failed request all the while", async () => {
      done = true;
      await crowd;
      console.log(`${visits.length} requests; back after [ms, tried at the latest after]: ${JSON.stringify(back)}`);
      // Bytes that are out cannot be taken back; nor, without an attempt role, an answer that Envoy itself has cut (facts 12.3).
      const isCut = ({ started, ended, answer: { broken, status } }: Visit) =>
        shut.some(([from]) => started < from && ended > from) && (broken || (mode === "callout" && status === 502));
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
  ({ mode, version }) => {
    it("wait for their turn, and none of them fails", async () => {
      const { server, url, refused } = await startLimiter(20);
      const gateway = await startGateway({
        ...{ mode, version },
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
