/**
 * Compiles AssemblyScript for tests, each module once: many test files use the same one, in processes of their own and side by side. What
 * was compiled is kept in build/test/modules by a hash of the sources and the options.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import asc from "assemblyscript/asc";

const DIRECTORY = "build/test/modules";
/** Whatever an entry may import, and the compiler's version. */
const SOURCES = [
  "assembly",
  "tests/unit/wasm",
  "tests/filter/wasm",
  "tests/envoy/wasm",
  "tests/bench/wasm",
  "package-lock.json",
];

/** The module of an entry file, compiled with these options of asc. Throws what the compiler says. */
export async function compileWasm(entry: string, options: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const file = join(DIRECTORY, `${keyOf(entry, options)}.wasm`);
  mkdirSync(DIRECTORY, { recursive: true });
  while (!existsSync(file)) {
    const lock = `${file}.lock`;
    if (!take(lock)) {
      await sleep(100);
      continue;
    }
    try {
      const next = `${file}.${process.pid}`;
      writeFileSync(next, await compile(entry, options));
      renameSync(next, file);
    } finally {
      rmSync(lock, { force: true });
    }
  }
  return new Uint8Array(readFileSync(file));
}

async function compile(entry: string, options: string[]): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  // Without --config asc reads asconfig.json and compiles the shipped module as well.
  const { error, stderr } = await asc.main([entry, "--config", "none", "--outFile", "module.wasm", ...options], {
    writeFile: (name, contents) => {
      if (name === "module.wasm") binary = contents as Uint8Array;
    },
  });
  if (error || !binary) throw new Error(`${entry} does not compile:\n${stderr.toString()}`);
  return binary;
}

/** False: another process compiles it. A lock that a killed one has left is removed. */
function take(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (!isAlive(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function isAlive(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    // Empty for a moment: it has just been made.
    return pid === 0 || process.kill(pid, 0);
  } catch {
    return false;
  }
}

function keyOf(entry: string, options: string[]): string {
  const hash = createHash("sha256").update(JSON.stringify([entry, options]));
  const add = (path: string): void => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(`${path}/${name}`);
    else hash.update(`${path}\0`).update(readFileSync(path)).update("\0");
  };
  SOURCES.filter(path => existsSync(path)).forEach(add);
  return hash.digest("hex").slice(0, 32);
}
