/**
 * docs/clients.md: a section for each scenario, with a row for each client as it is in retry mode, and one with what differs in another
 * mode. Run with UPDATE_DOCS=1 to write it anew.
 */
import { readFileSync, writeFileSync } from "node:fs";
import prettier from "prettier";
import { SCENARIOS } from "./client-scenarios.js";

const FILE = "docs/clients.md";
const OTHER_MODES = "What differs in another mode";

interface Difference {
  mode: string;
  client: string;
  scenario: string;
  cell: string;
}

const rowsIn = (section: string) =>
  [...section.matchAll(/^\| (?!client |mode |-)(.+?) +\|$/gm)].map(([, row]) => row!.split(/ +\| +/));

function readPage() {
  /** A cell for each scenario, by the client's name. */
  const rows = new Map<string, string[]>();
  const differences: Difference[] = [];
  for (const section of readFileSync(FILE, "utf8").split(/^## /m).slice(1))
    for (const [first, second, scenario, cell] of rowsIn(section))
      if (section.startsWith(OTHER_MODES))
        differences.push({ mode: first!, client: second!, scenario: scenario!, cell: cell! });
      else rows.set(first!, [...(rows.get(first!) ?? []), second!]);
  return { rows, differences };
}

function said(client: string, mode: string): string[] | undefined {
  const { rows, differences } = readPage();
  const own = differences.filter(one => one.client === client && one.mode === mode);
  return rows.get(client)?.map((cell, i) => own.find(({ scenario }) => scenario === SCENARIOS[i]!.name)?.cell ?? cell);
}

/** What the page says of one client; with UPDATE_DOCS it says `cells` from now on. */
export async function documented(client: string, cells: string[], mode: string): Promise<string[] | undefined> {
  if (process.env["UPDATE_DOCS"] === undefined) return said(client, mode);
  const page = readPage();
  const { rows } = page;
  if (mode === "retry") rows.set(client, cells);
  const usual = rows.get(client) ?? [];
  const differences = page.differences
    .filter(one => one.client !== client || one.mode !== mode)
    .concat(
      cells.flatMap((cell, i) => (cell === usual[i] ? [] : [{ mode, client, scenario: SCENARIOS[i]!.name, cell }])),
    );
  const head = readFileSync(FILE, "utf8").split(/^## /m)[0]!.trim();
  const sections = SCENARIOS.map(({ name }, i) =>
    [`## ${name}`, "", "| client | what the person sees |", "| --- | --- |"]
      .concat([...rows].map(([client, cells]) => `| ${client} | ${cells[i]} |`))
      .join("\n"),
  );
  const others = [
    `## ${OTHER_MODES}`,
    "",
    "| mode | client | case | what the person sees |",
    "| --- | --- | --- | --- |",
  ]
    .concat(differences.map(({ mode, client, scenario, cell }) => `| ${mode} | ${client} | ${scenario} | ${cell} |`))
    .join("\n");
  const options = (await prettier.resolveConfig(FILE)) ?? {};
  writeFileSync(
    FILE,
    await prettier.format([head, ...sections, others].join("\n\n"), { ...options, parser: "markdown" }),
  );
  return said(client, mode);
}
