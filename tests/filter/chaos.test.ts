/**
 * Whatever happens, in any order: the compiled module on our host under random scenarios (chaos/scenario.ts), in a build whose heap is
 * checked (wasm/heap.ts). A failure prints its seed, its path and the scenario, shrunk:
 *
 *     CHAOS_RUNS=20000 npx vitest run --project filter tests/filter/chaos.test.ts     longer than `npm test`
 *     CHAOS_SEED=... CHAOS_PATH=... npx vitest ...                                    a failure again
 */
import fc from "fast-check";
import { it } from "vitest";
import { happens } from "./chaos/chaos-run.js";
import { scenario } from "./chaos/scenario.js";
import { watchedModule } from "./watched.js";

const number = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);
const runs = number("CHAOS_RUNS", 70);
const replay = { seed: number("CHAOS_SEED", 1), path: process.env["CHAOS_PATH"] ?? "" };

it(`holds its promises in ${runs} random scenarios`, { timeout: 60_000 + runs * 1000 }, async () => {
  const module = await watchedModule();
  fc.assert(
    fc.property(scenario, what => happens(module, what)),
    { numRuns: runs, ...replay },
  );
});
