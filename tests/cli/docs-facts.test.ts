import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const text = readFileSync("docs/envoy-facts.md", "utf8");

/** "3.4" stands at the head of a row or a paragraph, "14" in a heading. */
const told = new Set([
  ...[...text.matchAll(/^(?:\| )?(\d+\.\d+)\b/gm)].map(([, number]) => number!),
  ...[...text.matchAll(/^## (\d+)\. /gm)].map(([, number]) => number!),
]);

/** Every number that a comment cites: "(facts 2.5, 19.2, 19.5)". */
function citations(): [string, string][] {
  const files = execFileSync("git", ["ls-files", "assembly", "cli", "tests"], { encoding: "utf8" }).split("\n");
  return files
    .filter(file => file.endsWith(".ts"))
    .flatMap(file =>
      [...readFileSync(file, "utf8").matchAll(/\bfacts,? (\d+(?:\.\d+)?(?:, \d+(?:\.\d+)?)*)/g)].flatMap(([, list]) =>
        list!.split(", ").map((number): [string, string] => [file, number]),
      ),
    );
}

describe("docs/envoy-facts.md", () => {
  it("has every fact that the code cites", () => {
    const cited = citations();
    expect(cited.length).toBeGreaterThan(20);
    expect(cited.filter(([, number]) => !told.has(number))).toEqual([]);
  });

  it("has the facts that docs/modes.md cites", () => {
    const rows = readFileSync("docs/modes.md", "utf8").matchAll(/^\| [^|]+\| (\d+\.\d+(?:, \d+\.\d+)*) +\|/gm);
    const cited = [...rows].flatMap(([, list]) => list!.split(", "));
    expect(cited.length).toBeGreaterThan(5);
    expect(cited.filter(number => !told.has(number))).toEqual([]);
  });
});
