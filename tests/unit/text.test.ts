import fc from "fast-check";
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { BytesRoom } from "./text-room.js";

let room: BytesRoom;
let scalar: BytesRoom;

beforeAll(async () => {
  room = await BytesRoom.start();
  scalar = await BytesRoom.start(false);
});

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
const written = (capacity: number, input: Uint8Array | string, how: "text" | "hex" | "jsonString") =>
  room.with([input], (ptr, len) => room.write(capacity, wasm => wasm[how](ptr, len)));
const wellFormed = (value: string) => Buffer.from(value).toString();

describe("the inside of a string", () => {
  test("decodes as JSON.parse decodes it, a lone surrogate to U+FFFD", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }).map(value => JSON.stringify(value).slice(1, -1)),
      fc.nat(0xffff).map(unit => `\\u${unit.toString(16).padStart(4, "0")}`),
      fc.constantFrom("\\/", '\\"', "\\\\", "\\b", "\\ud83d\\ude00", "\\uD83D", "\\uDE00", "\\ud83d\\n", "中"),
    );
    fc.assert(
      fc.property(fc.array(piece), pieces => {
        const inside = pieces.join("");
        const decoded = wellFormed(JSON.parse(`"${inside}"`) as string);
        expect(text(room.unescape(inside))).toBe(decoded);
        expect(room.equalsDecoded(inside, decoded)).toBe(true);
        expect(room.equalsDecoded(inside, `${decoded}x`)).toBe(false);
        expect(room.equalsDecoded(`${inside}x`, decoded)).toBe(false);
      }),
      { numRuns: 1000, seed: 35 },
    );
  });
});

test("a high surrogate in front of the end looks for no other half behind it", () => {
  const decoded = room.with(["\\ud83d\\ude00", "......"], (ptr, _len, out) =>
    room.read(out, room.wasm.unescape(ptr, "\\ud83d".length, out)),
  );
  expect(text(decoded)).toBe("\ufffd");
});

describe("UTF-8", () => {
  const strict = new TextDecoder("utf-8", { fatal: true });
  const accepts = (bytes: Uint8Array) => {
    try {
      strict.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };

  test("is refused exactly where a fatal decoder refuses it, in both builds at the same byte", () => {
    const good = fc.string({ unit: "binary" }).map(value => Buffer.from(value));
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5));
    const bad = fc.array(byte, { maxLength: 4 }).map(values => Buffer.from(values));
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: good }, bad), { maxLength: 6 }), pieces => {
        const input = Buffer.concat(pieces);
        const invalid = (each: BytesRoom) => each.with([input], (ptr, len) => each.wasm.invalidUtf8(ptr, len));
        const at = invalid(room);
        expect(at).toBe(invalid(scalar));
        expect(at < 0).toBe(accepts(input));
        if (at >= 0) expect(accepts(input.subarray(0, at))).toBe(true);
      }),
      { numRuns: 5000, seed: 35 },
    );
  });
});

