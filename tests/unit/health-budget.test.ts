import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { HealthRoom } from "./health-room.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const SECOND = 1_000_000_000n;
const START = 50_000n * SECOND;

function budget(perMille: number) {
  room.wasm.budgetStart(perMille);
  return {
    request: (at: bigint) => room.wasm.budgetRequest(START + at),
    take: (at: bigint) => room.wasm.budgetTake(START + at) !== 0,
  };
}

describe("the retry budget", () => {
  test("of 0 is no limit", () => {
    const { take } = budget(0);
    expect(Array.from({ length: 100 }, () => take(0n)).every(Boolean)).toBe(true);
  });

  test("of 0.2 allows one retry for five requests, and none before them", () => {
    const { request, take } = budget(200);
    const allowed = Array.from({ length: 20 }, (_, i) => {
      request(BigInt(i));
      return take(BigInt(i));
    });
    expect(allowed.flatMap((yes, i) => (yes ? [i + 1] : []))).toEqual([5, 10, 15, 20]);
  });

  test("forgets requests and retries after a minute", () => {
    const { request, take } = budget(1000);
    for (let i = 0; i < 3; i++) request(0n);
    expect([take(SECOND), take(SECOND), take(SECOND), take(SECOND)]).toEqual([true, true, true, false]);
    request(54n * SECOND);
    expect([take(54n * SECOND), take(54n * SECOND)]).toEqual([true, false]);
    expect(take(61n * SECOND)).toBe(false);
    request(62n * SECOND);
    expect([take(62n * SECOND), take(62n * SECOND)]).toEqual([true, false]);
    expect(take(100_000n * SECOND)).toBe(false);
  });

  test("is never exceeded over the last minute", () => {
    const steps = fc.array(fc.record({ after: fc.integer({ min: 0, max: 20_000 }), retry: fc.boolean() }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), steps, (perMille, script) => {
        const { request, take } = budget(perMille);
        const log: { at: bigint; retry: boolean }[] = [];
        let at = 0n;
        const count = (retry: boolean, seconds: bigint) =>
          log.filter(entry => entry.retry === retry && at - entry.at < seconds * SECOND).length;
        for (const { after, retry } of script) {
          at += BigInt(after) * 1_000_000n;
          if (!retry) request(at);
          else if (!take(at)) continue;
          log.push({ at, retry });
          // The minute is forgotten by slices of 5 s.
          if (retry) expect(count(true, 55n) * 1000).toBeLessThanOrEqual(count(false, 60n) * perMille);
        }
      }),
      { numRuns: 200, seed: 11 },
    );
  });
});
