import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectOnlyLostIn, isWhole, lateVisits, letAsk, type Incident, type Visit } from "./crowd.js";
import { startGateway, until, type Gateway } from "./running-gateway.js";
import { TRAP, compileWithTraps } from "./trap.js";

const CLIENTS = 32;
const TRAPS = 6;

describe("a VM that traps under load, on Envoy 1.40.0 with two workers,", () => {
  const directory = mkdtempSync(join(tmpdir(), "ai-failover-trap-"));
  let gateway: Gateway;

  beforeAll(async () => {
    const wasm = join(directory, "trap.wasm");
    await compileWithTraps(wasm);
    gateway = await startGateway({
      wasm,
      providers: {
        qwen: {
          ...{ tokens: ["qwen-1", "qwen-2", "qwen-3"], pace: 10, remember: 100_000 },
          config: { type: "qwen", failover: { healthCheckInterval: 60_000 } },
        },
        deepseek: { tokens: ["deepseek-1"], pace: 10, config: { type: "deepseek" } },
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
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(directory, { recursive: true });
  });

  it.each(["gateway", "attempt"] as const)(
    "in its %s role, loses at most the streams of its worker, mixes none, and keeps what is known",
    async role => {
      const qwen = gateway.providers.qwen!;
      await qwen.set(1, "401");
      const visits: Visit[] = [];
      let done = false;
      const body = (n: number) => ({ model: `mark-${n}`, stream: n % 2 === 1, messages: [] });
      const crowd = letAsk(gateway, { clients: CLIENTS, done: () => done, body, visits });
      const traps: Incident[] = [];
      for (let i = 0; i < TRAPS; i++) {
        const count = visits.length;
        await until(() => visits.length > count + 2 * CLIENTS);
        const from = performance.now();
        if (role === "gateway") await gateway.ask({ model: "trap" }, { headers: { [TRAP]: "1" } });
        else await qwen.set(2, { kind: "status", status: 500, headers: { [TRAP]: "1" }, times: 1 });
        await until(() => visits.some(visit => visit.ended > from && !isWhole(visit.answer)));
        traps.push({ from, to: performance.now() });
      }
      done = true;
      await crowd;
      const lost = expectOnlyLostIn(traps, visits);
      expect(lateVisits(visits, "qwen/t1")).toEqual([]);
      // The first request after a trap has no attempt role yet.
      const asked = Object.values(gateway.providers).flatMap(({ requests }) => requests);
      expect(asked.filter(({ headers }) => "x-forwarded-proto" in headers)).toEqual([]);
      console.log(`${TRAPS} traps lost ${lost.length} of ${visits.length} requests`);
    },
  );
});
