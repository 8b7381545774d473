import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { packageRoot } from "../../cli/config/root.js";
import { kinds, parseFault } from "../../cli/demo/demo-fault.js";
import { FAULTS } from "../../web/src/demo-faults.js";
import { SETTINGS, valueOfText } from "../../web/src/provider-settings.js";
import { LIMITS } from "../../web/src/route-limits.js";

const rows = new Map(
  readFileSync(join(packageRoot, "docs/configuration.md"), "utf8")
    .split("\n")
    .filter(line => line.startsWith("| `providers[].") || line.startsWith("| `routes[]."))
    .map(line => line.split("|").map(cell => cell.trim()))
    .map(([, field = "", fallback = "", meaning = ""]) => [field.replaceAll("`", ""), { fallback, meaning }]),
);
/** Without marks and links. */
const plain = (text: string) => text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");

it.each(SETTINGS)("the console tells $path in the words of the configuration's page", ({ path, fallback, note }) => {
  const row = rows.get(`providers[].${path.join(".")}`)!;
  expect(plain(row.fallback)).toBe(fallback === "" ? '""' : fallback);
  if (note !== undefined) expect(plain(row.meaning).startsWith(note[0])).toBe(true);
});

it.each(LIMITS)(
  "the console tells a route's $key with the default of the configuration's page",
  ({ key, fallback }) => {
    expect(plain(rows.get(`routes[].${key}`)!.fallback)).toBe(fallback);
  },
);

it("has a switch for each fault of demo providers", () => {
  const known = FAULTS.map(({ kind }) => kind);
  expect(Object.keys(kinds).filter(kind => kind !== "status" && !known.includes(kind))).toEqual([]);
  for (const kind of known) expect(() => parseFault([kind])).not.toThrow();
});

it("writes numbers and flags as such", () => {
  const setting = (name: string) => SETTINGS.find(({ path }) => path.join(".") === name)!;
  expect(valueOfText(setting("failover.failureThreshold"), "3")).toBe(3);
  expect(valueOfText(setting("failover.failureThreshold"), "3x")).toBe("3x");
  expect(valueOfText(setting("failover.enabled"), "false")).toBe(false);
  expect(valueOfText(setting("failover.healthCheckInterval"), "30")).toBe("30");
});

it("the pages are small, and name no other place", () => {
  const assets = join(packageRoot, "build/console/assets");
  const files = readdirSync(assets).map(name => readFileSync(join(assets, name)));
  const size = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  expect(size).toBeGreaterThan(10_000);
  expect(size).toBeLessThan(150_000);
  const page = readFileSync(join(packageRoot, "build/console/index.html"), "utf8");
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
});
