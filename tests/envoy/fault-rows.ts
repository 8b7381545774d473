import type { Fault } from "../../cli/demo/demo-fault.js";
import type { DemoProvider } from "../../cli/demo/demo-provider.js";
import type { Answer } from "./running-gateway.js";

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
export async function cellsOf(
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
