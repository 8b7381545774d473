import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GatewayFleet } from "../envoy/gateway-fleet.js";
import { freePorts, until } from "../envoy/running-gateway.js";
import { findRedis, findValkey, StoreServer } from "../envoy/store-server.js";

const chat = { model: "m", messages: [] };
const SLOTS = 16_384;

/** A store in cluster mode: a gateway speaks with one endpoint, which must own the slot of the fleet's keys. */
describe.each([
  ["Redis", findRedis],
  ["Valkey", findValkey],
])("%s in cluster mode", (_name, find) => {
  let first: StoreServer;
  let second: StoreServer;
  /** The port by which the second is met. */
  let bus: number;
  let fleet: GatewayFleet | undefined;
  beforeEach(async () => {
    const buses = await freePorts(2);
    bus = buses[1]!;
    [first, second] = [await startNode(buses[0]!), await startNode(bus)];
  });
  afterEach(async () => {
    await fleet?.stop();
    await first?.stop();
    await second?.stop();
  });

  const startNode = (bus: number) =>
    StoreServer.start(find(), ["--cluster-enabled", "yes", "--cluster-port", String(bus)]);
  const urlOf = (store: StoreServer, more = "") => `redis://127.0.0.1:${store.port}${more}`;
  const own = (store: StoreServer, from: number, to: number) => store.command("CLUSTER", "ADDSLOTSRANGE", from, to);
  const isUp = (store: StoreServer) =>
    until(async () => /cluster_state:ok/.test(String(await store.command("CLUSTER", "INFO"))), 30_000);
  const idOf = async (store: StoreServer) => String(await store.command("CLUSTER", "MYID"));
  const slotOf = async (store: StoreServer) => Number(await store.command("CLUSTER", "KEYSLOT", "af1:{tests}:e"));
  const saysWhy = (words: RegExp) =>
    until(async () => words.test((await fleet!.gateways[0]!.status()).fleets[0]!.why), 15_000);

  /** Two nodes that know each other; the first has the lower half of the slots. */
  async function join(): Promise<{ owner: StoreServer; other: StoreServer; slot: number }> {
    await own(first, 0, SLOTS / 2 - 1);
    await own(second, SLOTS / 2, SLOTS - 1);
    await second.command("CLUSTER", "SET-CONFIG-EPOCH", 2);
    await first.command("CLUSTER", "MEET", "127.0.0.1", second.port, bus);
    await isUp(first);
    await isUp(second);
    const slot = await slotOf(first);
    return slot < SLOTS / 2 ? { owner: first, other: second, slot } : { owner: second, other: first, slot };
  }

  it("is down before it has its slots, in plain words, and serves a fleet when it has them", async () => {
    fleet = await GatewayFleet.start({ url: urlOf(first), joins: false });
    await saysWhy(/is a cluster that is down/);
    expect((await fleet.gateways[0]!.ask(chat)).status).toBe(200);
    await own(first, 0, SLOTS - 1);
    await isUp(first);
    await fleet.inStep();
    await fleet.gateways[0]!.order({ do: "take-out", provider: "qwen", token: "t1" });
    await fleet.know(1, "taken-out");
  });

  it("has one database: another one is refused in plain words", async () => {
    await own(first, 0, SLOTS - 1);
    await isUp(first);
    fleet = await GatewayFleet.start({ url: urlOf(first, "/1"), count: 1, joins: false });
    await saysWhy(/has no database of the number/);
  });

  it("serves a fleet at the endpoint that owns its slot, and at another one says so", async () => {
    const { owner, other, slot } = await join();
    fleet = await GatewayFleet.start({ url: urlOf(other), count: 1, joins: false });
    await saysWhy(/does not own the fleet's keys/);
    expect((await fleet.gateways[0]!.ask(chat)).status).toBe(200);
    await fleet.stop();

    fleet = await GatewayFleet.start({ url: urlOf(owner) });
    await fleet.gateways[0]!.order({ do: "take-out", provider: "qwen", token: "t1" });
    await fleet.know(1, "taken-out");
    // The slot goes to the other node, its keys first, as a resharding does it.
    const [from, to] = [await idOf(owner), await idOf(other)];
    await other.command("CLUSTER", "SETSLOT", slot, "IMPORTING", from);
    await owner.command("CLUSTER", "SETSLOT", slot, "MIGRATING", to);
    const keys = (await owner.command("CLUSTER", "GETKEYSINSLOT", slot, 100)) as string[];
    await owner.command("MIGRATE", "127.0.0.1", other.port, "", 0, 5000, "KEYS", ...keys);
    await saysWhy(/does not own the fleet's keys/);
    for (const node of [other, owner]) await node.command("CLUSTER", "SETSLOT", slot, "NODE", to);
    for (let i = 0; i < 20; i++) expect((await fleet.gateways[0]!.ask(chat)).status).toBe(200);
    await saysWhy(/does not own the fleet's keys/);

    await fleet.gateways[1]!.order({ do: "take-out", provider: "qwen", token: "t2" });
    for (const gateway of fleet.gateways) await gateway.move(urlOf(other));
    await fleet.inStep();
    await fleet.know(1, "taken-out");
    await fleet.know(2, "taken-out");
  });
});
