import { MODES, placesIn, type Mode } from "../../filter/fixture.js";
import { watchedModule } from "../../filter/watched.js";
import { startEnvoy, type Ask, type Answer, type Envoy } from "../../host/proxy-host.js";
import { KNOWN } from "../../unit/known-errors.js";
import { recorded } from "../../unit/streams/all-streams.js";
import { target } from "../fuzz-target.js";
import { mutateJson } from "../json-mutation.js";
import { bytesIn, mutate, pick } from "../mutation.js";
import type { Random } from "../random.js";

const PATHS = [
  "/v1/chat/completions",
  "/v1/messages",
  "/v1/responses",
  "/v1/embeddings",
  "/v1/files/f?limit=1",
  "/v1/models",
];
const BODY = { model: "m", stream: true, messages: [{ role: "user", content: "Hi" }], user: "u" };
const NAMES = ["model", "stream", "user", "previous_response_id", "error", "choices", "type", "message", "code"];
const PIECES = [
  ...[
    "\n\n",
    "\r",
    "data: ",
    "data: [DONE]\n\n",
    'data: {"error":{"code":"a"}}\n\n',
    "event: error\n",
    '"',
    "\\",
    "{",
    "}",
  ],
  ...[
    "[",
    "]",
    ",",
    ":",
    "\0",
    "\xff",
    "null",
    '"model":"b",',
    "invalid_api_key",
    "?",
    "&",
    "/..",
    "%2e",
    "[".repeat(80),
  ],
];
const HEADERS = [
  "x-ai-failover",
  "authorization",
  "content-type",
  "idempotency-key",
  "origin",
  "x-other",
  "ai-failover-hops",
];
const TYPES = ["application/json", "text/event-stream", "text/html", "application/octet-stream", ""];

interface Exchange {
  mode: Mode;
  ask: { path: string; method: string; headers: Record<string, string>; pieces: string[] };
  answers: { status: number; headers: Record<string, string>; pieces: string[]; end: "clean" | "cut" | "stall" }[];
}

/** A text in up to four pieces. */
function piecesOf(text: string, random: Random): string[] {
  const cuts = Array.from({ length: random(4) }, () => random(text.length + 1)).sort((a, b) => a - b);
  return [...cuts, text.length].map((end, i) => text.slice(cuts[i - 1] ?? 0, end));
}

const valueOf = (text: string) => text.replaceAll(/[\0\r\n]/g, "");

function answerOf(random: Random): Exchange["answers"][number] {
  const isGood = random(3) === 0;
  const [, , status, body] = pick(KNOWN, random);
  const text = isGood
    ? pick(recorded, random).text.slice(0, 3000)
    : typeof body === "string"
      ? body
      : JSON.stringify(mutateJson(body, NAMES, random));
  return {
    status: isGood ? 200 : random(8) === 0 ? pick([200, 204, 302, 404, 500], random) : status,
    headers: {
      "content-type": isGood ? "text/event-stream" : pick(TYPES, random),
      ...(random(4) === 0 ? { "retry-after": valueOf(mutate("1", PIECES, random)) } : {}),
      ...(random(8) === 0 ? { "content-encoding": pick(["gzip", "identity", "x"], random) } : {}),
    },
    pieces: piecesOf(mutate(bytesIn(text), PIECES, random), random),
    end: pick(["clean", "clean", "clean", "cut", "stall"], random),
  };
}

/** Whole requests with damaged bodies, heads and answers, on a build whose heap is checked. */
export const exchange = target<Exchange>({
  ...{ name: "exchange", share: 0.01 },
  generate(random) {
    const path = pick(PATHS, random);
    const body = bytesIn(JSON.stringify(mutateJson(BODY, NAMES, random)));
    return {
      mode: pick(MODES, random),
      ask: {
        path: random(5) === 0 ? valueOf(mutate(path, PIECES, random)) : path,
        method: path.includes("/files") || path.endsWith("/models") ? "GET" : "POST",
        headers: Object.fromEntries(
          Array.from({ length: random(4) }, () => [pick(HEADERS, random), valueOf(mutate("off", PIECES, random))]),
        ),
        pieces: piecesOf(random(3) === 0 ? mutate(body, PIECES, random) : body, random),
      },
      answers: Array.from({ length: 1 + random(4) }, () => answerOf(random)),
    };
  },
  async start() {
    const module = await watchedModule();
    const policy = { timeout: "20s", attemptTimeout: "5s", firstTokenTimeout: "2s", maxWait: "2s" };
    let answers: Answer[] = [];
    const next = () => answers.shift() ?? { status: 200, body: "{}" };
    const open = (mode: Exchange["mode"]): Envoy =>
      startEnvoy({
        ...{ module, ...placesIn({ mode, policy }) },
        clusters: { qwen: next, deepseek: next },
      });
    const envoys = { retry: open("retry"), hop: open("hop"), callout: open("callout") };
    return {
      run({ mode, ask, answers: given }) {
        answers = given.map(({ pieces, ...answer }) => ({ ...answer, body: pieces.map(bytes) }));
        const envoy = envoys[mode];
        const { pieces, ...head } = ask;
        envoy.ask({ ...head, ...(ask.method === "POST" ? { body: pieces.map(bytes) } : {}) } satisfies Ask);
        envoy.advance(60_000);
        const [trap] = envoy.process.traps;
        if (trap) throw new Error(`a trap: ${trap.reason}`);
        const { vm } = envoy.workers[0]!;
        if (vm.ask("liveExchanges") !== 0 || vm.ask("parkedBytes") !== 0) throw new Error("it is over, and still held");
        envoy.forget();
      },
      get memory() {
        return Object.values(envoys).reduce((sum, envoy) => sum + envoy.workers[0]!.vm.ask("heapBytes"), 0);
      },
    };
  },
});

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
