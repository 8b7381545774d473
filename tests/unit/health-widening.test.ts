import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { HealthRoom, type Failure, type Hop, type Worker } from "./health-room.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const SECOND = 1000;
const times = <T>(count: number, act: (i: number) => T) => Array.from({ length: count }, (_, i) => act(i));
const [A, B, C] = [101n, 102n, 103n];
const isLive = (worker: Worker, model: bigint, tried: number[] = []) =>
  worker.ask(0, { model, tried })?.trial === false;

describe("a token that is refused for one model", () => {
  test("is out for that model alone, however often and however long", () => {
    const worker = room.world({ tokens: 1 }).worker();
    times(50, () => {
      worker.failed(0, "forbidden", { model: A });
      room.now += 40 * SECOND;
      worker.ask(0, { model: A });
    });
    expect([worker.ask(0, { model: A }), isLive(worker, B)]).toEqual([undefined, true]);
  });

  test("is out for all when a second model is refused in the same way", () => {
    const worker = room.world({ tokens: 1 }).worker();
    worker.failed(0, "forbidden", { model: A });
    worker.failed(0, "forbidden", { model: B });
    expect([A, B, C].map(model => worker.ask(0, { model }))).toEqual([undefined, undefined, undefined]);
  });

  test.each<[string, (worker: Worker) => void]>([
    ["a good answer for any model", worker => worker.succeeded(0, { model: C })],
    [
      "a refusal in another way",
      worker => worker.failed(0, { cause: "quota", scope: "token-model", widens: true }, { model: C }),
    ],
  ])("begins anew after %s in between", (_, between) => {
    const worker = room.world({ tokens: 1 }).worker();
    worker.failed(0, "forbidden", { model: A });
    between(worker);
    worker.failed(0, "forbidden", { model: B });
    expect(isLive(worker, 104n)).toBe(true);
    worker.failed(0, "forbidden", { model: A, exchange: room.newExchange() });
    // A is out already, so that this says nothing new.
    room.now += 30 * SECOND;
    worker.ask(0, { model: A });
    worker.failed(0, "forbidden", { model: A });
    expect(worker.ask(0, { model: 104n })).toBeUndefined();
  });

  test("by one exchange for two models is none that two have told of", () => {
    const worker = room.world({ tokens: 1 }).worker();
    const exchange = room.newExchange();
    worker.failed(0, "forbidden", { model: A, exchange });
    worker.failed(0, "forbidden", { model: B, exchange });
    expect(isLive(worker, C)).toBe(true);
  });

  test("costs successes one write for each failure, and none after it", () => {
    const worker = room.world({ tokens: 2 }).worker();
    worker.failed(0, "forbidden", { model: A });
    const before = room.wasm.writes();
    times(50, () => worker.succeeded(0, { model: B }));
    expect(room.wasm.writes() - before).toBe(1);
  });

  test("stays out for that model when the whole token is back", () => {
    const worker = room.world({ tokens: 1, cooldownDuration: 10 * SECOND }).worker();
    worker.failed(0, "forbidden", { model: A });
    room.now += 9 * SECOND;
    worker.failed(0, "forbidden", { model: B });
    room.now += 10 * SECOND;
    expect(worker.ask(0, { model: C })?.trial).toBe(true);
    worker.succeeded(0, { model: C });
    expect([isLive(worker, C), worker.ask(0, { model: B })?.trial]).toEqual([true, true]);
  });

  test("is asked about by a free probe at once: refused it is out, accepted nothing is left of the suspicion", () => {
    const worker = room.world({ tokens: 1, probePath: true }).worker(true);
    worker.failed(0, "forbidden", { model: A });
    expect(worker.isQuiet).toBe(false);
    const probe = worker.nextProbe()!;
    expect([probe.kind, worker.nextProbe()]).toEqual(["free-call", undefined]);
    worker.probeAnswered(probe, "revoked");
    expect(worker.ask(0, { model: B })).toBeUndefined();

    const other = room.world({ tokens: 1, probePath: true }).worker(true);
    other.failed(0, "forbidden", { model: A });
    other.probeAnswered(other.nextProbe()!, "good");
    expect([isLive(other, B), other.nextProbe(), other.isQuiet]).toEqual([true, undefined, true]);
  });
});

