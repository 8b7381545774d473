import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { stateDirectory } from "../../cli/state.js";

let directory: string;
let temporary: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "state-"));
  vi.stubEnv("TMPDIR", directory);
  temporary = join(directory, `ai-failover-user-${process.getuid!()}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

/** A checkout whose .cache can be no directory: root may write into every other one. */
function readOnly(): string {
  const checkout = join(directory, "checkout");
  mkdirSync(checkout);
  writeFileSync(join(checkout, ".cache"), "");
  return checkout;
}

it("what outlives a command stands in the checkout's .cache", () => {
  expect(stateDirectory(join(directory, "checkout"))).toBe(join(directory, "checkout", ".cache"));
});

it("where that cannot be written, among the temporary files, for this user only", () => {
  const checkout = readOnly();
  expect(stateDirectory(checkout)).toBe(temporary);
  expect(statSync(temporary).mode & 0o777).toBe(0o700);
  expect(stateDirectory(checkout)).toBe(temporary);
});

it("never where somebody else may have laid a trap", () => {
  symlinkSync(directory, temporary);
  expect(() => stateDirectory(readOnly())).toThrow(`${temporary} belongs to another user: remove it`);
});
