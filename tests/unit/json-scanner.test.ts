import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { BytesRoom, bytesOf } from "./text-room.js";

let rooms: BytesRoom[];
let room: BytesRoom;

beforeAll(async () => {
  room = await BytesRoom.start();
  rooms = [room, await BytesRoom.start(false)];
});

const bytes = (...parts: (string | Uint8Array)[]) => Buffer.concat(parts.map(bytesOf));
const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
/** Long enough for the block loops, so that a fault lies in the middle of one, at an edge of one, or behind all. */
const padded = (fault: string | Uint8Array) =>
  [0, 5, 15, 16, 17, 40, 55, 63, 64, 65, 130].map(n => bytes('{"text":"', "x".repeat(n), fault, "y".repeat(33), '"}'));

describe("a request's body", () => {
  test.each([
    ["an empty body is told apart", "", "empty", 0],
    ["blanks alone are empty", " \n", "empty", 2],
    ["an array is not an object", " [1,2]", "not-object", 1],
    ["a string is not an object", '"model"', "not-object", 0],
    ["a word is malformed", "hello", "malformed", 0],
    ["a broken array is malformed", "[1,]", "malformed", 3],
    ["a byte order mark is told apart", '\ufeff{"model":"a"}', "byte-order-mark", 0],
    ["a second document is told apart", "{} {}", "trailing", 3],
    ["a comma before the brace is malformed", '{"a":1,}', "malformed", 7],
    ["a missing colon is malformed", '{"a" 1}', "malformed", 5],
    ["a key without quotes is malformed", "{a:1}", "malformed", 1],
    ["a bracket closed by a brace is malformed", '{"a":[1}', "malformed", 7],
    ["a brace closed by a bracket is malformed", '{"a":{"b":1]}', "malformed", 11],
    ["a leading zero is malformed", '{"a":01}', "malformed", 6],
    ["a plus sign is malformed", '{"a":+1}', "malformed", 5],
    ["a bare minus is malformed", '{"a":-}', "malformed", 6],
    ["a bare fraction is malformed", '{"a":1.}', "malformed", 7],
    ["an empty exponent is malformed", '{"a":1e+}', "malformed", 8],
    ["a misspelt word is malformed", '{"a":nulL}', "malformed", 8],
    ["a word in capitals is malformed", '{"a":True}', "malformed", 5],
    ["an unknown escape is malformed", '{"a":"\\x"}', "malformed", 7],
    ["a short hex escape is malformed", '{"a":"\\u12g4"}', "malformed", 10],
    ["a raw line feed in a string is malformed", '{"a":"\n"}', "malformed", 6],
    ["a vertical tab is no blank", '{\u000b"a":1}', "malformed", 1],
    ["a no-break space is no blank", '{\u00a0"a":1}', "malformed", 1],
    ["an open object is cut", '{"a":1', "truncated", 6],
    ["an open string is cut", '{"a":"b', "truncated", 7],
    ["an open escape is cut", '{"a":"\\', "truncated", 7],
    ["an open word is cut", '{"a":fals', "truncated", 9],
    ["an open number is cut", '{"a":-', "truncated", 6],
    ["a second model is refused where it stands", '{"model":"a","b":1,"model":"a"}', "duplicate-model", 19],
    ["a second model with an escape is refused", '{"model":"a","\\u006dodel":"b"}', "duplicate-model", 13],
    ["a key in another case is refused where it stands", '{"model":"a","Model":"b"}', "foreign-case", 13],
    ["a key in capitals is refused, first or alone", '{"STREAM":true,"stream":false}', "foreign-case", 1],
    ["one behind an object is refused", '{"x":{"y":1},"streaM":true}', "foreign-case", 13],
    ["one with an escape is refused", '{"\\u004dodel":"a"}', "foreign-case", 1],
    ["a long s is an s to Go", '{"\u017ftream":true}', "foreign-case", 1],
    ["also in escapes", '{"\\u017fTREA\\u004d":true}', "foreign-case", 1],
    ["a key below is nobody's", '{"a":{"Model":1}}', "ok", 0],
    ["512 levels are read", nested(512), "ok", 0],
    ["the 513th level is refused", nested(513), "too-deep", 5 + 511],
    ["a lone surrogate escape is valid", '{"user":"\\ud800"}', "ok", 0],
    ["an escaped NUL is valid", '{"user":"\\u0000"}', "ok", 0],
    ["every kind of blank is valid", ' \t\r\n{ "a" : [ 1 , { } , [ ] ] } \t\r\n', "ok", 0],
  ])("%s", (_rule, body, status, errorOffset) => {
    for (const each of rooms) expect(each.scan(body)).toMatchObject({ status, errorOffset });
  });

  test.each([
    ["a continuation without lead", [0x80]],
    ["a lead without continuation", [0xc3, 0x41]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["an overlong three-byte form", [0xe0, 0x9f, 0xbf]],
    ["an encoded surrogate", [0xed, 0xa0, 0x80]],
    ["an overlong four-byte form", [0xf0, 0x8f, 0xbf, 0xbf]],
    ["a code point above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["a cut emoji", [0xf0, 0x9f, 0x98]],
    ["a byte that never occurs", [0xff]],
  ])("%s is bad UTF-8 wherever it stands", (_rule, sequence) => {
    const fault = Buffer.from(sequence);
    for (const body of padded(fault))
      for (const each of rooms)
        expect(each.scan(body)).toMatchObject({ status: "bad-utf8", errorOffset: body.indexOf(fault) });
  });

  test.each([["é"], ["中"], ["😀"], ["\u{10ffff}\u07ff\u0800\ud7ff\ue000"]])(
    "%s is good UTF-8 wherever it stands",
    character => {
      for (const body of padded(character)) for (const each of rooms) expect(each.scan(body).status).toBe("ok");
    },
  );

  test.each([["\\x"], ["\\ux"], ["\\u1x"], ["\\u12x"], ["\\u123x"], ["\\\\\\x"]])(
    "%s is malformed wherever it stands, also with nothing but plain text behind it",
    escape => {
      for (let n = 0; n < 130; n++) {
        // A b is right behind a backslash, and a hex digit.
        const body = bytes('{"text":"', "x".repeat(n), escape, "b".repeat(200), '"}');
        for (const each of rooms) expect(each.scan(body).status, `behind ${n} bytes`).toBe("malformed");
      }
    },
  );

  test("the members that decide a request's way are found with kind and span", () => {
    const body = '{ "stream" : true,"model":"m","user":"u","conversation":{"a":[1]},"previous_response_id":null,"x":0}';
    const answer = room.scan(body);
    const cut = ({ start, end }: { start: number; end: number }) => body.slice(start, end);
    expect(answer).toMatchObject({
      model: { kind: "string" },
      stream: { kind: "true" },
      user: { kind: "string" },
      conversation: { kind: "object" },
      previous_response_id: { kind: "null" },
    });
    expect([answer.model, answer.stream, answer.user, answer.conversation].map(cut)).toEqual([
      '"m"',
      "true",
      '"u"',
      '{"a":[1]}',
    ]);
  });

  test("a member of a scan before is forgotten", () => {
    room.scan('{"model":"m","stream":true}');
    expect(room.scan("{}")).toMatchObject({ status: "ok", model: { kind: "absent" }, stream: { kind: "absent" } });
  });

  test("a nested model is nobody's", () => {
    expect(room.scan('{"a":{"model":"x"},"b":[{"model":"y"}]}').model.kind).toBe("absent");
  });

  test("of other duplicates the last one counts", () => {
    expect(room.scan('{"stream":true,"stream":false}').stream.kind).toBe("false");
  });

  test("a key that only looks like model is another", () => {
    for (const key of [
      "mode",
      "models",
      "model\\u0000",
      "\\\\u006dodel",
      "Modell",
      "streams",
      "\\u0053tream2",
      "m\u00f6del",
    ])
      expect(room.scan(`{"${key}":"x"}`).model.kind).toBe("absent");
  });
});

/** Of all that a string may hold and may not, so that each meets each at every place of a block, and behind it. */
test("a long string passes exactly if JSON.parse takes it and it is UTF-8", () => {
  const plain = fc.nat(140).map(n => "x".repeat(n));
  const escape = fc.constantFrom("\\n", '\\"', "\\\\", "\\/", "\\u4eca", "\\uD83D\\uDE00", "\\t\\t", "\\\\\\\\");
  const beyond = fc.constantFrom("\u00e9", "\u4eca\u5929", "\u{1f600}");
  const fault = fc.constantFrom(
    "\\",
    "\\x",
    "\\u12",
    "\\u123",
    "\\u00g0",
    "\n",
    "\\U0041",
    [0xc3],
    [0x80],
    [0xe4, 0xbb],
    [0xed, 0xa0, 0x80],
  );
  const good = fc.oneof({ weight: 2, arbitrary: escape }, plain, beyond);
  const pieces = fc.tuple(fc.array(good, { maxLength: 60 }), fc.option(fault), fc.array(good, { maxLength: 60 }));
  const decode = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(pieces, fc.nat(80), ([front, wrong, back], blanks) => {
      const middle = wrong === null ? "" : typeof wrong === "string" ? wrong : Uint8Array.from(wrong);
      const text = bytes('{"a":"', ...front, middle, ...back, '","b":"c"}', " ".repeat(blanks));
      const isGood = (() => {
        try {
          return typeof JSON.parse(decode.decode(text)) === "object";
        } catch {
          return false;
        }
      })();
      const [simd, plain] = rooms.map(each => each.scan(text));
      expect(simd!.status === "ok").toBe(isGood);
      expect(simd).toEqual(plain);
    }),
    { numRuns: 5000, seed: 36 },
  );
});

test("any JSON value passes the check, and nothing of it without its last byte but a number", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5, stringUnit: "binary" }), text => {
      for (const each of rooms) {
        expect(each.check(text)).toBe("ok");
        if (/["\]}]$/.test(text)) expect(each.check(Buffer.from(text).subarray(0, -1))).not.toBe("ok");
      }
    }),
    { numRuns: 500, seed: 35 },
  );
});

