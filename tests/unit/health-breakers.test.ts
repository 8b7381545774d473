import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { HealthRoom, type Failure, type Worker } from "./health-room.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const times = (count: number, act: () => void) => Array.from({ length: count }, act);

describe("a token", () => {
  test.each<Failure>(["revoked", "empty"])("that is %s is out at once", failure => {
    const worker = room.world({ tokens: 2 }).worker();
    worker.failed(0, failure);
    times(50, () => expect(worker.ask()).toEqual({ token: 1, trial: false }));
  });

  test("is out for every model, and for no other provider", () => {
    const worker = room.world({ tokens: [7n] }, { tokens: [7n] }).worker();
    worker.failed(0, "revoked");
    expect(worker.ask(0, { model: 1n })).toBeUndefined();
    expect(worker.ask(1)).toEqual({ token: 0, trial: false });
  });

  test("is out after failureThreshold failures in a row, which a success breaks", () => {
    const worker = room.world({ failureThreshold: 3 }).worker();
    times(2, () => worker.failed(0, "revoked"));
    worker.succeeded(0);
    times(2, () => worker.failed(0, "revoked"));
    expect(worker.ask()).toEqual({ token: 0, trial: false });
    worker.failed(0, "revoked");
    expect(worker.ask()).toBeUndefined();
  });

  test("is never out where failover is off", () => {
    const worker = room.world({ enabled: false }).worker();
    times(5, () => worker.failed(0, "revoked"));
    worker.failed(0, { wait: 9 * SECOND });
    expect(worker.ask()).toEqual({ token: 0, trial: false });
    expect(worker.entries()).toBe(0);
  });

  test("comes back by one trial after its cooldown, 30 s doubling to 10 min", () => {
    const worker = room.world({}).worker();
    worker.failed(0, "revoked");
    for (const seconds of [30, 60, 120, 240, 480, 600, 600]) {
      expect(worker.opensIn()).toBe(seconds * SECOND);
      room.now += seconds * SECOND - 1;
      expect(worker.ask()).toBeUndefined();
      room.now += 1;
      expect(worker.ask()).toEqual({ token: 0, trial: true });
      expect(worker.ask()).toBeUndefined();
      worker.failed(0, "revoked");
    }
    room.now += 600 * SECOND;
    expect(worker.ask()).toEqual({ token: 0, trial: true });
    worker.succeeded(0);
    expect(worker.ask()).toEqual({ token: 0, trial: false });
    worker.failed(0, "revoked");
    expect(worker.opensIn()).toBe(30 * SECOND);
  });

  test("of an empty account is asked less and less often, from 2 min to 30 min, where nobody says when it ends", () => {
    for (const scope of ["token", "token-model"] as const) {
      const worker = room.world({}).worker();
      worker.failed(0, { cause: "quota", scope });
      for (const minutes of [2, 4, 8, 16, 30, 30]) {
        expect(worker.opensIn()).toBe(minutes * 60 * SECOND);
        room.now += minutes * 60 * SECOND;
        expect(worker.ask()).toEqual({ token: 0, trial: true });
        worker.failed(0, { cause: "quota", scope });
      }
    }
  });

  test("comes back after cooldownDuration where that is set, however often it fails", () => {
    const worker = room.world({ cooldownDuration: 2 * SECOND, healthCheckModel: true }).worker(true);
    worker.failed(0, "revoked");
    for (let i = 0; i < 3; i++) {
      expect(worker.opensIn()).toBe(2 * SECOND);
      room.now += 2 * SECOND;
      expect(worker.nextProbe()).toBeUndefined();
      expect(worker.ask()).toEqual({ token: 0, trial: true });
      worker.failed(0, "revoked");
    }
  });

  test("needs successThreshold trials in a row to be back", () => {
    const worker = room.world({ successThreshold: 3, cooldownDuration: 1 * SECOND }).worker();
    worker.failed(0, "revoked");
    room.now += SECOND;
    times(2, () => {
      expect(worker.ask()).toEqual({ token: 0, trial: true });
      worker.succeeded(0);
    });
    expect(worker.ask()).toEqual({ token: 0, trial: true });
    worker.failed(0, "revoked");
    room.now += SECOND;
    times(3, () => {
      expect(worker.ask()).toEqual({ token: 0, trial: true });
      worker.succeeded(0);
    });
    expect(worker.ask()).toEqual({ token: 0, trial: false });
  });

  test("that is ready for its trial is tried before those that are live, unless the choice is sticky", () => {
    for (const choice of ["random", "weighted"] as const) {
      const worker = room.world({ tokens: 3, choice, cooldownDuration: SECOND }).worker();
      worker.failed(1, "revoked");
      room.now += SECOND;
      expect(worker.ask()).toEqual({ token: 1, trial: true });
      times(20, () => expect(worker.ask()!.token).not.toBe(1));
    }
  });

  test("whose trial teaches nothing is tried again", () => {
    const worker = room.world({ cooldownDuration: SECOND }).worker();
    worker.failed(0, "revoked");
    room.now += SECOND;
    for (const end of ["mistake", "left", "local"] as Failure[]) {
      expect(worker.ask()).toEqual({ token: 0, trial: true });
      worker.failed(0, end);
    }
    expect(worker.ask()).toEqual({ token: 0, trial: true });
    worker.released(0);
    expect(worker.ask()).toEqual({ token: 0, trial: true });
  });

  test("whose trial hangs holds nobody: another may start after openFor, the next after twice that time", () => {
    room.world({ cooldownDuration: SECOND, breaker: { openFor: 3 * SECOND } });
    const [one, two] = [room.worker(), room.worker()];
    one.failed(0, "revoked");
    room.now += SECOND;
    for (const seconds of [3, 6, 12]) {
      expect(two.ask()?.trial).toBe(true);
      one.refresh();
      expect(one.opensIn()).toBe(seconds * SECOND);
      room.now += seconds * SECOND - 1;
      expect(one.ask()).toBeUndefined();
      room.now += 1;
    }
    expect(one.ask()?.trial).toBe(true);
    // It has taken over from the other's, which ends well all the same.
    two.succeeded(0);
    expect(one.ask()).toEqual({ token: 0, trial: false });
  });

  test.each<Failure | "good">(["revoked", "refused", "good"])(
    "is not judged by an older request that ends with %s during its trial",
    end => {
      const worker = room.world({ cooldownDuration: SECOND }).worker();
      worker.failed(0, "revoked");
      room.now += SECOND;
      expect(worker.ask()?.trial).toBe(true);
      if (end === "good") worker.succeeded(0, { trial: false });
      else worker.failed(0, end, { trial: false });
      worker.released(0, { trial: false });
      room.now += 4 * SECOND;
      expect(worker.ask()).toBeUndefined();
      worker.succeeded(0);
      expect(worker.ask()).toEqual({ token: 0, trial: false });
    },
  );

  test("that was out is not brought back by what was under way before", () => {
    const worker = room.world({}).worker();
    worker.failed(0, "revoked");
    worker.succeeded(0);
    expect(worker.ask()).toBeUndefined();
    room.now += 30 * SECOND;
    worker.succeeded(0);
    expect(worker.ask()).toEqual({ token: 0, trial: true });
  });
});

