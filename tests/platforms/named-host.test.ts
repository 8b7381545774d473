import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { renderParts } from "../cli/docs-existing.js";
import { FAULTS, LIMIT, PROVIDERS, cellsOf, policy, tableRoutes } from "../envoy/fault-rows.js";
import { launchParts, type PastedEnvoy } from "../envoy/pasted-parts.js";
import { askHost } from "./control-plane.js";

const HOST = "llm.example.com";
const ENVOYS = [
  { version: "1.36.4", mode: "Hop" },
  { version: "1.38.2", mode: "Hop" },
  { version: "1.39.3", mode: "Retry" },
  { version: "1.40.0", mode: "Retry" },
];

/** The fates of each fault in a table of docs/faults.md. */
function documented(mode: string): string[][] {
  const [, section] = readFileSync("docs/faults.md", "utf8").split(new RegExp(`^## ${mode} mode.*$`, "m"));
  const rows = section!
    .split(/^## /m)[0]!
    .match(/^\| .*$/gm)!
    .map(line => line.split("|").map(cell => cell.trim()));
  return rows.slice(2).map(cells => cells.slice(1, 12));
}

describe.each(ENVOYS)("the parts under a host of a name, in an Envoy $version", ({ version, mode }) => {
  const directory = mkdtempSync(join(tmpdir(), "ai-failover-named-"));
  const providers: Record<string, DemoProvider> = {};
  let host: PastedEnvoy;

  beforeAll(async () => {
    for (const id of PROVIDERS) providers[id] = await startDemoProvider({ name: id, tokens: [`${id}-1`], pace: 1 });
    const config = {
      providers: PROVIDERS.map(id => ({
        // Its path does not begin with the route's prefix.
        ...{ id, type: "openai", url: providers[id]!.url.replace("/v1", `/of/${id}/v1`), models: [id] },
        ...{ apiTokens: [`${id}-1`], ...policy },
      })),
      ...{ routes: tableRoutes, idleTimeout: LIMIT },
    };
    const rendered = renderParts(config, join(process.cwd(), "build/ai-failover.wasm"), version);
    host = await launchParts(rendered, { version, directory, domains: [HOST] });
  });
  afterAll(async () => {
    await host?.stop();
    for (const provider of Object.values(providers)) await provider.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it(`have the faults of docs/faults.md become what they do there in ${mode.toLowerCase()} mode`, async () => {
    const rows: string[][] = [];
    for (const row of FAULTS) {
      const cells = await cellsOf(row, providers, body => askHost({ port: host.port, host: HOST }, body));
      rows.push([row.place, row.name, ...cells.map(({ fate }) => fate)]);
    }
    expect(rows).toEqual(documented(mode));
    const names = Object.values(providers).flatMap(({ requests }) =>
      requests.flatMap(({ headers }) => Object.keys(headers)),
    );
    expect(names.filter(name => name.startsWith("x-envoy-"))).toEqual([]);
  });
});