describe("a provider that fails for one model", () => {
  test("is out for that model alone: half of all requests for it cost the others nothing", () => {
    const worker = room.world({ tokens: 2 }).worker();
    let served = 0;
    times(250, i => {
      const model = i % 2 === 0 ? A : B;
      const hop = worker.ask(0, { model });
      if (hop && model === A) worker.failed(hop.token, "error", { model, trial: hop.trial });
      if (hop && model === B) {
        worker.succeeded(hop.token, { model, trial: hop.trial });
        served++;
      }
      room.now += 100;
    });
    expect(served).toBe(125);
    expect(worker.ask(0, { model: A })).toBeUndefined();
  });

  test("is out as a whole when two models fail and together reach the threshold, by different exchanges", () => {
    const worker = room.world({ tokens: 1 }).worker();
    times(2, () => worker.failed(0, "error", { model: A }));
    expect(isLive(worker, C)).toBe(true);
    worker.failed(0, "cut", { model: B });
    expect([A, B, C].map(model => worker.ask(0, { model }))).toEqual([undefined, undefined, undefined]);
  });

  test("after the first model was out, at the next one's first failure", () => {
    const worker = room.world({ tokens: 1 }).worker();
    times(3, () => worker.failed(0, "error", { model: A }));
    expect(isLive(worker, B)).toBe(true);
    worker.failed(0, "error", { model: B });
    expect(worker.ask(0, { model: C })).toBeUndefined();
  });

  test("never by unknown models, unknown APIs or callers, in any number", () => {
    const worker = room.world({ tokens: 1 }).worker();
    times(300, i => worker.failed(0, "no model", { model: BigInt(1000 + i) }));
    times(300, i => worker.failed(0, "no api", { api: BigInt(2000 + i) }));
    expect(isLive(worker, C)).toBe(true);
  });

  test("has its next trial by another model when the first one's fails, and is out for longer when both do", () => {
    const worker = room.world({ tokens: 1 }).worker();
    times(2, () => worker.failed(0, "error", { model: A }));
    worker.failed(0, "error", { model: B });
    room.now += 5 * SECOND;
    expect(worker.ask(0, { model: A })?.trial).toBe(true);
    worker.failed(0, "error", { model: A });
    // That model is out; the provider lets another one try a second later.
    expect(worker.opensIn(0, C)).toBe(SECOND);
    room.now += SECOND;
    expect([worker.ask(0, { model: A }), worker.ask(0, { model: C })?.trial]).toEqual([undefined, true]);
    worker.failed(0, "error", { model: C });
    expect(worker.opensIn(0, 104n)).toBe(10 * SECOND);
    room.now += 10 * SECOND;
    expect(worker.ask(0, { model: 104n })?.trial).toBe(true);
    worker.succeeded(0, { model: 104n });
    expect(isLive(worker, 105n)).toBe(true);
  });
});

describe("an API that a provider lacks", () => {
  test("is out alone: the same model goes on by another API", () => {
    const worker = room.world({ tokens: 2 }).worker();
    times(3, () => worker.failed(0, "no api", { api: 201n }));
    expect([worker.ask(0, { api: 201n }), worker.ask(0, { api: 202n })?.trial]).toEqual([undefined, false]);
  });

  test("is no model of the same name", () => {
    const { vm } = room.world({}).worker();
    expect(room.wasm.keyOf(vm, true, 5n)).not.toBe(room.wasm.keyOf(vm, false, 5n));
  });
});

describe("by the failures of many callers in many workers, in any order,", () => {
  interface Step {
    what: "fail" | "fail" | "succeed" | "wait";
    worker: number;
    token: number;
    model: number;
    failure: Failure;
    lose: number;
  }
  const failures: Failure[] = [
    "forbidden",
    "error",
    "slow",
    "cut",
    "no model",
    "no api",
    "mistake",
    { wait: 3 * SECOND },
  ];
  const steps = fc.array(
    fc.record<Step>({
      what: fc.constantFrom("fail", "fail", "succeed", "wait"),
      worker: fc.nat(2),
      token: fc.nat(1),
      model: fc.nat(2),
      failure: fc.constantFrom(...failures),
      lose: fc.constantFrom(0, 0, 0, 1, 3),
    }),
    { minLength: 10, maxLength: 80 },
  );

  const play = (script: Step[], models: bigint[]) => {
    room.world({ tokens: 2 });
    const workers = times(3, () => room.worker());
    for (const { what, worker: w, token, model, failure, lose } of script) {
      const worker = workers[w]!;
      const of = { model: models[model % models.length]!, trial: false };
      room.wasm.lose(lose);
      if (what === "wait") room.now += 1500;
      else if (what === "succeed") worker.succeeded(token, of);
      else worker.failed(token, failure, of);
      worker.refresh();
    }
    room.wasm.lose(0);
    for (let i = 0; i < 20; i++) workers.forEach(worker => worker.refresh());
    return workers;
  };

  test("one model takes nothing from another", () => {
    fc.assert(
      fc.property(steps, script => {
        for (const worker of play(script, [A]))
          for (const token of [0, 1])
            expect(worker.ask(0, { model: B, api: 200n, tried: [1 - token] })?.trial).toBe(false);
      }),
      { numRuns: 400, seed: 3 },
    );
  });

  test("two models that fail in the same way with nothing good in between take out what they have in common", () => {
    const two: [Failure, (worker: Worker) => Hop | undefined][] = [
      ["forbidden", worker => worker.ask(0, { model: C, tried: [1] })],
      ["error", worker => worker.ask(0, { model: C })],
    ];
    for (const [failure, look] of two)
      fc.assert(
        fc.property(steps, fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }), (script, at) => {
          const workers = play(script, [A, B]);
          workers[0]!.succeeded(0, { model: C, trial: false });
          for (const worker of workers) worker.refresh();
          at.forEach((w, i) => {
            workers[w]!.refresh();
            // New models, so that nothing that was learnt before stands in the way.
            workers[w]!.failed(0, failure, { model: BigInt(500 + i), trial: false });
          });
          for (const worker of workers) {
            worker.refresh();
            expect(look(worker)?.trial).not.toBe(false);
          }
        }),
        { numRuns: 200, seed: 4 },
      );
  });
});
