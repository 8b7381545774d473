import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const MODULE = "Building the module ...\n";
const TOOL = "Building the command line tool ...\n";
const PAGES = "Building the console's pages ...\n";

/** Plays all compilers: what they make is what their source says; "wrong" does not compile. */
const COMPILER = `
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
const [option, output] = process.argv.slice(2);
const isPages = process.env.npm_lifecycle_event === "build:console";
const source = readFileSync(option === "--outFile" ? "assembly/config/main.ts" : isPages ? "web/index.html" : "cli/main.ts", "utf8");
if (option === "--outDir") mkdirSync(output + "/cli", { recursive: true });
writeFileSync(option === "--outFile" ? output : output + "/cli/main.js", source);
if (source === "wrong") throw new Error("main.ts(1,1): what is this?");
`;

let directory: string;
let checkout: string;

const write = (file: string, text: string, root = checkout) => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
};
const made = (root = checkout) =>
  ["build/ai-failover.wasm", "build/node/cli/main.js"].map(file => readFileSync(join(root, file), "utf8"));

/** What it says on the way. */
function setUp(root = checkout): string {
  return spawnSync(process.execPath, [join(root, "bin/ai-failover.mjs"), "--setup"], { encoding: "utf8" }).stderr;
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "setup-"));
  checkout = join(directory, "a checkout");
  cpSync("bin", join(checkout, "bin"), { recursive: true });
  const run = "node compiler.mjs";
  write(
    "package.json",
    JSON.stringify({ type: "module", scripts: { "build:wasm": run, "build:cli": run, "build:console": run } }),
  );
  for (const lock of ["package-lock.json", "node_modules/.package-lock.json"]) write(lock, '{"packages": {}}');
  for (const file of ["asconfig.json", "tsconfig.json", "tsconfig.build.json"]) write(file, "{}");
  write("compiler.mjs", COMPILER);
  write("assembly/config/main.ts", "module 1");
  write("cli/main.ts", "tool 1");
  write("web/index.html", "pages 1");
  for (const table of ["metric", "span"]) write(`assembly/observe/${table}-table.ts`, "");
  for (const types of ["console/console-types.ts", "status/status-types.ts"]) write(`cli/${types}`, "");
  expect(setUp()).toBe(MODULE + TOOL + PAGES);
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("what is built is built again", () => {
  it("not without a reason", () => {
    expect(setUp()).toBe("");
    expect(made()).toEqual(["module 1", "tool 1"]);
  });

  it("when a source changed, whatever its time", () => {
    write("cli/main.ts", "tool 2");
    utimesSync(join(checkout, "cli/main.ts"), 0, 0); // as a release has it that was unpacked over an older one
    expect(setUp()).toBe(TOOL);
    expect(made()).toEqual(["module 1", "tool 2"]);
  });

  it("when a file came, or went", () => {
    write("cli/other.ts", "");
    expect(setUp()).toBe(TOOL);
    write("web/other.ts", "");
    expect(setUp()).toBe(PAGES);
    rmSync(join(checkout, "cli/other.ts"));
    expect(setUp()).toBe(TOOL);
  });

  it("when something else wrote it, as `npm run build` of another commit", () => {
    write("build/ai-failover.wasm", "module of another commit");
    expect(setUp()).toBe(MODULE);
  });

  it("in a copy only if it was due there: the times of a copy say nothing", () => {
    const [fresh, due] = [join(directory, "fresh"), join(directory, "due")];
    cpSync(checkout, fresh, { recursive: true });
    expect(setUp(fresh)).toBe("");
    write("assembly/config/main.ts", "module 2");
    cpSync(checkout, due, { recursive: true });
    expect(setUp(due)).toBe(MODULE + TOOL); // the tool reads a table of the module
    expect(made(due)).toEqual(["module 2", "tool 1"]);
  });
});

it("a build that fails says the compiler's words, and leaves what was there", () => {
  write("cli/main.ts", "wrong");
  expect(setUp()).toMatch(/what is this\?[^]*Building the command line tool failed \("npm run build:cli"\)\./);
  expect(made()).toEqual(["module 1", "tool 1"]);
  write("cli/main.ts", "tool 1");
  expect(setUp()).toBe("");
});

it("ended while npm works, it leaves no process and nothing half built", async () => {
  write("cli/main.ts", "tool 2");
  write(
    "compiler.mjs",
    `import { mkdirSync, renameSync, writeFileSync } from "node:fs";
mkdirSync(process.argv[3]);
writeFileSync("pid.new", String(process.pid));
renameSync("pid.new", "pid");
setInterval(() => {}, 1000);`,
  );
  const run = spawn(process.execPath, [join(checkout, "bin/ai-failover.mjs"), "--setup"]);
  const gone = new Promise(done => run.once("exit", done));
  const pid = await vi.waitFor(() => Number(readFileSync(join(checkout, "pid"), "utf8")), { timeout: 20_000 });
  run.kill("SIGTERM");
  expect(await gone).toBe(1);
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 20_000 });
  expect(readdirSync(join(checkout, "build")).filter(name => name.startsWith("next"))).toEqual([]);
});

describe("packages", () => {
  /** Plays npm: the cache knows them, or only the network does. */
  const NPM = `#!/bin/sh
echo "$@" >> asked
case "$KNOWS$*" in network*offline) echo "npm error code ETARGET" >&2; exit 1;; esac
mkdir -p node_modules && echo '{"packages": {}}' > node_modules/.package-lock.json`;

  /** What npm was asked when they were missing. */
  function asked(knows: string): string {
    rmSync(join(checkout, "node_modules"), { recursive: true });
    rmSync(join(checkout, "asked"), { force: true });
    mkdirSync(join(directory, "path"), { recursive: true });
    writeFileSync(join(directory, "path/npm"), NPM, { mode: 0o755 });
    const env = { ...process.env, KNOWS: knows, PATH: `${join(directory, "path")}:${process.env.PATH}` };
    const run = spawnSync(process.execPath, [join(checkout, "bin/ai-failover.mjs"), "--setup"], { env });
    expect(run.status).toBe(0);
    return readFileSync(join(checkout, "asked"), "utf8");
  }

  it("come out of npm's cache, without a network", () => {
    expect(asked("cache")).toMatch(/^ci .* --prefer-offline\n$/);
  });

  it("are asked for anew where the cache is too old to know them", () => {
    expect(asked("network")).toMatch(/^ci .* --prefer-offline\nci [^\n]*=error\n$/);
  });
});