describe("a caller's mistake", () => {
  test.each<Failure>(["mistake", "left", "local"])("%s in any number changes nothing", failure => {
    const worker = room.world({}).worker();
    times(100, () => worker.failed(0, failure));
    expect(worker.ask()).toEqual({ token: 0, trial: false });
    expect([room.wasm.writes(), worker.entries()]).toEqual([0, 0]);
  });

  test("does not break a row of failures", () => {
    const worker = room.world({}).worker();
    times(2, () => worker.failed(0, "refused"));
    times(5, () => worker.failed(0, "mistake"));
    worker.failed(0, "refused");
    expect(worker.ask()).toBeUndefined();
  });

  test("is a missing model where the request names none", () => {
    const worker = room.world({}).worker();
    const noModel = 1n;
    times(9, () => worker.failed(0, "no model", { model: noModel }));
    expect(worker.ask(0, { model: noModel })).toEqual({ token: 0, trial: false });
  });
});

describe("a rate limit", () => {
  test("closes the token for that model alone, until the time that the provider said", () => {
    const worker = room.world({ tokens: 2 }).worker();
    worker.failed(0, { wait: 7 * SECOND });
    times(20, () => expect(worker.ask()?.token).toBe(1));
    expect(worker.ask(0, { model: 5n, tried: [1] })).toEqual({ token: 0, trial: false });
    room.now += 7 * SECOND - 1;
    expect(worker.ask(0, { tried: [1] })).toBeUndefined();
    room.now += 1;
    expect(worker.ask(0, { tried: [1] })).toEqual({ token: 0, trial: true });
  });

  test("that passes lets one request through first, and all others when that is answered well or not refused within a second", () => {
    const worker = room.world({}).worker();
    const limit = () => {
      worker.failed(0, { wait: 7 * SECOND });
      room.now += 7 * SECOND;
      expect(worker.ask()).toEqual({ token: 0, trial: true });
      expect([worker.ask(), worker.opensIn(), worker.isRateLimited()]).toEqual([undefined, SECOND, true]);
    };
    limit();
    worker.succeeded(0);
    times(3, () => expect(worker.ask()).toEqual({ token: 0, trial: false }));
    limit();
    room.now += SECOND;
    times(3, () => expect(worker.ask()).toEqual({ token: 0, trial: false }));
    worker.failed(0, { wait: 2 * SECOND });
    expect(worker.opensIn()).toBe(2 * SECOND);
  });

  test("is not shortened by a shorter one, and lengthened by a longer one", () => {
    const worker = room.world({}).worker();
    worker.failed(0, { wait: 7 * SECOND });
    worker.failed(0, { wait: 2 * SECOND });
    expect(worker.opensIn()).toBe(7 * SECOND);
    worker.failed(0, { wait: 9 * SECOND });
    expect(worker.opensIn()).toBe(9 * SECOND);
    worker.failed(0, "limited");
    expect(worker.opensIn()).toBe(9 * SECOND);
    room.now += 8 * SECOND;
    worker.succeeded(0);
    expect(worker.opensIn()).toBe(1 * SECOND);
    worker.failed(0, { wait: 24 * 60 * MINUTE });
    expect(worker.opensIn()).toBe(24 * 60 * MINUTE);
  });

  test("backs off by itself where the provider says nothing: half to the whole of 1 s doubling to a minute", () => {
    const worker = room.world({}).worker();
    const waits = [1, 2, 4, 8, 16, 32, 60, 60].map(seconds => {
      worker.failed(0, "limited");
      // The others that were under way do not count as a second time.
      times(3, () => worker.failed(0, "limited"));
      const wait = worker.opensIn();
      expect(wait).toBeGreaterThanOrEqual((seconds * SECOND) / 2);
      expect(wait).toBeLessThanOrEqual(seconds * SECOND);
      room.now += wait + 1;
      return wait / seconds;
    });
    expect(new Set(waits).size).toBeGreaterThan(4);
    worker.succeeded(0);
    worker.failed(0, "limited");
    expect(worker.opensIn()).toBeLessThanOrEqual(SECOND);
  });

  test("is what waiting is for: the soonest of all tokens, if a limit keeps that one closed", () => {
    const worker = room.world({ tokens: 3 }).worker();
    expect([worker.opensIn(), worker.isRateLimited()]).toEqual([0, false]);
    worker.failed(0, { wait: 9 * SECOND });
    worker.failed(1, "revoked");
    expect([worker.opensIn(), worker.isRateLimited()]).toEqual([0, false]);
    worker.failed(2, { wait: 4 * SECOND });
    expect([worker.opensIn(), worker.isRateLimited()]).toEqual([4 * SECOND, true]);
    times(3, () => worker.failed(0, "refused"));
    expect([worker.opensIn(), worker.isRateLimited()]).toEqual([5 * SECOND, false]);
  });
});

