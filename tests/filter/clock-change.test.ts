import { describe, expect, it } from "vitest";
import { chat, json, openAiError, type Behaviour, type Envoy, type Seen } from "../host/proxy-host.js";
import { MODES, start, tokensAt, type Mode } from "./fixture.js";

const ask = { body: { model: "qwen-turbo", messages: [] } };
const HOUR = 3_600_000;
const SECONDS = 250;

const until = (envoy: Envoy, seconds: number) =>
  new Date(Number(envoy.process.clock.wallNs / 1_000_000n) + seconds * 1000).toUTCString();

/** Everything that can be out: a token that is refused, one with a rate limit that ends at a date, the whole provider. */
function answer(envoy: Envoy, { headers, at }: Seen): Behaviour {
  if (at >= 80_000 && at < 110_000) return "refused";
  const token = headers["authorization"]!.slice(-1);
  if (token === "1" && at < 150_000) return json(401, openAiError("invalid_api_key"));
  if (token === "2" && at < 60_000)
    return json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": until(envoy, 25) } });
  return chat("Hi");
}

/** One request a second. `jumps`: hours by which the wall clock is set at a second. */
function run(mode: Mode, jumps: Record<number, number>) {
  const envoy = start({
    ...{ mode, workers: 2, tokens: { qwen: 3, deepseek: 1 }, provider: { type: "qwen" } },
    clusters: { qwen: seen => answer(envoy, seen), deepseek: chat("Hi") },
  });
  const trails: string[] = [];
  for (let second = 0; second < SECONDS; second++) {
    envoy.process.clock.wallShift += (jumps[second] ?? 0) * HOUR;
    const call = envoy.ask({ ...ask, worker: second % 2 });
    expect(call.status).toBe(200);
    trails.push(call.headers["x-ai-failover-trail"]!);
    envoy.advance(second * 1000 + 1000 - envoy.process.clock.now);
  }
  const met = envoy.provider("qwen").seen.map(({ at, method, headers }) => [at, method, headers["authorization"]]);
  return { trails, met };
}

describe.each(MODES)("in %s mode a wall clock that is set", mode => {
  const expected = run(mode, {});

  it("has something to disturb: each kind of breaker opens and closes, by probe, date and trial", () => {
    const all = expected.trails.join("\n");
    for (const cause of ["credential", "rate-limit", "connect"]) expect(all).toContain(`cause=${cause}`);
    expect(expected.met.filter(([, method]) => method === "GET").length).toBeGreaterThan(3);
    expect(expected.trails.slice(-30).every(trail => trail.startsWith("qwen/"))).toBe(true);
    expect(new Set(expected.trails.slice(-30).map(trail => trail.slice(0, 7))).size).toBe(3);
  });

  it.each([
    ["forward by hours", { 5: 7, 40: 3, 85: 24, 120: 5 }],
    ["back by hours", { 5: -7, 40: -3, 85: -24, 120: -5 }],
    ["forward and back again", { 2: 12, 30: -12, 82: 12, 100: -12 }],
  ])("%s changes no breaker, no cooldown and no probe", (_, jumps) => {
    expect(run(mode, jumps)).toEqual(expected);
  });

  it.each([9, -9])("by %i hours still lets a Retry-After date be read right, and keeps one that was read", hours => {
    const limited = () =>
      json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": until(envoy, 30) } });
    let first = true;
    const envoy: Envoy = start({
      ...{ mode, tokens: { qwen: 1, deepseek: 1 } },
      clusters: { qwen: () => (first ? limited() : chat("Hi")), deepseek: chat("Hi") },
    });
    const metAfter = (seconds: number) => {
      envoy.advance(seconds * 1000);
      envoy.forget();
      envoy.ask(ask);
      return tokensAt(envoy, "qwen").length;
    };
    expect(metAfter(0)).toBe(1);
    envoy.process.clock.wallShift += hours * HOUR;
    expect([metAfter(28), metAfter(3)]).toEqual([0, 1]);
    first = false;
    expect([metAfter(28), metAfter(3), metAfter(0)]).toEqual([0, 1, 1]);
  });
});
