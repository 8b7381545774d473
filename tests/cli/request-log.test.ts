import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { RequestLog } from "../../cli/run/request-log-file.js";

let path: string;
let reopened: number;
let said: string[];
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "requests-")), "requests.jsonl");
  reopened = 0;
  said = [];
});

const logOf = (file: () => string) =>
  new RequestLog({
    path: file,
    reopen: () => Promise.resolve(void reopened++),
    say: line => void said.push(line),
    limit: 10,
  });

describe("the request log", () => {
  it("begins anew when it has grown, and keeps the last file", async () => {
    const log = logOf(() => path);
    writeFileSync(path, "0123456789");
    await log.keepSmall();
    expect([reopened, existsSync(`${path}.old`)]).toEqual([0, false]);
    for (const text of ["first, too large", "second, too large"]) {
      writeFileSync(path, text);
      await log.keepSmall();
      expect([existsSync(path), readFileSync(`${path}.old`, "utf8")]).toEqual([false, text]);
    }
    expect([reopened, said]).toEqual([2, []]);
  });

  it("is looked for where an edit has moved it, and may be nowhere", async () => {
    let file = "";
    const log = logOf(() => file);
    await log.keepSmall();
    file = path;
    await log.keepSmall();
    expect(reopened).toBe(0);
    writeFileSync(path, "long enough, now");
    await log.keepSmall();
    expect(reopened).toBe(1);
  });

  it("leaves alone what is no file", async () => {
    await logOf(() => "/dev/null").keepSmall();
    await logOf(() => join(path, "..")).keepSmall();
    expect([reopened, said]).toEqual([0, []]);
  });

  it("says once that it cannot be renamed", async () => {
    writeFileSync(path, "long enough, now");
    mkdirSync(`${path}.old`);
    const log = logOf(() => path);
    await log.keepSmall();
    await log.keepSmall();
    expect(said).toEqual([expect.stringMatching(/^The request log grows on: /)]);
  });
});