describe("a provider", () => {
  test("is out after three failures in a row of different exchanges that no model can have caused", () => {
    const worker = room.world({ tokens: 2 }).worker();
    const exchange = room.newExchange();
    times(5, () => worker.failed(0, "refused", { exchange }));
    worker.failed(1, "refused");
    expect(worker.ask()).toBeDefined();
    worker.failed(1, "refused");
    expect(worker.ask()).toBeUndefined();
    expect(worker.ask(0, { model: 5n })).toBeUndefined();
  });

  test("counts an exchange once, wherever its failures stand among others", () => {
    const worker = room.world({}).worker();
    const [a, b] = [room.newExchange(), room.newExchange()];
    for (const exchange of [a, b, a, b, a]) worker.failed(0, "refused", { exchange });
    expect(worker.ask()).toBeDefined();
    worker.failed(0, "refused");
    expect(worker.ask()).toBeUndefined();
  });

  test("is not closed by failures that a success stands between", () => {
    const worker = room.world({}).worker();
    times(10, () => {
      times(2, () => worker.failed(0, "refused"));
      worker.succeeded(0);
    });
    expect(worker.ask()).toBeDefined();
    expect(worker.entries()).toBe(0);
  });

  test("counts a reset without an answer only if the exchange's second try fails too", () => {
    const worker = room.world({}).worker();
    times(20, () => {
      worker.failed(0, "reset");
      expect(worker.mayTryAgain(0)).toBe(true);
    });
    expect([worker.ask()?.token, worker.entries()]).toEqual([0, 0]);
    const twice = (second: Failure) => {
      const exchange = room.newExchange();
      worker.failed(0, "reset", { exchange });
      worker.failed(0, second, { exchange });
    };
    twice("reset");
    twice("refused");
    expect(worker.ask()).toBeDefined();
    twice("refused");
    expect(worker.ask()).toBeUndefined();
  });

  test("opens for one trial after 5 s, and for longer each time that it fails, up to a minute", () => {
    const worker = room.world({ tokens: 2 }).worker();
    times(3, () => worker.failed(0, "refused"));
    for (const seconds of [5, 10, 20, 40, 60, 60]) {
      expect(worker.opensIn()).toBe(seconds * SECOND);
      room.now += seconds * SECOND;
      const trial = worker.ask();
      expect(trial?.trial).toBe(true);
      expect(worker.ask(0, { tried: [trial!.token] })).toBeUndefined();
      worker.failed(trial!.token, "reset");
    }
    room.now += 60 * SECOND;
    worker.succeeded(worker.ask()!.token);
    times(2, () => worker.failed(0, "refused"));
    expect(worker.ask()?.trial).toBe(false);
    worker.failed(0, "refused");
    expect(worker.opensIn()).toBe(5 * SECOND);
  });

  test("does not learn from requests that were under way when it closed", () => {
    const worker = room.world({}).worker();
    times(9, () => worker.failed(0, "refused"));
    worker.succeeded(0);
    expect(worker.opensIn()).toBe(5 * SECOND);
  });

  test("that answers a trial with a limit of the token is asked again by another", () => {
    const worker = room.world({ tokens: 2 }).worker();
    times(3, () => worker.failed(0, "refused"));
    room.now += 5 * SECOND;
    const first = worker.ask()!;
    worker.failed(first.token, { wait: MINUTE });
    const second = worker.ask()!;
    expect(second).toEqual({ token: 1 - first.token, trial: true });
    worker.succeeded(second.token);
    expect(worker.ask()).toEqual({ token: second.token, trial: false });
  });

  test("without tokens has one hop all the same", () => {
    const worker = room.world({ tokens: 0 }).worker();
    expect([worker.ask()?.token, worker.ask(0, { tried: [0] })]).toEqual([0, undefined]);
    worker.failed(0, "revoked");
    expect(worker.ask()).toBeUndefined();
    expect(worker.opensIn()).toBe(30 * SECOND);
  });
});

