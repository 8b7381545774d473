import { beforeEach, expect, it } from "vitest";
import { GatewayHistory, SAMPLE_PERIOD } from "../../cli/console/gateway-history.js";
import type { BreakerStatus, BreakerWord, ChangeStatus, Status } from "../../cli/status/status-types.js";

const START = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;
let now: number;
let history: GatewayHistory;

beforeEach(() => {
  now = START;
  history = new GatewayHistory(() => now);
});

const breaker = (state: BreakerWord, cause: string, sinceMs: number) =>
  ({ state, cause, sinceMs, words: "", request: "r-1", failures: 1 }) as BreakerStatus;

interface Told {
  served?: number;
  rescued?: number;
  tokens?: Record<string, BreakerStatus | null>;
  changes?: Partial<ChangeStatus>[];
}

const status = ({ served = 0, rescued = 0, tokens = { a: null, b: null }, changes = [] }: Told) =>
  ({
    sites: [
      {
        routes: [{ requests: { served, rescued, returned: 0, refused: 0, failed: 0, clientLeft: 0 } }],
        providers: [
          {
            ...{ id: "qwen", state: "live", breaker: null, models: [], apis: [] },
            tokens: Object.entries(tokens).map(([name, breaker]) => ({
              ...{ name, state: breaker?.state ?? "live", breaker, models: [] },
            })),
          },
        ],
      },
    ],
    history: changes.map(change => ({ ...{ provider: "qwen", model: "", by: "", request: "r-1" }, ...change })),
  }) as unknown as Status;

const look = (told: Told) => history.look(status(told));
const lanes = (minutes = 60) =>
  Object.fromEntries(
    history
      .timeline(minutes, status({}))
      .lanes.map(({ token, spans }) => [
        token,
        spans.map(({ from, to, state }) => [from - START, to === null ? null : to - START, state]),
      ]),
  );

it("counts what came between two looks, from the first look on", () => {
  look({ served: 100 });
  now += SAMPLE_PERIOD;
  look({ served: 107, rescued: 2 });
  now += 5 * MINUTE;
  look({ served: 108, rescued: 2 });
  const { buckets, bucketMs, begin } = history.timeline(60, null);
  expect(bucketMs).toBe(MINUTE);
  expect(begin % MINUTE).toBe(0);
  expect(buckets.filter(([served, rescued]) => served! + rescued! > 0)).toEqual([
    [7, 2, 0, 0, 0, 0],
    [1, 0, 0, 0, 0, 0],
  ]);
});

it("counts on when Envoy was started again", () => {
  look({ served: 50 });
  now += SAMPLE_PERIOD;
  look({ served: 3 });
  expect(
    history
      .timeline(5, null)
      .buckets.flat()
      .reduce((a, b) => a + b),
  ).toBe(3);
});

it("draws from when to when a token was out, also between two looks", () => {
  look({});
  now += SAMPLE_PERIOD;
  look({
    changes: [
      { agoMs: 2000, token: "a", state: "live", cause: "none" },
      { agoMs: 5000, token: "a", state: "out", cause: "credential" },
      { agoMs: 60_000, token: "b", state: "out", cause: "quota" },
    ],
  });
  expect(lanes()).toEqual({ a: [[5000, 8000, "out"]], b: [] });
});

it("believes the present where the history has nothing of it", () => {
  look({ tokens: { a: breaker("out", "credential", 3000), b: null } });
  expect(lanes()).toEqual({ a: [[-3000, null, "out"]], b: [] });
  now += MINUTE;
  look({ tokens: { a: breaker("half-open", "credential", 63_000), b: null } });
  now += MINUTE;
  look({});
  expect(lanes()["a"]).toEqual([
    [-3000, 60_000, "out"],
    [60_000, 120_000, "half-open"],
  ]);
});

it("shows of many tokens those that were not well", () => {
  const tokens = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`t${i}`, null as BreakerStatus | null]));
  tokens["t500"] = breaker("out", "quota", 1000);
  look({ tokens });
  const { lanes, unshown } = history.timeline(60, status({ tokens }));
  expect(lanes.map(({ token }) => token)).toEqual(["t500"]);
  expect(unshown).toBe(999);
});

it("shows a provider that is out on each of its tokens", () => {
  look({ changes: [{ agoMs: 1000, token: "", state: "out", cause: "connect" }] });
  expect(lanes()).toEqual({ a: [[-1000, 0, "out"]], b: [[-1000, 0, "out"]] });
});

it("keeps a day", () => {
  for (let i = 0; i < 30 * 12; i++) {
    look({ served: i });
    now += 5 * MINUTE;
  }
  const { buckets, since } = history.timeline(24 * 60, null);
  expect(buckets.flat().reduce((a, b) => a + b)).toBeLessThanOrEqual(24 * 12);
  expect(now - since).toBeLessThanOrEqual(24 * 60 * MINUTE + 5 * MINUTE);
});
