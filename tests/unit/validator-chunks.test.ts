import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { GuardRoom, cut, type Setting } from "./validator-room.js";
import { eventsOf, recorded, recordedBy } from "./streams/all-streams.js";

let rooms: GuardRoom[];
let room: GuardRoom;

beforeAll(async () => {
  room = await GuardRoom.start();
  rooms = [room, await GuardRoom.start(false)];
});

/** What an answer comes to, whatever its chunks. */
const outcome = (each: GuardRoom, setting: Setting, chunks: Uint8Array[]) => {
  const { seen: _seen, ...rest } = each.judge(setting, chunks);
  return rest;
};

const HELLO = eventsOf(recordedBy("OpenAI").text)[1];
const PLAIN = JSON.stringify({
  id: "a",
  choices: [{ index: 0, message: { role: "assistant", content: 'Say "\u4f60\u597d"\n' }, finish_reason: "stop" }],
});

const bodies: (Setting & { name: string; text: string })[] = [
  ...recorded.map(({ provider, dialect, text }) => ({ name: provider, dialect, text })),
  { name: "a plain answer", dialect: "chat", body: "json", text: `\n\n${PLAIN}` },
  { name: "an answer of no type", dialect: "chat", body: "text", text: ` ${PLAIN}` },
  { name: "a plain error", dialect: "chat", body: "json", text: '{"error":{"code":"a","message":"b"}}' },
  {
    name: "an error event",
    dialect: "messages",
    text: 'event: error\ndata: {"type":"error","error":{"type":"a"}}\n\n',
  },
  { name: "an error behind content", dialect: "chat", text: `${HELLO}data: {"error":"a"}\n\n` },
  {
    name: "garbage behind content",
    dialect: "chat",
    text: `${HELLO}data: {a}\n\ndata: [DONE]\n\n`,
  },
];

describe.each(bodies)("$name", ({ text, ...setting }) => {
  const bytes = Buffer.from(text);

  test("is judged the same in every two chunks", () => {
    for (const each of rooms) {
      const whole = outcome(each, setting, [bytes]);
      for (let place = 0; place <= bytes.length; place++)
        expect(outcome(each, setting, cut(bytes, [place])), `cut at ${place}`).toEqual(whole);
    }
  });

  test("is judged the same byte by byte and in any chunks", () => {
    const whole = outcome(room, setting, [bytes]);
    expect(
      outcome(
        room,
        setting,
        [...bytes.keys()].map(i => bytes.subarray(i, i + 1)),
      ),
    ).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), places => {
        expect(outcome(room, setting, cut(bytes, places))).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });
});

describe.each(recorded)("a stream of $provider", ({ dialect, text }) => {
  test("that is cut at any byte before its end mark is never complete", () => {
    const bytes = Buffer.from(text);
    const events = eventsOf(text);
    // Behind the mark only what clients do not wait for is left: usage, [DONE], the last byte of a CRLF.
    const length = (count: number) => Buffer.byteLength(events.slice(0, count).join("").replace(/\r\n$/, "\r"));
    room.begin({ dialect });
    const mark = events.findIndex(chunk => room.feed(chunk) === "ended");
    const end = mark < 0 ? 0 : length(mark + 1);
    for (let size = 0; size < end; size++) {
      const { end: seen, ...state } = room.judge({ dialect }, [bytes.subarray(0, size)]);
      expect(seen, `cut at ${size}`).toBe("failed");
      expect(state.ended).toBe(false);
    }
    for (let size = end; size <= bytes.length; size++) {
      if (dialect === "other") break;
      expect(room.judge({ dialect }, [bytes.subarray(0, size)]).end, `cut at ${size}`).toBe("ended");
    }
  });
});

test("a plain answer that is cut at any byte is never complete", () => {
  const bytes = Buffer.from(PLAIN);
  for (let size = 0; size < bytes.length; size++)
    expect(room.judge({ dialect: "chat", body: "json" }, [bytes.subarray(0, size)])).toMatchObject({ end: "failed" });
});

