import { appendFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MOST_RECORDS, RecentRecords } from "../../cli/run/recent-records.js";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "records-"));
  file = join(directory, "requests.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true }));

const line = (id: number | string, more = "") => `${JSON.stringify({ id: String(id), more })}\n`;
const append = (text: string) => appendFileSync(file, text);
const made = (limit?: number) => {
  const records = new RecentRecords(file, limit);
  records.create();
  return records;
};
const ids = (records: RecentRecords) => records.read().map(({ id }) => id);

it("reads what Envoy has appended, whole lines only, and nothing that is no record", () => {
  const records = made();
  expect(ids(records)).toEqual([]);
  append(`${line(1)}-\n${line(2)}{"id": "3"`);
  expect(ids(records)).toEqual(["1", "2"]);
  append(`}\n{broken}\n`);
  expect(ids(records)).toEqual(["1", "2", "3"]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it("keeps the last thousand, and counts all", () => {
  const records = made();
  for (let i = 0; i < MOST_RECORDS + 5; i++) append(line(i));
  expect(ids(records)).toHaveLength(MOST_RECORDS);
  expect(ids(records)[0]).toBe("5");
  expect(records.since(0)).toMatchObject({ count: MOST_RECORDS + 5 });
  append(line("new"));
  expect(records.since(MOST_RECORDS + 5)).toMatchObject({ count: MOST_RECORDS + 6, records: [{ id: "new" }] });
  expect(records.since(MOST_RECORDS + 6).records).toEqual([]);
});

it("empties a file that has grown to its limit, and loses none of the last ones", () => {
  const records = made(1000);
  for (let i = 0; i < 20; i++) append(line(i, "x".repeat(100)));
  records.keepSmall();
  expect(statSync(file).size).toBe(0);
  append(line("after"));
  expect(ids(records)).toHaveLength(21);
  expect(ids(records).slice(-2)).toEqual(["19", "after"]);
});

it("of more than can be read at once it reads the end", () => {
  const records = made();
  for (let i = 0; i < 60; i++) append(line(i, "é".repeat(50_000)));
  expect(ids(records).at(-1)).toBe("59");
  expect(ids(records).length).toBeLessThan(60);
});

it("goes on when Envoy was started again, or somebody has removed the file", () => {
  const records = made();
  append(line(1));
  records.create();
  append(line(2));
  rmSync(file);
  expect(ids(records)).toEqual(["1"]);
  append(line(3));
  expect(ids(records)).toEqual(["1", "3"]);
});
