/** What `npm pack` gives: a tarball that starts where nothing else is, and packages that run nothing when they are installed. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Locked {
  version: string;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
}

const locked = (JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Locked> }).packages;
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

describe("the package", () => {
  const directory = mkdtempSync(join(tmpdir(), "package-"));
  const installed = join(directory, "node_modules/ai-failover");
  let files: string[];

  beforeAll(() => {
    const tarball = execFileSync("npm", ["pack", "--silent", "--pack-destination", directory], { encoding: "utf8" });
    mkdirSync(installed, { recursive: true });
    // What npm does when it installs, without a network: the tarball, and beside it what it needs.
    execFileSync("tar", ["-xzf", join(directory, tarball.trim()), "-C", installed, "--strip-components=1"]);
    files = execFileSync("tar", ["-tzf", join(directory, tarball.trim())], { encoding: "utf8" })
      .trim()
      .split("\n");
    for (const [path, { dev, devOptional, optional }] of Object.entries(locked)) {
      if (path === "" || dev || devOptional || (optional && !existsSync(path))) continue;
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      cpSync(path, join(directory, path), { recursive: true });
    }
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(installed, "bin/ai-failover.mjs"), ...args], {
      cwd: directory,
      encoding: "utf8",
    });

  it("starts where it is installed: it checks and renders, builds nothing and asks no network", () => {
    const file = join(directory, "my.yaml");
    writeFileSync(file, "providers: [{ id: qwen, type: qwen, apiTokens: [sk-a] }]\n", { mode: 0o600 });
    const checked = run("check", file);
    expect([checked.status, checked.stderr]).toEqual([0, ""]);
    const rendered = run("render", file, "--wasm", "/etc/envoy/ai-failover.wasm");
    expect([rendered.status, rendered.stderr]).toEqual([0, ""]);
    expect(rendered.stdout).toContain("filename: /etc/envoy/ai-failover.wasm");
  });

  it("has the module, the pages and the schema, and no source, test or secret", () => {
    for (const file of [
      "build/ai-failover.wasm",
      "build/console/index.html",
      "schema/ai-failover.schema.json",
      "LICENSE",
    ])
      expect(files).toContain(`package/${file}`);
    expect(
      files.filter(file => /\/(tests|web|assembly|cli|\.cache)\/.*\.tsx?$|\.env|\.tsbuildinfo|\.stamp/.test(file)),
    ).toEqual([]);
  });

  it("that was packed before it was built says so", () => {
    rmSync(join(installed, "build/console"), { recursive: true });
    const { status, stderr } = run("check");
    expect([status, stderr]).toEqual([1, expect.stringContaining('"npm run pack"')]);
  });
});

describe("what is installed", () => {
  it("has exact versions", () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it("runs no script of its own: none may, and a new one that wants to is named here first", () => {
    expect(readFileSync(".npmrc", "utf8")).toMatch(/^ignore-scripts=true$/m);
    const scripted = Object.entries(locked).filter(([, { hasInstallScript }]) => hasInstallScript);
    // Both work without: esbuild's only checks its binary, fsevents' compiles what its tarball holds.
    const names = scripted.map(([path]) => path.replace(/.*node_modules\//, ""));
    expect(names.filter(name => !["esbuild", "fsevents"].includes(name))).toEqual([]);
  });
});
