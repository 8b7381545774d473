import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoProvider } from "../../cli/demo/demo-provider.js";
import { expectOnlyLostIn, isWhole, lateVisits, letAsk, type Incident, type Visit } from "./crowd.js";
import { startGateway, until, type Gateway } from "./running-gateway.js";
import { TRAP, compileWithTraps } from "./trap.js";

const CLIENTS = 32;
const TIMEOUT = 3000;
/** The rendered listener lets no request wait longer than this after its last byte, whatever becomes of the VM. */
const LONGEST = TIMEOUT + 5000;
const directory = mkdtempSync(join(tmpdir(), "ai-failover-trap-"));
const wasm = join(directory, "trap.wasm");

beforeAll(() => compileWithTraps(wasm));
afterAll(() => rmSync(directory, { recursive: true }));

describe.each(["1.36.4", "1.38.2"])(
  "in callout mode, on Envoy %s with two workers, a VM that traps under load",
  version => {
    let gateway: Gateway;

    beforeAll(async () => {
      gateway = await startGateway({
        ...{ version, mode: "callout", wasm },
        providers: {
          // Its second token is well, so that half of the streams are direct; the third one fails, so that the others are called out.
          qwen: {
            ...{ tokens: ["qwen-1", "qwen-2", "qwen-3"], pace: 10, remember: 100_000 },
            config: {
              ...{ type: "qwen", failover: { healthCheckInterval: 60_000 }, retryOnFailure: { enabled: false } },
              providerBreaker: { failureThreshold: 1_000_000 },
            },
          },
          deepseek: { tokens: ["deepseek-1"], pace: 10, config: { type: "deepseek" } },
        },
        routes: [
          {
            ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "qwen" }] },
            fallbackConfig: { enabled: true, upstreams: [{ provider: "deepseek" }] },
            ...{ timeout: TIMEOUT, attemptTimeout: TIMEOUT - 1, firstTokenTimeout: TIMEOUT - 1 },
          },
        ],
      });
    });
    afterAll(() => gateway.stop());

    it("loses at most what its worker had under way, mixes nothing, and leaves nobody waiting", async () => {
      const { qwen, deepseek } = gateway.providers as Record<"qwen" | "deepseek", DemoProvider>;
      await qwen.set(1, "401");
      await qwen.set(3, "error-in-200");
      const trapped = { kind: "status", status: 500, headers: { [TRAP]: "1" }, times: 1 } as const;
      const places = {
        "a request": () => gateway.ask({ model: "trap" }, { headers: { [TRAP]: "1" } }),
        "an answer on the client's own stream": () => qwen.set(2, trapped),
        "the answer of a callout": () => deepseek.set(1, trapped),
      };
      const visits: Visit[] = [];
      let done = false;
      const body = (n: number) => ({ model: `mark-${n}`, stream: n % 2 === 1, messages: [] });
      const crowd = letAsk(gateway, { clients: CLIENTS, done: () => done, body, visits });
      const traps: Incident[] = [];
      for (const trap of Object.values(places)) {
        const count = visits.length;
        await until(() => visits.length > count + 2 * CLIENTS, 30_000);
        const from = performance.now();
        await trap();
        await until(() => visits.some(({ ended, answer }) => ended > from && !isWhole(answer)), 30_000);
        traps.push({ from, to: performance.now() });
      }
      done = true;
      await crowd;
      const lost = expectOnlyLostIn(traps, visits);
      const longest = Math.round(Math.max(...visits.map(({ started, ended }) => ended - started)));
      console.log(
        `${traps.length} traps lost ${lost.length} of ${visits.length} requests; the longest took ${longest} ms`,
      );
      expect(longest).toBeLessThan(LONGEST + 2000);
      expect(lateVisits(visits, "qwen/t1")).toEqual([]);
      await until(async () => (await gateway.stat("http.ai_failover.downstream_rq_active")) === 0);
    });
  },
);
