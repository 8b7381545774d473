import fc from "fast-check";
import { beforeAll, describe, expect, it, test } from "vitest";
import { startRoom } from "./compile-room.js";

interface Exports {
  memory: WebAssembly.Memory;
  alloc(size: number): number;
  free(ptr: number): void;
  start(): void;
  feed(ptr: number, first: number, len: number): void;
  next(): void;
  isKnown(): number;
  part(ofComparing: boolean, part: number): bigint;
  feedFramed(ptr: number, lead: number, len: number, trail: number): void;
  skip(ptr: number, len: number): number;
}

const PARTS = "facts type inner status highest statuses tokens tokensIn place step depth id offset".split(" ");

let wasms: Exports[];

beforeAll(async () => {
  wasms = [
    await startRoom<Exports>("event-pattern", ["--enable", "simd"]),
    await startRoom<Exports>("event-pattern", []),
  ];
});

/** Calls with a text in memory. */
function withText<Result>(wasm: Exports, text: string, call: (ptr: number, len: number) => Result): Result {
  const bytes = Buffer.from(text);
  const ptr = wasm.alloc(bytes.length + 32);
  // What lies behind it must not be read.
  new Uint8Array(wasm.memory.buffer, ptr, bytes.length + 32).fill(0x31).set(bytes);
  const result = call(ptr, bytes.length);
  wasm.free(ptr);
  return result;
}

/** Feeds an event to both readers, the first `first` bytes by themselves; returns what they say. */
function feed(wasm: Exports, event: string, first?: number): Record<"comparing" | "reading", object> {
  withText(wasm, event, (ptr, len) => wasm.feed(ptr, Math.min(first ?? len, len), len));
  const say = (ofComparing: boolean) =>
    Object.fromEntries(PARTS.map((name, i) => [name, wasm.part(ofComparing, i).toString()]));
  const said = { comparing: say(true), reading: say(false) };
  wasm.next();
  return said;
}

const chunk = (
  words: string,
  more: { n?: number; end?: string | null; id?: string; tag?: string; more?: number } = {},
) =>
  JSON.stringify({
    ...{ type: "delta", id: more.id ?? "a", tag: more.tag ?? "t", n: more.n ?? 1 },
    list: [{ words, end: more.end ?? null, more: more.more ?? 7 }],
    usage: null,
  });

describe("events that are alike", () => {
  const streams: Record<string, string[]> = {
    "other words": ["one", "two", "three", 'a "quote"', "line\nbreak", "漢字"].map(words => chunk(words)),
    "words and a number that counts up": ["a", "b", "c", "d"].map((words, i) => chunk(words, { n: 9 + i })),
    "two texts": ["a", "b", "c"].map((words, i) => chunk(words, { tag: `${i}${i}` })),
    "no difference at all": ["a", "a", "a"].map(words => chunk(words)),
  };

  test.each(Object.entries(streams))("%s: are compared, and come to the same", (_name, events) => {
    for (const wasm of wasms) {
      wasm.start();
      for (const [i, event] of events.entries()) {
        expect(wasm.isKnown(), `before event ${i}`).toBe(i > 1 ? 1 : 0);
        const { comparing, reading } = feed(wasm, event);
        expect(comparing, event).toEqual(reading);
      }
    }
  });

  test.each([
    ["an empty text", chunk("")],
    ["a reason to end", chunk("c", { end: "stop" })],
    ["a number that is none", chunk("c").replace('"n":1', '"n":x')],
    ["another type", chunk("c").replace("delta", "alpha")],
    ["another id", chunk("c", { id: "b" })],
    ["another key", chunk("c").replace("words", "error")],
    ["a number that is nothing", chunk("c", { more: 0 })],
    ["an error", chunk("c").replace('"usage":null', '"error":"c"')],
    ["a fraction", chunk("c").replace('"n":1', '"n":1.5')],
    ["a broken escape", chunk("c").replace('"c"', '"\\x"')],
    ["a control character", chunk("c").replace('"c"', '"\u0001"')],
    ["a text without an end", chunk("c").slice(0, 50)],
    ["something behind it", `${chunk("c")}}`],
  ])("and then %s: is read", (_name, last) => {
    for (const wasm of wasms) {
      wasm.start();
      for (const event of [chunk("a"), chunk("b"), last, chunk("d"), chunk("e"), last, last]) {
        const { comparing, reading } = feed(wasm, event);
        expect(comparing, event).toEqual(reading);
      }
    }
  });
});

