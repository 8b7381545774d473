import { beforeAll, expect, test } from "vitest";
import { HealthRoom } from "./health-room.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const MODEL = 77n;
const ns = () => BigInt(room.now) * 1_000_000n;

test("a request reads the record of its own provider alone, however many others there are and however often they move", () => {
  room.world(...Array.from({ length: 1000 }, () => ({ tokens: 10 })));
  const [one, two] = [room.worker(), room.worker()];
  one.ask(500);
  for (let i = 0; i < 50; i++) {
    two.failed(0, "revoked", { p: i });
    const before = room.wasm.reads();
    expect(one.ask(500)?.trial).toBe(false);
    one.succeeded(0, { p: 500 });
    expect(room.wasm.reads() - before).toBe(1);
  }
});

/** Milliseconds of so many requests that go well. */
function timeOf(requests: number): number {
  const start = performance.now();
  room.wasm.requests(0, 0, MODEL, ns(), requests);
  return performance.now() - start;
}

test("a request with 10,000 tokens, half of them out, costs about what one with ten does", () => {
  const costOf = (tokens: number) => {
    const worker = room.world({ tokens }).worker();
    for (let token = 0; token < tokens; token += 2) worker.failed(token, "revoked");
    timeOf(2000);
    return Math.min(...Array.from({ length: 5 }, () => timeOf(2000)));
  };
  const few = costOf(10);
  // A look at all of them would be a thousand times as much.
  expect(costOf(2000)).toBeLessThan(few * 25);
});
