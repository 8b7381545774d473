import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { GatewayFleet, type FleetOptions } from "../envoy/gateway-fleet.js";
import { ALL_HOSTS, freePorts, until } from "../envoy/running-gateway.js";
import { findValkey, StoreServer } from "../envoy/store-server.js";
import { Certificate } from "./certificates.js";

const chat = { model: "m", messages: [] };
const PASSWORD = "p@ss/wörd:#1?";
const LOGIN = `gateway:${encodeURIComponent(PASSWORD)}`;

let certificate: Certificate;
let store: StoreServer;
let tlsPort: number;
let fleet: GatewayFleet | undefined;

beforeAll(async () => {
  certificate = new Certificate();
  tlsPort = (await freePorts(1))[0]!;
  store = await StoreServer.start(undefined, certificate.optionsFor(tlsPort));
  const line = /^ACL SETUSER gateway on >PASSWORD .*$/m.exec(readFileSync("docs/fleet.md", "utf8"))![0];
  const parts = line.replace("{production}", "{tests}").split(" ");
  await store.command(...parts.map(part => part.replace("PASSWORD", PASSWORD)));
  await store.command("ACL", "SETUSER", "reader", "on", ">reader", "~*", "+@read", "+auth", "+select");
  await store.command("ACL", "SETUSER", "scriptless", "on", ">scriptless", "~*", "+@all", "-@scripting");
});
afterEach(() => fleet?.stop());
afterAll(async () => {
  await store?.stop();
  certificate?.remove();
});

describe.each([
  { mode: "retry", version: "1.40.0" },
  { mode: "hop", version: "1.40.0" },
  ...ALL_HOSTS.slice(1),
] as const)("in $mode mode, on Envoy $version", ({ mode, version }) => {
  it("three gateways share a store by TLS, as the user of the docs, in a database of their own", async () => {
    await store.command("FLUSHALL");
    fleet = await GatewayFleet.start({
      ...{ mode, version, url: `rediss://${LOGIN}@localhost:${tlsPort}/3` },
      fleet: { caFile: certificate.file },
    });
    const [first, second, third] = fleet.gateways;
    await fleet.qwen.set(1, "401");
    await until(async () => (await first!.ask(chat)).trail.includes("credential"));
    await fleet.know(1, "out");
    await fleet.qwen.reset();
    await second!.order({ do: "try-now", provider: "qwen", token: "t1" });
    await fleet.know(1, "live", 20_000);
    await third!.order({ do: "take-out", provider: "qwen", token: "t2" });
    await fleet.know(2, "taken-out");
    await until(async () => (await second!.status()).fleets[0]!.gateways === 3, 20_000);
    const sizes = await store.commands([["DBSIZE"], ["SELECT", 3], ["DBSIZE"]]);
    expect(sizes[0]).toBe(0);
    expect(sizes[2]).toBeGreaterThan(3);
    const shown = JSON.stringify([
      await first!.status(),
      first!.log(),
      await (await fetch(`${first!.admin}/config_dump`)).text(),
    ]);
    expect(shown).not.toContain(PASSWORD);
  });
});

it("three gateways share a Valkey, as a user, in a database of their own, by its own scheme", async () => {
  const valkey = await StoreServer.start(findValkey());
  try {
    await valkey.command("ACL", "SETUSER", "gateway", "on", `>${PASSWORD}`, "~af1:*", "+@all");
    fleet = await GatewayFleet.start({ url: `valkey://${LOGIN}@127.0.0.1:${valkey.port}/2` });
    await fleet.gateways[0]!.order({ do: "take-out", provider: "qwen", token: "t1" });
    await fleet.know(1, "taken-out");
    expect(await valkey.command("DBSIZE")).toBe(0);
  } finally {
    await valkey.stop();
  }
});

it("a user who is deleted while the gateways run, and made again: they say so, serve, and are back", async () => {
  const user = ["ACL", "SETUSER", "passing", "on", ">passing", "~af1:{tests}:*", "+@all"];
  await store.command(...user);
  fleet = await GatewayFleet.start({ url: `redis://passing:passing@127.0.0.1:${store.port}` });
  await store.command("ACL", "DELUSER", "passing");
  for (const gateway of fleet.gateways) {
    await until(async () => /refuses the user or the password/.test((await gateway.status()).fleets[0]!.why));
    expect((await gateway.ask(chat)).status).toBe(200);
  }
  await fleet.gateways[0]!.order({ do: "take-out", provider: "qwen", token: "t1" });
  await store.command(...user);
  await fleet.inStep();
  await fleet.know(1, "taken-out");
});

const plain = (login: string, more = "") => `redis://${login}@127.0.0.1:${store.port}${more}`;
const caFile = () => ({ caFile: certificate.file });
const faults: [string, () => Pick<FleetOptions, "url" | "fleet">, RegExp][] = [
  ["the wrong password", () => ({ url: plain("gateway:wrong") }), /refuses the user or the password/],
  ["an unknown user", () => ({ url: plain("nobody:x") }), /refuses the user or the password/],
  ["a password that is not wanted", () => ({ url: plain(":x") }), /has no password for this user|refuses/],
  ["a user who may only read", () => ({ url: plain("reader:reader") }), /does not allow this user/],
  ["a user who may run no scripts", () => ({ url: plain("scriptless:scriptless") }), /does not allow this user/],
  ["keys of another fleet", () => ({ url: plain(LOGIN), fleet: { name: "others" } }), /does not allow this user/],
  ["a database that is not there", () => ({ url: plain(LOGIN, "/999") }), /has no database of the number/],
  [
    "an authority of its own",
    () => ({ url: `rediss://${LOGIN}@localhost:${tlsPort}` }),
    /has a certificate that|cannot be reached/,
  ],
  [
    "TLS to a port without it",
    () => ({ url: `rediss://localhost:${store.port}`, fleet: caFile() }),
    /does not speak TLS|cannot be reached/,
  ],
  ["no TLS to a port with it", () => ({ url: `redis://127.0.0.1:${tlsPort}` }), /wants TLS/],
  ["a name that does not exist", () => ({ url: "redis://store.invalid" }), /cannot be reached/],
  ["a port that nobody has", () => ({ url: "redis://127.0.0.1:1" }), /cannot be reached/],
  ["an IPv6 address that nobody has", () => ({ url: "redis://[::1]:1" }), /cannot be reached/],
];

describe("a gateway with", () => {
  it.each(faults)("%s says so in its log, its status and its metrics, and serves", async (_what, options, words) => {
    fleet = await GatewayFleet.start({ ...options(), count: 1, joins: false });
    const [gateway] = fleet.gateways;
    const state = async () => (await gateway!.status()).fleets[0]!;
    await until(async () => (await state()).state === "alone", 15_000);
    expect((await state()).why).toMatch(words);
    for (let i = 0; i < 10; i++) expect((await gateway!.ask(chat)).status).toBe(200);
    const lines = gateway!.log().match(/fleet \w+: the store .*/g) ?? [];
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(words);
    expect(await gateway!.stat("wasmcustom.ai_failover_fleet_in_step")).toBe(0);
    await until(async () => (await gateway!.stat("wasmcustom.ai_failover_fleet_failed_calls_total")) > 1);
  });
});