describe("events that stand in their stream as the one before does", () => {
  const LEAD = "event: delta\ndata: ";
  const framed = (data: string, lead = LEAD, trail = "\n\n") => lead + data + trail;

  /** How much of `rest` is passed behind events of these data. */
  function passed(wasm: Exports, data: string[], rest: string): number {
    wasm.start();
    for (const text of data) withText(wasm, framed(text), (ptr, len) => wasm.feedFramed(ptr, LEAD.length, len, 2));
    return withText(wasm, rest, (ptr, len) => wasm.skip(ptr, len));
  }

  const known = [chunk("a", { n: 7 }), chunk("b", { n: 8 })];
  const next = ["d", "a longer text than those before it", "e"].map((words, i) => framed(chunk(words, { n: 99 + i })));

  it.each([
    ["the second of two", ["a", "b"]],
    ["one with a longer text", ["a", "b", "a longer text"]],
    ["one with a shorter text", ["the longest", "b", "longer", "c"]],
  ])("are passed behind %s", (_name, words) => {
    for (const wasm of wasms) {
      const data = words.map((text, i) => chunk(text, { n: 7 + i }));
      expect(passed(wasm, data, next.join(""))).toBe(next.join("").length);
      expect(wasm.part(true, 4), "the highest number").toBe(101n);
    }
  });

  it.each([
    ["another name", framed(chunk("d"), "event: omega\ndata: ")],
    ["no name", framed(chunk("d"), "data: ")],
    ["another end of a line", framed(chunk("d"), LEAD, "\r\n\r\n")],
    ["a second line of data", framed(chunk("d"), LEAD, "\ndata: 1\n\n")],
    ["no end yet", framed(chunk("d"), LEAD, "\n")],
    ["other data", framed(chunk("d", { end: "stop" }))],
  ])("are passed up to one with %s", (_name, last) => {
    for (const wasm of wasms) expect(passed(wasm, known, next[0] + last)).toBe(next[0]!.length);
  });

  it("are not passed behind an event of another kind", () => {
    for (const wasm of wasms) expect(passed(wasm, [...known, chunk("c", { end: "stop" })], next[0]!)).toBe(0);
  });
});

test("events with an error are read: it stands elsewhere behind a longer text", () => {
  for (const wasm of wasms) {
    wasm.start();
    for (const words of ["a", "b", "longer"]) {
      const { comparing, reading } = feed(wasm, JSON.stringify({ list: [{ words }], error: "bad" }));
      expect(comparing).toEqual(reading);
      expect(wasm.isKnown()).toBe(0);
    }
  }
});

test("an id that a part of an event has told stays, though the next event has none", () => {
  for (const wasm of wasms) {
    wasm.start();
    const plain = ["a", "b"].map(words => JSON.stringify({ list: [{ words }] }));
    const named = JSON.stringify({ id: "new", list: [] });
    for (const [event, first] of [[plain[0]!], [plain[1]!], [named, named.length - 2], [plain[0]!]] as const) {
      const { comparing, reading } = feed(wasm, event, first);
      expect(comparing, event).toEqual(reading);
    }
  }
});

test("whatever comes, in whatever pieces, comes to the same as if all were read", () => {
  const text = fc.constantFrom(
    "",
    "a",
    "b",
    "null",
    "stop",
    "a longer text of more than sixteen bytes",
    'q"',
    "\\",
    "漢",
  );
  const number = fc.constantFrom(0, 1, 9, 10, 123, -4, 1.5, 1e21, 4_294_967_297);
  const value = fc.oneof(text, number, fc.constantFrom(null, true, false), fc.constant([]), fc.constant({ a: 1 }));
  const event = fc
    .record(
      {
        type: text,
        id: text,
        n: fc.oneof(number, value),
        error: value,
        list: fc.array(
          fc.record(
            { words: fc.oneof(text, value), end: value, inner: text, more: value },
            { requiredKeys: ["words"] },
          ),
          { minLength: 1, maxLength: 2 },
        ),
        usage: fc.oneof(fc.record({ out: number, in: number }), value),
      },
      { requiredKeys: ["list"] },
    )
    .map(document => JSON.stringify(document));
  // Most streams have a few kinds of events that come again and again, whole.
  const stream = fc
    .tuple(fc.array(event, { minLength: 1, maxLength: 3 }), fc.infiniteStream(fc.nat()), fc.infiniteStream(text))
    .map(([kinds, picks, words]) =>
      Array.from({ length: 8 }, () => {
        const at = picks.next().value as number;
        const kind = kinds[at % kinds.length]!;
        const written = JSON.stringify(words.next().value).slice(1, -1);
        const changed = kind.replace(/"words":"[^"\\]*"/, () => `"words":"${written}"`);
        const whole = at % 7 === 0 ? changed.slice(0, at % (changed.length + 1)) : changed;
        return { event: whole, first: at % 5 === 0 ? at % (whole.length + 1) : undefined };
      }),
    );
  fc.assert(
    fc.property(stream, events => {
      for (const wasm of wasms) {
        wasm.start();
        for (const { event, first } of events) {
          const { comparing, reading } = feed(wasm, event, first);
          expect(comparing, event).toEqual(reading);
        }
      }
    }),
    { numRuns: 3000 },
  );
});
