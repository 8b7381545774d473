import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { HealthRoom, type Failure, type Worker } from "./health-room.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const SECOND = 1000;
const times = <T>(count: number, act: (i: number) => T) => Array.from({ length: count }, (_, i) => act(i));
const workersOf = (count: number) => times(count, () => room.worker());

/** As their ticks would, until nothing is left to write. */
function settleAll(workers: Worker[]): void {
  room.wasm.lose(0);
  for (let round = 0; !workers.every(worker => worker.isSettled); round++) {
    expect(round).toBeLessThan(20);
    workers.forEach(worker => worker.refresh());
  }
  workers.forEach(worker => worker.refresh());
}

describe("all workers", () => {
  test("know at once what one of them has learnt", () => {
    room.world({ tokens: 2 });
    const workers = workersOf(3);
    workers.forEach(worker => worker.refresh());
    workers[0]!.failed(1, "revoked");
    for (const worker of workers) times(20, () => expect(worker.ask()?.token).toBe(0));
  });

  test("count together, and a new one knows it all", () => {
    room.world({});
    const workers = workersOf(3);
    workers.forEach(worker => worker.failed(0, "refused"));
    const late = room.worker();
    for (const worker of [...workers, late]) expect(worker.ask()).toBeUndefined();
  });

  test("keep what they know when the configuration is read again or edited", () => {
    room
      .world({ tokens: [1n, 2n] })
      .worker()
      .failed(0, "revoked");
    const worker = room.configure({ tokens: [3n, 2n, 1n] }).worker();
    times(30, () => expect(worker.ask()?.token).not.toBe(2));
  });

  test("never mix two providers, be it of one type and with the same token", () => {
    const worker = room.world({ tokens: [1n], key: 1 }, { tokens: [1n], key: 2 }).worker();
    worker.failed(0, "revoked", { p: 1 });
    times(3, () => worker.failed(0, "refused", { p: 1 }));
    expect([worker.ask(0)?.token, worker.ask(1)]).toEqual([0, undefined]);
  });

  test("count exchanges apart although each numbers its own from one", () => {
    room.world({});
    const workers = workersOf(3);
    workers.forEach(worker => worker.ask());
    workers.forEach(worker => worker.failed(0, "refused", { exchange: 1n }));
    expect(workers[0]!.ask()).toBeUndefined();
  });
});

describe("a write that loses its race", () => {
  test("is made again on what the winner wrote", () => {
    room.world({ tokens: 3 });
    const [one, two] = workersOf(2) as [Worker, Worker];
    two.interlope("failed", 1, "revoked");
    one.failed(0, "revoked");
    expect([one.isSettled, two.isSettled]).toEqual([true, true]);
    for (const worker of [one, two]) times(20, () => expect(worker.ask()?.token).toBe(2));
  });

  test("creates no second record over a first one", () => {
    room.world({ tokens: 2, failureThreshold: 2 });
    const [one, two] = workersOf(2) as [Worker, Worker];
    two.interlope("failed", 0, "revoked");
    one.failed(0, "revoked");
    expect(two.ask(0, { tried: [1] })).toBeUndefined();
  });

  test("counts in this worker at once, and for all when it is made again: on the tick or with the next request", () => {
    room.world({ tokens: 2 });
    const [one, two] = workersOf(2) as [Worker, Worker];
    room.wasm.lose(100);
    one.failed(0, "revoked");
    expect(one.isSettled).toBe(false);
    times(20, () => expect(one.ask()?.token).toBe(1));
    expect(times(30, () => two.ask()?.token)).toContain(0);
    room.wasm.lose(0);
    one.refresh();
    times(20, () => expect(two.ask()?.token).toBe(1));
    room.now += 30 * SECOND;
    expect(two.ask()).toEqual({ token: 0, trial: true });
  });

  test("is kept with up to 63 more; then the oldest are given up", () => {
    room.world({ tokens: 100 });
    const [one, two] = workersOf(2) as [Worker, Worker];
    room.wasm.lose(10_000);
    times(100, token => one.failed(token, "revoked"));
    room.wasm.lose(0);
    one.refresh();
    two.refresh();
    expect(two.entries()).toBe(64);
    times(50, () => expect(two.ask()!.token).toBeLessThan(36));
  });

  test("for a trial leaves the trial to the winner", () => {
    room.world({});
    const [one, two] = workersOf(2) as [Worker, Worker];
    times(3, () => one.failed(0, "refused"));
    room.now += 5 * SECOND;
    two.refresh();
    room.wasm.lose(100);
    expect(one.ask()).toBeUndefined();
    room.wasm.lose(0);
    expect(two.ask()).toEqual({ token: 0, trial: true });
    expect(one.ask()).toBeUndefined();
  });
});

