import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { BytesRoom } from "./text-room.js";

let room: BytesRoom;

beforeAll(async () => {
  room = await BytesRoom.start();
});

describe("an HTTP date", () => {
  const parse = (text: string) => room.number("parseHttpDate", text);
  const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  /** "Sun, 06 Nov 1994 08:49:37 GMT" in its pieces. */
  const pieces = (date: Date) => {
    const [name = "", day = "", month, year = "", time] = date.toUTCString().split(" ");
    return { name: name.slice(0, 3), day, month, year, time };
  };

  test.each<[string, (date: Date) => string]>([
    ["IMF-fixdate", date => date.toUTCString()],
    [
      "rfc850-date",
      date => {
        const { day, month, year, time } = pieces(date);
        return `${DAYS[date.getUTCDay()]}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
      },
    ],
    [
      "asctime-date",
      date => {
        const { name, day, month, year, time } = pieces(date);
        return `${name} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`;
      },
    ],
  ])("in the form %s is what Date says", (_form, format) => {
    const seconds = fc.integer({ min: 0, max: Date.UTC(2068, 11, 31) / 1000 });
    fc.assert(
      fc.property(seconds, at => {
        expect(parse(format(new Date(at * 1000)))).toBe(at);
      }),
      { numRuns: 1000, seed: 35 },
    );
  });

  test.each([
    ["Sun, 06 Nov 1994 08:49:37 GMT", 784111777],
    ["Thu, 29 Feb 2024 23:59:60 GMT", Date.UTC(2024, 2, 1) / 1000],
    ["Tue, 29 Feb 2000 00:00:00 GMT", Date.UTC(2000, 1, 29) / 1000],
    ["Sun, 29 Feb 2100 00:00:00 GMT", -1],
    ["Fri, 01 Jan 1960 00:00:00 GMT", 0],
    ["Thu, 29 Feb 2023 00:00:00 GMT", -1],
    ["Thu, 31 Apr 2026 00:00:00 GMT", -1],
    ["Thu, 00 Apr 2026 00:00:00 GMT", -1],
    ["Thu, 01 Foo 2026 00:00:00 GMT", -1],
    ["Thu, 01 Apr 2026 24:00:00 GMT", -1],
    ["Thu, 01 Apr 2026 00:00:00 CET", -1],
    ["Thu, 01 Apr 2026 00:00:00", -1],
    ["Thu, 01 Apr 2026 00:00:00 GMT ", -1],
    ["Thu, 01 A", -1],
    ["120", -1],
    ["", -1],
  ])("%j is %d", (text, seconds) => {
    expect(parse(text)).toBe(seconds);
  });
});

describe("a duration", () => {
  test.each([
    ["6m0s", 360_000],
    ["20ms", 20],
    ["1h2m3.5s", 3_723_500],
    ["2d", 172_800_000],
    ["12", 12_000],
    ["1.5", 1500],
    ["8.64s", 8640],
    ["0.0001s", 1],
    ["1.00000000001ms", 2],
    ["0s", 0],
    ["0", 0],
    ["999999999999999999999999", 1e17],
    ["", -1],
    ["s", -1],
    ["-1", -1],
    ["1.", -1],
    [".5", -1],
    ["1m30", -1],
    ["1x", -1],
    ["1 s", -1],
    ["soon", -1],
  ])("%j is %d ms", (text, ms) => {
    expect(room.number("parseDuration", text)).toBe(ms);
  });
});

test.each([
  ["0", 0],
  ["007", 7],
  ["65536", 65536],
  ["99999999999999999999", 1e17],
  ["", -1],
  ["+1", -1],
  ["1.0", -1],
  ["12a", -1],
])("the decimal %j is %d", (text, value) => {
  expect(room.number("parseDecimal", text)).toBe(value);
});

describe("the time of a reset", () => {
  const now = Date.UTC(2026, 10, 25, 12, 0, 0, 250);

  test.each([
    ["a duration", "6m0s", 360_000],
    ["plain seconds", "30", 30_000],
    ["Unix seconds", String(Math.floor(now / 1000) + 60), 59_750],
    ["Unix seconds with a fraction", String(now / 1000 + 60), 60_000],
    ["Unix milliseconds", String(now + 1234), 1234],
    ["an HTTP date", "Wed, 25 Nov 2026 12:01:00 GMT", 59_750],
    ["RFC 3339", "2026-11-25T12:01:00Z", 59_750],
    ["RFC 3339 with a fraction and an offset of zero", "2026-11-25T12:01:00.123+00:00", 59_750],
    ["a time that has passed", "2026-11-25T11:00:00Z", 0],
    ["RFC 3339 in another zone", "2026-11-25T13:01:00+01:00", 59_750],
    ["text", "tomorrow", -1],
    ["nothing", "", -1],
  ])("may be %s", (_form, text, ms) => {
    expect(Number(room.with([text], (ptr, len) => room.wasm.parseReset(ptr, len, BigInt(now))))).toBe(ms);
  });
});
