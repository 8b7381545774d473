import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HOSTS, startGateway, type Gateway } from "./running-gateway.js";

const REQUESTS = 6;
/** In callout mode a further attempt leaves while the first one's stream is still held. */
const AT_ONCE = { retry: 1, hop: 1, callout: 2 };

const ERROR = JSON.stringify({ error: { message: "The server had an error.", type: "server_error" } });
const WORD = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: null }] })}\n\n`;

const typed = (status: number, type: string, text: string) => (response: ServerResponse) =>
  response.writeHead(status, { "content-type": type, "content-length": text.length }).end(text);

/** What is whole, and no answer. */
const FAILURES: Record<string, (response: ServerResponse) => void> = {
  "a refused token": typed(401, "application/json", ERROR),
  "a server's error": typed(503, "application/json", ERROR),
  "an error of a length that is not told": response => response.writeHead(500).end("Oops"),
  "an error inside a 200": typed(200, "application/json", ERROR),
  "a page": typed(200, "text/html", "<html></html>"),
  "a stream of a known length that lacks its end": typed(200, "text/event-stream", WORD),
};

let failing: Server;
let failure = "";
let connections = 0;
beforeAll(async () => {
  failing = createServer((request, response) => request.resume().on("end", () => FAILURES[failure]!(response)));
  failing.on("connection", () => connections++);
  await new Promise<void>(done => failing.listen(0, "127.0.0.1", done));
});
afterAll(() => {
  failing.closeAllConnections();
  failing.close();
});

let gateway: Gateway;
afterEach(() => gateway.stop());

describe.each(HOSTS)("in $mode mode, on Envoy $version,", ({ mode, version }) => {
  it("a rescue closes no connection to the provider that failed, if its answer came whole", async () => {
    const url = `http://127.0.0.1:${(failing.address() as AddressInfo).port}/v1`;
    const never = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } };
    gateway = await startGateway({
      ...{ mode, version, workers: 1 },
      providers: { one: { tokens: ["one-1"], config: { url, ...never } }, two: { tokens: ["two-1"] } },
      routes: [
        {
          ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
          fallbackConfig: { upstreams: [{ provider: "two" }] },
        },
      ],
    });
    connections = 0;
    for (failure of Object.keys(FAILURES))
      for (let i = 0; i < REQUESTS; i++) {
        const { status, trail } = await gateway.ask({ model: "m", stream: failure.includes("stream"), messages: [] });
        expect([failure, status, trail]).toEqual([failure, 200, expect.stringMatching(/^one\/t1 .*, two\/t1 200$/)]);
        expect(connections, failure).toBeLessThanOrEqual(AT_ONCE[mode]);
      }
  });
});
