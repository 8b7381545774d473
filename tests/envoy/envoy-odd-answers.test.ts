import type { ServerResponse } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeClusters, speakHttp2 } from "./extra-clusters.js";
import { HOSTS, startGateway, type Gateway } from "./running-gateway.js";
import { startHttp2Server, startServer, type Asked, type OwnProvider } from "./server.js";

const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } };
const JSON_TYPE = { "content-type": "application/json" };
const EVENTS_TYPE = { "content-type": "text/event-stream" };
const PLAIN = JSON.stringify({ choices: [{ message: { role: "assistant", content: "Odd" }, finish_reason: "stop" }] });
const WORD = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "Odd" } }] })}\n\n`;
const STREAM = `${WORD}data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;
const REFUSED = JSON.stringify({ error: { message: "no", type: "invalid_request_error", code: "invalid_api_key" } });

const good = ({ body }: Asked) =>
  body.includes('"stream":true') ? { type: EVENTS_TYPE, text: STREAM } : { type: JSON_TYPE, text: PLAIN };

/** By the request's header x-odd. */
const ODD: Record<string, (response: ServerResponse, asked: Asked) => void> = {
  gzip: (response, asked) => {
    const { type, text } = good(asked);
    response.writeHead(200, { ...type, "content-encoding": "gzip" }).end(gzipSync(text));
  },
  br: (response, asked) => {
    const { type, text } = good(asked);
    response.writeHead(200, { ...type, "content-encoding": "br" }).end(brotliCompressSync(text));
  },
  "gzip 401": response => response.writeHead(401, { ...JSON_TYPE, "content-encoding": "gzip" }).end(gzipSync(REFUSED)),
  "gzip 400": response =>
    response
      .writeHead(400, { ...JSON_TYPE, "content-encoding": "gzip" })
      .end(gzipSync('{"error":{"message":"packed"}}')),
  "chunks and a length": (response, asked) => {
    const { type, text } = good(asked);
    response.writeHead(200, { ...type, "content-length": "5", "transfer-encoding": "chunked" }).end(text);
  },
  hints: (response, asked) => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    response.writeProcessing();
    const { type, text } = good(asked);
    response.writeHead(200, type).end(text);
  },
  "hints 401": response => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    response.writeHead(401, JSON_TYPE).end(REFUSED);
  },
  "401, then silence": response => response.writeHead(401, JSON_TYPE).write(REFUSED.slice(0, 20)),
};

const plain = { messages: [] };
const streamed = { ...plain, stream: true };

