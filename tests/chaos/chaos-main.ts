/**
 * `npm run chaos [-- --minutes 10] [--seed N] [--mode retry|hop|callout]`: 64 clients of both dialects, streamed and not, on a real Envoy,
 * while its providers fail in every way, its configuration changes, its VMs trap and its processes die. It ends with 1 when
 *
 * - a request failed although a hop lived: only one whose answer had begun to go out may break off, and one that was under way
 *   when a VM or the Envoy died;
 * - an answer held bytes of another request, or two answers;
 * - a truncated answer looked like a success;
 * - memory grew: what the last Envoy holds at rest, from the second quarter of the looks at it to the last one. In the second half of the time no
 *   Envoy dies, so that there is one that has lived for long.
 *
 * The seed gives the same disturbances in the same order; how they meet the clients is the machine's chance.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startGateway, until, type Gateway } from "../envoy/running-gateway.js";
import { compileWithTraps } from "../envoy/trap.js";
import { randomFrom } from "../fuzz/random.js";
import { LONGEST, judge, visit, type Visit } from "./chaos-client.js";
import { configuration, disturb, FAILING, LIMIT, STEADY, type Window } from "./disturbances.js";

const CLIENTS = 64;
/** Between two disturbances, ms. */
const PAUSE = 250;
/** Disturbances between two looks at the memory, which need a moment of rest. */
const LOOK_EVERY = 30;
/** What an Envoy may gain over its life, bytes: its own pools, and the connections of the moment. A VM or a listener that stays is more. */
const GROWTH = { allocated: 8 << 20, resident: 64 << 20 };
/** Looks at the last Envoy, at least; a short run has fewer. */
const LOOKS = 3;

const { minutes, seed, mode } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    mode: { type: "string", default: "retry" },
  },
}).values;
const HOSTS = {
  retry: { mode: "retry", version: "1.40.0" },
  hop: { mode: "hop", version: "1.36.4" },
  callout: { mode: "callout", version: "1.36.4" },
} as const;

const random = randomFrom(Number(seed));
const directory = mkdtempSync(join(tmpdir(), "ai-failover-chaos-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

const counts = new Map<string, number>();
const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
const faults: string[] = [];
const windows: Window[] = [];
/** Requests that were lost; whether one may be is known when its window has ended. */
const lost: Visit[] = [];
const history: { at: number; what: string }[] = [];

const wasm = join(directory, "trap.wasm");
await compileWithTraps(wasm);
const pace = 3;
const gateway = await startGateway({
  ...{ ...HOSTS[mode as keyof typeof HOSTS], wasm, drain: 75 },
  providers: {
    qwen: { tokens: ["qwen-1", "qwen-2", "qwen-3"], pace, remember: 0 },
    deepseek: { tokens: ["deepseek-1", "deepseek-2"], pace, remember: 0 },
    [STEADY]: { tokens: ["steady-1"], pace, remember: 0 },
  },
});
process.on("exit", () => {
  try {
    process.kill(gateway.pid, "SIGKILL");
  } catch {
    // It has ended.
  }
});
process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));
const started = performance.now();
const end = started + Number(minutes) * 60_000;
console.log(`chaos in ${mode} mode for ${minutes} minutes, seed ${seed}`);
await gateway.apply(configuration(gateway, LIMIT, 0));

let isResting = false;
let resting = 0;
const memory: { life: number; allocated: number; resident: number }[] = [];
let life = 1;

const clients = Array.from({ length: CLIENTS }, (_, i) => client(i));
for (let i = 1; performance.now() < end; i++) {
  const { what, window } = await disturb(gateway, random, performance.now() < (started + end) / 2);
  history.push({ at: performance.now(), what });
  count(window ? `disturbances: ${window.what || "a trap that nobody met"}` : "disturbances: others");
  if (window && window.what !== "") windows.push(window);
  if (window?.what === "death") life++;
  if (i % LOOK_EVERY === 0) await look();
  await new Promise(done => setTimeout(done, PAUSE));
}
await look();
isResting = false;
for (const id of FAILING) await gateway.providers[id]!.reset();
await Promise.all(clients);
await gateway.stop();
report();

