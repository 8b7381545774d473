import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codesOf, readDocument, rowsOf, section } from "./docs.js";

// The module's tables are AssemblyScript, which Node cannot load: they are read as the text that they are.
const source = (file: string): string => readFileSync(`assembly/${file}.ts`, "utf8");
const { text } = readDocument("docs/decisions.md");

/** "RateLimit" as the trail says it. */
const kebab = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase();

const strings = (code: string): string[] => [...code.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, value]) => value!);

describe("docs/decisions.md", () => {
  it("names every cause as the trail does", () => {
    const names = /const NAMES: Bytes\[\] = \[(.*?)\]/s.exec(source("health/verdict"))![1]!;
    const rows = rowsOf(section(text, "Causes")).map(([cause = ""]) => codesOf(cause)[0]!);
    const causes = strings(names).filter(cause => cause !== "none");
    expect(new Set(rows)).toEqual(new Set(causes));
  });

  it("names the words of providers that the failure table has, for the same cause and place", () => {
    const places = { code: 1, type: 2, says: 3, opens: 3 };
    const table = new Map(rowsOf(section(text, "Codes of providers")).map(row => [codesOf(row[0]!)[0]!, row]));
    const seen = new Map<string, string[]>();
    const pattern = /^ {2}(code|type|says|opens)\(([^,]+), "([^"]*)", Cause\.(\w+)\)/gm;
    for (const [, place, families, word, cause] of source("health/failure-table").matchAll(pattern)) {
      if (cause === "Caller") continue; // Below the table, in a sentence.
      const only = families === "ANY" ? "" : ` (${families!.toLowerCase().replaceAll(" | ", ", ")})`;
      const key = `${kebab(cause!)}/${places[place as keyof typeof places]}`;
      seen.set(key, [...(seen.get(key) ?? []), `\`${word}${place === "opens" ? " ..." : ""}\`${only}`]);
    }
    const told = [...table].flatMap(([cause, row]) =>
      [1, 2, 3].filter(at => row[at] !== "-").map(at => [`${cause}/${at}`, row[at]!] as const),
    );
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries([...seen].map(([key, words]) => [key, words.join(", ")])),
    );
  });

  it("names every error of ours with its status and types", () => {
    const pattern = /new ErrorCode\(\s*(\d+),\s*(INVALID|"\w+"),\s*(INVALID|"\w+"),\s*("\w+"),\s*(?:true|false),?\s*\)/g;
    const word = (code: string) => (code === "INVALID" ? "invalid_request_error" : strings(code)[0]!);
    const replies = [...source("response/replies").matchAll(pattern)].map(([, status, type, messages, code]) => [
      ...[status!, `\`${word(code!)}\``, `\`${word(type!)}\``, `\`${word(messages!)}\``],
    ]);
    const rows = rowsOf(section(text, "What the client gets")).filter(([status = ""]) => /^\d+$/.test(status));
    expect(replies.length).toBeGreaterThan(5);
    expect(rows.map(row => row.slice(0, 4)).sort()).toEqual(replies.sort());
  });

  it("names the headers that answers have", () => {
    const names = [...source("filters/host-names").matchAll(/Bytes\.of\("(x-ai-failover-[a-z]+)"\)/g)].map(
      ([, name]) => name!,
    );
    const internal = ["x-ai-failover-retry", "x-ai-failover-wait"];
    const rows = rowsOf(section(text, "Headers")).map(([name = ""]) => codesOf(name)[0]!);
    expect(rows.sort()).toEqual(names.filter(name => !internal.includes(name)).sort());
  });

  it("names every counter, outcome and gauge", () => {
    const metrics = section(text, "Metrics");
    const code = source("observe/metrics");
    const outcomes = strings(/OUTCOMES: string\[\] = \[(.*?)\]/.exec(code)![1]!);
    expect(rowsOf(metrics).flatMap(([name = ""]) => codesOf(name))).toEqual(expect.arrayContaining(outcomes));
    const counters = [...code.matchAll(/"((?:[a-z_]+)(?:\.(?:provider|route)\.)?)"(?: \+ (?:id|route)|\))/g)];
    const gauges = [...source("filters/shared-store").matchAll(/"ai_failover_([a-z_]+)"/g)];
    const counted = [...counters, ...gauges].map(([, name]) => name!.split(".")[0]!);
    const rows = rowsOf(metrics).map(([name = ""]) => /^`ai_failover_([a-z_]+)/.exec(name)?.[1]);
    expect(rows.filter(Boolean).sort()).toEqual([...new Set(counted)].sort());
  });

  it("names what a log line can say", () => {
    const code = source("observe/request-log");
    const says = [
      ...strings(/const SAYS: Bytes\[\] = \[(.*?)\]/s.exec(code)![1]!),
      ...strings(/BROKEN = (.*);/.exec(code)![1]!),
    ];
    expect(says.length).toBe(6);
    for (const words of says) expect(section(text, "Log lines")).toContain(words.trim().replace(":", ""));
  });
});
