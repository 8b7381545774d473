import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import type { Order, Status } from "../../cli/status/status-types.js";
import { freePorts, startGateway, until, type Gateway, type GatewayOptions } from "./running-gateway.js";

/** How often the gateways of these tests ask their store, ms. */
export const INTERVAL = 500;
export const SECRET = "a-secret-of-the-fleet";

export interface FleetGateway extends Gateway {
  /** Of the status listener. */
  statusUrl: string;
  status(): Promise<Status>;
  order(order: Order): Promise<void>;
  /** Has it use the store at this URL from now on. */
  move(url: string): Promise<void>;
}

export interface FleetOptions extends Pick<GatewayOptions, "mode" | "version" | "workers"> {
  /** "redis://127.0.0.1:6379" */
  url: string;
  count?: number;
  fleet?: object;
  qwen?: object;
  /** Tokens of qwen; the secrets are "qwen-1", "qwen-2" ... */
  tokens?: number;
  /** Whether all must be in step at the start; default: they must. */
  joins?: boolean;
}

/** Gateways on this machine that share a store, and two providers: qwen, then deepseek. */
export class GatewayFleet {
  private constructor(
    readonly gateways: FleetGateway[],
    readonly qwen: DemoProvider,
    readonly deepseek: DemoProvider,
    private readonly options: FleetOptions,
  ) {}

  static async start(options: FleetOptions): Promise<GatewayFleet> {
    const tokens = Array.from({ length: options.tokens ?? 2 }, (_, i) => `qwen-${i + 1}`);
    const qwen = await startDemoProvider({ name: "qwen", tokens });
    const deepseek = await startDemoProvider({ name: "deepseek", tokens: ["deepseek-1"] });
    const fleet = new GatewayFleet([], qwen, deepseek, options);
    try {
      for (let i = 0; i < (options.count ?? 3); i++) await fleet.add();
      if (options.joins !== false) await fleet.inStep();
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  async add(more: object = {}): Promise<FleetGateway> {
    const { url, fleet, qwen, mode, version, workers } = this.options;
    const [port] = await freePorts(1);
    const configOf = (url: string) => ({
      status: { listen: `127.0.0.1:${port}` },
      fleet: { url, name: "tests", interval: INTERVAL, secret: SECRET, ...fleet, ...more },
    });
    const routes = [
      {
        name: "main",
        modelPredicates: [],
        upstreams: [{ provider: "qwen" }],
        fallbackConfig: { enabled: true, upstreams: [{ provider: "deepseek" }] },
      },
    ];
    const gateway = await startGateway({
      ...{ mode, version, workers },
      providers: {
        qwen: { tokens: this.qwen.tokens, config: { type: "qwen", url: this.qwen.url, ...qwen } },
        deepseek: { tokens: this.deepseek.tokens, config: { type: "deepseek", url: this.deepseek.url } },
      },
      routes,
      config: configOf(url),
    });
    const statusUrl = `http://127.0.0.1:${port}`;
    const ask = async (path: string, body?: object) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(statusUrl + path, body && { method: "POST", headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    };
    const member: FleetGateway = {
      ...{ ...gateway, statusUrl },
      status: () => ask("/status") as Promise<Status>,
      move: url => gateway.apply({ routes, config: configOf(url) }),
      order: async order => void (await ask("/status/orders", order)),
    };
    this.gateways.push(member);
    return member;
  }

  /** Until all speak with the store. */
  async inStep(limitMs = 10_000): Promise<void> {
    for (const gateway of this.gateways)
      await until(async () => (await gateway.status()).fleets[0]!.state === "in-step", limitMs);
  }

  /** Until all know it so: the state of one of qwen's tokens at each. */
  async know(place: number, state: string, limitMs = 10_000): Promise<void> {
    for (const gateway of this.gateways)
      await until(async () => (await this.stateAt(gateway, place)) === state, limitMs);
  }

  async stateAt(gateway: FleetGateway, place: number): Promise<string> {
    const [qwen] = (await gateway.status()).sites[0]!.providers;
    return qwen!.tokens[place - 1]!.state;
  }

  async stop(): Promise<void> {
    for (const gateway of this.gateways) await gateway.stop();
    await this.qwen.close();
    await this.deepseek.close();
  }
}
