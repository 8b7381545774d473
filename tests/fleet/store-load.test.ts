import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpuTime } from "../bench/cpu.js";
import { FleetRoom } from "../unit/fleet-room.js";
import { freePorts } from "../envoy/running-gateway.js";
import { findRedis, findValkey, parseReply, scriptOf, StoreServer, type Reply } from "../envoy/store-server.js";
import { Certificate } from "./certificates.js";

const SECONDS = 15;
const { text } = scriptOf();

/** What the script and the module's own call cost a real server: the figures of docs/fleet.md. Nothing of time is judged. */
describe.each([
  ["Redis", findRedis, ""],
  ["Valkey", findValkey, ""],
  ["Redis with TLS, sessions resumed", findRedis, "resumed"],
  ["Redis with TLS, full handshakes", findRedis, "full"],
] as const)("%s", (name, find, tls) => {
  let store: StoreServer;
  let room: FleetRoom;
  let tlsPort: number;
  let certificate: Certificate;
  beforeAll(async () => {
    certificate = new Certificate();
    [tlsPort] = (await freePorts(1)) as [number];
    store = await StoreServer.start(find(), tls === "" ? [] : certificate.optionsFor(tlsPort));
    room = await FleetRoom.start();
    const [mark] = await reply(room.poll(true));
    expect(mark).toBe("af1");
  });
  afterAll(async () => {
    await store?.stop();
    certificate?.remove();
  });

  let up = 0;
  let down = 0;
  /** One call as a gateway makes it: a connection of its own, which our side closes first. */
  function reply(call: string, member: { session?: Buffer } = {}): Promise<Reply[]> {
    return new Promise((done, failed) => {
      const to = { host: "127.0.0.1", allowHalfOpen: true };
      const secure = { ...to, port: tlsPort, ca: readFileSync(certificate.file), servername: "localhost" };
      const socket =
        tls === ""
          ? connect({ ...to, port: store.port })
          : connectTls({ ...secure, ...(tls === "resumed" && { session: member.session }) }).on(
              "session",
              session => (member.session = session),
            );
      const chunks: Buffer[] = [];
      socket.on("error", failed).on("data", chunk => chunks.push(chunk));
      socket.on("end", () => {
        socket.end();
        const bytes = Buffer.concat(chunks);
        up += Buffer.byteLength(call, "latin1");
        down += bytes.length;
        done(parseReply(bytes)![0] as Reply[]);
      });
      socket.end(call, "latin1");
    });
  }

  /** The call of the module, as if this gateway knew so much. */
  const callOf = (gateway: string, epoch: string, version: number, calls: number) => {
    const parts = ["EVALSHA", scriptOf().sha, 5, ...["e", "v", "x", "m", "g"].map(part => `af1:{tests}:${part}`)];
    const args = [epoch, version, gateway, 100, calls % 10 === 0 ? 60_000 : "", Date.now(), ""];
    return [...parts, ...args].map(String);
  };
  const encode = (parts: string[]) =>
    `*${parts.length}\r\n${parts.map(part => `$${part.length}\r\n${part}\r\n`).join("")}`;

  it("sees what the module sends", () => {
    const own = room.poll(false).replace(/\$16\r\n[0-9a-f]{16}/, "");
    const ours = encode(callOf("0".repeat(16), "", 0, 1)).replace(/\$16\r\n[0-9a-f]{16}/, "");
    const shapeOf = (call: string) => call.split("\r\n").filter(line => /^[*]|^EVALSHA|^af1/.test(line));
    expect(shapeOf(own)).toEqual(shapeOf(ours));
  });

  const loads = [
    [10, 0],
    [10, 2],
    [100, 0],
    [100, 2],
    [1000, 0],
    [1000, 2],
  ];
  it.each(tls === "" ? loads : [[100, 0]])("with %d gateways and %d changes a second", async (gateways, changes) => {
    await store.command("FLUSHALL");
    await store.command("SCRIPT", "LOAD", text);
    const end = Date.now() + SECONDS * 1000;
    let polls = 0;
    const gateway = async (n: number) => {
      const id = n.toString(16).padStart(16, "0");
      let [epoch, version] = ["", 0];
      const member = {};
      await new Promise(done => setTimeout(done, (n * 1000) / gateways));
      for (let calls = 0; Date.now() < end; calls++) {
        const started = Date.now();
        const call = callOf(id, epoch, version, calls);
        if (Math.random() < changes / gateways) {
          const what = Math.floor(Math.random() * 200)
            .toString(16)
            .padStart(48, "0");
          call.push("O", what, "30000", `1 credential 1 0 ${id} ${Date.now()} 30000 ${id}`);
        }
        const result = await reply(encode(call), member);
        [epoch, version] = [String(result[1]), Number(result[2])];
        polls++;
        await new Promise(done => setTimeout(done, Math.max(started + 1000 - Date.now(), 0)));
      }
    };
    const all = Array.from({ length: gateways }, (_, n) => gateway(n));
    await new Promise(done => setTimeout(done, 2000));
    const before = { polls, up, down, cpu: cpuTime(store.pid), commands: await store.commandCalls(), at: Date.now() };
    await new Promise(done => setTimeout(done, end - Date.now() - 200));
    const seconds = (Date.now() - before.at) / 1000;
    const a = (value: number) => (value / seconds).toFixed(1);
    const commands = (await store.commandCalls()) - before.commands;
    console.log(
      `${name}, ${gateways} gateways, ${changes} changes/s: ${a(polls - before.polls)} polls/s, ${a(commands)} commands/s,`,
      `${a((cpuTime(store.pid) - before.cpu) / 1e7)} % of a core,`,
      `${((cpuTime(store.pid) - before.cpu) / 1e6 / (polls - before.polls)).toFixed(2)} ms a poll,`,
      `${a((up - before.up) / 1024)} KiB/s up, ${a((down - before.down) / 1024)} KiB/s down,`,
      `${((up - before.up) / (polls - before.polls)).toFixed(0)} B up and ${((down - before.down) / (polls - before.polls)).toFixed(0)} B down a poll`,
    );
    await Promise.all(all);
    expect(commands).toBeGreaterThan(0);
  });
});
