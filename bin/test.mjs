/**
 * `npm test`: sets up, checks the style and the types, runs all tests, and ends with the line "N passed, N failed".
 * `npm run test:quick`: style and types by what changed, and the unit tests, which compile what they test by themselves.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, SetupError, setUp } from "./setup.mjs";

const REPORT = join(root, "build/test/report.json");

const args = process.argv.slice(2);
const isQuick = args.includes("--quick");
/** @param {string} tool */
const cached = tool => (isQuick ? ["--cache", "--cache-location", `.cache/${tool}`] : []);

const checks = [
  ["prettier/bin/prettier.cjs", "--check", ".", ...cached("prettier")],
  ["eslint/bin/eslint.js", ".", ...cached("eslint")],
  ["typescript/bin/tsc", "-p", "tsconfig.json"],
  ["typescript/bin/tsc", "-p", "assembly/tsconfig.json"],
  ["typescript/bin/tsc", "-p", "web/tsconfig.json"],
];

let passed = 0;
let failed = 0;

try {
  if (!isQuick) await setUp();
  for (const [tool = "", ...args] of checks) count(run(tool, args));
  runTests(isQuick ? ["--project", "unit", ...args.filter(arg => arg !== "--quick")] : args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** @param {boolean} good */
function count(good) {
  if (good) passed++;
  else failed++;
}

/**
 * @param {string} tool its script below node_modules
 * @param {string[]} args
 */
function run(tool, args) {
  console.log(`> ${tool.replace(/\/.*/, "")} ${args.join(" ")}`);
  const script = join(root, "node_modules", tool);
  return spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" }).status === 0;
}

/** @param {string[]} args of vitest: file names, `--project unit`, `-t name` ... */
function runTests(args) {
  rmSync(REPORT, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`];
  const good = run("vitest/vitest.mjs", ["run", ...reporters, ...args]);
  const { numPassedTests = 0, numFailedTests = 0 } = existsSync(REPORT) ? JSON.parse(readFileSync(REPORT, "utf8")) : {};
  passed += numPassedTests;
  failed += numFailedTests;
  // A file that could not be loaded, or an error outside of any test, fails no test.
  if (!good && numFailedTests === 0) failed++;
}
