import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HOSTS, startGateway, type Gateway, type TestHost } from "./running-gateway.js";

/** More often than any breaker needs to open. */
const OFTEN = 6;
const MB = 1 << 20;

/** A provider that answers what is large before its end, and closes: its client's next write is answered with a reset. */
let early: Server;
beforeAll(async () => {
  early = createServer((request, response) => {
    if (Number(request.headers["content-length"]) < MB) {
      request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(GOOD));
      return;
    }
    response.writeHead(413, { "content-type": "application/json", connection: "close" }).end('{"error":{}}');
    response.on("finish", () => request.socket.destroy());
  });
  await new Promise<void>(done => early.listen(0, "127.0.0.1", done));
});
afterAll(() => {
  early.closeAllConnections();
  early.close();
});
const GOOD = JSON.stringify({
  choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
});

let gateway: Gateway;
afterEach(() => gateway.stop());

const start = async (host: TestHost, url: string | undefined) => {
  gateway = await startGateway({
    ...{ ...host, workers: 1 },
    providers: { one: { tokens: ["one-1"], config: url ? { url } : {} }, two: { tokens: ["two-1"] } },
    routes: [
      {
        ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
        fallbackConfig: { upstreams: [{ provider: "two" }] },
      },
    ],
  });
};
const ask = (size: number) => gateway.ask({ model: "m", messages: [{ role: "user", content: "x".repeat(size) }] });

describe.each(HOSTS)("no provider is to blame, in $mode mode, on Envoy $version,", ({ mode, version }) => {
  it("when it answers an upload before its end and closes: others go on using it", async () => {
    await start({ mode, version }, `http://127.0.0.1:${(early.address() as AddressInfo).port}/v1`);
    for (let i = 0; i < OFTEN; i++)
      expect(await ask(8 * MB)).toMatchObject({ status: 200, words: expect.stringMatching("Hello from two") });
    for (let i = 0; i < OFTEN; i++) expect((await ask(10)).trail).toBe("one/t1 200");
  });

  it("when this machine has no descriptor left for a connection to it", async () => {
    await start({ mode, version }, undefined);
    const files = (limit: number) => execFileSync("prlimit", ["--pid", String(gateway.pid), `--nofile=${limit}:4096`]);
    // The client's connection stays; none fits beside it.
    expect((await gateway.ask({}, { path: "/v1/models", method: "GET" })).status).toBe(200);
    files(readdirSync(`/proc/${gateway.pid}/fd`).length);
    for (let i = 0; i < OFTEN; i++) expect((await ask(10)).trail).not.toMatch(/connect|200/);
    files(4096);
    expect((await ask(10)).trail).toBe("one/t1 200");
  });
});
