import { beforeAll, expect, test } from "vitest";
import { FAMILIES, HealthRoom } from "../unit/health-room.js";
import { KNOWN } from "../unit/known-errors.js";
import { randomFrom, type Random } from "./random.js";

/**
 * Error bodies of real providers, mutated at random (seeded): no body may trap, none may be read beyond its end, and the message for
 * people stays short, whole and free of secrets.
 */
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 20_000);
const SECRET = "secret-0123456789abcdef";
const NOW = Date.UTC(2026, 10, 25, 12);

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const PIECES = [
  ...[
    '"',
    "'",
    "`",
    "\\",
    "\\u",
    "\\ud83d\\ude00",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\0",
    "\u{1f600}",
    "限",
    "。",
    "9".repeat(40),
  ],
  ...[
    '{"error":{"message":"',
    '{"input":',
    "in 7m12s",
    "retry after ",
    "2026-11-25T12:00:00",
    "(2056)",
    SECRET,
    "gpt-5",
    " * ",
  ],
];

function mutate(text: string, random: Random): Buffer {
  let bytes = Buffer.from(text);
  for (let i = random(4); i >= 0; i--) {
    const at = random(bytes.length + 1);
    const piece = Buffer.from(PIECES[random(PIECES.length)]!);
    switch (random(5)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
        break;
      case 1:
        bytes = bytes.subarray(0, at);
        break;
      case 2:
        if (at < bytes.length) bytes[at] = random(256);
        break;
      case 3:
        bytes = Buffer.concat([bytes, bytes.subarray(random(bytes.length + 1))]);
        break;
      default:
        bytes = Buffer.concat(Array.from({ length: random(40) }, () => piece).concat(bytes));
    }
  }
  return bytes;
}

test("any error body is judged, and shown to people, without a trap or a secret", () => {
  const random = randomFrom(13);
  for (let i = 0; i < INPUTS; i++) {
    const [, , status, body] = KNOWN[random(KNOWN.length)]!;
    const bytes = mutate(typeof body === "string" ? body : JSON.stringify(body), random);
    const family = FAMILIES[random(FAMILIES.length)]!;
    const verdict = room.answer(family, status, bytes, { model: "gpt-5", unixMs: NOW });
    expect(verdict.cause, bytes.toString()).toBeDefined();
    expect(verdict.waitMs).toBeLessThanOrEqual(31 * 86_400_000);
    const shown = room.messageOf(bytes, SECRET);
    if (shown.includes(SECRET) || Buffer.byteLength(shown) > 500) expect.fail(bytes.toString());
  }
}, 120_000);

test("headers of any form are read", () => {
  const random = randomFrom(14);
  const names = ["retry-after", "x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens", "ratelimit", "date"];
  const values = [
    "1",
    "0",
    "7m12s",
    '"a";r=0;t=5',
    "r=",
    '"',
    new Date(NOW).toUTCString(),
    "2026-11-25T12:00:00Z",
    "-",
    "",
  ];
  for (let i = 0; i < INPUTS / 4; i++) {
    const headers: Record<string, string> = {};
    for (let n = random(5); n >= 0; n--)
      headers[mutate(names[random(names.length)]!, random).toString("latin1")] = mutate(
        values[random(values.length)]!,
        random,
      ).toString("latin1");
    expect(room.retryAfter(headers, NOW)).toBeGreaterThanOrEqual(-1);
  }
});
