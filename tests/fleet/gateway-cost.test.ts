import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { cpuTime } from "../bench/cpu.js";
import { letAsk } from "../envoy/crowd.js";
import { GatewayFleet, type FleetGateway } from "../envoy/gateway-fleet.js";
import { freePorts } from "../envoy/running-gateway.js";
import { StoreServer } from "../envoy/store-server.js";
import { Certificate } from "./certificates.js";

const SECONDS = 8;
const pause = (ms: number) => new Promise(done => setTimeout(done, ms));

/** What a fleet costs a real gateway: the figures of docs/fleet.md. Nothing of time is judged. */
let store: StoreServer;
let tlsPort: number;
let certificate: Certificate;
let fleet: GatewayFleet | undefined;
beforeAll(async () => {
  certificate = new Certificate();
  [tlsPort] = (await freePorts(1)) as [number];
  store = await StoreServer.start(undefined, certificate.optionsFor(tlsPort));
});
afterEach(() => fleet?.stop());
afterAll(async () => {
  await store?.stop();
  certificate?.remove();
});

const callsOf = (gateway: FleetGateway) => gateway.stat("wasmcustom.ai_failover_fleet_calls_total");

/** CPU ms a second of both while the same happens to them, in turn. */
async function inTurn(gateways: FleetGateway[], happen: (gateway: FleetGateway) => Promise<number>): Promise<number[]> {
  const sums = gateways.map(() => 0);
  const counts = gateways.map(() => 0);
  for (let round = 0; round < 3; round++)
    for (const [i, gateway] of gateways.entries()) {
      const before = cpuTime(gateway.pid);
      counts[i]! += await happen(gateway);
      sums[i]! += (cpuTime(gateway.pid) - before) / 1e6;
    }
  return sums.map((sum, i) => sum / counts[i]!);
}

it.each([
  ["without TLS", () => ({ url: `redis://127.0.0.1:${store.port}` })],
  ["with TLS", () => ({ url: `rediss://localhost:${tlsPort}`, fleet: { caFile: certificate.file } })],
] as const)(
  "says what a call %s costs, and a request of a gateway that calls ten times a second",
  async (how, options) => {
    fleet = await GatewayFleet.start({ ...options(), count: 0 });
    const calling = await fleet.add({ interval: "100ms" });
    const resting = await fleet.add({ interval: "1m" });
    const both = [calling, resting];
    await fleet.inStep();
    const before = await callsOf(calling);
    const idle = await inTurn(both, async () => {
      await pause(SECONDS * 1000);
      return SECONDS;
    });
    const perSecond = ((await callsOf(calling)) - before) / (SECONDS * 6);
    console.log(
      `${how}, idle: ${idle[0]!.toFixed(2)} ms/s with ${perSecond.toFixed(1)} calls a second, ${idle[1]!.toFixed(2)} ms/s without:`,
      `${((idle[0]! - idle[1]!) / perSecond).toFixed(2)} ms a call`,
    );
    const ask = (gateway: FleetGateway) =>
      letAsk(gateway, { clients: 8, requests: 300, body: () => ({ model: "m", messages: [] }) });
    for (const gateway of both) await ask(gateway);
    const busy = await inTurn(both, async gateway => (await ask(gateway)).length);
    console.log(
      `${how}, busy: ${busy.map(ms => (ms * 1000).toFixed(0)).join(" and ")} us a request, calling and resting`,
    );
    expect(perSecond).toBeGreaterThan(1);
  },
  300_000,
);
