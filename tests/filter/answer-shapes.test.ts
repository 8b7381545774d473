/** Answers in the shapes of many providers, good, bad and in between: what becomes of each, by the official client's own judgement. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReader, type Reader } from "../unit/official-clients.js";
import { chatPlain, chatStreams } from "./shapes/chat-shapes.js";
import { messagesPlain, messagesStreams } from "./shapes/messages-shapes.js";
import { completions, responsesPlain, responsesStreams } from "./shapes/responses-shapes.js";
import { problemOf, raisedDirectly, type Way } from "./shapes/shape-judge.js";

const SHAPES = {
  chatStreams,
  chatPlain,
  messagesStreams,
  messagesPlain,
  responsesStreams,
  responsesPlain,
  completions,
};

/** Each shape takes some of the ways, its neighbours the others. */
const WAYS: Way[][] = [
  [
    { mode: "retry", guard: "first-event", cut: "bytes", hasSpare: true },
    { mode: "callout", guard: "full", cut: "whole", hasSpare: true },
    { mode: "retry", guard: "none", cut: "events", hasSpare: false },
  ],
  [
    { mode: "callout", guard: "first-event", cut: "events", hasSpare: true },
    { mode: "retry", guard: "first-event", cut: "whole", hasSpare: false },
    { mode: "callout", guard: "none", cut: "whole", hasSpare: false },
  ],
  [
    { mode: "retry", guard: "full", cut: "bytes", hasSpare: false },
    { mode: "callout", guard: "first-event", cut: "whole", hasSpare: false },
    { mode: "retry", guard: "none", cut: "bytes", hasSpare: false },
  ],
];

let reader: Reader;
beforeAll(async () => {
  reader = await startReader();
});
afterAll(() => {
  reader.close();
});

describe.each(Object.entries(SHAPES))("%s", (_, shapes) => {
  it.each(shapes.map((shape, i) => ({ ...shape, ways: WAYS[i % WAYS.length]! })))(
    "$fate: $what",
    async ({ ways, ...shape }) => {
      const problems: string[] = [];
      for (const way of ways) {
        const problem = await problemOf(reader, shape, way);
        if (problem !== "") problems.push(`${Object.values(way).join(", ")}: ${problem}`);
      }
      // What is good must be so for the client that calls the provider itself.
      if (shape.fate === "good" && shape.end !== "cut") {
        const { count, text } = await raisedDirectly(reader, shape);
        if (count > 0) problems.push(`raised directly: ${text}`);
      }
      expect(problems).toEqual([]);
    },
  );
});