describe("a provider for one model", () => {
  test.each<[Failure, number]>([
    ["no model", 3],
    ["slow", 6],
    ["slow", 6],
  ])("is closed by %s after %i exchanges, for that model alone", (failure, count) => {
    const worker = room.world({ tokens: 2 }).worker();
    times(count - 1, () => worker.failed(0, failure));
    expect(worker.ask()).toBeDefined();
    worker.failed(1, failure);
    expect(worker.ask()).toBeUndefined();
    expect(worker.ask(0, { model: 5n })).toBeDefined();
    room.now += 5 * SECOND;
    const trial = worker.ask()!;
    expect([trial.trial, worker.ask()]).toEqual([true, undefined]);
    worker.failed(trial.token, failure);
    expect(worker.opensIn()).toBe(10 * SECOND);
    room.now += 10 * SECOND;
    worker.succeeded(worker.ask()!.token);
    expect(worker.ask()?.trial).toBe(false);
  });

  test("is closed by slow answers mixed with missing ones: two halves make a whole", () => {
    const worker = room.world({}).worker();
    for (const failure of ["slow", "no model", "slow"] as Failure[]) worker.failed(0, failure);
    expect(worker.ask()).toBeDefined();
    worker.failed(0, "no model");
    expect(worker.ask()).toBeUndefined();
  });
});