describe("a writer", () => {
  test("writes any text as a JSON string that reads back the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), value => {
        expect(JSON.parse(text(written(8 * value.length + 10, value, "jsonString")) ?? "")).toBe(wellFormed(value));
      }),
      { numRuns: 500, seed: 35 },
    );
  });

  test("escapes every control character, quote and backslash and nothing else", () => {
    const all = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => i));
    expect(text(written(1000, all, "jsonString"))).toBe(JSON.stringify(all));
  });

  test.each([
    ["a stray byte", [0x61, 0xff, 0x62], "a\ufffdb"],
    ["a cut character", [0xe4, 0xb8], "\ufffd\ufffd"],
    ["an encoded surrogate", [0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
  ])("puts U+FFFD in place of %s", (_what, input, value) => {
    expect(text(written(100, Uint8Array.from(input), "jsonString"))).toBe(JSON.stringify(value));
  });

  test("writes any unsigned 64-bit number", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), value => {
        expect(text(room.write(20, wasm => wasm.decimal(BigInt.asIntN(64, value))))).toBe(String(value));
      }),
    );
    expect(text(room.write(20, wasm => wasm.decimal(-1n)))).toBe("18446744073709551615");
    expect(text(room.write(1, wasm => wasm.decimal(0n)))).toBe("0");
  });

  test("writes bytes as lower-case hex", () => {
    expect(text(written(8, Uint8Array.of(0x00, 0x9f, 0xa0, 0xff), "hex"))).toBe("009fa0ff");
  });

  test.each(["text", "hex", "jsonString"] as const)(
    "takes %s up to its capacity, and says overflow one byte below it",
    how => {
      const input = 'héllo "wörld"\n\u0001';
      const size = written(1000, input, how)?.length ?? 0;
      expect(written(size, input, how)).toHaveLength(size);
      for (let capacity = 0; capacity < size; capacity++) expect(written(capacity, input, how)).toBeUndefined();
    },
  );

  test("writes nothing more after an overflow", () => {
    const result = room.with(["too long", "b"], (ptr, len, b, bLen) => {
      const before = room.write(5, wasm => {
        wasm.text(ptr, len);
        wasm.text(b, bLen);
      });
      return { before, written: room.wasm.written() };
    });
    expect(result).toEqual({ before: undefined, written: 0 });
  });
});

describe("ASCII", () => {
  const find = (each: BytesRoom, haystack: string, needle: string) =>
    each.with([haystack, needle], (a, n, b, m) => each.wasm.indexOf(a, n, b, m));

  test("a search finds the first occurrence, in blocks and behind them", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 60 });
    fc.assert(
      fc.property(
        letters,
        letters,
        fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 20 }),
        (head, tail, needle) => {
          for (const haystack of [head + needle + tail, head + tail])
            for (const each of [room, scalar]) expect(find(each, haystack, needle)).toBe(haystack.indexOf(needle));
        },
      ),
      { numRuns: 1000, seed: 35 },
    );
  });

  test("a search ends where the text ends, also when it would find something behind", () => {
    for (let len = 0; len < 40; len++) {
      const haystack = `${"-".repeat(len)}ab`;
      for (const each of [room, scalar])
        expect(each.with([haystack, "ab"], (p, n, q, m) => each.wasm.indexOf(p, n - 1, q, m))).toBe(-1);
    }
  });

  test("case is ignored for letters only", () => {
    const same = (a: string, b: string) =>
      room.with([a, b], (p, n, q, m) => room.wasm.equalsIgnoreCase(p, n, q, m)) !== 0;
    expect(same("Content-Type", "content-type")).toBe(true);
    expect(same("a@[", "A`{")).toBe(false);
    expect(same("abc", "abcd")).toBe(false);
    const holds = (a: string, b: string) =>
      room.with([a, b], (p, n, q, m) => room.wasm.containsIgnoreCase(p, n, q, m)) !== 0;
    expect(holds("Rate Limit reached", "rate limit")).toBe(true);
    expect(holds("limit", "rate limit")).toBe(false);
  });
});

describe("SHA-256", () => {
  test("is what node:crypto says, for every length around the edges of a block", () => {
    for (let len = 0; len <= 200; len++) {
      const input = Buffer.from(Array.from({ length: len }, (_, i) => (i * 7 + len) & 255));
      const digest = room.with([input, new Uint8Array(32)], (ptr, n, out) => {
        room.wasm.digest(ptr, n, out);
        return room.read(out, 32);
      });
      expect(Buffer.from(digest).toString("hex")).toBe(createHash("sha256").update(input).digest("hex"));
    }
  });

  test("bytes are the same only when all of them are", () => {
    const a = Uint8Array.from({ length: 32 }, (_, i) => i);
    const same = (b: Uint8Array) => room.with([a, b], (p, n, q) => room.wasm.sameBytes(p, q, n)) !== 0;
    expect(same(a)).toBe(true);
    for (let i = 0; i < 32; i++) expect(same(a.map((byte, at) => (at === i ? byte ^ 0x80 : byte)))).toBe(false);
  });
});
