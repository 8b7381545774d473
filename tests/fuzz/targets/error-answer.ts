import { FAMILIES, HealthRoom, type Family } from "../../unit/health-room.js";
import { KNOWN } from "../../unit/known-errors.js";
import { target } from "../fuzz-target.js";
import { mutateJson } from "../json-mutation.js";
import { bytesIn, mutate, pick } from "../mutation.js";

const SECRET = "secret-0123456789abcdef";
const NOW = Date.UTC(2026, 10, 25, 12);
const NAMES = [
  "error",
  "message",
  "code",
  "type",
  "status",
  "param",
  "base_resp",
  "status_code",
  "status_msg",
  "details",
];
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
    "9".repeat(40),
    "\xff",
    "\xf0\x9f",
  ],
  ...[
    '{"error":{"message":"',
    "in 7m12s",
    "retry after ",
    "2026-11-25T12:00:00",
    "(2056)",
    SECRET,
    "gpt-5",
    " * ",
    "<html>",
  ],
  ...[bytesIn("限"), bytesIn("。"), "invalid api key", "quota", "context length", "model", "[".repeat(90)],
];

interface ErrorAnswer {
  family: Family;
  status: number;
  body: string;
}

export const errorAnswer = target<ErrorAnswer>({
  ...{ name: "error-body", share: 1 },
  generate(random) {
    const [, , status, body] = pick(KNOWN, random);
    const text = typeof body === "string" ? body : JSON.stringify(mutateJson(body, NAMES, random));
    return {
      family: pick(FAMILIES, random),
      status:
        random(4) === 0 ? pick([200, 400, 401, 403, 404, 408, 413, 422, 429, 500, 503, 529, 599, 0], random) : status,
      body: mutate(bytesIn(text), PIECES, random),
    };
  },
  async start() {
    const room = await HealthRoom.start();
    return {
      run({ family, status, body }) {
        const bytes = Buffer.from(body, "latin1");
        const { cause, waitMs } = room.answer(family, status, bytes, { model: "gpt-5", unixMs: NOW });
        if (cause === undefined || waitMs > 31 * 86_400_000) throw new Error(`${cause}, a wait of ${waitMs} ms`);
        const shown = room.messageOf(bytes, SECRET);
        if (shown.includes(SECRET) || Buffer.byteLength(shown) > 500) throw new Error(`shown: ${shown}`);
      },
      get memory() {
        return room.wasm.memory.buffer.byteLength;
      },
    };
  },
});
