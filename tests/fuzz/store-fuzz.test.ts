import { beforeAll, expect, it } from "vitest";
import { FleetRoom } from "../unit/fleet-room.js";
import { randomFrom } from "./random.js";

const INPUTS = 30_000;
const PIECES = [
  ...["*", "$", ":", "+", "-", "\r\n", "\r", "\n", "0", "1", "9", "-1", "99999999999999999999", "af1", "OK", "\0", "é"],
  ...["*7\r\n$3\r\naf1\r\n", "$1\r\na\r\n", ":1\r\n", "*2\r\n", "$-1\r\n", "NOSCRIPT", "4294967295", "2147483648"],
];
const GOOD =
  "*9\r\n$3\r\naf1\r\n$3\r\nabc\r\n:1\r\n:1800000000000\r\n:0\r\n*0\r\n*2\r\n$1\r\na\r\n$4\r\n1 2 \r\n:1\r\n*2\r\n$1\r\na\r\n:5\r\n";

let room: FleetRoom;
beforeAll(async () => {
  room = await FleetRoom.start();
});

it("traps on no answer, whatever it is, and keeps no memory", () => {
  const random = randomFrom(19);
  const id = room.id(1n, 2n, 3n);
  let size = 0;
  for (let n = 0; n < INPUTS; n++) {
    let text = random(2) === 0 ? GOOD : "";
    for (let i = 1 + random(6); i > 0; i--) {
      const at = random(text.length + 1);
      text = text.slice(0, at) + PIECES[random(PIECES.length)]! + text.slice(at + random(4));
    }
    room.read(text);
    room.skips(text);
    room.answer(text);
    room.entry(id, text, 1_800_000_000_000);
    room.url(`redis://${text}`);
    if (n === 1000) size = room.wasm.memory.buffer.byteLength;
  }
  expect(room.wasm.memory.buffer.byteLength).toBe(size);
});
