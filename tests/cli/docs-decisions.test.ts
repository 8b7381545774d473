import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { judgementRows, wordRows } from "./docs-failures.js";
import { codesOf, readDocument, rowsOf, section } from "./docs.js";
import { updateList } from "./docs-update.js";

// The module's tables are AssemblyScript, which Node cannot load: they are read as the text that they are.
const source = (file: string): string => readFileSync(`assembly/${file}.ts`, "utf8");
const FILE = "docs/decisions.md";
const { text } = readDocument(FILE);

const strings = (code: string): string[] => [...code.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, value]) => value!);

const outcomes = strings(/OUTCOME_NAMES: string\[\] = \[(.*?)\]/.exec(source("observe/request-outcome"))![1]!);

describe("docs/decisions.md", () => {
  it("names every cause as the trail does", () => {
    const names = /const NAMES: Bytes\[\] = Bytes\.ofAll\(\[(.*?)\]/s.exec(source("health/verdict"))![1]!;
    const rows = rowsOf(section(text, "Causes"))
      .filter(row => row.length === 2)
      .map(([cause = ""]) => codesOf(cause)[0]!);
    const causes = strings(names).filter(cause => cause !== "none");
    expect(new Set(rows)).toEqual(new Set(causes));
  });

  it("names every judgement of the failure table", () => {
    expect(judgementRows().length).toBeGreaterThan(20);
    expect(rowsOf(section(text, "What an answer proves")).map(([name, , ...rest]) => [name, ...rest])).toEqual(
      judgementRows(),
    );
  });

  it("names the words of providers that the failure table has", async () => {
    expect(wordRows().length).toBeGreaterThan(15);
    const words = wordRows().map(([name, codes, phrases]) => `${name}: code ${codes}; message ${phrases}.`);
    const heading = "Codes of providers";
    await updateList(FILE, heading, words);
    const items = section(readDocument(FILE).text, heading).split(/^- /m).slice(1);
    expect(items.map(item => item.replaceAll(/\s+/g, " ").trim())).toEqual(words);
  });

  it("names every error of ours with its status and types", () => {
    const pattern =
      /new ErrorCode\(\s*(\d+),\s*(INVALID|"\w+"),\s*(INVALID|"\w+"),\s*("\w+"),\s*(?:true|false),?\s*\)/g;
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
    const internal = ["x-ai-failover-retry", "x-ai-failover-exchange", "x-ai-failover-cluster", "x-ai-failover-local"];
    const rows = rowsOf(section(text, "Headers")).map(([name = ""]) => codesOf(name)[0]!);
    expect(rows.sort()).toEqual(names.filter(name => !internal.includes(name)).sort());
  });

  it("names every outcome", () => {
    expect(rowsOf(section(text, "Outcomes")).map(([name = ""]) => codesOf(name)[0])).toEqual(outcomes);
  });

  it("names what a log line can say", () => {
    const code = source("observe/request-log");
    const says = [...outcomes, ...strings(/BROKE_OFF = (.*);/.exec(code)![1]!)];
    expect(says.length).toBe(7);
    for (const words of says) expect(section(text, "Log lines")).toContain(words);
  });
});
