/** What one stranger may cost: the limits that the rendered configuration has for a gateway that the public can reach. */
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway, type Gateway } from "./running-gateway.js";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ providers: { one: { tokens: ["one-1"] } } });
});
afterAll(() => gateway.stop());

const statusWith = (headers: Record<string, string>): Promise<number> =>
  new Promise((done, fail) => {
    const call = request(`${gateway.url}/v1/models`, { headers, agent: false }, answer => {
      answer.resume();
      done(answer.statusCode!);
    });
    call.on("error", fail).end();
  });
const headers = (count: number, length: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, "x".repeat(length)]));

describe("a stranger, on Envoy 1.40.0,", () => {
  it("sends so many headers and no more", async () => {
    expect(await statusWith(headers(90, 1))).toBe(200);
    expect(await statusWith(headers(101, 1))).toBe(431);
  });

  it("sends headers so long and no longer", async () => {
    expect(await statusWith(headers(1, 50_000))).toBe(200);
    expect(await statusWith(headers(1, 62_000))).toBe(431);
  });

  it("has so many calls and unread bytes on one connection of HTTP/2", async () => {
    const session = connectHttp2(gateway.url);
    const settings = await new Promise(done => session.once("remoteSettings", done));
    expect(settings).toMatchObject({ maxConcurrentStreams: 100, initialWindowSize: 2 ** 20 });
    session.close();
  });

  it("is waited for no longer when the headers come slowly", { timeout: 30_000 }, async () => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("data", chunk => (answer += String(chunk))).write("GET /v1/models HTTP/1.1\r\nhost: a\r\n");
    await new Promise(done => socket.once("close", done));
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
  });

  it("is turned away before Envoy's memory is used up", async () => {
    const stats = await (await fetch(`${gateway.admin}/stats?filter=^overload`)).text();
    for (const monitor of ["fixed_heap", "global_downstream_max_connections"])
      expect(stats).toMatch(new RegExp(`resource_monitors\\.${monitor}\\.pressure: \\d`));
    for (const action of ["shrink_heap", "stop_accepting_requests"])
      expect(stats).toContain(`overload_actions.${action}.active: 0`);
  });
});
