import { expect, describe, it } from "vitest";
import { chat, json, openAiError } from "../host/proxy-host.js";
import { ask, Fleet, firstIsBad, INTERVAL, isToken, meet, SECRET, SOON } from "./virtual-fleet.js";
import type { VirtualStore } from "./virtual-store.js";

const badKey = json(401, openAiError("invalid_api_key"));

describe("a fleet", () => {
  it("speaks with its store by one call an interval, whatever the number of workers", () => {
    const fleet = new Fleet({ count: 1, workers: 4 });
    const before = fleet.store.calls;
    fleet.advance(20 * INTERVAL);
    expect(fleet.store.calls - before).toBeGreaterThanOrEqual(18);
    expect(fleet.store.calls - before).toBeLessThanOrEqual(20);
  });

  it("tells what is out within two intervals, with cause and end, and who learnt it", () => {
    const fleet = new Fleet();
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    expect(fleet.states()).toEqual(["out", "out", "out"]);
    const [first, second] = fleet.gateways.map(gateway => fleet.tokenOf(gateway).breaker!);
    const [self] = fleet.statusOf(fleet.gateways[0]!).fleets;
    expect(second).toMatchObject({ cause: "credential", opened: 1, failures: 0, learntFrom: self!.gateway });
    expect(Math.abs(second!.opensInMs - first!.opensInMs)).toBeLessThan(100);
    expect(first!.learntFrom).toBe("");
    const { history } = fleet.statusOf(fleet.gateways[1]!);
    expect(history[0]).toMatchObject({ token: "t1", state: "out", by: `gateway ${self!.gateway}` });
  });

  it("lets no other gateway meet what one has met", () => {
    const fleet = new Fleet();
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    fleet.seen.length = 0;
    for (let i = 0; i < 30; i++) expect(fleet.failures()).toBe(0);
    expect(fleet.seen.filter(isToken(1))).toEqual([]);
  });

  it("hears of a recovery, and tries one at a time", () => {
    const fleet = new Fleet({ provider: { failover: { cooldownDuration: 5000 } } });
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(4000);
    fleet.seen.length = 0;
    // Still bad: for as long as that, each round of trials is one gateway's.
    for (let i = 0; i < 400; i++) {
      fleet.advance(50);
      expect(fleet.failures()).toBe(0);
    }
    const trials = fleet.seen.filter(isToken(1)).map(({ at }) => Math.round(at));
    expect(trials.length).toBeGreaterThanOrEqual(2);
    expect(trials.filter((at, i) => i > 0 && at - trials[i - 1]! < 4500)).toEqual([]);
    fleet.qwen = chat("Hi");
    for (let i = 0; i < 200; i++) {
      fleet.advance(50);
      expect(fleet.failures()).toBe(0);
    }
    expect(fleet.states()).toEqual(["live", "live", "live"]);
  });

  it("tries one at a time also what the store has just forgotten", () => {
    const fleet = new Fleet({ provider: { failover: { cooldownDuration: 5000 } } });
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(4000);
    fleet.seen.length = 0;
    let wasOut = true;
    for (let i = 0; i < 400; i++) {
      fleet.advance(50);
      // As soon as somebody might try it.
      const isOut = fleet.states().every(state => state === "out");
      if (wasOut && !isOut) fleet.store.flush();
      wasOut = isOut;
      fleet.advance(INTERVAL / 2);
      expect(fleet.failures()).toBe(0);
    }
    const trials = fleet.seen.filter(isToken(1)).map(({ at }) => Math.round(at));
    expect(trials.length).toBeGreaterThanOrEqual(2);
    expect(trials.filter((at, i) => i > 0 && at - trials[i - 1]! < 4500)).toEqual([]);
  });

  it("gives no permit to a gateway that nobody asks", () => {
    const fleet = new Fleet({ provider: { failover: { cooldownDuration: 2000 } } });
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(60_000);
    expect(fleet.store.permits).toEqual([]);
  });

  it("probes a token by one gateway at a time", () => {
    let probes: number[] = [];
    const fleet = new Fleet({ provider: { failover: { healthCheckModel: "small", healthCheckInterval: 5000 } } });
    fleet.qwen = request => {
      if (request.by === "callout") probes.push(request.at);
      return isToken(1)(request) ? badKey : chat("Hi");
    };
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(120_000);
    expect(probes.length).toBeGreaterThan(2);
    expect(probes.filter((at, i) => i > 0 && at - probes[i - 1]! < 4000)).toEqual([]);
    probes = [];
    fleet.qwen = request => {
      if (request.by === "callout") probes.push(request.at);
      return chat("Hi");
    };
    fleet.advance(70_000);
    expect(fleet.states()).toEqual(["live", "live", "live"]);
    expect(probes).toHaveLength(1);
  });

  it("shows as out, at every gateway, what one has probed in vain, and gives the permit back", () => {
    const fleet = new Fleet({ provider: { failover: { healthCheckModel: "small", healthCheckInterval: 5000 } } });
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    // Half-open from the end of its time until the probe's end is told, and no longer.
    const since = fleet.gateways.map(() => fleet.clock.now);
    let longest = 0;
    let heldWhileOut = 0;
    while (fleet.clock.now < 60_000) {
      fleet.advance(100);
      fleet.states().forEach((state, i) => {
        if (state === "out") return;
        longest = Math.max(longest, fleet.clock.now - since[i]!);
        heldWhileOut = 0;
      });
      fleet.states().forEach((state, i) => {
        if (state === "out") since[i] = fleet.clock.now;
      });
      if (fleet.store.heldPermits > 0) heldWhileOut += 100;
      expect(heldWhileOut).toBeLessThan(2 * SOON);
    }
    expect(longest).toBeLessThan(2 * SOON);
    expect(fleet.store.permits.length).toBeGreaterThan(2);
  });

  it("gives a permit back whose answer was lost, after its own trial", () => {
    const fleet = new Fleet({ provider: { failover: { cooldownDuration: 4000 } } });
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    fleet.store.losesPermits = true;
    const goOn = () => {
      fleet.advance(100);
      expect(fleet.failures()).toBe(0);
    };
    while (fleet.store.permits.length === 0) goOn();
    fleet.store.losesPermits = false;
    while (!fleet.states().every(state => state === "out")) goOn();
    fleet.advance(SOON);
    expect(fleet.store.heldPermits).toBe(0);
  });

  it("honours a rate limit everywhere until its time", () => {
    const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "20" } });
    const fleet = new Fleet();
    fleet.qwen = request => (isToken(1)(request) ? limited : chat("Hi"));
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    fleet.seen.length = 0;
    for (let i = 0; i < 15; i++) {
      fleet.advance(1000);
      expect(fleet.failures()).toBe(0);
    }
    expect(fleet.seen.filter(isToken(1))).toEqual([]);
    // Also by one that has just started.
    const late = fleet.add();
    fleet.advance(60);
    expect(late.askStatus({ path: "/ready" }).text).not.toContain("joining_fleet");
    for (let i = 0; i < 10; i++) expect(late.ask(ask).status).toBe(200);
    expect(fleet.seen.filter(isToken(1))).toEqual([]);
  });

  it("keeps no gateway from the forced attempt by what it has only learnt", () => {
    const fleet = new Fleet({ count: 2, tokens: { qwen: 1 } });
    fleet.qwen = badKey;
    fleet.gateways[0]!.ask(ask);
    fleet.advance(SOON);
    expect(fleet.states()).toEqual(["out", "out"]);
    fleet.qwen = chat("Hi");
    const answer = fleet.gateways[1]!.ask(ask);
    expect([answer.status, answer.headers["x-ai-failover-trail"]]).toEqual([200, expect.stringContaining("forced")]);
  });

  it("obeys a person's order everywhere, also at a gateway that starts later", () => {
    const fleet = new Fleet();
    fleet.order(fleet.gateways[1]!, { do: "take-out", provider: "qwen", token: "t1" });
    fleet.advance(SOON);
    expect(fleet.states()).toEqual(["taken-out", "taken-out", "taken-out"]);
    expect(fleet.tokenOf(fleet.gateways[2]!).breaker!.heldForMs).toBe(-1);
    const late = fleet.add();
    fleet.advance(SOON);
    expect(fleet.tokenOf(late).state).toBe("taken-out");
    fleet.order(late, { do: "bring-back", provider: "qwen", token: "t1" });
    fleet.advance(SOON);
    expect(fleet.states()).toEqual(["live", "live", "live", "live"]);
    // And nobody says it again.
    fleet.advance(20_000);
    expect(fleet.states()).toEqual(["live", "live", "live", "live"]);
  });

  it("tells at each gateway where an order was given", () => {
    const fleet = new Fleet();
    const [first, second] = fleet.gateways.map(gateway => fleet.statusOf(gateway).fleets[0]!.gateway);
    fleet.order(fleet.gateways[0]!, { do: "take-out", provider: "qwen", token: "t1", for: "10m", by: "alice" });
    fleet.advance(SOON);
    const other = fleet.gateways[1]!;
    const told = { provider: "qwen", token: "t1", by: `gateway ${first}` };
    expect(fleet.tokenOf(other).breaker!.learntFrom).toBe(first);
    expect(fleet.tokenOf(fleet.gateways[0]!).breaker!.learntFrom).toBe("");
    expect(fleet.statusOf(other).history).toMatchObject([{ ...told, state: "taken-out" }]);
    expect(other.log).toContain(`warn qwen/t1 was taken out at gateway ${first}`);
    // What is told again after the store was emptied is no new order.
    fleet.store.flush();
    fleet.advance(2 * SOON);
    expect(fleet.statusOf(other).history).toHaveLength(1);
    fleet.order(other, { do: "bring-back", provider: "qwen", token: "t1", by: "bob" });
    fleet.advance(SOON);
    const { history } = fleet.statusOf(fleet.gateways[0]!);
    expect(history[0]).toMatchObject({ ...told, state: "live", by: `gateway ${second}` });
    expect(history[0]!.agoMs).toBeLessThan(SOON);
    expect(history).toHaveLength(2);
    expect(fleet.statusOf(other).history).toHaveLength(2);
    expect(fleet.gateways[0]!.log).toContain(`warn qwen/t1 was brought back at gateway ${second}`);
  });

  it("tells who has found a recovery", () => {
    const fleet = new Fleet({ provider: { failover: { cooldownDuration: 2000 } } });
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    fleet.qwen = chat("Hi");
    const finder = fleet.gateways[2]!;
    for (let i = 0; i < 100 && fleet.tokenOf(finder).state !== "live"; i++) {
      finder.ask(ask);
      fleet.advance(100);
    }
    fleet.advance(SOON);
    const { gateway } = fleet.statusOf(finder).fleets[0]!;
    for (const other of fleet.gateways.slice(0, 2)) {
      const [last] = fleet.statusOf(other).history;
      expect(last).toMatchObject({ token: "t1", state: "live", by: `gateway ${gateway}` });
      expect(last!.agoMs).toBeLessThan(SOON + 100);
    }
    expect(fleet.statusOf(finder).history[0]).toMatchObject({ token: "t1", state: "live", by: "" });
  });

  it("keeps an order without an end for longer than the store holds anything", () => {
    const fleet = new Fleet({ count: 2 });
    fleet.order(fleet.gateways[1]!, { do: "take-out", provider: "qwen", token: "t1" });
    fleet.order(fleet.gateways[1]!, { do: "take-out", provider: "qwen", token: "t2", for: "10m" });
    fleet.advance(SOON);
    const pushes = fleet.store.ops["P"]!;
    fleet.advance(9 * 60_000);
    expect(fleet.states(2)).toEqual(["taken-out", "taken-out"]);
    fleet.advance(2 * 60_000);
    expect(fleet.states(2)).toEqual(["live", "live"]);
    expect(fleet.states(1)).toEqual(["taken-out", "taken-out"]);
    expect(fleet.store.ops["P"]).toBe(pushes);
  });

  it.each([5000, 30_000, 60_000])("counts its gateways when they ask every %d ms", interval => {
    const fleet = new Fleet({ fleet: { interval } });
    fleet.advance(12 * interval);
    for (let i = 0; i < 12; i++) {
      fleet.advance(interval);
      expect(fleet.statusOf(fleet.gateways[0]!).fleets[0]).toMatchObject({ gateways: 3, state: "in-step" });
    }
  });

  it("says nothing twice while nothing changes", () => {
    const fleet = new Fleet();
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.order(fleet.gateways[1]!, { do: "take-out", provider: "qwen", token: "t2" });
    fleet.advance(SOON);
    const before = { ...fleet.store.ops };
    fleet.advance(20_000);
    expect(fleet.store.ops).toEqual(before);
  });
});

