import type { Fault } from "../../cli/demo/demo-fault.js";
import type { DemoProvider } from "../../cli/demo/demo-provider.js";
import { until, type Answer } from "./running-gateway.js";

/** Events of a demo stream: the role, seven words, the finish reason, the end mark. */
const FIRST_WORD = 2;
const LAST_WORD = 8;

export const FAULTS: { place: string; name: string; fault: Fault }[] = [
  { place: "before headers", name: "error 500", fault: { kind: "status", status: 500 } },
  { place: "before headers", name: "connection refused", fault: { kind: "refused" } },
  { place: "before headers", name: "reset", fault: { kind: "reset" } },
  { place: "before headers", name: "silence", fault: { kind: "hang" } },
  { place: "after headers", name: "cut", fault: { kind: "cut", after: 0 } },
  { place: "after headers", name: "silence", fault: { kind: "silent" } },
  { place: "after headers", name: "clean end", fault: { kind: "empty" } },
  { place: "after headers", name: "an error inside", fault: { kind: "error-in-200" } },
  { place: "after headers", name: "a web page", fault: { kind: "garbage" } },
  ...[FIRST_WORD, FIRST_WORD + 3, LAST_WORD].flatMap((after, i) => {
    const place = ["after the first event", "in the middle", "before the end mark"][i]!;
    return [
      { place, name: "cut", fault: { kind: "cut", after } as Fault },
      { place, name: "silence", fault: { kind: "stall", after } as Fault },
      { place, name: "clean end", fault: { kind: "truncated", after } as Fault },
    ];
  }),
];

export const SHAPES = [
  { shape: "plain", model: "plain", stream: false },
  { shape: "streamed", model: "plain", stream: true },
  { shape: "streamed, guard full", model: "full", stream: true },
];
/** On silence, milliseconds. Twice that on a whole attempt, so that it is clear which limit comes first. */
export const LIMIT = 300;
export const PROVIDERS = ["one", "two", "three"];
export const HOPS = ["first", "second", "last"];

const sentence = (id: string, model: string) => `Hello from ${id}, model ${model}, token 1.`;

function fateOf(answer: Answer, hop: number, model: string): string {
  if (answer.status !== 200) return answer.json().error.code ? `error ${answer.status}` : "UNCLEAR";
  const isError = answer.text.includes('"error"');
  const next = PROVIDERS[hop + 1];
  if (!answer.broken && !isError && next && answer.words === sentence(next, model)) return "rescued";
  if (!sentence(PROVIDERS[hop]!, model).startsWith(answer.words)) return "MIXED";
  if (answer.broken) return "broken";
  return isError ? "error event" : "TAKEN FOR COMPLETE";
}

/** What a plain answer has no place for. */
const isForStreams = ({ place }: (typeof FAULTS)[number]) =>
  place === "after the first event" || place === "before the end mark";

/** Providers whose faults each case meets, because nobody is ever out, and a route for each guard. */
export const policy = { failover: { enabled: false }, providerBreaker: { failureThreshold: 100_000 } };
export const tableRoutes = ["plain", "full"].map(model => ({
  name: model,
  modelPredicates: [{ matchType: "EQUAL", matchValue: model }],
  upstreams: [{ provider: "one" }],
  fallbackConfig: { enabled: true, upstreams: [{ provider: "two" }, { provider: "three" }] },
  guard: model === "full" ? "full" : "first-event",
  ...{ firstTokenTimeout: LIMIT, attemptTimeout: 2 * LIMIT, timeout: "1500ms" },
}));

export interface Cell {
  shape: (typeof SHAPES)[number];
  hop: number;
  /** "-": there is no such case. */
  fate: string;
  /** Milliseconds. */
  took: number;
}

/** What became of one fault: for each shape of a request, and each hop that has it. */
async function cellsOf(
  row: (typeof FAULTS)[number],
  providers: Record<string, DemoProvider>,
  ask: (body: object) => Promise<Answer>,
): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const shape of SHAPES)
    for (const hop of HOPS.keys()) {
      const { model, stream } = shape;
      if (shape.shape === "plain" && isForStreams(row)) {
        cells.push({ shape, hop, fate: "-", took: Infinity });
        continue;
      }
      for (const [at, id] of PROVIDERS.entries()) {
        await providers[id]!.reset();
        if (at < hop) await providers[id]!.set("*", "500");
        if (at === hop)
          await providers[id]!.set(
            "*",
            stream
              ? row.fault
              : { ...row.fault, ...("after" in row.fault && row.fault.after! > 0 ? { after: 1 } : {}) },
          );
      }
      const started = performance.now();
      const fate = fateOf(await ask({ model, stream, messages: [] }), hop, model);
      cells.push({ shape, hop, fate, took: performance.now() - started });
    }
  return cells;
}

/** As the log tells it of the last request: why the last attempt at this hop failed. */
function causeOf(line: string, hop: number): string {
  const attempts = [...line.matchAll(new RegExp(`${PROVIDERS[hop]}/t1(?:;[a-z]+=[^;,]+)*;cause=([a-z-]+)`, "g"))];
  return attempts.at(-1)?.[1] ?? "NOTHING";
}

/** A gateway in front of the providers that have the faults. */
export interface FaultyHost {
  providers: Record<string, DemoProvider>;
  ask(body: object): Promise<Answer>;
  log(): string;
}

/** A case that was asked for, the number of its row, and what the log says of the fault. */
export interface AskedCell extends Cell {
  row: number;
  cause: string;
}

/** Every fault at every place, for every hop: the rows of a table in docs/faults.md, and each of its cases in order. */
export async function runFaults({
  providers,
  ask,
  log,
}: FaultyHost): Promise<{ rows: string[][]; asked: AskedCell[] }> {
  const lines = () => log().match(/ ai-failover: #.*/g) ?? [];
  const before = lines().length;
  const table: Cell[][] = [];
  for (const row of FAULTS) table.push(await cellsOf(row, providers, ask));
  const asked = table.flatMap((cells, row) =>
    cells.filter(({ fate }) => fate !== "-").map(cell => ({ ...cell, row, cause: "" })),
  );
  // The log has a line for each, in this order.
  await until(() => lines().length === before + asked.length, 30_000);
  for (const [i, line] of lines().slice(before).entries()) asked[i]!.cause = causeOf(line, asked[i]!.hop);
  const rows = FAULTS.map(({ place, name }, i) => {
    const causes = asked.filter(({ row }) => row === i).map(({ cause }) => cause);
    // One that was ever answered before the limit does not wait for it.
    const after = Math.min(...table[i]!.map(({ took }) => took)) < LIMIT ? "at once" : "the limit";
    return [place, name, ...table[i]!.map(({ fate }) => fate), after, [...new Set(causes)].sort().join(", ")];
  });
  return { rows, asked };
}
