import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import {
  chat,
  Clock,
  json,
  openAiError,
  type Behaviour,
  type Envoy,
  type Script,
  type Seen,
} from "../host/proxy-host.js";
import type { Status, TokenStatus } from "../../cli/status/status-types.js";
import { start as startHost, tokensAt, type Options } from "./fixture.js";
import { VirtualStore } from "./virtual-store.js";

const INTERVAL = 1000;
/** What "within two intervals" means with the ticks between. */
const SOON = 2 * INTERVAL + 200;
const SECRET = "0123456789abcdef";
const ask = { body: { model: "qwen-turbo", messages: [] } };
const badKey = json(401, openAiError("invalid_api_key"));
const validate = new Ajv2020().compile<Status>(JSON.parse(readFileSync("schema/status.schema.json", "utf8")));

interface FleetOptions extends Options {
  count?: number;
  fleet?: object;
}

/** Gateways that share a store, and what they see of the same providers. */
class Fleet {
  readonly clock = new Clock();
  readonly store = new VirtualStore(() => 1_800_000_000_000 + Math.round(this.clock.now));
  readonly gateways: Envoy[] = [];
  /** Of all gateways: what qwen got, in order. */
  readonly seen: (Seen & { gateway: number })[] = [];
  qwen: Script = chat("Hi");

  constructor(private readonly options: FleetOptions = {}) {
    for (let i = 0; i < (options.count ?? 3); i++) this.add();
    this.advance(SOON);
  }

  add(fleet: object = {}): Envoy {
    const { config, fleet: own, ...options } = this.options;
    const place = this.gateways.length;
    const qwen = (request: Seen, count: number): Behaviour => {
      if (request.by === "attempt") this.seen.push({ ...request, gateway: place });
      const script = this.qwen;
      return typeof script === "function" ? script(request, count) : (script as Behaviour);
    };
    const settings = { url: "redis://store:6379", name: "tests", secret: SECRET, interval: INTERVAL, ...own, ...fleet };
    const gateway = startHost({
      ...{ tokens: { qwen: 2, deepseek: 1 }, status: {}, seed: place + 1, clock: this.clock, ...options },
      config: { fleet: settings, ...config },
      clusters: { qwen, deepseek: chat("Hi"), _fleet: this.store.serve },
    });
    this.gateways.push(gateway);
    return gateway;
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }

  statusOf(gateway: Envoy, worker = 0): Status {
    const status = gateway.askStatus({ worker }).json() as Status;
    validate(status);
    expect(validate.errors ?? []).toEqual([]);
    return status;
  }

  tokenOf(gateway: Envoy, place = 1): TokenStatus {
    return this.statusOf(gateway).sites[0]!.providers[0]!.tokens[place - 1]!;
  }

  states(place = 1): string[] {
    return this.gateways.map(gateway => this.tokenOf(gateway, place).state);
  }

  order(gateway: Envoy, body: object): void {
    const path = "/status/orders";
    expect(gateway.askStatus({ path, method: "POST", body }).status).toBe(200);
  }

  /** How many callers were not served. */
  failures(): number {
    return this.gateways.filter(gateway => gateway.ask(ask).status !== 200).length;
  }
}

const isToken = (n: number) => (request: Seen) => request.headers["authorization"] === `Bearer qwen-${n}`;
/** The first token is refused. */
const firstIsBad: Script = request => (isToken(1)(request) ? badKey : chat("Hi"));

/** Asks the gateway until the first token was met. */
function meet(fleet: Fleet, gateway: Envoy): void {
  const before = tokensAt(gateway, "qwen").filter(token => token === "t1").length;
  for (let i = 0; i < 50; i++) {
    gateway.ask(ask);
    if (tokensAt(gateway, "qwen").filter(token => token === "t1").length > before) return;
  }
  throw new Error("it was not met");
}

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
    ["has another certificate", "tls", "cannot be reached"],
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
