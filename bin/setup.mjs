/**
 * Makes a fresh clone ready to run: packages, the module, the command line tool; each only when it is missing or older
 * than what it is made from. Needs nothing but Node itself.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST_NODE = 20;

/**
 * @typedef {object} Product
 * @property {string} name as a person is told
 * @property {string} script of package.json
 * @property {string} output file or directory, below the root
 * @property {string} mark what in it is compared with the sources' times, below `output`
 * @property {string[]} sources files and directories
 * @property {(output: string) => string[]} into the compiler's options for another output
 */

/** @type {Product[]} */
const products = [
  {
    name: "the module",
    script: "build:wasm",
    output: "build/ai-failover.wasm",
    mark: "",
    sources: ["assembly", "asconfig.json", "package-lock.json"],
    into: output => ["--outFile", output],
  },
  {
    name: "the command line tool",
    script: "build:cli",
    output: "build/node",
    mark: "cli/main.js",
    // The tool reads the module's table of provider types.
    sources: ["cli", "assembly/config", "tsconfig.json", "tsconfig.build.json", "package-lock.json"],
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
  const { ok, output } = npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (!ok) fail(`${output}\nThe packages could not be installed: check the network, then run "npm ci" to see more.`);
}

/** @param {Product} product */
function isStale({ output, mark, sources }) {
  const made = join(root, output, mark);
  return !existsSync(made) || statSync(made).mtimeMs < Math.max(...sources.map(source => newest(join(root, source))));
}

/**
 * When the path, or the newest of what lies below it, was changed; a directory's own time tells of deleted files.
 * @param {string} path
 * @returns {number}
 */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))));
}

/**
 * Builds beside the old product and puts the new one in its place when it is whole: a build that fails leaves the old.
 * @param {Product} product
 */
function build({ name, script, output, mark, into }) {
  say(`Building ${name} ...`);
  const started = new Date();
  const next = `build/next-${process.pid}${output.endsWith(".wasm") ? ".wasm" : ""}`;
  mkdirSync(join(root, "build"), { recursive: true });
  const { ok, output: said } = npm(["run", "--silent", script, "--", ...into(next)]);
  if (!ok) {
    rmSync(join(root, next), { recursive: true, force: true });
    fail(`${said}\nBuilding ${name} failed ("npm run ${script}").`);
  }
  // What was edited while it was being built is newer than the product.
  utimesSync(join(root, next, mark), started, started);
  const old = join(root, `build/old-${process.pid}`);
  if (mark !== "" && existsSync(join(root, output))) renameSync(join(root, output), old);
  renameSync(join(root, next), join(root, output));
  rmSync(old, { recursive: true, force: true });
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
