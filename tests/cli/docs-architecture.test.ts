import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";

const text = readFileSync("docs/architecture.md", "utf8");

describe("docs/architecture.md", () => {
  it("names files that exist", () => {
    const paths = [...text.matchAll(/`([\w-]+(?:\/[\w.*-]+)+)`/g)].map(([, path]) => path!);
    expect(paths.length).toBeGreaterThan(20);
    const missing = paths.filter(path => !path.includes("*") && ![path, `assembly/${path}`].some(existsSync));
    expect(missing).toEqual([]);
  });

  it("has a row for each room", () => {
    const rooms = readdirSync("assembly", { withFileTypes: true }).filter(entry => entry.isDirectory());
    const rows = [...text.matchAll(/^\| `([a-z]+)` +\|/gm)].map(([, room]) => room);
    expect(rows.sort()).toEqual(rooms.map(({ name }) => name).sort());
  });
});
