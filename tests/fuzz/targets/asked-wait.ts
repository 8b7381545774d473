import { HealthRoom } from "../../unit/health-room.js";
import { target } from "../fuzz-target.js";
import { mutate, pick } from "../mutation.js";

const NOW = Date.UTC(2026, 10, 25, 12);
const NAMES = [
  ...["retry-after", "retry-after-ms", "x-ratelimit-reset-tokens", "x-ratelimit-reset-requests", "date"],
  ...[
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-remaining-requests",
    "ratelimit",
    "ratelimit-reset",
    "x-ratelimit-reset",
  ],
  ...["anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-unified-reset"],
];
const VALUES = [
  ...["1", "0", "7m12s", "1s100ms", "20ms", "1h", '"a";r=0;t=5', "r=", '"', "-", "", "1700000000", "1764072000000"],
  ...[new Date(NOW + 5000).toUTCString(), new Date(NOW).toISOString(), "Wednesday, 25-Nov-26 12:00:09 GMT"],
  ...["Wed Nov 25 12:00:09 2026", "2026-11-25T12:00:09+02:00", "2026-11-25 12:00:09.123456789Z"],
];
const PIECES = [
  ...[
    "9".repeat(30),
    "-",
    "+",
    ".",
    "e",
    "h",
    "m",
    "s",
    "ms",
    "us",
    "d",
    ":",
    "T",
    "Z",
    " ",
    ",",
    ";",
    "=",
    '"',
    "r=",
    "t=",
  ],
  ...["GMT", "Feb", "29", "31", "00", "24", "60", "1969", "9999", "\0", "\xff"],
];

export const retryAfter = target<Record<string, string>>({
  ...{ name: "retry-after", share: 1 },
  generate: random =>
    Object.fromEntries(
      Array.from({ length: 1 + random(5) }, () => [
        random(8) === 0 ? mutate(pick(NAMES, random), PIECES, random) : pick(NAMES, random),
        mutate(pick(VALUES, random), PIECES, random),
      ]),
    ),
  async start() {
    const room = await HealthRoom.start();
    return {
      run(headers) {
        if (room.retryAfter(headers, NOW) < -1) throw new Error("a wait that is negative");
        const { waitMs } = room.answer("openai", 429, "", { headers, unixMs: NOW });
        if (waitMs > 31 * 86_400_000) throw new Error(`a wait of ${waitMs} ms`);
      },
      get memory() {
        return room.wasm.memory.buffer.byteLength;
      },
    };
  },
});