describe("events that begin alike are judged as if each were read alone", () => {
  const chunk = (rest: string) =>
    `data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","model":"qwen-turbo","choices":[${rest}\n\n`;
  const word = (index: number, text: string) => `{"index":${index},"delta":{"content":"${text}"},"finish_reason":`;
  const DONE = "data: [DONE]\n\n";

  test.each<[string, string[]]>([
    [
      "an error in the place of choices",
      [chunk(`${word(0, "a")}null}]}`), chunk(`{"index":0,"error":{"code":"x"}}]}`)],
    ],
    ["a choice that ends, of two", [chunk(`${word(1, "a")}null}]}`), chunk(`${word(0, "a")}"stop"}]}`), DONE]],
    ["every choice ends", [chunk(`${word(0, "a")}null}]}`), chunk(`${word(0, "a")}"stop"}]}`)]],
    ["a reason to stop in each event", [chunk(`${word(0, "a")}"stop"}]}`), chunk(`${word(0, "a")}"stop"}]}`), DONE]],
    [
      "three that end a choice, and nothing else differs",
      [chunk(`${word(2, "a")}"stop"}]}`), chunk(`${word(2, "a")}"stop"}]}`)],
    ],
    [
      "two that end a choice, behind two that do not",
      // Of the same length.
      [chunk(`${word(1, "a")}null}]}`), chunk(`${word(1, "a")}"ok"}]}`), chunk(`${word(1, "a")}"ok"}]}`)],
    ],
    [
      "one in two lines, and then a broken one of its length",
      [
        chunk(`${word(0, "a")}null}]}`),
        chunk(`${word(0, "a")}null}]}`)
          .replace('"id"', '\ndata:"id"')
          .replace("0123456789abcdef", "0123456789a"),
        chunk(`${word(0, "a")}null}]}`).replace("\n\n", "}\n\n"),
      ],
    ],
    ["the same bytes, cut", [chunk(`${word(0, "a")}null}]}`), chunk(`${word(0, "a")}null`)]],
    ["broken where the last one was whole", [chunk(`${word(0, "a")}null}]}`), chunk(`${word(0, "a")}nul}]}`)]],
    ["whole where the last one was broken", [chunk(`${word(0, "a")}nul}]}`), chunk(`${word(0, "a")}null}]}`), DONE]],
    ["an escape where the last one had none", [chunk(`${word(0, "a")}null}]}`), chunk(`${word(0, "\\u00e9")}null}]}`)]],
  ])("%s", (_rule, events) => {
    // So that the second event has learnt a prefix, which the third one uses.
    const bytes = Buffer.from([events[0], ...events].join(""));
    const setting = { dialect: "chat" } as const;
    const alone = [...bytes.keys()].map(i => bytes.subarray(i, i + 1));
    for (const each of rooms) {
      expect(outcome(each, setting, [bytes])).toEqual(outcome(each, setting, alone));
      expect(outcome(each, { ...setting, mode: "none" }, [bytes])).toEqual(
        outcome(each, { ...setting, mode: "none" }, alone),
      );
    }
  });
});

