import { createHash } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:http2";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ALL_HOSTS, startGateway, type Gateway } from "./running-gateway.js";

const MB = 1 << 20;
const CHUNK = 1 * MB;

interface Sent {
  status: number;
  text: string;
}
type Way = (url: string, body: Buffer) => Promise<Sent>;

const PATH = "/v1/chat/completions";
const chunksOf = (body: Buffer) =>
  Array.from({ length: Math.ceil(body.length / CHUNK) }, (_, i) => body.subarray(i * CHUNK, (i + 1) * CHUNK));

function http1(url: string, body: Buffer, headers: Record<string, string | number>): Promise<Sent> {
  return new Promise((done, fail) => {
    const call = request(url + PATH, { method: "POST", headers: { "content-type": "application/json", ...headers } });
    call.on("error", fail).on("response", answer => {
      let text = "";
      answer.on("data", chunk => (text += chunk)).on("end", () => done({ status: answer.statusCode!, text }));
    });
    for (const chunk of chunksOf(body)) call.write(chunk);
    call.end();
  });
}

function http2(url: string, body: Buffer, trailers: Record<string, string> | undefined): Promise<Sent> {
  const session = connect(url);
  return new Promise<Sent>((done, fail) => {
    const headers = { ":method": "POST", ":path": PATH, "content-type": "application/json" };
    const stream = session.on("error", fail).request(headers, { waitForTrailers: trailers !== undefined });
    if (trailers) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    let status = 0;
    let text = "";
    stream.on("error", fail).on("response", answer => (status = answer[":status"]!));
    stream.on("data", chunk => (text += chunk)).on("end", () => done({ status, text }));
    for (const chunk of chunksOf(body)) stream.write(chunk);
    stream.end();
  }).finally(() => session.close());
}

const WAYS: { way: string; send: Way }[] = [
  { way: "HTTP/1.1 with a content-length", send: (url, body) => http1(url, body, { "content-length": body.length }) },
  { way: "HTTP/1.1 in chunks", send: (url, body) => http1(url, body, { "transfer-encoding": "chunked" }) },
  { way: "HTTP/2", send: (url, body) => http2(url, body, undefined) },
  { way: "HTTP/2 with trailers", send: (url, body) => http2(url, body, { "x-checksum": "none" }) },
];

const hash = (...parts: (Buffer | string)[]) =>
  parts.reduce((sum, part) => sum.update(part), createHash("sha256")).digest("hex");

const HEAD = '{"model":';
const TAIL = Buffer.concat([Buffer.from(',"messages":[{"role":"user","content":"'), Buffer.alloc(30 * MB, "a")]);
const END = '"}]}';
/** What a provider must get for a model there. */
const bodyFor = (model: string) => Buffer.concat([Buffer.from(`${HEAD}"${model}"`), TAIL, Buffer.from(END)]);

describe.each(ALL_HOSTS)("bodies of 30 MB in $mode mode, on Envoy $version", ({ mode, version }) => {
  let gateway: Gateway;

  beforeAll(async () => {
    const never = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } };
    gateway = await startGateway({
      ...{ mode, version, workers: 1 },
      providers: { one: { tokens: ["one-1"], config: never, remember: 4 }, two: { tokens: ["two-1"], remember: 4 } },
      routes: [
        {
          ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
          fallbackConfig: { upstreams: [{ provider: "two", modelMapping: { "*": "a-much-longer-name" } }] },
        },
      ],
    });
    await gateway.providers.one!.set("*", "401");
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    for (const { requests } of Object.values(gateway.providers)) requests.length = 0;
  });

  it.each(WAYS)("reach every hop whole, with its model, by $way", async ({ send }) => {
    const answer = await send(gateway.url, bodyFor("m"));
    expect(answer).toEqual({ status: 200, text: expect.stringContaining("Hello from two, model a-much-longer-name") });
    for (const [id, model] of [
      ["one", "m"],
      ["two", "a-much-longer-name"],
    ] as const) {
      const [got] = gateway.providers[id]!.requests;
      expect(got!.headers["content-length"] ?? String(got!.body.length)).toBe(String(bodyFor(model).length));
      expect(hash(got!.body)).toBe(hash(bodyFor(model)));
    }
  });

  it.each(WAYS)("of more than limits.requestBody are refused with 413 and reach nobody, by $way", async ({ send }) => {
    const { status, text } = await send(gateway.url, Buffer.concat([bodyFor("m"), Buffer.alloc(3 * MB, " ")]));
    expect(status).toBe(413);
    expect(JSON.parse(text).error.code).toBe("request_too_large");
    expect(gateway.providers.one!.requests).toEqual([]);
  });

  it("are given back: more of them than limits.parkedBodies has room for find it one after another", async () => {
    for (let i = 0; i < 10; i++) expect((await WAYS[2]!.send(gateway.url, bodyFor("m"))).status).toBe(200);
  });
});