describe.each(HOSTS)("odd answers in $mode mode, on Envoy $version:", ({ mode, version }) => {
  let gateway: Gateway;
  let odd: OwnProvider;
  let http2: OwnProvider;
  const ask = (model: string, name: string, body: object) =>
    gateway.ask({ ...body, model }, { headers: { "x-odd": name, "accept-encoding": "gzip, br" } });

  beforeAll(async () => {
    odd = await startServer((response, asked) => ODD[String(asked.headers["x-odd"])]!(response, asked));
    http2 = await startHttp2Server((stream, body) => {
      const isStream = body.includes('"stream":true');
      const isRefused = body.includes('"refuse"');
      const type = isStream && !isRefused ? EVENTS_TYPE : JSON_TYPE;
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-checksum": "1" }));
      stream.respond({ ":status": isRefused ? 401 : 200, ...type }, { waitForTrailers: true });
      if (!body.includes('"no end"')) return stream.end(isRefused ? REFUSED : isStream ? STREAM : PLAIN);
      // Its word must be out before the rest comes: Envoy sends nothing of what it resets in the same moment.
      stream.write(WORD);
      setTimeout(() => stream.end(), 200);
    });
    const own = (url: string) => ({ tokens: ["t"], config: { url, ...NEVER_OUT } });
    const plans = {
      alone: ["odd"],
      first: ["odd", "two"],
      second: ["one", "odd"],
      third: ["http2", "two"],
      fourth: ["one", "http2"],
    };
    gateway = await startGateway({
      ...{ mode, version },
      providers: {
        one: { tokens: ["one-1"], config: NEVER_OUT },
        two: { tokens: ["two-1"], config: NEVER_OUT },
        odd: { tokens: ["t"], config: { url: odd.url, ...NEVER_OUT, forwardHeaders: ["x-odd"] } },
        http2: own(http2.url),
      },
      routes: Object.entries(plans).map(([name, [primary, fallback]]) => ({
        ...{ name, modelPredicates: [{ matchType: "EQUAL", matchValue: name }], timeout: 3000 },
        ...{ firstTokenTimeout: 2000, attemptTimeout: 2000 },
        ...{
          upstreams: [{ provider: primary }],
          fallbackConfig: { upstreams: fallback ? [{ provider: fallback }] : [] },
        },
      })),
    });
    await changeClusters(gateway, ["http2"], speakHttp2);
    await gateway.providers.one!.set("*", "500");
  });
  afterAll(async () => {
    await gateway.stop();
    await odd.close();
    await http2.close();
  });

  describe.each([
    { hop: "first hop", model: "first" },
    { hop: "rescuer", model: "second" },
  ])("of the $hop,", ({ model }) => {
    it.each([
      ["gzip", plain, PLAIN],
      ["gzip", streamed, STREAM],
      ["br", plain, PLAIN],
      ["br", streamed, STREAM],
    ])("one that is compressed unasked, by %s (%o), passes unharmed", async (encoding, body, text) => {
      const answer = await ask(model, encoding, body);
      expect(answer).toMatchObject({ status: 200, broken: false, text });
      expect(answer.trail).toMatch(/odd\/t1 200$/);
      expect(answer.headers.get("content-encoding")).toBe(encoding);
    });

    it.each([plain, streamed])("a good one in chunks that also tells a length is the answer (%o)", async body => {
      const answer = await ask(model, "chunks and a length", body);
      expect(answer).toMatchObject({ status: 200, broken: false, text: body === streamed ? STREAM : PLAIN });
      expect(answer.trail).toMatch(/odd\/t1 200$/);
    });

    it.each([plain, streamed])("a good one after interim ones is the answer (%o)", async body => {
      const answer = await ask(model, "hints", body);
      expect(answer).toMatchObject({ status: 200, broken: false, words: "Odd" });
      expect(answer.text).toBe(body === streamed ? STREAM : PLAIN);
    });
  });

  it.each([plain, streamed])("a compressed 401 is judged by its status, and the next hop follows (%o)", async body => {
    const answer = await ask("first", "gzip 401", body);
    expect(answer.words).toMatch("Hello from two");
    expect(answer.trail).toBe("odd/t1 401 credential, two/t1 200");
  });

  it("a compressed 400, whose words nobody can read, gets a second opinion", async () => {
    const { status, words } = await ask("first", "gzip 400", plain);
    expect([status, words]).toEqual([200, expect.stringMatching("Hello from two")]);
  });

  it.each([plain, streamed])("an interim answer and then a 401 is followed by the next hop (%o)", async body => {
    const answer = await ask("first", "hints 401", body);
    expect(answer.words).toMatch("Hello from two");
    expect(answer.trail).toBe("odd/t1 401 credential, two/t1 200");
  });

  it.each([plain, streamed])(
    "a 401 whose body never ends is followed by the next hop, or by our error (%o)",
    async body => {
      const answer = await ask("first", "401, then silence", body);
      expect(answer.words).toMatch("Hello from two");
      expect(answer.trail).toBe("odd/t1 401 credential, two/t1 200");
      const alone = await ask("alone", "401, then silence", body);
      expect([alone.status, alone.json().error.code]).toEqual([424, "tokens_refused"]);
    },
  );

  describe("one that ends in trailers", () => {
    it.each([
      ["third", plain, PLAIN],
      ["third", streamed, STREAM],
      ["fourth", plain, PLAIN],
      ["fourth", streamed, STREAM],
    ])("is whole (%s, %o)", async (model, body, text) => {
      const answer = await gateway.ask({ ...body, model });
      expect(answer).toMatchObject({ status: 200, broken: false, text, words: "Odd" });
      expect(answer.trail).toMatch(/http2\/t1 200$/);
    });

    it.each([plain, streamed])("and is a failure is followed by the next hop (%o)", async body => {
      const answer = await gateway.ask({ ...body, model: "third", user: "refuse" });
      expect(answer.words).toMatch("Hello from two");
      expect(answer.trail).toBe("http2/t1 401 credential, two/t1 200");
    });

    it("came by HTTP/2", async () => {
      expect(await gateway.stat("cluster.http2.upstream_cx_http2_total")).toBeGreaterThan(0);
    });

    it("without its end mark is a broken transfer", async () => {
      const answer = await gateway.ask({ ...streamed, model: "third", user: "no end" });
      expect(answer).toMatchObject({ status: 200, broken: true, words: "Odd" });
    });
  });
});
