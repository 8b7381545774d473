/**
 * `npm run fuzz [-- --inputs 1000000] [--seed N] [--target sse]`: damaged inputs through each parser that takes bytes from outside, in
 * the same code and with the same flags as in the module. Each target runs in a thread of its own, so that a hang is seen too.
 *
 * A failure prints its target, seed and place, and the input; `--target T --seed N --at PLACE` prints that input again.
 */
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { TARGETS } from "./all-targets.js";
import { feed, inputAt, type Fed, type Target } from "./fuzz-target.js";

/** No input takes so long, ms. */
const LONGEST = 30_000;

interface Order {
  name: string;
  seed: number;
  inputs: number;
  /** The place that is under way. */
  place: SharedArrayBuffer;
}

const named = (name: string): Target => {
  const found = TARGETS.find(target => target.name === name);
  if (found) return found;
  console.error(`${name} is none of ${TARGETS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
};

if (isMainThread) await main();
else await obey(workerData as Order);

async function obey({ name, seed, inputs, place }: Order): Promise<void> {
  const told = new Int32Array(place);
  try {
    const fed = await feed(named(name), seed, inputs, at => Atomics.store(told, 0, at + 1));
    parentPort!.postMessage(fed);
  } catch (error) {
    parentPort!.postMessage((error as Error).message);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      inputs: { type: "string", default: "1000000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      target: { type: "string" },
      at: { type: "string" },
    },
  });
  const seed = Number(values.seed);
  const targets = values.target === undefined ? [...TARGETS] : [named(values.target)];
  if (values.at !== undefined) {
    for (const target of targets) console.log(JSON.stringify(inputAt(target, seed, Number(values.at))));
    return;
  }
  console.log(`seed ${seed}`);
  const next = async (): Promise<void> => {
    for (let target = targets.shift(); target !== undefined; target = targets.shift())
      await watch(target, seed, Math.ceil(Number(values.inputs) * target.share));
  };
  await Promise.all(Array.from({ length: cpus().length }, next));
}

/** Runs one target to its end, and says what came of it. */
async function watch(target: Target, seed: number, inputs: number): Promise<void> {
  const place = new SharedArrayBuffer(4);
  const told = new Int32Array(place);
  const order: Order = { name: target.name, seed, inputs, place };
  const started = performance.now();
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: order });
  let last = { at: 0, since: started };
  const clock = setInterval(() => {
    const at = Atomics.load(told, 0);
    if (at !== last.at || at === 0) last = { at, since: performance.now() };
    else if (performance.now() - last.since > LONGEST) {
      fail(`${target.name}, seed ${seed}, input ${at - 1} hangs:\n${JSON.stringify(inputAt(target, seed, at - 1))}`);
      void worker.terminate();
    }
  }, 1000);
  await new Promise<void>(done => {
    worker.on("message", (result: Fed | string) => {
      if (typeof result === "string") fail(result);
      else {
        const seconds = (performance.now() - started) / 1000;
        const [before, after] = result.memory.map(bytes => `${(bytes / 1024).toFixed(0)} KiB`);
        const rate = Math.round(result.inputs / seconds);
        console.log(`${target.name}: ${result.inputs} inputs, ${rate} a second, memory ${before} then ${after}`);
      }
    });
    worker.on("error", error => fail(`${target.name}: ${error.message}`));
    worker.on("exit", () => done());
  });
  clearInterval(clock);
}

function fail(what: string): void {
  console.error(what);
  process.exitCode = 1;
}
