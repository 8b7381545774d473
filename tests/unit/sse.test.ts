import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { GuardRoom, cut } from "./validator-room.js";

let rooms: GuardRoom[];
let room: GuardRoom;

beforeAll(async () => {
  room = await GuardRoom.start();
  rooms = [room, await GuardRoom.start(false)];
});

/** HTML standard, section 9.2.6, on a text that is here as a whole; events without a data field are none, and a field `error` is one. */
function eventsOf(text: string): string[] {
  const events: string[] = [];
  let data: string[] = [];
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  for (const line of lines.slice(0, -1)) {
    const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (line === "") {
      if (data.length) events.push(data.join("\n"));
      data = [];
    } else if (field === "data" || field === "error") data.push(value ?? "");
  }
  return events;
}

describe("a stream of events", () => {
  test.each([
    ["has its data behind one space", "data: a\n\n", ["a"]],
    ["needs no space", "data:a\n\n", ["a"]],
    ["keeps further spaces", "data:  a \n\n", [" a "]],
    ["ends lines with CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]],
    ["ends lines with CR", "data: a\r\rdata: b\r\r", ["a", "b"]],
    ["mixes line ends", "data: a\r\n\ndata: b\n\r\n", ["a", "b"]],
    ["joins lines of data", "data: a\ndata:b\ndata\ndata: c\n\n", ["a\nb\n\nc"]],
    ["may begin with a byte order mark", "\ufeffdata: a\n\n", ["a"]],
    ["has no second byte order mark", "\ufeff\ufeffdata: a\n\n", []],
    ["may have comments anywhere", ": x\n\n:\ndata: a\n: data: b\n\n", ["a"]],
    ["may name its events", "event: error\ndata: a\nid: 1\nretry: 10\n\n", ["a"]],
    ["does not know longer or shorter fields", "dat: a\ndatas: b\nData: c\n data: d\nerr: e\nerrors: f\n\n", []],
    ["tells an error in a field of that name, as llama.cpp does", 'error: {"code":500}\n\n', ['{"code":500}']],
    ["hands over no event without data", "event: ping\n\n\n\n", []],
    ["hands over empty data", "data:\n\ndata\n\n", ["", ""]],
    ["hands over nothing before the blank line", "data: a\n", []],
  ])("%s", (_rule, text, events) => {
    expect(eventsOf(text)).toEqual(events);
    for (const each of rooms) expect(each.scan([text])).toEqual(events);
  });

  const line = fc.oneof(
    fc.constantFrom("data: a", "data:", "data", "error: e", "event: x", ": c", "", "", "dat", "datax: 1", "id: 2", " "),
    fc.string({ maxLength: 40 }).map(text => `data: ${text.replace(/[^ -~]/g, "?")}`),
  );
  const stream = fc
    .array(fc.tuple(line, fc.constantFrom("\n", "\r", "\r\n")), { maxLength: 12 })
    .map(lines => lines.map(parts => parts.join("")).join(""));

  test("is read as the standard says, however it is cut", () => {
    fc.assert(
      fc.property(stream, fc.boolean(), fc.array(fc.nat(200), { maxLength: 5 }), (text, mark, places) => {
        const bytes = Buffer.from(mark ? `\ufeff${text}` : text);
        const chunks = cut(
          bytes,
          places.map(place => Math.min(place, bytes.length)),
        );
        for (const each of rooms) expect(each.scan(chunks)).toEqual(eventsOf(text));
      }),
      { numRuns: 400 },
    );
  });
});

describe("a JSON document in pieces", () => {
  const accepts = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  test.each([
    ["{}", "complete"],
    [" [ ] ", "complete"],
    ["0", "complete"],
    ["-1.5e+10", "complete"],
    ['"a\\u00e9\\n"', "complete"],
    ['{"a":[1,true,false,null,{"b":""}]}\n', "complete"],
    ["", "open"],
    ["-", "open"],
    ["1.", "open"],
    ["1e", "open"],
    ["tru", "open"],
    ['{"a"', "open"],
    ['"a\\u12', "open"],
    ["[1,", "open"],
    ["01", "broken"],
    ["[1,]", "broken"],
    ['{"a":1,}', "broken"],
    ["{1", "broken"],
    ["[}", "broken"],
    ["{]", "broken"],
    ['"\n', "broken"],
    ['"\\x', "broken"],
    ['"\\u12g', "broken"],
    ["trux", "broken"],
    ["+1", "broken"],
    ["<html>", "broken"],
    ["{} {", "broken"],
    ["[".repeat(512) + "]".repeat(512), "complete"],
    ["[".repeat(513), "broken"],
    [`${'{"a":['.repeat(256)}1${"]}".repeat(256)}`, "complete"],
    [`${'{"a":'.repeat(512)}1${"}".repeat(512)}`, "complete"],
  ])("%j is %s", (text, state) => {
    for (const each of rooms) {
      expect(each.read([text])).toBe(state);
      expect(
        each.read(
          cut(
            text,
            [...text].map((_, i) => i),
          ),
        ),
      ).toBe(state);
    }
  });

  const mutated = fc
    .tuple(fc.json({ maxDepth: 5 }), fc.array(fc.tuple(fc.nat(80), fc.constantFrom(...'{}[]",:\\u0e-.1tn \n'))))
    .map(([text, edits]) => {
      const characters = [...text];
      for (const [at, c] of edits.slice(0, 2)) characters[at % (characters.length + 1)] = c;
      return characters.join("");
    });

  test("is complete exactly when JSON.parse accepts it, however it is cut", () => {
    fc.assert(
      fc.property(mutated, fc.array(fc.nat(100), { maxLength: 4 }), (text, places) => {
        const bytes = Buffer.from(text);
        const chunks = cut(
          bytes,
          places.map(place => Math.min(place, bytes.length)),
        );
        for (const each of rooms) expect(each.read(chunks) === "complete").toBe(accepts(text));
      }),
      { numRuns: 3000 },
    );
  });

  test("that was cut anywhere in an object can take one more member", () => {
    const text = '{"a":{"b":[1.5e-3,-0,true,false,null,[],{},"x\\n\\u00e9\\\\"],"":{"c":""}},"d":"e","f":[{"g":[[]]}]}';
    for (let end = 1; end < text.length; end++) {
      room.read([text.slice(0, end)]);
      const whole = `${text.slice(0, end)}${room.completion()}"error":{"code":1}}`;
      expect(JSON.parse(whole), whole).toMatchObject({ error: { code: 1 } });
    }
  });
});
