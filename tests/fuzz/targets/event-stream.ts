import { isDeepStrictEqual } from "node:util";
import { GuardRoom, cut, type Dialect, type Setting } from "../../unit/validator-room.js";
import { recorded } from "../../unit/streams/all-streams.js";
import { target } from "../fuzz-target.js";
import { bytesIn, mutate, pick } from "../mutation.js";

const DIALECTS: Dialect[] = ["chat", "completions", "responses", "messages", "other"];
const PIECES = [
  ...["\n", "\r", "\r\n\r\n", "data: ", "data:", "event: error\n", "event:", ": c\n", "data: [DONE]\n\n", "id: 1\n"],
  ...[
    'data: {"error":{"code":"a"}}\n\n',
    "data: {}\n\n",
    'data: {"choices":[]}\n\n',
    "data: {nonsense}\n\n",
    "retry: 1\n",
  ],
  ...[
    'data: {"type":"message_stop"}\n\n',
    'data: {"type":"response.completed"}\n\n',
    "[DON",
    "[".repeat(70),
    "\xff",
    "\0",
  ],
  ...['"finish_reason":"stop"', '"content":"', "\\u", "\\ud83d", '"', "{", "}", "]", ",", "null", bytesIn("\ufeff")],
];

interface Stream {
  setting: Setting;
  text: string;
  places: number[];
}

export const eventStream = target<Stream>({
  ...{ name: "sse", share: 1 },
  generate(random) {
    const { dialect, text } = pick(recorded, random);
    const body = pick(["events", "events", "events", "json", "text", "binary", "opaque"] as const, random);
    const mutated = mutate(bytesIn(text.slice(0, 6000)), PIECES, random);
    return {
      setting: {
        ...{ body, mode: pick(["none", "first-event", "full"] as const, random), streamed: random(4) > 0 },
        ...{ dialect: random(6) === 0 ? pick(DIALECTS, random) : dialect, hasKnownShape: random(8) > 0 },
      },
      text: mutated,
      places: Array.from({ length: random(6) }, () => random(mutated.length + 1)),
    };
  },
  async start() {
    const room = await GuardRoom.start();
    return {
      run({ setting, text, places }) {
        const bytes = Buffer.from(text, "latin1");
        const { seen: _inPieces, ...inPieces } = room.judge(setting, cut(bytes, places));
        const { failed, cause } = inPieces;
        if (failed !== (cause !== "none")) throw new Error(`failed ${failed}, by ${cause}`);
        room.ending(setting.dialect);
        // One piece has the most events that can be compared with the one before.
        const { seen: _atOnce, ...atOnce } = room.judge(setting, [bytes]);
        if (!isDeepStrictEqual(inPieces, atOnce)) throw new Error("its pieces change what it comes to");
      },
      get memory() {
        return room.memorySize;
      },
    };
  },
});
