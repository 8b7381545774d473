import { beforeAll, describe, expect, test } from "vitest";
import { HealthRoom, type Failure, type Worker } from "./health-room.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const SECOND = 1000;
const times = (count: number, act: () => void) => Array.from({ length: count }, act);

/** Lets time pass until a probe is due; ms. */
function untilProbe(worker: Worker, most = 120 * SECOND) {
  const start = room.now;
  for (; room.now - start <= most; room.now += 100) {
    const probe = worker.nextProbe();
    if (probe) return { ...probe, after: room.now - start };
  }
  return undefined;
}

describe("what is probed, and how", () => {
  test.each<[string, { healthCheckModel?: boolean; probePath?: boolean }, Failure, string | undefined]>([
    ["a wrong token by the free call", { probePath: true }, "revoked", "free-call"],
    [
      "a wrong token by healthCheckModel, where that is set",
      { probePath: true, healthCheckModel: true },
      "revoked",
      "completion",
    ],
    ["an empty token by healthCheckModel", { healthCheckModel: true }, "empty", "completion"],
    ["an empty token not by a free call, which it may still make", { probePath: true }, "empty", undefined],
    ["no token where nothing is known to tell", {}, "revoked", undefined],
    ["no rate limit", { probePath: true, healthCheckModel: true }, { wait: SECOND }, undefined],
  ])("%s", (_name, settings, failure, kind) => {
    const worker = room.world({ tokens: 2, ...settings }).worker(true);
    worker.failed(1, failure);
    const probe = untilProbe(worker);
    expect(probe?.kind).toBe(kind);
    if (probe) expect(probe).toMatchObject({ provider: 0, token: 1, timeoutMs: 10000, model: kind === "completion" });
  });

  test("a provider that is down by healthCheckModel, with a token that is not out", () => {
    const worker = room.world({ tokens: 2, healthCheckModel: true }).worker(true);
    worker.failed(0, "revoked");
    times(3, () => worker.failed(1, "refused"));
    const found = [untilProbe(worker), untilProbe(worker)].map(
      probe => `${probe?.kind} ${probe?.token} ${probe?.ofProvider}`,
    );
    expect(found.sort()).toEqual(["completion 0 false", "completion 1 true"]);
  });

  test("not a provider that is down by the free call: it may be up for that alone", () => {
    const worker = room.world({ probePath: true }).worker(true);
    times(3, () => worker.failed(0, "refused"));
    expect(untilProbe(worker)).toBeUndefined();
  });
});

describe("when a token is probed", () => {
  test.each<[Failure, number[]]>([
    ["revoked", [5, 10, 20, 40, 60, 60]],
    ["empty", [5, 10, 20, 40, 60, 60]],
  ])("after %s at intervals that double from 5 s to a minute, up to a tenth longer", (failure, intervals) => {
    const worker = room.world({ healthCheckModel: true }).worker(true);
    worker.failed(0, failure);
    for (const seconds of intervals) {
      const probe = untilProbe(worker)!;
      expect(probe.after).toBeGreaterThanOrEqual(seconds * SECOND);
      expect(probe.after).toBeLessThanOrEqual(seconds * SECOND * 1.1 + 100);
      worker.probeAnswered(probe, failure);
    }
  });

  test("not in step with others that failed with it", () => {
    const worker = room.world({ tokens: 4, probePath: true }).worker(true);
    for (let token = 0; token < 4; token++) {
      worker.failed(token, "revoked");
      room.now += 1;
    }
    expect(new Set(times(4, () => untilProbe(worker)!.after)).size).toBeGreaterThan(2);
  });

  test.each<Failure>(["error", "refused", "slow", "local"])(
    "again after the same time when the probe fails by %s: that says nothing of the token",
    fault => {
      const worker = room.world({ probePath: true }).worker(true);
      worker.failed(0, "revoked");
      times(4, () => {
        const probe = untilProbe(worker)!;
        expect(probe.after).toBeLessThanOrEqual(5600);
        worker.probeAnswered(probe, fault);
      });
      worker.probeAnswered(untilProbe(worker)!, "good");
      expect(worker.ask()).toEqual({ token: 0, trial: false });
    },
  );

  test.each<Failure | "good">(["good", "mistake", "no model", "limited"])(
    "and answers %s, it is back: the provider took it",
    answer => {
      const worker = room.world({ probePath: true }).worker(true);
      worker.failed(0, "revoked");
      worker.probeAnswered(untilProbe(worker)!, answer);
      expect(worker.ask()).toEqual({ token: 0, trial: false });
    },
  );

  test("and successThreshold is above one, it is back after as many good answers in a row", () => {
    const worker = room.world({ probePath: true, successThreshold: 3 }).worker(true);
    worker.failed(0, "revoked");
    for (const answer of ["good", "good", "revoked", "good", "good", "error", "good", "good"] as Failure[]) {
      worker.probeAnswered(untilProbe(worker)!, answer);
      expect(worker.ask()).toBeUndefined();
    }
    worker.probeAnswered(untilProbe(worker)!, "good");
    expect(worker.ask()).toEqual({ token: 0, trial: false });
  });

  test("no client request is its trial, unless probes do not come", () => {
    const worker = room.world({ probePath: true }).worker(true);
    worker.failed(0, "revoked");
    const grace = 30 * SECOND;
    room.now += 5.5 * SECOND + grace - SECOND - 500;
    expect(worker.ask()).toBeUndefined();
    room.now += 2 * SECOND;
    expect(worker.ask()).toEqual({ token: 0, trial: true });
  });
});