describe("a lookup", () => {
  const error =
    '{"error":{"message":"No \\"quota\\"","type":"insufficient_quota","details":[{"reason":"A"},{"reason":"B"}],"status":null}}';

  test.each([
    ["a nested key", error, "error.type", '"insufficient_quota"'],
    ["an escaped value as it stands", error, "error.message", '"No \\"quota\\""'],
    ["a place in an array", error, "error.details.1.reason", '"B"'],
    ["null", error, "error.status", "null"],
    ["an object whole", '{"a":{"b":{"c":1}}}', "a.b", '{"c":1}'],
    ["through an array in front", '[{"error":{"code":400}}]', "0.error.code", "400"],
    ["an escaped key", '{"err\\u006fr":{"code":7}}', "error.code", "7"],
    ["the document itself", " [1] ", "", "[1]"],
    ["the first of two", '{"a":1,"a":2}', "a", "1"],
    ["what stands before a cut", '{"error":{"code":"x","message":"aaaa', "error.code", '"x"'],
    ["nothing behind a cut", '{"error":{"message":"aaaa', "error.message", undefined],
    ["nothing at a key that is missing", error, "error.param", undefined],
    ["nothing below a string", error, "error.type.x", undefined],
    ["nothing behind the end of an array", error, "error.details.2.reason", undefined],
    ["nothing in an empty object", '{"error":{}}', "error.code", undefined],
    ["nothing in an empty array", "[]", "0.a", undefined],
    ["nothing by name in an array", "[1]", "a", undefined],
    ["nothing in HTML", "<html>", "error.code", undefined],
    ["nothing in nothing", "", "error.code", undefined],
  ])("finds %s", (_what, document, path, value) => {
    for (const each of rooms) expect(each.lookup(document, path)).toBe(value);
  });

  test("finds in any document what JSON.parse finds", () => {
    const key = fc.constantFrom("a", "b", "é", "key", "");
    const tree = fc.letrec(tie => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.string({ unit: "binary" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(null, true, false),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(key, tie("value"), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(
        tree,
        fc.array(fc.oneof(key, fc.nat(3).map(String)), { minLength: 1, maxLength: 4 }),
        (value, path) => {
          const expected = path.reduce<unknown>(
            (at, step) =>
              typeof at === "object" && at !== null && Object.hasOwn(at, step) ? at[step as never] : undefined,
            value,
          );
          // An empty last step is a path that ends in a dot: it names what stands before the dot.
          fc.pre(path.at(-1) !== "");
          const text = room.lookup(JSON.stringify(value), path.join("."));
          expect(text === undefined ? undefined : JSON.parse(text)).toEqual(
            expected === undefined ? undefined : JSON.parse(JSON.stringify(expected)),
          );
        },
      ),
      { numRuns: 1000, seed: 35 },
    );
  });
});
