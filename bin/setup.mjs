/**
 * Makes a fresh clone ready to run: packages, the module, the command line tool; each only when it is missing or made from
 * something else. Needs nothing but Node itself.
 */
import { spawnSync } from "node:child_process";
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
    // The tool reads the module's table of provider types.
    sources: ["cli", "assembly/config", "tsconfig.json", "tsconfig.build.json", "package.json", "package-lock.json"],
    into: output => ["--outDir", output, "--tsBuildInfoFile", `${output}/.tsbuildinfo`, "--noEmitOnError"],
  },
];

/** What is wrong, in a sentence after the failed tool's own words. */
export class SetupError extends Error {}

/** Returns when everything is ready, or throws a SetupError. */
export function setUp() {
  const node = process.versions.node;
  if (parseInt(node) < OLDEST_NODE) fail(`Node.js ${OLDEST_NODE} or newer is needed, and this is ${node}.`);
  if (!packagesAreThere()) installPackages();
  for (const product of products) if (isStale(product)) build(product);
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

function installPackages() {
  say("Installing packages (once) ...");
  const ci = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  // By default npm asks the network also about what its cache holds: without one that takes minutes and fails.
  let { ok, output } = npm([...ci, "--prefer-offline"]);
  // What the cache says of a package may be older than the version that is wanted.
  if (!ok && output.includes("ETARGET")) ({ ok, output } = npm(ci));
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
function build({ name, script, output, sources, into }) {
  say(`Building ${name} ...`);
  const from = digest(sources);
  const next = `build/next-${process.pid}${output.endsWith(".wasm") ? ".wasm" : ""}`;
  mkdirSync(join(root, "build"), { recursive: true });
  const { ok, output: said } = npm(["run", "--silent", script, "--", ...into(next)]);
  if (!ok) {
    rmSync(join(root, next), { recursive: true, force: true });
    fail(`${said}\nBuilding ${name} failed ("npm run ${script}").`);
  }
  const old = join(root, `build/old-${process.pid}`);
  // A file is replaced in one step, a directory cannot be.
  const isDirectory = existsSync(join(root, output)) && statSync(join(root, output)).isDirectory();
  if (isDirectory) renameSync(join(root, output), old);
  renameSync(join(root, next), join(root, output));
  rmSync(old, { recursive: true, force: true });
  writeFileSync(join(root, `${output}.stamp`), stampOf(from, digest([output])));
}

/** @param {string[]} args */
function npm(args) {
  const shell = process.platform === "win32";
  const { error, status, stdout, stderr } = spawnSync("npm", args, { cwd: root, encoding: "utf8", shell });
  if (error) fail(`npm could not be started (${error.message}): it comes with Node.js.`);
  return { ok: status === 0, output: `${stdout}${stderr}`.trim() };
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