describe("a fleet that knows much", () => {
  const TOKENS = 200;
  function knowMuch(): Fleet {
    const fleet = new Fleet({ count: 2, tokens: { qwen: TOKENS, deepseek: 1 } });
    fleet.qwen = badKey;
    for (let i = 0; i < 20 * TOKENS && outAt(fleet, 0) < TOKENS; i++) fleet.gateways[0]!.ask(ask);
    fleet.advance(SOON);
    expect(outAt(fleet, 1)).toBe(TOKENS);
    return fleet;
  }
  const outAt = (fleet: Fleet, place: number) =>
    fleet.statusOf(fleet.gateways[place]!).sites[0]!.providers[0]!.tokens.filter(({ state }) => state === "out").length;

  it("tells all of it again within two intervals after the store was emptied", () => {
    const fleet = knowMuch();
    fleet.store.flush();
    fleet.advance(SOON);
    expect(fleet.store.entries.size).toBe(TOKENS);
  });

  it("tells a gateway that starts all of it, in pages, by few calls", () => {
    const fleet = knowMuch();
    // What was forgotten since has a later version than what is on the first pages.
    fleet.store.raiseFloor();
    const late = fleet.gateways.indexOf(fleet.add());
    const before = fleet.store.calls;
    fleet.advance(INTERVAL / 2);
    expect(outAt(fleet, late)).toBe(TOKENS);
    expect(fleet.store.calls - before).toBeLessThan(8);
  });

  it("is not asked without end where the store takes nothing of it", () => {
    const fleet = knowMuch();
    fleet.store.flush();
    fleet.store.refusesAll = true;
    const before = fleet.store.calls;
    fleet.advance(10 * INTERVAL);
    expect(fleet.store.calls - before).toBeLessThan(2 * 10 * 80);
    expect(fleet.store.entries.size).toBe(0);
  });
});

