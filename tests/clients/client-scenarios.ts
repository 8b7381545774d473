/** What may happen to a call, on one real gateway, and what each client shows of it: docs/clients.md has both. */
import { readFileSync, writeFileSync } from "node:fs";
import prettier from "prettier";
import { startGateway, type Gateway } from "../envoy/running-gateway.js";
import type { Fault } from "../../cli/demo/demo-fault.js";

/** Run with UPDATE_DOCS=1 to write it anew. */
const FILE = "docs/clients.md";

interface Scenario {
  name: string;
  /** What its providers do; in the order of the plan. */
  faults: (Fault | string | undefined)[];
  model?: string;
}

export const SCENARIOS: Scenario[] = [
  { name: "All is well", faults: [] },
  { name: "The first token is refused", faults: [{ kind: "status", status: 401, times: 1 }] },
  { name: "The first provider is down", faults: ["reset"] },
  { name: "The stream ends in the middle", faults: ["truncated"] },
  { name: "The connection breaks in the middle", faults: ["cut"] },
  { name: "Every provider is down", faults: ["503", "503"] },
  { name: "Every key is refused", faults: ["401", "401"] },
  { name: "No route serves the model", faults: [], model: "unheard-of" },
];

/** What a client has shown: the words of the answer that came, and the error as its user reads it. */
export interface Shown {
  said: string;
  error: string;
}

/** Asks the gateway at `url` for a streamed answer of `model`. */
export type Ask = (url: string, model: string) => Promise<Shown>;

export async function startScenarios(): Promise<Gateway> {
  // Nobody is ever out, so that each case meets its own faults.
  const config = { failover: { enabled: false }, providerBreaker: { failureThreshold: 100_000 } };
  return startGateway({
    providers: {
      first: { tokens: ["first-1", "first-2"], pace: 1, config },
      second: { tokens: ["second-1"], pace: 1, config },
    },
    routes: [
      {
        ...{ name: "demo", modelPredicates: [{ matchType: "EQUAL", matchValue: "demo" }] },
        ...{ upstreams: [{ provider: "first" }], fallbackConfig: { upstreams: [{ provider: "second" }] } },
      },
    ],
  });
}

/** What each scenario comes to for one client. */
export async function showAll(gateway: Gateway, ask: Ask): Promise<string[]> {
  const cells: string[] = [];
  const providers = [gateway.providers["first"]!, gateway.providers["second"]!];
  for (const { faults, model = "demo" } of SCENARIOS) {
    for (const [i, provider] of providers.entries()) {
      await provider.reset();
      if (faults[i] !== undefined) await provider.set("*", faults[i]);
    }
    cells.push(cellOf(await ask(gateway.url, model)));
  }
  return cells;
}

const WHOLE = /^Hello from (\w+), model demo, token \d\.$/;

function cellOf({ said, error }: Shown): string {
  const [, provider] = WHOLE.exec(said) ?? [];
  const words = provider !== undefined ? `the whole answer of ${provider}` : said === "" ? "" : "its beginning";
  const told = error === "" ? "" : `\`${tidy(error)}\``;
  return [words, told].filter(part => part !== "").join(", then ") || "an empty answer";
}

/** Without what differs from call to call. */
const tidy = (error: string) =>
  error
    .replace(/\s+/g, " ")
    .replace(/;ms=\d+/g, "")
    .replace(/https?:\/\/127\.0\.0\.1:\d+/g, "http://gateway")
    .replace(/, (url|request id): [^,\s]+/g, "")
    .replaceAll("|", "/")
    .replaceAll("`", "'")
    .trim();

/** What the page says of each client, by its name: a cell for each scenario. */
function readPage(): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  const parts = readFileSync(FILE, "utf8").split(/^## /m);
  for (const part of parts.slice(1))
    for (const [, name, cell] of part.matchAll(/^\| (?!client |-)(.+?) +\| (.+?) +\|$/gm))
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
