import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startDemoProvider } from "../../cli/demo/demo-provider.js";
import { LIMIT, PROVIDERS, policy, runFaults, tableRoutes } from "../envoy/fault-rows.js";
import { freePorts, until } from "../envoy/running-gateway.js";
import { askHost, stopAll, type Platform, type PlatformKind } from "./control-plane.js";
import { HOST, walkThrough } from "./platform-walkthrough.js";

/** Those that a platform may have, and the table of docs/faults.md that holds with each. */
const ENVOYS = [
  { version: "1.40.0", mode: "Retry" },
  { version: "1.39.3", mode: "Retry" },
  { version: "1.38.2", mode: "Hop" },
  { version: "1.36.4", mode: "Hop" },
];

/** All that is promised of a platform, with each Envoy that it may have. */
export function onEveryEnvoy(title: string, kindWith: (envoyVersion: string) => PlatformKind): void {
  describe.each(ENVOYS)(`${title} with Envoy $version`, ({ version, mode }) => {
    describe("the walkthrough", () => walkThrough(kindWith(version)));
    faultTable(kindWith(version), mode);
  });
}

/** Every fault of docs/faults.md, through a platform: what becomes of it, when, and as what it is known. */
function faultTable({ resources, start }: PlatformKind, mode: string): void {
  it(`has every fault become what docs/faults.md says for ${mode.toLowerCase()} mode`, async () => {
    const [port] = (await freePorts(1)) as [number];
    const providers = Object.fromEntries(
      await Promise.all(
        PROVIDERS.map(async id => [id, await startDemoProvider({ name: id, tokens: [`${id}-1`], pace: 1 })] as const),
      ),
    );
    const config = {
      providers: PROVIDERS.map(id => ({
        // Its path does not begin with the route's prefix.
        ...{ id, type: "openai", url: providers[id]!.url.replace("/v1", `/of/${id}/v1`), models: [id] },
        apiTokens: [{ name: "t1", value: `\${${id.toUpperCase()}_KEY}` }],
        ...policy,
      })),
      ...{ routes: tableRoutes, idleTimeout: LIMIT },
    };
    let platform: Platform | undefined;
    try {
      platform = await start(port, resources(config, port, providers["one"]!.port));
      const { log } = platform;
      const ask = (body: object) => askHost({ port, host: HOST }, body);
      await until(async () => (await ask({ model: "plain", messages: [] })).status === 200, 60_000);
      expect((await runFaults({ providers, ask, log })).rows).toEqual(documented(mode));
      const told = Object.values(providers).flatMap(({ requests }) =>
        requests.flatMap(({ headers }) => Object.keys(headers)),
      );
      expect(told.filter(name => name.startsWith("x-envoy-"))).toEqual([]);
    } finally {
      await platform?.stop();
      await stopAll();
      for (const provider of Object.values(providers)) await provider.close();
    }
  });
}

/** The rows of a table in docs/faults.md. */
function documented(mode: string): string[][] {
  const [, section] = readFileSync("docs/faults.md", "utf8").split(new RegExp(`^## ${mode} mode.*$`, "m"));
  const rows = section!.split(/^## /m)[0]!.match(/^\| .*$/gm)!;
  return rows.slice(2).map(line =>
    line
      .split("|")
      .slice(1, -1)
      .map(cell => cell.trim()),
  );
}
