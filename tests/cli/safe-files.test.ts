/** What the tool opens and writes is its own: no link, pipe or device that somebody else has laid. */
import { execFileSync, spawn } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { writeNamed, writePrivate } from "../../cli/render/private-file.js";
import { LogFile } from "../../cli/run/log-file.js";
import { RunDirectory } from "../../cli/run/run-files.js";
import { runtimeDirectory } from "../../cli/state.js";
import { sentenceOf } from "../../cli/system-error.js";

let directory: string;
let target: string;
let place: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "safe-"));
  target = join(directory, "of-somebody-else");
  place = join(directory, "place");
  writeFileSync(target, "untouched", { mode: 0o644 });
});
const mode = (file: string) => lstatSync(file).mode & 0o777;
const makePipe = (path: string) => execFileSync("mkfifo", ["-m", "644", path]);

describe("a file of ours", () => {
  it("is not written through a link", () => {
    symlinkSync(target, place);
    expect(() => writePrivate(place, "tokens")).toThrow("ELOOP");
    expect([readFileSync(target, "utf8"), mode(target)]).toEqual(["untouched", 0o644]);
  });

  it("is no log where a link or a pipe is in its place", () => {
    symlinkSync(target, place);
    makePipe(join(directory, "pipe"));
    const said: string[] = [];
    for (const path of [place, join(directory, "pipe")]) {
      const log = new LogFile(path, line => void said.push(line));
      log.write("a line");
      log.end();
    }
    expect(said).toEqual([
      expect.stringMatching(/^The log is kept no longer: .*place: it is a symbolic link.*remove it \(ELOOP\)/),
      expect.stringMatching(/pipe/),
    ]);
    expect(readFileSync(target, "utf8")).toBe("untouched");
  });

  it("replaces what was longer, and was open to others", () => {
    writePrivate(target, "new");
    expect([readFileSync(target, "utf8"), mode(target)]).toEqual(["new", 0o600]);
  });
});

describe("render -o", () => {
  it("writes to a pipe, and leaves its mode alone", async () => {
    makePipe(place);
    const reader = spawn("cat", [place]);
    let text = "";
    reader.stdout.on("data", chunk => (text += String(chunk)));
    writeNamed(place, "the text");
    await new Promise(done => reader.once("close", done));
    expect([text, mode(place)]).toEqual(["the text", 0o644]);
  });

  it("follows a link, and changes the mode of nothing behind it", () => {
    symlinkSync(target, place);
    writeNamed(place, "new");
    expect([readFileSync(target, "utf8"), mode(target)]).toEqual(["new", 0o644]);
  });

  it("closes a regular file to others", () => {
    writeNamed(target, "new");
    writeNamed(place, "new");
    expect([mode(target), mode(place)]).toEqual([0o600, 0o600]);
  });
});

describe("a file that the configuration names", () => {
  const mistakes = (fields: object): string => {
    const provider = { type: "qwen", apiTokens: ["t"], ...fields };
    try {
      resolveConfig(sourceOf({ providers: [provider] }, "test", directory), {});
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };

  it.each([
    ["place", "is no regular file"],
    ["/dev/zero", "is no regular file"],
    [".", "is a directory"],
    ["huge", "is larger than 16 MiB"],
    ["nowhere", "cannot be read (ENOENT)"],
    ...(process.platform === "linux" ? [["/proc/self/mem", "cannot be read (EIO)"]] : []),
  ])("is refused with its field: %s", (name, why) => {
    makePipe(place);
    writeFileSync(join(directory, "huge"), "");
    truncateSync(join(directory, "huge"), 3 * 2 ** 30);
    expect(mistakes({ apiTokens: [{ valueFile: name }] })).toContain(`"${name}", which ${why}`);
    expect(mistakes({ apiTokens: [{ valueFile: name }] })).toContain("providers[0].apiTokens[0].valueFile");
    expect(mistakes({ tls: { caFile: name } })).toMatch(/providers\[0\]\.tls\.caFile\n.*which/);
  });
});

describe("the run files", () => {
  const files = { "envoy.yaml": "a", "cds.yaml": "b", "lds.yaml": "c" };
  const admin = { host: "127.0.0.1", port: 1 };

  it("are where no cleaner of temporary files looks", () => {
    const checkout = join(directory, "checkout");
    expect(runtimeDirectory({}, checkout)).toBe(join(checkout, ".cache/run"));
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: directory }, checkout)).toBe(directory);
    expect(runtimeDirectory({ RUNTIME_DIRECTORY: `${directory}:/x`, XDG_RUNTIME_DIR: "/" }, checkout)).toBe(directory);
  });

  it("not in a directory of another user, nor where a socket's path would be too long", () => {
    vi.stubEnv("TMPDIR", directory);
    const checkout = join(directory, "checkout");
    symlinkSync(directory, place);
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: place }, checkout)).toBe(join(checkout, ".cache/run"));
    const long = join(directory, "x".repeat(80));
    expect(runtimeDirectory({}, long)).toBe(join(directory, `ai-failover-user-${process.getuid!()}`));
    vi.unstubAllEnvs();
  });

  it("are written again, for their user only, when they are gone", () => {
    const run = new RunDirectory();
    run.putAll(files);
    expect(run.isWhole(admin)).toBe(true);
    expect(run.isWhole({ socket: join(run.path, "admin.sock") })).toBe(false);
    rmSync(join(run.path, "lds.yaml"));
    expect(run.isWhole(admin)).toBe(false);
    rmSync(run.path, { recursive: true });
    run.restore();
    expect(run.isWhole(admin)).toBe(true);
    expect(readFileSync(join(run.path, "cds.yaml"), "utf8")).toBe("b");
    expect([mode(run.path), mode(run.bootstrap)]).toEqual([0o700, 0o600]);
    // Another directory under the same name is not the one that Envoy watches.
    rmSync(run.path, { recursive: true });
    mkdirSync(join(run.path, "draft"), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(run.path, name), text);
    expect([run.isWhole(admin), statSync(run.path).isDirectory()]).toEqual([false, true]);
    run.remove();
  });
});

it("a link in the way is told with its remedy", () => {
  const error = Object.assign(new Error(), { code: "ELOOP", syscall: "open", path: "/x" });
  expect(sentenceOf(error)).toBe("/x: it is a symbolic link, and somebody else may have laid it: remove it (ELOOP).");
});
