import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import prettier from "prettier";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAULTS, type Cell, HOPS, LIMIT, PROVIDERS, SHAPES, policy, runFaults, tableRoutes } from "./fault-rows.js";
import { HOSTS, startGateway, until, type Gateway } from "./running-gateway.js";

/** Run with UPDATE_DOCS=1 to write it anew. */
const FILE = "docs/faults.md";

const HEAD = `# What happens after each fault

Written by \`tests/envoy/fault-table.test.ts\` from what real Envoys did: three providers stand in a row, the one that the column
names has the fault, those before it are down. [\`npm run test:platforms\`](kubernetes.md) has the same faults happen through istiod, Envoy Gateway and
in a virtual host with a name: on Envoy 1.40.0 and 1.39.3 they become what stands here of retry mode, on 1.38.2 and 1.36.4 of hop mode.

- **rescued**: the client got the next provider's whole answer and saw nothing of the fault
- **error 503** and the like: a JSON error that says what was tried
- **error event**: the stream ends in an error event in the shape of its API; official clients raise it
- **broken**: the transfer breaks off, so that no client takes it for complete
- **after**: how long the client waited for that: nothing but what the providers took, or until the limit that silence breaks
  (\`firstTokenTimeout\`, \`attemptTimeout\`, \`idleTimeout\`), and then at most 50 ms more. The last hop
  has no such limit: nothing could follow it, so that its client waits until \`timeout\`
- **known as**: the [cause](decisions.md#causes) that counts against the provider with the fault
`;

/** What the record of a request has to say of the fault that its hop met. */
interface FaultRecord {
  outcome: string;
  status: number;
  streamed: boolean;
  model: string;
  guard: string;
  guardOutcome: string;
  provider?: string;
  servedModel?: string;
  stopped?: string;
  rescueMs?: number;
  firstTokenMs?: number;
  attempts: {
    provider: string;
    token: string;
    model: string;
    atMs: number;
    ms: number;
    status: number;
    cause: string;
    next?: string;
  }[];
}

/** How the record of a case differs from what its client saw, and from the cause that the log has. */
function faultsOfRecord(record: FaultRecord, { fate, hop, shape }: Cell, cause: string): string[] {
  const { stream, model } = shape;
  const isRescued = fate === "rescued";
  const hasAnswer = !fate.startsWith("error ") || fate === "error event";
  const { attempts } = record;
  const atFault = attempts.filter(({ provider }) => provider === PROVIDERS[hop]);
  const order = attempts.map(({ provider }) => PROVIDERS.indexOf(provider));
  const answered = hasAnswer ? PROVIDERS[isRescued ? hop + 1 : hop] : undefined;
  const cases: [string, unknown, unknown][] = [
    ["outcome", record.outcome, isRescued ? "rescued" : "failed"],
    ["status", record.status, hasAnswer ? 200 : Number(fate.slice("error ".length))],
    ["streamed, model", [record.streamed, record.model], [stream, model]],
    ["guard", record.guard, model === "full" ? "full" : "first-event"],
    ["provider", record.provider, answered],
    ["servedModel", record.servedModel, answered && model],
    ["stopped", !!record.stopped, !hasAnswer],
    ["first token", record.firstTokenMs !== undefined, hasAnswer],
    ["rescue time", record.rescueMs !== undefined, hasAnswer && attempts.length > 1],
    ["cause", atFault.at(-1)?.cause, cause],
    ["providers in order", [...new Set(order)], [...PROVIDERS.keys()].slice(0, hop + (isRescued ? 2 : 1))],
    ["order", order, [...order].sort()],
    ["tokens", [...new Set(attempts.map(({ token }) => token))], ["t1"]],
    [
      "cause of those before",
      attempts.filter((_, i) => order[i]! < hop).every(({ cause }) => cause === "provider"),
      true,
    ],
    ["status of those before", attempts.filter((_, i) => order[i]! < hop).every(({ status }) => status === 500), true],
    ["last cause", attempts.at(-1)?.cause === "", isRescued],
    ["times", attempts.every(({ atMs, ms }, i) => ms >= 0 && atMs >= (attempts[i - 1]?.atMs ?? 0)), true],
    ["next", attempts.every(({ cause, next }) => (cause === "") === (next === undefined)), true],
    [
      "caught",
      record.guardOutcome === "caught",
      attempts.some(a => a.status === 200 && a.cause !== "" && (isRescued || !hasAnswer)),
    ],
  ];
  return cases
    .filter(([, found, wanted]) => JSON.stringify(found) !== JSON.stringify(wanted))
    .map(([what, found, wanted]) => `${what}: ${JSON.stringify(found)} in place of ${JSON.stringify(wanted)}`);
}