describe("runs of events that are alike", () => {
  const FRAMES = [
    "data: #\n\n",
    "data:#\r\n\r\n",
    "event: message\ndata: #\n\n",
    "event: content_block_delta\ndata: #\n\n",
  ];
  const ODD_FRAMES = [
    ": c\ndata: #\n\n",
    "data: #\r\r",
    "id: 1\ndata: #\n\r\n",
    "event: error\ndata: #\n\n",
    "data: #\ndata: \n\n",
  ];
  const choice = (index: number | string, content: string, end = "null") =>
    `{"id":"a","choices":[{"index":${index},"delta":{"content":"${content}"},"finish_reason":${end}}],"usage":{"prompt_tokens":9,"completion_tokens":#}}`;
  const KINDS: Record<"chat" | "responses" | "messages", string[]> = {
    chat: [
      choice(0, "@"),
      choice("#", "@"),
      choice(0, "@", '"stop"'),
      choice(0, ""),
      '{"error":{"code":"@"}}',
      "[DONE]",
    ],
    responses: [
      '{"type":"response.output_text.delta","sequence_number":#,"delta":"@"}',
      '{"type":"response.in_progress","sequence_number":#,"response":{"id":"@"}}',
      '{"type":"response.completed","response":{"output":[{"type":"message"}],"usage":{"input_tokens":1,"output_tokens":#}}}',
    ],
    messages: [
      '{"type":"content_block_delta","index":#,"delta":{"type":"text_delta","text":"@"}}',
      '{"type":"ping"}',
      '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":#}}',
      '{"type":"message_stop"}',
    ],
  };
  const words = fc.constantFrom(
    "a",
    "b",
    "two words",
    "\\u4f60",
    "\\n",
    '\\"',
    "\u4f60\u597d",
    "sixteen bytes and some more",
    "",
    "\n",
    '"',
  );
  const stream = fc.constantFrom("chat" as const, "responses" as const, "messages" as const).chain(dialect => {
    const event = fc.tuple(words, fc.nat(120)).map(([word, number]) => ({ word, number }));
    const run = fc
      .record({
        frame: fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom(...FRAMES) },
          { weight: 1, arbitrary: fc.constantFrom(...ODD_FRAMES) },
        ),
        kind: fc.oneof(
          { weight: 3, arbitrary: fc.constant(KINDS[dialect][0]!) },
          { weight: 2, arbitrary: fc.constantFrom(...KINDS[dialect]) },
        ),
        events: fc.array(event, { minLength: 1, maxLength: 6 }),
        behind: fc.constantFrom("", "", "", "\n", ": keep-alive\n\n", "data:\n\n", "data: {\n\n"),
      })
      .map(({ frame, kind, events, behind }) => {
        const data = events.map(({ word, number }) => kind.replaceAll("@", () => word).replaceAll("#", `${number}`));
        return data.map(text => frame.replace("#", () => text)).join("") + behind;
      });
    return fc.record({
      dialect: fc.constant(dialect),
      mode: fc.constantFrom("none" as const, "first-event" as const, "full" as const),
      text: fc.array(run, { minLength: 1, maxLength: 5 }).map(runs => runs.join("")),
    });
  });

  test("come to what they come to byte by byte, however they are framed and cut", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(2000), { maxLength: 5 }), ({ text, ...setting }, places) => {
        const bytes = Buffer.from(text);
        const single = outcome(room, setting, cut(bytes, [...bytes.keys()]));
        for (const each of rooms) {
          expect(outcome(each, setting, [bytes])).toEqual(single);
          const within = places.map(place => Math.min(place, bytes.length));
          expect(outcome(each, setting, cut(bytes, within))).toEqual(single);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("any bytes at all", () => {
  const pieces = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.constantFrom(
      "data: ",
      "event: error\n",
      "\n\n",
      "\r",
      "[DONE]",
      '{"choices":[{"delta":{"content":"',
      '"}}]}',
      "{",
      "]",
    ),
    fc.constantFrom(...recorded.flatMap(({ text }) => eventsOf(text))),
  );
  const setting = fc.record({
    dialect: fc.constantFrom("chat", "completions", "responses", "messages", "other"),
    body: fc.constantFrom("opaque", "events", "json", "text", "binary"),
    mode: fc.constantFrom("none", "first-event", "full"),
    streamed: fc.boolean(),
    hasKnownShape: fc.boolean(),
  }) as fc.Arbitrary<Required<Setting>>;

  test("never trap, and are judged the same in every chunking and build", () => {
    fc.assert(
      fc.property(setting, fc.array(pieces, { maxLength: 12 }), fc.array(fc.nat(400)), (how, parts, places) => {
        const bytes = Buffer.concat(parts.map(part => Buffer.from(part)));
        const whole = outcome(room, how, [bytes]);
        const chunks = cut(
          bytes,
          places.map(place => Math.min(place, bytes.length)),
        );
        for (const each of rooms) expect(outcome(each, how, chunks)).toEqual(whole);
        room.ending(how.dialect);
      }),
      { numRuns: 2000 },
    );
  });
});