describe("the record", () => {
  test("has room for the provider and all its tokens, whatever models callers make up", () => {
    const worker = room.world({ tokens: 100 }).worker();
    times(3, () => worker.failed(0, "refused"));
    for (let token = 0; token < 100; token++) worker.failed(token, "revoked");
    times(500, model => times(3, () => worker.failed(0, "no model", { model: BigInt(model + 100) })));
    times(500, model => worker.failed(1, { wait: SECOND }, { model: BigInt(model + 100) }));
    times(500, api => times(3, () => worker.failed(1, "no api", { api: BigInt(api + 10_000) })));
    expect(worker.entries()).toBe(1 + 100 + 32 + 8);
    room.now += 5 * SECOND;
    expect(worker.ask()).toBeUndefined();
    expect(worker.opensIn()).toBe(25 * SECOND);
  });

  test("keeps breakers at work when 128 models are made up", () => {
    const worker = room.world({ tokens: 3 }).worker();
    times(3, () => times(128, model => worker.failed(0, "no model", { model: BigInt(model + 100) })));
    for (let token = 0; token < 3; token++) worker.failed(token, "revoked");
    expect(worker.ask()).toBeUndefined();
    const other = room.world({ tokens: 3 }).worker();
    times(3, () => other.failed(0, "error"));
    times(3, () => times(128, model => other.failed(0, "no model", { model: BigInt(model + 100) })));
    expect(other.ask()).toBeUndefined();
    times(3, () => other.failed(0, "slow", { model: 5n }));
    times(3, () => other.failed(0, "error", { model: 5n }));
    expect(other.ask(0, { model: 5n })).toBeUndefined();
  });

  test("bounds the models of all tokens together by two for each and 64", () => {
    const worker = room.world({ tokens: 50 }).worker();
    for (let token = 0; token < 50; token++)
      times(20, model => worker.failed(token, { wait: SECOND }, { model: BigInt(model + 100) }));
    expect(worker.entries()).toBe(2 * 50 + 64);
  });

  test("lets go of the limit of a token that passes soonest, and of the oldest count of a provider", () => {
    const worker = room.world({}).worker();
    const kept = (model: number) => worker.ask(0, { model: BigInt(model) }) === undefined;
    times(8, i => worker.failed(0, { wait: (i === 5 ? 9 : 10 + i) * SECOND }, { model: BigInt(i + 1) }));
    worker.failed(0, { wait: 500 * SECOND }, { model: 1000n });
    expect([kept(6), kept(1), kept(8), kept(1000)]).toEqual([false, true, true, true]);
    const other = room.world({ breaker: { failureThreshold: 2 } }).worker();
    const opens = (model: bigint) => {
      room.now++;
      other.failed(0, "no model", { model });
      return other.ask(0, { model }) === undefined;
    };
    times(33, i => opens(BigInt(i + 1)));
    // The first was let go and is counted anew; the fourth is still known.
    expect([1n, 4n].map(opens)).toEqual([false, true]);
  });

  test("forgets what has not mattered for an hour, when it is written again", () => {
    const worker = room.world({ tokens: 2 }).worker();
    worker.failed(0, "revoked");
    worker.failed(1, { wait: 10_000 * SECOND });
    room.now += 30 * SECOND + 3600 * SECOND;
    expect(worker.ask()).toEqual({ token: 0, trial: true });
    worker.released(0);
    room.now += 3600 * SECOND + 1;
    expect(worker.ask()).toEqual({ token: 0, trial: false });
    worker.failed(0, { wait: SECOND }, { model: 5n });
    expect(worker.entries()).toBe(2);
    worker.failed(0, "revoked");
    expect(worker.opensIn()).toBe(30 * SECOND);
  });

  test("is empty, and neither read nor written, while all is well", () => {
    room.world({ tokens: 3 }, { tokens: 2 });
    const workers = workersOf(2);
    for (const worker of workers) times(2, p => worker.ask(p));
    const reads = room.wasm.reads();
    for (const worker of workers)
      times(100, () => {
        worker.succeeded(worker.ask(0)!.token);
        worker.succeeded(worker.ask(1)!.token, { p: 1 });
      });
    expect([room.wasm.reads() - reads, room.wasm.writes()]).toEqual([0, 0]);
  });

  test("is not written by successes while another token is out", () => {
    const worker = room.world({ tokens: 3 }).worker();
    worker.failed(1, "revoked");
    worker.ask();
    const before = [room.wasm.reads(), room.wasm.writes()];
    times(100, () => worker.succeeded(worker.ask()!.token));
    expect([room.wasm.reads(), room.wasm.writes()]).toEqual(before);
  });
});