describe("every fault at every place, for every hop", () => {
  const gateways: Gateway[] = [];

  beforeAll(async () => {
    for (const { mode, version } of HOSTS)
      gateways.push(
        await startGateway({
          ...{ mode, version },
          providers: Object.fromEntries(
            PROVIDERS.map(id => [
              id,
              {
                tokens: [`${id}-1`],
                pace: 1,
                config: policy,
              },
            ]),
          ),
          routes: tableRoutes,
          config: { idleTimeout: LIMIT, requestLog: { path: "requests.jsonl" } },
        }),
      );
  });
  afterAll(() => Promise.all(gateways.map(gateway => gateway.stop())));

  /** Longest time from the limit to the rescue. */
  let latest = 0;

  const runTable = async (gateway: Gateway): Promise<string[][]> => {
    const { rows, asked } = await runFaults(gateway);
    for (const { row, shape, hop, fate, took } of asked)
      // Where firstTokenTimeout is what silence breaks.
      if (FAULTS[row]!.name === "silence" && shape.stream && shape.model === "plain" && hop === 0 && fate === "rescued")
        latest = Math.max(latest, took - LIMIT);
    // And a record for each of them.
    const records = () => readFileSync(join(gateway.directory, "requests.jsonl"), "utf8").trim().split("\n");
    await until(() => records().length === asked.length, 30_000);
    const wrong = records().flatMap((line, i) => {
      const { row, cause, ...cell } = asked[i]!;
      const faults = faultsOfRecord(JSON.parse(line) as FaultRecord, cell, cause);
      return faults.map(
        fault => `${FAULTS[row]!.place}, ${FAULTS[row]!.name}, ${cell.shape.shape}, hop ${cell.hop}: ${fault}`,
      );
    });
    expect(wrong).toEqual([]);
    for (const [id, { requests }] of Object.entries(gateway.providers))
      expect([...new Set(requests.map(({ token }) => token))]).toEqual([`${id}-1`]);
    return rows;
  };

  const markdown = (rows: string[][]) => {
    const cells = SHAPES.flatMap(({ shape }) => HOPS.map(hop => `${shape}: ${hop} hop`));
    const columns = ["place", "fault", ...cells, "after", "known as"];
    return [columns, columns.map(() => "---"), ...rows].map(cells => `| ${cells.join(" | ")} |`).join("\n");
  };

  it("is in docs/faults.md as it happened, and nothing broken is ever taken for complete", async () => {
    const tables = await Promise.all(gateways.map(runTable));
    const sections = HOSTS.map(
      ({ mode, version }, i) =>
        `\n## ${mode[0]!.toUpperCase()}${mode.slice(1)} mode (Envoy ${version})\n\n${markdown(tables[i]!)}\n`,
    );
    const text = await prettier.format(HEAD + sections.join(""), {
      ...(await prettier.resolveConfig(FILE)),
      parser: "markdown",
    });
    console.log(`rescued at most ${Math.round(latest)} ms after the limit`);
    expect(text).not.toMatch(/TAKEN FOR COMPLETE|MIXED|UNCLEAR|NOTHING/);
    if (process.env.UPDATE_DOCS || !existsSync(FILE)) writeFileSync(FILE, text);
    expect(text).toBe(readFileSync(FILE, "utf8"));
    const beforeTheFirstByte = tables[0]!.filter(([place]) => place === "before headers" || place === "after headers");
    for (const cells of beforeTheFirstByte)
      expect([cells[2], cells[3], cells[5], cells[6], cells[8], cells[9]]).toEqual(Array(6).fill("rescued"));
  });
});
