/**
 * Makes a fresh clone ready to run: packages, the module, the command line tool; each only when it is missing or made from
 * something else. Needs nothing but Node itself.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST_NODE = 20;

/**
 * @typedef {object} Product
 * @property {string} name as a person is told
 * @property {string} script of package.json
 * @property {string} output file or directory, below the root
 * @property {string[]} sources files and directories
 * @property {(output: string) => string[]} into the compiler's options for another output
 */

/** @type {Product[]} */
const products = [
  {
    name: "the module",
    script: "build:wasm",
    output: "build/ai-failover.wasm",
    sources: ["assembly", "asconfig.json", "package.json", "package-lock.json"],
    into: output => ["--outFile", output],
  },
  {
    name: "the command line tool",
    script: "build:cli",
    output: "build/node",
    // The tool reads the tables of provider types, of metrics and of attributes that the module has.
    sources: [
      "cli",
      "assembly/config",
      "assembly/observe/metric-table.ts",
      "assembly/observe/span-table.ts",
      "tsconfig.json",
      "tsconfig.build.json",
      "package.json",
      "package-lock.json",
    ],
    into: output => ["--outDir", output, "--tsBuildInfoFile", `${output}/.tsbuildinfo`, "--noEmitOnError"],
  },
  {
    name: "the console's pages",
    script: "build:console",
    output: "build/console",
    sources: ["web", "cli/console/console-types.ts", "cli/status/status-types.ts", "package.json", "package-lock.json"],
    into: output => ["--outDir", join(root, output)],
  },
];

/** What is wrong, in a sentence after the failed tool's own words. */
export class SetupError extends Error {}

/** Ends when everything is ready, or throws a SetupError. */
export async function setUp() {
  const node = process.versions.node;
  if (parseInt(node) < OLDEST_NODE) fail(`Node.js ${OLDEST_NODE} or newer is needed, and this is ${node}.`);
  if (isPackage()) return;
  if (!packagesAreThere()) await installPackages();
  for (const product of products) if (isStale(product)) await build(product);
}

/** A package that npm has installed comes built, and without the sources. */
function isPackage() {
  if (existsSync(join(root, "assembly"))) return false;
  const missing = products.find(({ output }) => !existsSync(join(root, output)));
  if (missing)
    fail(`This package lacks ${missing.output}: it was packed before it was built. "npm run pack" does both.`);
  return true;
}

/** Whether what npm last installed is what the lock file says; packages for other platforms may lack. */
function packagesAreThere() {
  const installed = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const found = JSON.parse(readFileSync(installed, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === "" || (found[path] ? found[path].version === version : optional),
  );
}

async function installPackages() {
  say("Installing packages (once) ...");
  const ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  // No package needs a script of its own at installation, so none may run one.
  // By default npm asks the network also about what its cache holds: without one that takes minutes and fails.
  let { ok, output } = await npm([...ci, "--prefer-offline"]);
  // What the cache says of a package may be older than the version that is wanted.
  if (!ok && output.includes("ETARGET")) ({ ok, output } = await npm(ci));
  if (!ok) fail(`${output}\nThe packages could not be installed: check the network, then run "npm ci" to see more.`);
}

/**
 * By content: times say nothing after a copy, or where files of another commit were unpacked.
 * @param {Product} product
 */
function isStale({ output, sources }) {
  const stamp = join(root, `${output}.stamp`);
  if (!existsSync(join(root, output)) || !existsSync(stamp)) return true;
  return readFileSync(stamp, "utf8") !== stampOf(digest(sources), digest([output]));
}

/**
 * What a product was made from, and what it was then: one that something else has written is made again.
 * @param {string} from
 * @param {string} made
 */
function stampOf(from, made) {
  return `from ${from}\nmade ${made}\n`;
}

/**
 * SHA-256 of files and of all files below directories, with their names; hidden ones do not count.
 * @param {string[]} paths below the root
 */
function digest(paths) {
  const hash = createHash("sha256");
  /** @param {string} path */
  const add = path => {
    const whole = join(root, path);
    if (statSync(whole).isDirectory()) {
      for (const name of readdirSync(whole).sort()) if (!name.startsWith(".")) add(`${path}/${name}`);
    } else {
      const content = readFileSync(whole);
      hash.update(`${path}\0${content.length}\0`).update(content);
    }
  };
  paths.forEach(add);
  return hash.digest("hex");
}

/**
 * Builds beside the old product and puts the new one in its place when it is whole: a build that fails leaves the old.
 * @param {Product} product
 */
async function build({ name, script, output, sources, into }) {
  say(`Building ${name} ...`);
  const from = digest(sources);
  const next = `build/next-${process.pid}${output.endsWith(".wasm") ? ".wasm" : ""}`;
  mkdirSync(join(root, "build"), { recursive: true });
  try {
    const { ok, output: said } = await npm(["run", "--silent", script, "--", ...into(next)]);
    if (!ok) fail(`${said}\nBuilding ${name} failed ("npm run ${script}").`);
    const old = join(root, `build/old-${process.pid}`);
    // A file is replaced in one step, a directory cannot be.
    const isDirectory = existsSync(join(root, output)) && statSync(join(root, output)).isDirectory();
    if (isDirectory) renameSync(join(root, output), old);
    renameSync(join(root, next), join(root, output));
    rmSync(old, { recursive: true, force: true });
  } finally {
    rmSync(join(root, next), { recursive: true, force: true });
  }
  writeFileSync(join(root, `${output}.stamp`), stampOf(from, digest([output])));
}

const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Runs npm in a process group of its own, which ends when this process is told to: nothing that npm started is left.
 * @param {string[]} args
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
function npm(args) {
  return new Promise((done, refuse) => {
    const windows = process.platform === "win32";
    const child = spawn("npm", args, {
      ...{ cwd: root, shell: windows, detached: !windows },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", text => (output += text));
    let ended = false;
    // At once: asked politely npm takes many seconds, and what is half done is done again anyway.
    const end = () => {
      ended = true;
      const pid = Number(child.pid);
      try {
        process.kill(windows ? pid : -pid, "SIGKILL");
      } catch {
        // it has ended meanwhile
      }
    };
    for (const signal of SIGNALS) process.on(signal, end);
    child.once("error", ({ message }) =>
      refuse(new SetupError(`npm could not be started (${message}): it comes with Node.js.`)),
    );
    child.once("close", status => {
      for (const signal of SIGNALS) process.off(signal, end);
      if (ended) refuse(new SetupError("Ended before everything was ready."));
      else done({ ok: status === 0, output: output.trim() });
    });
  });
}

/** @param {string} line */
function say(line) {
  console.error(line);
}

/**
 * @param {string} sentence
 * @returns {never}
 */
function fail(sentence) {
  throw new SetupError(sentence);
}
