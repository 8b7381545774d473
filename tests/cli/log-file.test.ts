import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { LogFile } from "../../cli/run/log-file.js";

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "log-")), "envoy.log");
});
const said: string[] = [];
const say = (line: string) => void said.push(line);

describe("Envoy's log", () => {
  it("begins anew when it has grown, and keeps the last file", () => {
    const log = new LogFile(path, say, 100);
    for (let n = 1; n <= 100; n++) log.write(`line ${n}`);
    log.end();
    expect(readdirSync(join(path, "..")).sort()).toEqual(["envoy.log", "envoy.log.old"]);
    const kept = [`${path}.old`, path].map(file => readFileSync(file, "utf8")).join("");
    expect(kept).toMatch(/line 99\nline 100\n$/);
    // No line is lost between the two.
    const numbers = kept.match(/\d+/g)!.map(Number);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
    expect(statSync(path).size + statSync(`${path}.old`).size).toBeLessThan(300);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(said).toEqual([]);
  });

  it("goes on when somebody has removed it", () => {
    const log = new LogFile(path, say, 5);
    log.write("first line");
    rmSync(path);
    log.write("second line");
    log.end();
    expect(readFileSync(path, "utf8")).toBe("second line\n");
  });

  it("that cannot be written is said once, and nothing breaks", () => {
    mkdirSync(path);
    const log = new LogFile(path, say);
    for (let n = 0; n < 2; n++) log.write("a line");
    expect(said).toEqual([expect.stringMatching(/^The log is kept no longer: .*envoy\.log: .*\(EISDIR\)/)]);
  });
});
