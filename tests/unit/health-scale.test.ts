import { beforeAll, describe, expect, test } from "vitest";
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

test.each(["random", "weighted", "sticky"] as const)(
  "a request with 2,000 tokens, some, half or nearly all of them out, costs about what one with ten does: %s",
  choice => {
    const costOf = (tokens: number, live: number) => {
      const worker = room.world({ tokens, choice }).worker();
      for (let token = 0; token < tokens; token++)
        if (token % live !== 1) worker.failed(token, token % 2 === 0 ? "revoked" : "forbidden");
      timeOf(2000);
      return Math.min(...Array.from({ length: 5 }, () => timeOf(2000)));
    };
    // A look at all of them would be a hundred times as much.
    for (const live of [2, 10]) expect(costOf(2000, live)).toBeLessThan(costOf(10, live) * 25);
  },
);

describe("a sticky choice among many tokens", () => {
  const callers = Array.from({ length: 2000 }, (_, i) => BigInt(i + 1) * 0x9e3779b97f4a7c15n);
  const hashes = Array.from({ length: 500 }, (_, i) => (BigInt(i * i + 7) * 0x2545f4914f6cdd1dn) & ((1n << 64n) - 1n));
  const choices = (worker: ReturnType<HealthRoom["worker"]>, tokens = hashes) =>
    callers.map(sticky => tokens[worker.ask(0, { sticky })!.token]!);
  const world = (tokens: bigint[]) => room.world({ tokens, choice: "sticky" }).worker();

  test("gives every token about as many callers", () => {
    const counts = new Map<bigint, number>();
    for (const token of choices(world(hashes))) counts.set(token, (counts.get(token) ?? 0) + 1);
    expect(counts.size).toBeGreaterThan(480);
    expect(Math.max(...counts.values())).toBeLessThan(20);
  });

  test("moves only the callers of tokens that are out, however many, and moves them back", () => {
    for (const every of [2, 50]) {
      const worker = world(hashes);
      const before = choices(worker);
      hashes.forEach((_, token) => token % every !== 0 && worker.failed(token, "revoked"));
      const during = choices(worker);
      const out = (hash: bigint) => hashes.indexOf(hash) % every !== 0;
      before.forEach((token, i) => (out(token) ? expect(out(during[i]!)).toBe(false) : expect(during[i]).toBe(token)));
      expect(new Set(during).size).toBeGreaterThan(500 / every - 2);
      hashes.forEach((_, token) => worker.bringBack(token));
      expect(choices(worker)).toEqual(before);
    }
  });

  test("keeps nearly all callers at their tokens when one is added or taken away, and whatever the order", () => {
    const before = choices(world(hashes));
    const others = hashes.filter((_, i) => i !== 123);
    const moved = choices(world(others), others).filter((token, i) => token !== before[i]).length;
    expect(moved).toBeLessThan(callers.length / 50);
    const reversed = [...hashes].reverse();
    expect(choices(world(reversed), reversed)).toEqual(before);
  });
});

test("what all wait for is found again after every change", () => {
  const worker = room.world({ tokens: 50 }).worker();
  for (let token = 0; token < 50; token++) worker.failed(token, { wait: 10_000 + 100 * token });
  expect([worker.opensIn(), worker.opensIn()]).toEqual([10_000, 10_000]);
  worker.failed(0, { wait: 60_000 });
  expect(worker.opensIn()).toBe(10_100);
  expect(worker.opensIn(0, 78n)).toBe(0);
  expect(worker.opensIn()).toBe(10_100);
  room.now += 10_150;
  expect(worker.opensIn()).toBe(0);
  expect(worker.ask(0)).toMatchObject({ token: 1, trial: true });
  // The trial keeps others out for a second.
  expect([worker.opensIn(), worker.soonest()]).toEqual([50, 2]);
});