// === Random interleavings ===

const TOKENS = 3;
const FAILURES: Failure[] = [
  "revoked",
  "empty",
  "error",
  "refused",
  "slow",
  "no model",
  { wait: 3 * SECOND },
  "mistake",
];
/** Answers that a provider gives to a token that it takes. */
const TAKEN: Failure[] = [FAILURES[6]!, "no model", "mistake"];
const EVENTS = ["ask", "ask", "ask", "succeed", "fail", "fail", "release", "lose", "refresh", "wait", "probe"] as const;

interface Step {
  event: (typeof EVENTS)[number];
  worker: number;
  pick: number;
  failure: Failure;
}

const steps = fc.array(
  fc.record<Step>({
    event: fc.constantFrom(...EVENTS),
    worker: fc.nat(3),
    pick: fc.nat(1000),
    failure: fc.constantFrom(...FAILURES),
  }),
  { minLength: 20, maxLength: 150 },
);
const counts = fc.integer({ min: 2, max: 4 });
const WAITS = [1, 500, 2 * SECOND, 6 * SECOND];

interface Running {
  worker: number;
  /** -1: a probe of the provider. */
  token: number;
  trial: boolean;
  since: number;
  probe?: { ticket: number };
}

interface Outcome {
  workers: Worker[];
  /** Tokens that failed while no trial of theirs ran, and whose trial has not been good since. */
  dead: Set<number>;
  /** Of which trials two ran at once. */
  doubles: Running[][];
  /** Whose trial hung, so that another took over: the ends of the two cannot be told apart where they are of one worker. */
  takenOver: Set<number>;
}

