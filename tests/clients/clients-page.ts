/** docs/clients.md: a section for each scenario, with a row for each client. Run with UPDATE_DOCS=1 to write it anew. */
import { readFileSync, writeFileSync } from "node:fs";
import prettier from "prettier";
import { SCENARIOS } from "./client-scenarios.js";

const FILE = "docs/clients.md";

/** A cell for each scenario, by the client's name. */
function readPage(): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  for (const section of readFileSync(FILE, "utf8").split(/^## /m).slice(1))
    for (const [, name, cell] of section.matchAll(/^\| (?!client |-)(.+?) +\| (.+?) +\|$/gm))
      rows.set(name!, [...(rows.get(name!) ?? []), cell!]);
  return rows;
}

/** What the page says of one client; with UPDATE_DOCS it says `cells` from now on. */
export async function documented(client: string, cells: string[]): Promise<string[] | undefined> {
  if (process.env["UPDATE_DOCS"] === undefined) return readPage().get(client);
  const rows = readPage().set(client, cells);
  const head = readFileSync(FILE, "utf8").split(/^## /m)[0]!.trim();
  const sections = SCENARIOS.map(({ name }, i) =>
    [`## ${name}`, "", "| client | what the person sees |", "| --- | --- |"]
      .concat([...rows].map(([client, cells]) => `| ${client} | ${cells[i]} |`))
      .join("\n"),
  );
  const options = (await prettier.resolveConfig(FILE)) ?? {};
  writeFileSync(FILE, await prettier.format([head, ...sections].join("\n\n"), { ...options, parser: "markdown" }));
  return readPage().get(client);
}
