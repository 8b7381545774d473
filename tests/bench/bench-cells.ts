import { EVENTS, chatOf } from "./bench-body.js";
import type { Load } from "./bench-load.js";
import { FAILURES, type Failure } from "./bench-tokens.js";
import type { Variant } from "./variants.js";

/** One kind of load, under which all variants are measured in turn. */
export interface Cell {
  name: string;
  load: Omit<Load, "requests">;
  /** Events of an answer, where the cost of one event is what counts. */
  events?: number;
  /** The most that ours may cost, as a ratio to a bare Envoy. */
  aim?: number;
}

const KB = 1 << 10;
const MB = 1 << 20;

const sized = (name: string, bytes: number, connections: number, aim: number): Cell => ({
  name: `${name}, ${connections === 1 ? "1 connection" : `${connections} connections`}`,
  load: { body: chatOf(bytes), connections },
  aim,
});

/** Requests that are served at once. */
export const SERVED: Cell[] = [
  sized("1 KB", KB, 1, 1.6),
  sized("1 KB", KB, 16, 1.95),
  sized("64 KB", 64 * KB, 1, 1.75),
  sized("64 KB", 64 * KB, 16, 2),
  sized("1 MB", MB, 1, 1.9),
  sized("1 MB", MB, 16, 2.1),
  { name: "1 MB of code", load: { body: chatOf(MB, { text: "code" }), connections: 1 } },
  { name: "1 MB of Chinese", load: { body: chatOf(MB, { text: "chinese" }), connections: 1 } },
  {
    name: "1 MB of Chinese in \\u escapes",
    load: { body: chatOf(MB, { text: "chinese", isAscii: true }), connections: 1 },
  },
  {
    name: `${EVENTS.batched} events at once`,
    load: { body: chatOf(KB, { answer: "batched" }), connections: 1 },
    aim: 1.9,
  },
  {
    name: "a paced stream, for each event",
    load: { body: chatOf(KB, { answer: "paced" }), connections: 16 },
    events: EVENTS.paced,
    aim: 1.1,
  },
];

/** What rescues a request. */
export const RESCUERS: Variant[] = ["retry", "before", "hop", "callout"];

export interface RescueCell {
  failure: Failure;
  size: string;
  /** The same request, served at once and after the failure. */
  served: Omit<Load, "requests">;
  rescued: Omit<Load, "requests">;
}

const SIZES = { "1 KB": KB, "1 MB": MB };

export const RESCUED: RescueCell[] = (Object.keys(FAILURES) as Failure[]).flatMap(failure =>
  Object.entries(SIZES).map(([size, bytes]) => ({
    failure,
    size,
    served: { body: chatOf(bytes), connections: 1 },
    rescued: { body: chatOf(bytes, { model: `${failure}-model` }), connections: 1 },
  })),
);