describe("the choice of a token", () => {
  let worker: Worker;
  const share = (count: number, asked = {}) => {
    const seen = new Map<number, number>();
    times(count, () => {
      const token = worker.ask(0, asked)!.token;
      seen.set(token, (seen.get(token) ?? 0) + 1);
    });
    return (token: number) => (seen.get(token) ?? 0) / count;
  };

  describe("by chance", () => {
    beforeEach(() => (worker = room.world({ tokens: 4 }).worker()));

    test("gives every live token its share", () => {
      const of = share(4000);
      for (let token = 0; token < 4; token++) expect(of(token)).toBeCloseTo(0.25, 1);
    });

    test("never gives a token that was tried", () => {
      const left = [0, 1, 2, 3];
      while (left.length > 0) {
        const tried = [0, 1, 2, 3].filter(token => !left.includes(token));
        const { token } = worker.ask(0, { tried })!;
        expect(left).toContain(token);
        left.splice(left.indexOf(token), 1);
      }
      expect(worker.ask(0, { tried: [0, 1, 2, 3] })).toBeUndefined();
    });
  });

  test("by weight gives each its share, and none to a weight of 0 unless it is alone", () => {
    worker = room.world({ tokens: 3, choice: "weighted", weights: [6, 3, 0] }).worker();
    const of = share(6000);
    expect(of(0)).toBeCloseTo(2 / 3, 1);
    expect(of(1)).toBeCloseTo(1 / 3, 1);
    expect(of(2)).toBe(0);
    expect(worker.ask(0, { tried: [0, 1] })?.token).toBe(2);
  });

  describe("that is sticky", () => {
    const callers = Array.from({ length: 300 }, (_, i) => BigInt(i + 1) * 0x9e3779b97f4a7c15n);
    const choices = () => callers.map(sticky => worker.ask(0, { sticky })!.token);
    beforeEach(() => (worker = room.world({ tokens: 4, choice: "sticky" }).worker()));

    test("gives a caller its token again, and every token callers", () => {
      expect(choices()).toEqual(choices());
      for (let token = 0; token < 4; token++)
        expect(choices().filter(chosen => chosen === token).length).toBeGreaterThan(40);
    });

    test("moves only the callers of a token that is out, and moves them back", () => {
      const before = choices();
      worker.failed(2, "revoked");
      const during = choices();
      before.forEach((token, i) => (token === 2 ? expect(during[i]).not.toBe(2) : expect(during[i]).toBe(token)));
      expect(new Set(during.filter((_, i) => before[i] === 2)).size).toBe(3);
      room.now += 30 * SECOND;
      worker.ask(0, { sticky: callers[before.indexOf(2)]! });
      worker.succeeded(2);
      expect(choices()).toEqual(before);
    });
  });

  test("when everything is open is the one that opens soonest", () => {
    worker = room.world({ tokens: 3 }).worker();
    worker.failed(0, { wait: 9 * SECOND });
    worker.failed(1, { wait: 4 * SECOND });
    worker.failed(2, "revoked");
    expect([worker.ask(), worker.soonest(), worker.opensIn()]).toEqual([undefined, 1, 4 * SECOND]);
    // Now the provider's own breaker opens last for all of them: the token's tells them apart.
    times(12, () => worker.failed(0, "refused"));
    room.now += SECOND;
    expect(worker.soonest()).toBe(1);
  });
});