describe("a gateway that starts", () => {
  it("is not ready before the store has answered, or startTimeout has passed", () => {
    const fleet = new Fleet({ count: 1 });
    fleet.store.fault = "silence";
    const late = fleet.add({ startTimeout: 3000 });
    const ready = () => late.askStatus({ path: "/ready" });
    expect(ready().status).toBe(503);
    expect(ready().text).toContain("joining_fleet");
    fleet.advance(2500);
    expect(ready().status).toBe(503);
    fleet.advance(1000);
    expect(ready().text).not.toContain("joining_fleet");
    // Meanwhile no request has waited.
    expect(late.ask(ask).status).toBe(200);
  });

  it("knows what the others know when it is ready", () => {
    const fleet = new Fleet();
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    const late = fleet.add();
    fleet.advance(60);
    expect(late.askStatus({ path: "/ready" }).text).not.toContain("joining_fleet");
    expect(fleet.tokenOf(late).state).toBe("out");
  });
});

describe("the store", () => {
  const ways: [string, VirtualStore["fault"], string][] = [
    ["is down", "refused", "cannot be reached"],
    ["has another certificate", "tls", "has a certificate that fleet.caFile does not vouch for"],
    ["is silent", "silence", "cannot be reached"],
    ["refuses the password", { error: "WRONGPASS invalid username-password pair" }, "refuses the user or the password"],
    ["is a replica", { error: "READONLY You can't write against a read only replica." }, "takes no writes"],
    ["is full", { error: "OOM command not allowed when used memory > 'maxmemory'." }, "is full"],
    [
      "runs no scripts",
      { error: "NOPERM this user has no permissions to run the 'evalsha' command" },
      "does not allow",
    ],
    ["answers garbage", { body: "HTTP/1.1 400 Bad Request\r\n\r\n" }, "Redis's protocol"],
    ["answers nothing", { body: "" }, "Redis's protocol"],
    ["answers too much", { body: `$200000\r\n${"x".repeat(200_000)}\r\n` }, "more than was asked for"],
  ];

  it.each(ways)(
    "%s: each goes on alone, says it once, and joins again with what it has learnt",
    (_what, fault, words) => {
      const fleet = new Fleet();
      fleet.store.fault = fault;
      fleet.advance(3 * INTERVAL);
      fleet.qwen = firstIsBad;
      for (let i = 0; i < 30; i++) {
        fleet.advance(500);
        expect(fleet.failures()).toBe(0);
      }
      for (const gateway of fleet.gateways) {
        const lines = gateway.log.filter(line => line.includes("fleet tests: the store"));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain(words);
        expect(fleet.statusOf(gateway).fleets[0]).toMatchObject({
          state: "alone",
          why: expect.stringContaining(words),
        });
        expect(gateway.metric("ai_failover_fleet_in_step")).toBe(0);
        expect(gateway.metric("ai_failover_fleet_failed_calls_total")).toBeGreaterThan(2);
      }
      fleet.store.fault = undefined;
      fleet.advance(3 * INTERVAL + 200);
      for (const gateway of fleet.gateways) {
        expect(fleet.statusOf(gateway).fleets[0]).toMatchObject({ state: "in-step", why: "" });
        expect(gateway.log.filter(line => line.includes("back in step"))).toHaveLength(1);
        expect(gateway.metric("ai_failover_fleet_in_step")).toBe(1);
      }
      expect(fleet.states()).toEqual(["out", "out", "out"]);
    },
  );

  it("is emptied: all tell again what is still out, within two intervals", () => {
    const fleet = new Fleet();
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.order(fleet.gateways[2]!, { do: "take-out", provider: "qwen", token: "t2" });
    fleet.advance(SOON);
    fleet.store.flush();
    fleet.advance(SOON);
    expect(fleet.store.entries.size).toBe(2);
    expect(fleet.states(1)).toEqual(["out", "out", "out"]);
    expect(fleet.states(2)).toEqual(["taken-out", "taken-out", "taken-out"]);
  });

  it.each([
    ["back by an hour", -3_600_000],
    ["forth by an hour", 3_600_000],
    ["back by 3 s", -3000],
  ])("has its clock set %s: what is out stays out for its time, and what is new is told", (_how, shift) => {
    const fleet = new Fleet();
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    const opensIn = () => fleet.gateways.map(gateway => fleet.tokenOf(gateway).breaker!.opensInMs);
    const before = opensIn();
    fleet.store.clockShift = shift;
    fleet.advance(2 * SOON);
    expect(fleet.states(1)).toEqual(["out", "out", "out"]);
    opensIn().forEach((ms, i) => expect(Math.abs(before[i]! - 2 * SOON - ms)).toBeLessThan(100));
    fleet.order(fleet.gateways[1]!, { do: "take-out", provider: "qwen", token: "t2", for: "10m" });
    fleet.advance(SOON);
    fleet.add();
    fleet.advance(SOON);
    expect(fleet.states(1)).toEqual(["out", "out", "out", "out"]);
    expect(fleet.states(2)).toEqual(["taken-out", "taken-out", "taken-out", "taken-out"]);
    const held = fleet.gateways.map(gateway => fleet.tokenOf(gateway, 2).breaker!.heldForMs);
    held.forEach(ms => expect(Math.abs(ms - 600_000)).toBeLessThan(5000));
    fleet.order(fleet.gateways[1]!, { do: "bring-back", provider: "qwen", token: "t2" });
    fleet.advance(SOON);
    expect(fleet.states(2)).toEqual(["live", "live", "live", "live"]);
    expect(fleet.statusOf(fleet.gateways[0]!).fleets[0]).toMatchObject({ state: "in-step", unsigned: 0 });
  });

  it("is spoken with by gateways whose own clocks are set: they go by no clock of theirs", () => {
    const fleet = new Fleet();
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    const opensIn = fleet.tokenOf(fleet.gateways[1]!).breaker!.opensInMs;
    for (const shift of [3_600_000, -3_600_000]) {
      fleet.clock.wallShift = shift;
      fleet.add();
      fleet.advance(SOON);
      expect(new Set(fleet.states(1))).toEqual(new Set(["out"]));
    }
    const left = fleet.gateways.map(gateway => fleet.tokenOf(gateway).breaker!.opensInMs);
    left.forEach(ms => expect(Math.abs(opensIn - 2 * SOON - ms)).toBeLessThan(200));
    expect(fleet.statusOf(fleet.gateways[0]!).fleets[0]).toMatchObject({ state: "in-step", unsigned: 0 });
  });

  it("comes back without what was closed while it was away: the closing is told", () => {
    const fleet = new Fleet();
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    fleet.store.fault = "refused";
    fleet.advance(SOON);
    fleet.qwen = chat("Hi");
    fleet.order(fleet.gateways[1]!, { do: "bring-back", provider: "qwen", token: "t1" });
    fleet.store.fault = undefined;
    fleet.advance(2 * SOON);
    expect(fleet.states()).toEqual(["live", "live", "live"]);
  });

  it("holds what is not signed with the fleet's secret: it counts for nothing, and is told", () => {
    const fleet = new Fleet({ count: 2 });
    const stranger = fleet.add({ secret: "another-secret-of-theirs" });
    fleet.qwen = firstIsBad;
    meet(fleet, stranger);
    fleet.advance(SOON);
    expect(fleet.states()).toEqual(["live", "live", "out"]);
    expect(fleet.statusOf(fleet.gateways[0]!).fleets[0]!.unsigned).toBe(1);
  });

  it("holds entries of a later release beside ours: they are passed over, and are no strangers'", () => {
    const fleet = new Fleet({ count: 2 });
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.advance(SOON);
    const [id] = [...fleet.store.entries.keys()];
    fleet.store.write("0".repeat(48), "2 another layout of what follows");
    fleet.store.write(id!.replace(/^.{16}/, "f".repeat(16)), "7 x");
    fleet.advance(SOON);
    fleet.order(fleet.gateways[1]!, { do: "take-out", provider: "qwen", token: "t2" });
    fleet.advance(SOON);
    expect(fleet.states(1)).toEqual(["out", "out"]);
    expect(fleet.states(2)).toEqual(["taken-out", "taken-out"]);
    for (const gateway of fleet.gateways)
      expect(fleet.statusOf(gateway).fleets[0]).toMatchObject({ state: "in-step", unsigned: 0 });
    fleet.store.write("1".repeat(48), "1 credential 1 0 rubbish");
    fleet.advance(SOON);
    expect(fleet.statusOf(fleet.gateways[0]!).fleets[0]).toMatchObject({ state: "in-step", unsigned: 1 });
  });

  it("is not asked by a worker that died: another speaks for all", () => {
    const fleet = new Fleet({ count: 1, workers: 2 });
    for (const thread of fleet.gateways[0]!.threads) thread.vm.injectTrap("proxy_on_http_call_response");
    fleet.advance(1200);
    const before = fleet.store.calls;
    fleet.advance(10 * INTERVAL);
    expect(fleet.gateways[0]!.process.traps.length).toBeGreaterThan(0);
    expect(fleet.store.calls).toBeGreaterThan(before);
  });

  it("never sees a password, a token or a name, and no log line does", () => {
    const url = "redis://user:a-password-here@store:6379/3";
    const fleet = new Fleet({ count: 1, fleet: { url } });
    fleet.qwen = firstIsBad;
    meet(fleet, fleet.gateways[0]!);
    fleet.store.fault = { error: "ERR unknown command 'AUTH', with args beginning with: 'user' 'a-password-here'" };
    fleet.advance(5000);
    const said = JSON.stringify([fleet.gateways[0]!.log, fleet.statusOf(fleet.gateways[0]!), fleet.store.permits]);
    expect(said).not.toContain("a-password-here");
    expect(said).not.toContain(SECRET);
    expect(JSON.stringify([...fleet.store.entries])).not.toMatch(/qwen|turbo|t1/);
  });
});

it("60 gateways agree within two intervals, and what they ask of the store does not grow with what they know", () => {
  const fleet = new Fleet({ count: 60, workers: 1 });
  const before = fleet.store.calls;
  fleet.qwen = firstIsBad;
  meet(fleet, fleet.gateways[0]!);
  fleet.advance(SOON);
  expect(fleet.states().filter(state => state !== "out")).toEqual([]);
  fleet.advance(10 * INTERVAL - SOON);
  expect((fleet.store.calls - before) / 60).toBeLessThanOrEqual(11);
  expect(fleet.store.ops["O"]).toBe(1);
});