/** Plays a script: requests and probes begin and end in any order, in workers whose writes are lost now and then. */
function play(count: number, script: Step[], probing: boolean): Outcome {
  room.world({
    tokens: TOKENS,
    ...(probing ? { healthCheckModel: true, healthCheckInterval: 4 * SECOND } : { cooldownDuration: 4 * SECOND }),
  });
  const workers = times(count, () => room.worker(probing));
  const running: Running[] = [];
  const outcome: Outcome = { workers, dead: new Set(), doubles: [], takenOver: new Set() };
  const trialsOf = (token: number) =>
    running.filter(
      other => other.trial && other.token === token && room.now - other.since < (other.probe ? 15 : 5) * SECOND,
    );
  const begin = (started: Running) => {
    const others = started.trial ? trialsOf(started.token) : [];
    if (running.some(({ trial, token, since }) => trial && token === started.token && room.now - since >= 5 * SECOND))
      outcome.takenOver.add(started.token);
    if (others.length > 0 && !outcome.takenOver.has(started.token)) outcome.doubles.push([started, ...others]);
    running.push(started);
  };
  const end = (event: "succeed" | "fail" | "release", attempt: Running, failure: Failure) => {
    const { token, trial, probe } = attempt;
    const worker = workers[attempt.worker]!;
    if (probe) {
      if (event === "succeed" || TAKEN.includes(failure)) outcome.dead.delete(token);
      return worker.probeAnswered(probe, event === "succeed" ? "good" : failure);
    }
    if (event === "succeed") {
      worker.succeeded(token, { trial });
      if (trial) outcome.dead.delete(token);
    } else if (event === "fail") {
      worker.failed(token, failure, { trial });
      if ((failure === "revoked" || failure === "empty") && trialsOf(token).length === 0) outcome.dead.add(token);
    } else worker.released(token, { trial });
  };
  for (const { event, worker: w, pick, failure } of script) {
    const at = w % count;
    const worker = workers[at]!;
    switch (event) {
      case "ask": {
        const hop = worker.ask();
        if (hop) begin({ ...hop, worker: at, since: room.now });
        break;
      }
      case "probe": {
        worker.refresh();
        const probe = worker.nextProbe();
        if (probe)
          begin({
            ...probe,
            token: probe.ofProvider ? -1 : probe.token,
            trial: true,
            worker: at,
            since: room.now,
            probe,
          });
        break;
      }
      case "lose":
        room.wasm.lose(pick % 9);
        break;
      case "refresh":
        worker.refresh();
        break;
      case "wait":
        room.now += WAITS[pick % WAITS.length]!;
        break;
      default:
        if (running.length > 0) end(event, running.splice(pick % running.length, 1)[0]!, failure);
    }
  }
  return outcome;
}

describe.each([
  ["by cooldown", false],
  ["by probes", true],
])("in any interleaving of two to four workers that lose races, with recovery %s", (_name, probing) => {
  const holds = (runs: number, rule: (outcome: Outcome) => void) =>
    fc.assert(
      fc.property(counts, steps, (count, script) => {
        rule(play(count, script, probing));
      }),
      { numRuns: runs, seed: 5 },
    );

  test("no two trials of one token run at once", () => {
    holds(1000, ({ doubles }) => expect(doubles).toEqual([]));
  });

  test("no eviction is lost: what failed is met by trials alone until one is good", () => {
    holds(1000, ({ workers, dead }) => {
      settleAll(workers);
      for (const token of dead)
        for (const worker of workers) {
          const hop = worker.ask(0, { tried: times(TOKENS, i => i).filter(other => other !== token) });
          if (hop) expect(hop.trial).toBe(true);
        }
    });
  });

  test("all workers know the same in the end", () => {
    holds(300, ({ workers }) => {
      settleAll(workers);
      expect(new Set(workers.map(worker => `${worker.opensIn()} ${worker.entries()}`)).size).toBe(1);
    });
  });

  test("no token is lost for ever, even when nobody probes any more", () => {
    holds(300, ({ workers }) => {
      settleAll(workers);
      for (let token = 0; token < TOKENS; token++) {
        room.now += 3600 * SECOND;
        const worker = workers[token % workers.length]!;
        const hop = worker.ask(0, { tried: times(TOKENS, i => i).filter(other => other !== token) });
        expect(hop?.token).toBe(token);
      }
    });
  });
});

test("thresholds are exact, whatever is lost and made again: by exchanges, not by failures", () => {
  const failures = fc.array(
    fc.record({ worker: fc.nat(3), exchange: fc.nat(5), lose: fc.nat(6), refresh: fc.boolean() }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 8 }), failures, (count, failureThreshold, script) => {
      room.world({ breaker: { failureThreshold } });
      const workers = workersOf(count);
      workers.forEach(worker => worker.ask());
      const exchanges = new Set<string>();
      for (const { worker: w, exchange, lose, refresh } of script) {
        const at = w % count;
        room.wasm.lose(lose);
        workers[at]!.failed(0, "refused", { exchange: BigInt(exchange), trial: false });
        exchanges.add(`${at}/${exchange}`);
        if (refresh) workers[at]!.refresh();
      }
      settleAll(workers);
      for (const worker of workers) expect(worker.ask() === undefined).toBe(exchanges.size >= failureThreshold);
    }),
    { numRuns: 500, seed: 7 },
  );
});
