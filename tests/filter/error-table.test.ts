/** An error inside a 200, whatever it means, wherever it stands, however it is cut: the official client raises it, once. */
import { afterAll, beforeAll, describe, it, expect } from "vitest";
import { startReader, type Reader } from "../unit/official-clients.js";
import { MODES } from "./fixture.js";
import { problemOf, type Way } from "./shapes/shape-judge.js";
import { CREATED, HI, ROLE, START, TEXT, WORD, frame, name, typed, type Fate, type Shape } from "./shapes/shape-kit.js";

/** What errors mean, as each dialect says it. */
const VERDICTS: { verdict: string; fate: Fate; type: string; code: string; anthropic: string; says: string }[] = [
  {
    ...{ verdict: "context window", fate: "caller", type: "invalid_request_error", code: "context_length_exceeded" },
    ...{ anthropic: "invalid_request_error", says: "prompt is too long: 9 tokens > 8 maximum" },
  },
  {
    ...{ verdict: "content filter", fate: "caller", type: "invalid_request_error", code: "content_filter" },
    ...{ anthropic: "invalid_request_error", says: "Output blocked by content filtering policy" },
  },
  {
    ...{ verdict: "provider", fate: "next", type: "server_error", code: "server_error" },
    ...{ anthropic: "overloaded_error", says: "Overloaded" },
  },
  {
    ...{ verdict: "rate limit", fate: "next", type: "tokens", code: "rate_limit_exceeded" },
    ...{ anthropic: "rate_limit_error", says: "Rate limit reached" },
  },
  {
    ...{ verdict: "quota", fate: "next", type: "insufficient_quota", code: "insufficient_quota" },
    ...{ anthropic: "billing_error", says: "Your credit balance is too low" },
  },
  {
    ...{ verdict: "credential", fate: "next", type: "invalid_request_error", code: "invalid_api_key" },
    ...{ anthropic: "authentication_error", says: "Incorrect API key provided" },
  },
];
type Told = (typeof VERDICTS)[number];

const ofOpenAi = ({ type, code, says }: Told) => ({ error: { message: says, type, param: null, code } });

interface Dialect {
  api: Shape["api"];
  /** What may stand before the error. */
  before: Record<string, string>;
  words: string;
  /** The ways to tell an error. */
  told: Record<string, (error: Told) => string>;
}

const text = (words: string) => frame({ choices: [{ index: 0, text: words, finish_reason: null }] });
const unframed = (error: Told) => JSON.stringify(ofOpenAi(error));

const DIALECTS: Dialect[] = [
  {
    ...{ api: "chat", words: HI },
    before: { nothing: "", "the role": ROLE, "a comment": ": wait\n\n" },
    told: {
      "an event": error => frame(ofOpenAi(error)),
      "an event and [DONE]": error => `${frame(ofOpenAi(error))}data: [DONE]\n\n`,
      "an unwrapped object": ({ says, type, code }) => frame({ object: "error", message: says, type, code }),
      "a named event": error => name("error", ofOpenAi(error)),
    },
  },
  {
    ...{ api: "completions", words: text("Hi") },
    before: { nothing: "", "empty words": text("") },
    told: { "an event": error => frame(ofOpenAi(error)) },
  },
  {
    ...{ api: "responses", words: CREATED + WORD },
    before: { nothing: "", created: CREATED, "a keep-alive": typed({ type: "keepalive" }) },
    told: {
      "response.failed": ({ code, says }) =>
        typed({ type: "response.failed", response: { status: "failed", error: { code, message: says } } }),
      "an error event": ({ code, says }) => typed({ type: "error", code, message: says, param: null }),
      "an event without a type": error => frame(ofOpenAi(error)),
    },
  },
  {
    ...{ api: "messages", words: START + TEXT },
    before: { nothing: "", "the start": START, "a ping": typed({ type: "ping" }) },
    told: {
      "an error event": ({ anthropic, says }) => typed({ type: "error", error: { type: anthropic, message: says } }),
      "an event without a name": ({ anthropic, says }) =>
        frame({ type: "error", error: { type: anthropic, message: says } }),
    },
  },
];

const GUARDS = ["first-event", "full", "none"] as const;
const CUTS = ["whole", "events", "bytes"] as const;

let reader: Reader;
beforeAll(async () => {
  reader = await startReader();
});
afterAll(() => {
  reader.close();
});

/** Every verdict, place and way to tell it; the cuts take turns. */
function* rows({ api, before, words, told }: Dialect): Generator<{ shape: Shape; way: Way }> {
  let turn = 0;
  for (const error of VERDICTS)
    for (const [how, write] of Object.entries({ ...told, ...(before["nothing"] === "" && { "no event": unframed }) }))
      for (const [where, held] of Object.entries({ ...before, "the first words": words }))
        for (const guard of GUARDS) {
          if (how === "no event" && where !== "nothing") continue;
          const fate =
            where === "the first words"
              ? error.fate === "caller" && guard === "full"
                ? "caller"
                : "broken"
              : error.fate;
          turn++;
          const shape: Shape = {
            ...{ api, fate, says: error.says, body: held + write(error) },
            what: `${error.verdict} as ${how} behind ${where}`,
          };
          yield {
            shape,
            way: { mode: MODES[(turn >> 1) % 2]!, guard, cut: CUTS[turn % CUTS.length]!, hasSpare: false },
          };
        }
}

describe.each(DIALECTS)("$api", dialect => {
  it.each(VERDICTS)("$verdict", async ({ verdict }) => {
    const problems: string[] = [];
    for (const { shape, way } of rows(dialect)) {
      if (!shape.what.startsWith(verdict)) continue;
      const problem = await problemOf(reader, shape, way);
      if (problem !== "") problems.push(`${shape.what} (${Object.values(way).join(", ")}): ${problem}`);
    }
    expect(problems).toEqual([]);
  });
});
