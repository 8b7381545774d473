/**
 * `npm run bench [-- --quick] [--module FILE]`: what the module costs. All variants run side by side and are measured in turn, round after round,
 * so that whatever else the machine does meets them alike. It prints and judges nothing.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../cli/config/root.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { WANTED } from "../../cli/envoy/releases.js";
import { chatOf } from "./bench-body.js";
import { startHosts, type Hosts } from "./hosts.js";
import { measureLedger } from "./ledger-bench.js";
import { measure, type Load } from "./bench-load.js";
import { heading, linesOf, type Round } from "./ratio-table.js";
import { VARIANTS } from "./variants.js";

const SIZES = { "1 KB": 1 << 10, "64 KB": 64 << 10, "1 MB": 1 << 20 };
const CONNECTIONS = [1, 16];

/** `slice`: how long a bare Envoy is under load in each round, milliseconds. */
const FULL = { rounds: 7, slice: 400 };
const QUICK = { rounds: 2, slice: 100 };

/** The whole run must end within this, milliseconds. */
const LIMIT = 600_000;

const { quick, module } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    module: { type: "string", default: join(packageRoot, "build/ai-failover.wasm") },
  },
}).values;
const { rounds, slice } = quick ? QUICK : FULL;

const directory = mkdtempSync(join(tmpdir(), "ai-failover-bench-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
// Envoys run in process groups of their own, and are ended by the listeners of "exit".
process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));
setTimeout(() => process.exit(1), LIMIT).unref();

const { path } = await findEnvoy({ version: WANTED });
for (const line of await measureLedger(path, directory)) console.log(`The ledger costs a request ${line}.`);

const hosts = await startHosts(resolve(module), directory);
try {
  console.log(`CPU time of Envoy and latency, as ratios to a bare Envoy: medians of ${rounds} rounds, one worker.`);
  if (!hosts.pinned) console.log("Envoy has no CPU of its own here: with one connection the ratios may jump.");
  console.log(heading());
  for (const [size, bytes] of Object.entries(SIZES))
    for (const connections of CONNECTIONS) {
      const turns = await measureCell(hosts, { body: chatOf(bytes), connections, requests: 2 * connections });
      console.log(linesOf({ size, connections }, turns));
    }
} finally {
  await hosts.stop();
}

/** Warms every variant up, finds how many requests fill a slice, and measures. */
async function measureCell({ targets }: Hosts, load: Load): Promise<Round[]> {
  for (const variant of VARIANTS) await measure(targets[variant], load);
  const trial = { ...load, requests: 20 * load.connections };
  const { took } = await measure(targets.bare, trial);
  const requests = Math.max(2 * load.connections, Math.round((trial.requests * slice) / took));
  const turns: Round[] = [];
  for (let i = 0; i <= rounds; i++) {
    const turn = {} as Round;
    for (const variant of VARIANTS) turn[variant] = await measure(targets[variant], { ...load, requests });
    // The first one is for the compiler of the VM.
    if (i > 0) turns.push(turn);
  }
  return turns;
}
