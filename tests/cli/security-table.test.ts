import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readDocument, section } from "./docs.js";

const threats = section(readDocument("SECURITY.md").text, "Threats");

it("each threat of SECURITY.md names what holds it, and a test that is there and runs", () => {
  const rows = threats.split("\n").filter(line => line.startsWith("| ") && line.includes("](tests/"));
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) {
    const [, who, what, holds, test] = row.split(/(?<!\\)\|/).map(cell => cell.trim());
    expect([who, what, holds].every(Boolean), row).toBe(true);
    const file = /^\[.*\]\((tests\/.*\.test\.ts)\)$/.exec(test!)?.[1];
    expect(file && existsSync(file), row).toBe(true);
    expect(readFileSync(file!, "utf8"), row).toMatch(/\b(it|test)\b.*\(/);
  }
});
