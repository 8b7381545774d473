/**
 * `npm run bench [-- --quick] [--only WORDS] [--module FILE] [--before FILE] [--write]`: what the module costs. All variants run side by side and are
 * measured in turn, round after round, so that whatever else the machine does meets them alike. It judges nothing; `--before` adds
 * another build of the module, `--only` takes the requests served at once whose name has these words, and `--write` writes
 * docs/performance.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../cli/config/root.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { WANTED } from "../../cli/envoy/releases.js";
import { RESCUED, RESCUERS, SERVED, type RescueCell } from "./bench-cells.js";
import { measureLive } from "./bench-live.js";
import { measure, type Load, type Target } from "./bench-load.js";
import { startHosts, type Hosts } from "./hosts.js";
import { measureLedger } from "./ledger-bench.js";
import { PICTURE, linesOf, pageOf, pictureOf, rescuedLine, servedLine } from "./performance-page.js";
import type { Measured } from "./performance-page.js";
import { costsOf, rescueCostOf, type RescueRound, type Round } from "./ratio-table.js";
import type { Variant } from "./variants.js";

/**
 * `starts`: how often all Envoys are started anew, since where its memory lies makes one process by up to a quarter slower than the next.
 * `rounds`: of each start. `slice`: how long a bare Envoy is under load in each round, milliseconds.
 */
const FULL = { starts: 12, rounds: 2, slice: 100, live: [0, 1000, 5000] };
const QUICK = { starts: 1, rounds: 2, slice: 100, live: [0, 200] };

/** The whole run must end within this, milliseconds. */
const LIMIT = 1_200_000;

const { quick, module, before, only, write } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    module: { type: "string", default: join(packageRoot, "build/ai-failover.wasm") },
    before: { type: "string" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
}).values;
const { starts, rounds, slice, live } = quick ? QUICK : FULL;

const directory = mkdtempSync(join(tmpdir(), "ai-failover-bench-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
// Envoys run in process groups of their own, and are ended by the listeners of "exit".
process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));
setTimeout(() => process.exit(1), LIMIT).unref();

const { path } = await findEnvoy({ version: WANTED });
const measured: Measured = {
  ...{ served: [], rescued: [], live: [] },
  ledger: only === undefined ? await measureLedger(path, directory) : [],
};
for (const line of measured.ledger) console.log(`A request costs ${line}.`);

const modules = { ours: resolve(module), ...(before === undefined ? {} : { before: resolve(before) }) };
const cells = SERVED.filter(({ name }) => name.includes(only ?? "")).map(cell => ({ cell, turns: [] as Round[] }));
const rescuers = RESCUERS.filter(variant => variant !== "before" || before !== undefined);
const rescues = (only === undefined ? RESCUED : []).map(cell => ({
  cell,
  turns: rescuers.map((): RescueRound[] => []),
}));
for (let left = starts - 1; left >= 0; left--) {
  const hosts = await startHosts(modules, directory);
  try {
    if (!hosts.pinned) console.log("Envoy has no CPU of its own here: with one connection the ratios may jump.");
    for (const { cell, turns } of cells) turns.push(...(await measureInTurn(hosts, cell.load)));
    for (const { cell, turns } of rescues)
      for (const [i, variant] of rescuers.entries())
        turns[i]!.push(...(await measureRescues(hosts.targets[variant], cell)));
    if (left > 0) continue;
    tellServed(hosts.variants);
    if (only !== undefined) continue;
    tellRescued();
    await measureStreams(hosts);
  } finally {
    await hosts.stop();
  }
}
if (write && only === undefined) {
  writeFileSync(join(packageRoot, "docs/performance.md"), pageOf(measured));
  writeFileSync(join(packageRoot, "docs", PICTURE), pictureOf(measured.served));
  console.log("Written: docs/performance.md. Run `npm run format`.");
}

function tellServed(variants: Variant[]): void {
  console.log("\nCPU us of a request that is served at once, and as a ratio to a bare Envoy:");
  for (const { cell, turns } of cells) measured.served.push({ cell, costs: costsOf(cell, variants, turns) });
  console.log(linesOf([["", ...variants, "aim"], ...measured.served.map(servedLine)]));
}

function tellRescued(): void {
  console.log("\nWhat a failover costs:");
  for (const { cell, turns } of rescues)
    measured.rescued.push({ cell, costs: rescuers.map((variant, i) => ({ variant, ...rescueCostOf(turns[i]!) })) });
  console.log(linesOf([["", "", ...rescuers], ...measured.rescued.map(rescuedLine)]));
}

/** By the Envoys of the last start. */
async function measureStreams({ targets }: Hosts): Promise<void> {
  console.log("\nCPU ms a second with silent streams, bare and ours:");
  for (const streams of live) {
    try {
      const bare = await measureLive(targets.bare, streams);
      const ours = await measureLive(targets.retry, streams);
      measured.live.push({ streams, bare, ours });
      console.log(`${streams}: ${bare.toFixed(1)}, ${ours.toFixed(1)}`);
    } catch (error) {
      console.log(`${streams}: not measured (${String(error)}). Envoy needs two files for each: raise \`ulimit -n\`.`);
    }
  }
}

/** Warms every variant up, finds how many requests fill a slice, and measures. */
async function measureInTurn({ targets, variants }: Hosts, load: Omit<Load, "requests">): Promise<Round[]> {
  const { connections } = load;
  for (const variant of variants) await measure(targets[variant], { ...load, requests: 2 * connections });
  const requests = await fillSlice(targets.bare, load);
  return inRounds(async () => {
    const turn = {} as Round;
    for (const variant of variants) turn[variant] = await measure(targets[variant], { ...load, requests });
    return turn;
  });
}

/** What each round has measured, without the first one, which is for the compiler of the VM. */
async function inRounds<Turn>(measureTurn: () => Promise<Turn>): Promise<Turn[]> {
  const turns: Turn[] = [];
  for (let i = 0; i <= rounds; i++) turns.push(await measureTurn());
  return turns.slice(1);
}

/** How many requests keep this Envoy busy for a slice. */
async function fillSlice(target: Target, load: Omit<Load, "requests">): Promise<number> {
  const trial = { ...load, requests: 5 * load.connections };
  const { took } = await measure(target, trial);
  return Math.max(2 * load.connections, Math.round((trial.requests * slice) / took));
}

async function measureRescues(target: Target, { served, rescued }: RescueCell): Promise<RescueRound[]> {
  await measure(target, { ...rescued, requests: 5 });
  const requests = await fillSlice(target, served);
  return inRounds(async () => ({
    served: await measure(target, { ...served, requests }),
    rescued: await measure(target, { ...rescued, requests }),
  }));
}