describe("a provider that is down and can be probed", () => {
  test("is probed after openFor, then at the steady interval, and a good answer closes its breaker", () => {
    const worker = room.world({ healthCheckModel: true, breaker: { openFor: 2 * SECOND } }).worker(true);
    times(3, () => worker.failed(0, "refused"));
    const waits = ["error", "slow", "refused"].map(fault => {
      const probe = untilProbe(worker)!;
      expect(worker.ask()).toBeUndefined();
      worker.probeAnswered(probe, fault as Failure);
      return probe.after;
    });
    expect(waits[0]).toBe(2 * SECOND);
    for (const wait of waits.slice(1)) expect(wait).toBeGreaterThanOrEqual(5 * SECOND);
    for (const wait of waits.slice(1)) expect(wait).toBeLessThanOrEqual(5.6 * SECOND);
    worker.probeAnswered(untilProbe(worker)!, "revoked");
    expect(worker.ask()).toEqual({ token: 0, trial: false });
  });
});

describe("probes", () => {
  test("need a tick while something is out that one can close, or is not written yet", () => {
    const worker = room.world({ tokens: 2, probePath: true }).worker(true);
    expect(worker.isQuiet).toBe(true);
    worker.failed(0, "empty");
    worker.failed(0, { wait: SECOND });
    expect(worker.isQuiet).toBe(true);
    worker.failed(1, "revoked");
    expect(worker.isQuiet).toBe(false);
    worker.probeAnswered(untilProbe(worker)!, "good");
    expect(worker.isQuiet).toBe(true);
    room.wasm.lose(10);
    worker.failed(0, "refused");
    expect(worker.isQuiet).toBe(false);
    room.wasm.lose(0);
    worker.refresh();
    expect(worker.isQuiet).toBe(true);
  });

  test("are made by one worker at a time", () => {
    room.world({ probePath: true });
    const workers = times(4, () => 0).map(() => room.worker(true));
    workers[0]!.failed(0, "revoked");
    room.now += 6 * SECOND;
    workers.forEach(worker => worker.refresh());
    expect(workers.map(worker => worker.nextProbe()).filter(Boolean)).toHaveLength(1);
  });

  test("never overlap, and one without an answer is made again after its limit and 5 s", () => {
    const worker = room.world({ probePath: true, healthCheckTimeout: 2 * SECOND }).worker(true);
    worker.failed(0, "revoked");
    untilProbe(worker);
    const again = untilProbe(worker)!;
    expect(again.after).toBe(7 * SECOND);
  });

  test("of one worker are four at once, whatever the number of tokens", () => {
    const worker = room.world({ tokens: 20, probePath: true }).worker(true);
    for (let token = 0; token < 20; token++) worker.failed(token, "revoked");
    room.now += 6 * SECOND;
    const made = times(10, () => 0).map(() => worker.nextProbe());
    expect(made.filter(Boolean)).toHaveLength(4);
    worker.probeAnswered(made[1]!, "revoked");
    expect(worker.nextProbe()).toBeDefined();
    expect(worker.nextProbe()).toBeUndefined();
  });

  test("take turns among providers", () => {
    const worker = room.world({ tokens: 3, probePath: true }, { tokens: 3, probePath: true }).worker(true);
    for (const p of [0, 1]) for (let token = 0; token < 3; token++) worker.failed(token, "revoked", { p });
    room.now += 6 * SECOND;
    expect(times(4, () => 0).map(() => worker.nextProbe()?.provider)).toEqual([0, 1, 0, 1]);
  });

  test("that answer late bring nothing back: after their lease, and after another's", () => {
    room.world({ probePath: true });
    const [one, two] = [room.worker(true), room.worker(true)];
    one.failed(0, "revoked");
    const late = untilProbe(one)!;
    room.now += 15 * SECOND;
    two.refresh();
    const current = two.nextProbe()!;
    one.refresh();
    one.probeAnswered(late, "good");
    two.refresh();
    expect(two.ask()).toBeUndefined();
    two.probeAnswered(current, "revoked");
    two.probeAnswered(current, "good");
    expect(two.ask()).toBeUndefined();
    expect(one.ask()).toBeUndefined();
  });
});

describe("a token that was removed from the configuration", () => {
  test("is forgotten, and a late probe answer or failure cannot bring its state back into use", () => {
    room.world({ tokens: [1n, 2n], probePath: true });
    const old = room.worker(true);
    old.failed(0, "revoked");
    old.failed(1, "revoked");
    const probe = untilProbe(old)!;
    room.configure({ tokens: [2n], probePath: true });
    const fresh = room.worker(true);
    fresh.forget();
    expect(fresh.entries()).toBe(1);
    old.refresh();
    old.probeAnswered(probe, "revoked");
    old.probeAnswered(probe, "good");
    fresh.refresh();
    expect(fresh.entries()).toBe(1);
    expect(fresh.ask()).toBeUndefined();
  });

  test("is not probed", () => {
    room
      .world({ tokens: [1n, 2n], probePath: true })
      .worker(true)
      .failed(0, "revoked");
    room.configure({ tokens: [2n], probePath: true });
    const fresh = room.worker(true);
    fresh.refresh();
    expect(untilProbe(fresh)).toBeUndefined();
  });

  test("and comes back later begins anew", () => {
    room
      .world({ tokens: [1n], probePath: true })
      .worker(true)
      .failed(0, "revoked");
    room
      .configure({ tokens: [2n] })
      .worker()
      .forget();
    expect(
      room
        .configure({ tokens: [1n] })
        .worker()
        .ask(),
    ).toEqual({ token: 0, trial: false });
  });
});
