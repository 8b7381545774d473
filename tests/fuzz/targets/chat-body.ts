import { BytesRoom } from "../../unit/text-room.js";
import { target } from "../fuzz-target.js";
import { mutateJson } from "../json-mutation.js";
import { bytesIn, mutate, pick } from "../mutation.js";

const BODIES = [
  { model: "gpt-4o", stream: true, messages: [{ role: "user", content: "Hi, wörld 😀" }], user: "u", n: 1 },
  { model: "m", input: [{ role: "user", content: [{ type: "input_text", text: "a" }] }], previous_response_id: "r" },
  { model: "claude", max_tokens: 9, system: "s", messages: [{ role: "user", content: [{ type: "text", text: "x" }] }] },
  { input: ["a", "b"], model: "e", dimensions: 8, conversation: { id: "c" }, stream: null },
];
const NAMES = ["model", "stream", "user", "previous_response_id", "conversation", "messages", "m\\u006fdel"];
const PIECES = [
  ...[
    '"',
    "\\",
    "\\u",
    "\\ud83d",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\n",
    "\0",
    "\t",
    "null",
    "true",
    "1e9",
    "-",
    ".",
  ],
  ...[
    '"model":"b",',
    '"stream":1,',
    '"model"',
    "[".repeat(70),
    '{"a":'.repeat(70),
    "/*",
    "NaN",
    "\xff",
    "\xed\xa0\x80",
  ],
  bytesIn("\ufeff"),
];

export const requestBody = target<string>({
  ...{ name: "request-body", share: 1 },
  generate(random) {
    const body = mutateJson(pick(BODIES, random), NAMES, random);
    return mutate(bytesIn(JSON.stringify(body)), PIECES, random);
  },
  async start() {
    const room = await BytesRoom.start();
    return {
      run(text) {
        const body = Buffer.from(text, "latin1");
        const { status, model, errorOffset } = room.scan(body);
        if (errorOffset > body.length) throw new Error(`the fault is at ${errorOffset}, behind the end`);
        if (status !== "ok") return;
        if (model.start > model.end || model.end > body.length) throw new Error("the model lies outside of the body");
        if (model.kind === "string") room.unescape(body.toString("latin1", model.start + 1, model.end - 1));
      },
      get memory() {
        return room.wasm.memory.buffer.byteLength;
      },
    };
  },
});