async function client(n: number): Promise<void> {
  const own = randomFrom(Number(seed) * 1000 + n);
  while (performance.now() < end) {
    if (isResting) {
      resting++;
      while (isResting) await new Promise(done => setTimeout(done, 20));
      resting--;
      continue;
    }
    const made = await visit(gateway, own);
    note(made);
    // While an Envoy starts nobody listens.
    if (made.answer === null) await new Promise(done => setTimeout(done, PAUSE));
  }
  resting++;
}

function note(visit: Visit): void {
  const verdict = judge(visit);
  if (verdict === "whole") return count("whole");
  if (visit.left && !verdict.startsWith("wrong")) return count("left by their clients");
  if (verdict.startsWith("wrong")) faults.push(tell(visit, verdict));
  else lost.push(visit);
}

/** When all clients rest, and nothing is under way. */
async function look(): Promise<void> {
  isResting = true;
  await until(() => resting === CLIENTS, 2 * LONGEST);
  await until(async () => (await gateway.stat("http.ai_failover.downstream_rq_active")) === 0, LONGEST);
  memory.push({ life, allocated: await allocated(gateway), resident: resident(gateway) });
  isResting = false;
}

async function allocated({ admin }: Gateway): Promise<number> {
  return Number(((await (await fetch(`${admin}/memory`)).json()) as { allocated: string }).allocated);
}

/** All of the process: V8's memory too. */
function resident({ pid }: Gateway): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024;
}

function tell({ mark, dialect, stream, held, started: from, ended, answer }: Visit, what: string): string {
  const lately = history.filter(({ at }) => at > from - 5000 && at < ended).map(({ what }) => what);
  const how = [dialect, stream ? "streamed" : "plain", held ? "held" : ""].join(" ");
  const said = answer
    ? `${answer.status} [${answer.trail}] ${answer.text.slice(0, 300).replaceAll("\n", " ")}`
    : "no answer";
  return `${mark} (${how}) after ${Math.round(ended - from)} ms: ${what}: ${said}\n    amid ${lately.slice(-12).join(", ")}`;
}

/** Whether it was under way when a VM or the Envoy died. */
function isExcused({ started, ended }: Visit): boolean {
  return windows.some(({ from, to }) => started < to && ended > from);
}

/** Its content was on its way to the client when the provider broke off. */
function hadBegun({ stream, held, answer }: Visit): boolean {
  if (held || answer === null || answer.status !== 200) return false;
  return stream ? answer.text.includes("data: ") : answer.broken;
}

/** Envoy answers before the module is asked: docs/faults.md. */
function isCutInCallouts({ answer }: Visit): boolean {
  return mode === "callout" && answer?.status === 502 && answer.text.includes("The provider broke its answer off");
}

/** From the second quarter of the looks to the last one, by their medians: a new Envoy fills its pools and caches first. */
function growthOf(sizes: number[]): number {
  const quarter = (from: number) => sizes.slice(from * sizes.length, (from + 0.25) * sizes.length);
  return median(quarter(0.75)) - median(quarter(0.25));
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function report(): void {
  for (const visit of lost) {
    if (isExcused(visit)) count("lost with a VM or an Envoy");
    else if (hadBegun(visit)) count("broken off after their first words, and told");
    else if (isCutInCallouts(visit)) count("cut while held, where callout mode cannot go on (docs/modes.md)");
    else faults.push(tell(visit, "failed although a hop lived"));
  }
  for (const [what, number] of [...counts].sort()) console.log(`${String(number).padStart(8)} ${what}`);
  const looks = memory.filter(look => look.life === life);
  const mib = (bytes: number) => (bytes / (1 << 20)).toFixed(1);
  for (const kind of ["allocated", "resident"] as const) {
    const sizes = looks.map(look => look[kind]);
    console.log(`  of the last Envoy, ${kind}: ${sizes.map(mib).join(", ")} MiB`);
    const grown = growthOf(sizes);
    if (grown > GROWTH[kind]) faults.push(`the ${kind} memory of the last Envoy grew by ${mib(grown)} MiB`);
  }
  if (looks.length < LOOKS) console.log(`  ${looks.length} looks at it: too few to say whether it grows`);
  if ((counts.get("whole") ?? 0) < CLIENTS) faults.push("hardly anything was served");
  for (const fault of faults.slice(0, 20)) console.error(`WRONG ${fault}`);
  console.log(faults.length === 0 ? "all promises were kept" : `${faults.length} promises were broken, seed ${seed}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
