import { beforeAll, describe, expect, test } from "vitest";
import { HealthRoom } from "./health-room.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const SECOND = 1000;
const times = <T>(count: number, act: (i: number) => T) => Array.from({ length: count }, (_, i) => act(i));

describe("when everything is out, a forced attempt", () => {
  test("is one at a time, and one a second, for all workers together", () => {
    room.world({ tokens: 1 });
    const workers = times(4, () => room.worker());
    times(3, () => workers[0]!.failed(0, "refused"));
    let attempts = 0;
    // 64 clients ask again and again; the provider refuses at once.
    for (const end = room.now + 10 * SECOND; room.now < end; room.now += 20)
      for (const worker of workers) {
        const hop = worker.ask() ?? worker.forced();
        if (!hop) continue;
        attempts++;
        worker.failed(hop.token, "refused", { trial: hop.trial });
      }
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThanOrEqual(11);
  });

  test("closes the breaker when it is answered well, and opens it no longer when it is not", () => {
    const worker = room.world({ tokens: 1 }).worker();
    times(3, () => worker.failed(0, "refused"));
    room.now += 2 * SECOND;
    expect(worker.forced()).toEqual({ token: 0, trial: true });
    worker.failed(0, "refused");
    expect(worker.opensIn()).toBe(3 * SECOND);
    room.now += SECOND;
    expect(worker.forced()).toEqual({ token: 0, trial: true });
    worker.succeeded(0);
    expect(worker.ask()).toEqual({ token: 0, trial: false });
  });

  test("that hangs holds nobody for longer than openFor", () => {
    const worker = room.world({ tokens: 1, breaker: { openFor: 4 * SECOND, maxOpenFor: 4 * SECOND } }).worker();
    times(3, () => worker.failed(0, "refused"));
    room.now += SECOND;
    expect(worker.forced()).toBeDefined();
    room.now += 4 * SECOND - 1;
    expect([worker.ask(), worker.forced()]).toEqual([undefined, undefined]);
    room.now += 1;
    expect(worker.ask()?.trial).toBe(true);
  });

  test("goes to the token that opens soonest, and each of them has its own", () => {
    const worker = room.world({ tokens: 2 }).worker();
    worker.failed(0, { wait: 9 * SECOND });
    worker.failed(1, { wait: 4 * SECOND });
    room.now += SECOND;
    expect(worker.forced()?.token).toBe(1);
    expect(worker.forced()).toBeUndefined();
  });

  test("is not needed, and not held back, when something is live by then", () => {
    const worker = room.world({ tokens: 2 }).worker();
    worker.failed(0, "revoked");
    expect(worker.forced()).toEqual({ token: 1, trial: false });
    expect(worker.forced()).toEqual({ token: 1, trial: false });
  });
});

describe("a person's order", () => {
  test("takes a token out whatever is answered, until the time that was said", () => {
    room.world({ tokens: 2 });
    const [one, two] = [room.worker(), room.worker()];
    one.takeOut(0, 60 * SECOND);
    one.succeeded(0);
    two.succeeded(0);
    times(20, () => expect(two.ask()?.token).toBe(1));
    expect([two.ask(0, { tried: [1] }), two.opensIn()]).toEqual([undefined, 0]);
    room.now += 60 * SECOND;
    expect(two.ask(0, { tried: [1] })).toEqual({ token: 0, trial: false });
  });

  test("takes a provider out so that not even a forced attempt is made, and brings it back", () => {
    const worker = room.world({ tokens: 2 }).worker();
    worker.takeOut();
    room.now += 3600 * 1000 * SECOND;
    expect([worker.ask(), worker.forced()]).toEqual([undefined, undefined]);
    worker.bringBack();
    expect(worker.ask()?.trial).toBe(false);
  });

  test("outlasts a reload, and a failure that is learnt meanwhile", () => {
    room.world({ tokens: 1 }).worker().takeOut(0);
    const worker = room.configure({ tokens: 1, cooldownDuration: SECOND }).worker();
    worker.failed(0, "revoked");
    room.now += SECOND;
    worker.succeeded(0);
    expect(worker.ask()).toBeUndefined();
    expect(worker.forced()).toBeUndefined();
  });

  test("brings back what was learnt to be out, for every model", () => {
    const worker = room.world({ tokens: 1 }).worker();
    worker.failed(0, "revoked");
    worker.failed(0, { wait: 50 * SECOND });
    worker.bringBack(0);
    expect(worker.ask()).toEqual({ token: 0, trial: false });
  });

  test("lets what is out have its trial now", () => {
    const worker = room.world({ tokens: 1 }).worker();
    worker.failed(0, "revoked");
    worker.tryNow(0);
    expect(worker.ask()).toEqual({ token: 0, trial: true });
  });
});

describe("tokens of different rights and ranks", () => {
  test("are chosen among those that may serve the model", () => {
    const worker = room.world({ tokens: 3, models: [5n, undefined, 6n] }).worker();
    const seen = (model: bigint) => [...new Set(times(60, () => worker.ask(0, { model })!.token))].sort();
    expect([seen(5n), seen(6n), seen(7n)]).toEqual([[0, 1], [1, 2], [1]]);
    worker.failed(1, "revoked");
    expect([worker.ask(0, { model: 7n }), worker.opensIn(0, 7n)]).toEqual([undefined, 30 * SECOND]);
  });

  test("of a higher number are a reserve: used when no lower one is live, and given no trial before", () => {
    const worker = room.world({ tokens: 4, priorities: [1, 0, 1, 0], cooldownDuration: 5 * SECOND }).worker();
    const seen = (tried: number[] = []) => [...new Set(times(60, () => worker.ask(0, { tried })!.token))].sort();
    expect(seen()).toEqual([1, 3]);
    expect(seen([1, 3])).toEqual([0, 2]);
    worker.failed(1, { wait: 9 * SECOND });
    worker.failed(3, { wait: 9 * SECOND });
    worker.failed(0, "revoked");
    expect(seen()).toEqual([2]);
    room.now += 5 * SECOND;
    expect(worker.ask()).toEqual({ token: 0, trial: true });
    room.now += 4 * SECOND;
    expect([1, 3]).toContain(worker.ask()!.token);
  });

  test("of weight 0 are used when nothing else of their priority is live, before the reserve", () => {
    const worker = room.world({ tokens: 3, weights: [0, 1, 1], priorities: [0, 0, 1], choice: "weighted" }).worker();
    times(30, () => expect(worker.ask()!.token).toBe(1));
    expect([worker.ask(0, { tried: [1] })?.token, worker.ask(0, { tried: [0, 1] })?.token]).toEqual([0, 2]);
  });

  test("that are out for one model are passed over for that model alone", () => {
    const worker = room.world({ tokens: 3 }).worker();
    worker.failed(1, "forbidden", { model: 5n });
    times(40, () => expect(worker.ask(0, { model: 5n })!.token).not.toBe(1));
    expect(times(60, () => worker.ask(0, { model: 6n })!.token)).toContain(1);
  });
});
