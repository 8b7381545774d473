import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askByFrames } from "./frames.js";
import { startGateway, type Gateway } from "./running-gateway.js";

const WORD = { choices: [{ index: 0, delta: { content: "Hello" } }] };

const PATH = "/v1/chat/completions";

/** Error codes of HTTP/2. Envoy cannot be told to use the second one before 1.37 (docs/modes.md). */
const NO_ERROR = 0;
const INTERNAL_ERROR = 2;

/** A provider whose stream says a word, and then breaks as its model says. */
async function startBreaking(): Promise<{ url: string; server: Server }> {
  const breaks: Record<string, (response: ServerResponse) => void> = {
    "a reset": response => response.socket!.resetAndDestroy(),
    "an orderly close": response => response.socket!.end(),
    silence: () => {},
    held: response => response.socket!.resetAndDestroy(),
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", chunk => (body += chunk));
    request.on("end", () => {
      const { model } = JSON.parse(body) as { model: string };
      response.setHeader("content-type", "text/event-stream");
      response.write(`data: ${JSON.stringify(WORD)}\n\n`);
      setTimeout(() => breaks[model]!(response), 50);
    });
  });
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, server };
}

describe.each([
  { mode: "callout", version: "1.36.4", code: NO_ERROR },
  { mode: "hop", version: "1.36.4", code: NO_ERROR },
  { mode: "callout", version: "1.38.2", code: INTERNAL_ERROR },
  { mode: "hop", version: "1.38.2", code: INTERNAL_ERROR },
  { mode: "retry", version: "1.40.0", code: INTERNAL_ERROR },
] as const)(
  "a stream that breaks after its first word, in $mode mode, on Envoy $version,",
  ({ mode, version, code }) => {
    let gateway: Gateway;
    let provider: Awaited<ReturnType<typeof startBreaking>>;

    beforeAll(async () => {
      provider = await startBreaking();
      // No hop could follow, so that silence lasts until the whole request's time is up.
      const first = { upstreams: [{ provider: "one" }], timeout: 2000 };
      const config = { url: provider.url, providerBreaker: { failureThreshold: 1000 } };
      gateway = await startGateway({
        ...{ mode, version },
        providers: { one: { tokens: ["one-1"], config } },
        routes: [
          { name: "full", modelPredicates: [{ matchType: "EQUAL", matchValue: "held" }], guard: "full", ...first },
          { name: "main", modelPredicates: [], ...first },
        ],
        config: { idleTimeout: 300 },
      });
    });
    afterAll(async () => {
      await gateway.stop();
      provider.server.close();
    });

    describe.each(["a reset", "an orderly close", "silence"])("by %s", model => {
      const ask = { model, stream: true, messages: [] };

      it("reaches a client of HTTP/1.1 without its last chunk", async () => {
        expect(await gateway.ask(ask)).toMatchObject({ status: 200, broken: true, words: "Hello" });
      });

      it("reaches a client of HTTP/2 as a reset, without END_STREAM", async () => {
        const { status, text, by } = await askByFrames(gateway.url, PATH, ask);
        expect([status, by]).toEqual([200, code]);
        expect(text).toMatch("Hello");
        expect(text).not.toMatch("[DONE]");
      });
    });

    it("is an error for a client of either protocol where guard full has held it", async () => {
      const ask = { model: "held", stream: true, messages: [] };
      const { status, text, by } = await askByFrames(gateway.url, PATH, ask);
      expect([status, by]).toEqual([mode === "callout" ? 502 : 503, "END_STREAM"]);
      expect(JSON.parse(text)).toHaveProperty("error.code");
      expect((await gateway.ask(ask)).status).toBe(status);
    });
  },
);
