import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "vitest";
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

export const INTERVAL = 1000;
/** What "within two intervals" means with the ticks between. */
export const SOON = 2 * INTERVAL + 200;
export const SECRET = "0123456789abcdef";
export const ask = { body: { model: "qwen-turbo", messages: [] } };
const badKey = json(401, openAiError("invalid_api_key"));
const validate = new Ajv2020().compile<Status>(JSON.parse(readFileSync("schema/status.schema.json", "utf8")));

export interface FleetOptions extends Options {
  count?: number;
  fleet?: object;
}

/** Gateways on our host that share a store, and what they see of the same providers. */
export class Fleet {
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

  /** One more gateway. With no workers it is asked by nobody, and does all else. */
  add(fleet: object = {}, host: Pick<Options, "workers"> = {}): Envoy {
    const { config, fleet: own, ...options } = this.options;
    const place = this.gateways.length;
    const qwen = (request: Seen, count: number): Behaviour => {
      if (request.by === "attempt") this.seen.push({ ...request, gateway: place });
      const script = this.qwen;
      return typeof script === "function" ? script(request, count) : (script as Behaviour);
    };
    const settings = { url: "redis://store:6379", name: "tests", secret: SECRET, interval: INTERVAL, ...own, ...fleet };
    const gateway = startHost({
      ...{ tokens: { qwen: 2, deepseek: 1 }, status: {}, seed: place + 1, clock: this.clock, ...options, ...host },
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

export const isToken = (n: number) => (request: Seen) => request.headers["authorization"] === `Bearer qwen-${n}`;
/** The first token is refused. */
export const firstIsBad: Script = request => (isToken(1)(request) ? badKey : chat("Hi"));

/** Asks the gateway until the first token was met. */
export function meet(fleet: Fleet, gateway: Envoy): void {
  const before = tokensAt(gateway, "qwen").filter(token => token === "t1").length;
  for (let i = 0; i < 50; i++) {
    gateway.ask(ask);
    if (tokensAt(gateway, "qwen").filter(token => token === "t1").length > before) return;
  }
  throw new Error("it was not met");
}
