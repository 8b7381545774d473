import { request } from "node:http";
import { connect } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HOSTS, startGateway, type Gateway } from "./running-gateway.js";

const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } };
const BODY = JSON.stringify({ model: "m", messages: [] });

interface Sent {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
  /** The gateway said 100 before the body was sent. */
  continued: boolean;
}

/** By a client that sends what it is told to, and waits with its body where it says so. */
function send(url: string, method: string, headers: Record<string, string>, body?: string | Buffer): Promise<Sent> {
  return new Promise((done, fail) => {
    let continued = false;
    const call = request(url, { method, headers, agent: false });
    call.on("error", fail).on("response", answer => {
      let text = "";
      answer.setEncoding("utf8").on("data", chunk => (text += chunk));
      answer.on("end", () => done({ status: answer.statusCode!, headers: answer.headers, text, continued }));
    });
    if (headers.expect === undefined) call.end(body);
    else {
      call.on("continue", () => {
        continued = true;
        call.end(body);
      });
      call.flushHeaders();
    }
  });
}

/** A frame of zstd (RFC 8878): a block that repeats `blank` spaces, then the text as it is. Node 20 writes none. */
function zstd(text: string, blank = 0): Buffer {
  const block = (type: number, size: number, bytes: string, isLast = false) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE((size << 3) | (type << 1) | Number(isLast));
    return Buffer.concat([head.subarray(0, 3), Buffer.from(bytes)]);
  };
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length + blank);
  const repeats = Array.from({ length: blank >> 17 }, () => block(1, 1 << 17, " "));
  return Buffer.concat([Buffer.from("28b52ffda0", "hex"), size, ...repeats, block(0, text.length, text, true)]);
}

/** What comes back for bytes that are sent as they are, until the connection ends. */
function sendRaw(url: string, text: string): Promise<string> {
  return new Promise((done, fail) => {
    let got = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8").on("data", chunk => (got += chunk));
    socket.on("close", () => done(got)).on("error", fail);
  });
}

describe.each(HOSTS)("odd requests in $mode mode, on Envoy $version:", ({ mode, version }) => {
  let gateway: Gateway;
  const at = (id: string) => gateway.providers[id]!;

  beforeAll(async () => {
    const served = { ...NEVER_OUT, allowPaths: ["DELETE /v1/models/*", "GET /v1/other", "HEAD /v1/other"] };
    gateway = await startGateway({
      ...{ mode, version },
      providers: {
        one: { tokens: ["one-1"], config: served, models: ["a-model"] },
        two: { tokens: ["two-1"], config: served, models: ["a-model"] },
      },
      routes: [
        {
          ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
          fallbackConfig: { upstreams: [{ provider: "two" }] },
        },
      ],
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    for (const provider of Object.values(gateway.providers)) {
      await provider.reset();
      provider.requests.length = 0;
    }
  });

  it.each([
    { framing: "a content-length", header: ["content-length", String(BODY.length)] },
    { framing: "chunks", header: ["transfer-encoding", "chunked"] },
  ])("one that expects 100-continue, with $framing, reaches each hop whole", async ({ header: [name, value] }) => {
    await at("one").set("*", "401");
    const headers = { [name!]: value!, expect: "100-continue", "content-type": "application/json" };
    const answer = await send(`${gateway.url}/v1/chat/completions`, "POST", headers, BODY);
    expect(answer).toMatchObject({ status: 200, continued: true, text: expect.stringContaining("Hello from two") });
    for (const id of ["one", "two"]) {
      expect(at(id).requests.map(({ body }) => body.toString())).toEqual([BODY]);
      expect(at(id).requests[0]!.headers).not.toHaveProperty("expect");
    }
  });

  it.each([
    ["gzip", gzipSync(BODY)],
    ["br", brotliCompressSync(BODY)],
    ["zstd", zstd(BODY)],
  ])("a body in %s reaches each hop whole, unpacked", async (encoding, packed) => {
    await at("one").set("*", "401");
    const headers = {
      "content-type": "application/json",
      "content-encoding": encoding,
      "cache-control": "no-transform",
    };
    const answer = await send(`${gateway.url}/v1/chat/completions`, "POST", headers, packed);
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining("Hello from two") });
    for (const id of ["one", "two"]) {
      expect(at(id).requests.map(({ body }) => body.toString())).toEqual([BODY]);
      expect(at(id).requests[0]!.headers).not.toHaveProperty("content-encoding");
      expect(at(id).requests[0]!.headers).not.toHaveProperty("accept-encoding");
    }
  });

  it.each([
    ["gzip", Buffer.from(BODY), 400, "cannot be unpacked"],
    ["br", Buffer.from(BODY), 400, "cannot be unpacked"],
    ["zstd", Buffer.from(BODY), 400, "cannot be unpacked"],
    ["gzip", gzipSync(BODY).subarray(0, 20), 400, "cannot be unpacked"],
    ["gzip", gzipSync(BODY.replace("]", `], "x": "${" ".repeat(20 << 20)}"`)), 400, "more than a hundredfold"],
    ["gzip", gzipSync("no JSON"), 400, "unexpected character 'o' at byte 1"],
    ["gzip, zstd", zstd("{}"), 400, "cannot be unpacked"],
    ["deflate", gzipSync(BODY), 415, "decompressor"],
    ["identity", gzipSync(BODY), 415, "no content-encoding says so"],
  ])("a body in %s that is none, or too much, reaches nobody (%#)", async (encoding, body, status, says) => {
    const headers = { "content-type": "application/json", "content-encoding": encoding };
    const answer = await send(`${gateway.url}/v1/chat/completions`, "POST", headers, body);
    expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([status, expect.stringContaining(says)]);
    expect(at("one").requests).toEqual([]);
  });

  it("a body of zstd that grows without end is refused, by its growth or its size", async () => {
    const headers = { "content-type": "application/json", "content-encoding": "zstd" };
    const answer = await send(`${gateway.url}/v1/chat/completions`, "POST", headers, zstd(BODY, 1 << 30));
    expect([400, 413]).toContain(answer.status);
    expect(at("one").requests).toEqual([]);
  });

  it("an answer that comes early reaches a client that is still uploading", async () => {
    const pieces = 40;
    const piece = Buffer.alloc(1 << 20, " ");
    const headers = { "content-type": "application/json", "content-length": String(pieces * piece.length) };
    const call = request(`${gateway.url}/v1/chat/completions`, { method: "POST", headers, agent: false });
    const answered = new Promise<number>((done, fail) => {
      call.on("error", fail).on("response", answer => answer.resume().on("end", () => done(answer.statusCode!)));
    });
    let isAnswered = false;
    void answered.then(
      () => (isAnswered = true),
      () => (isAnswered = true),
    );
    for (let i = 0; i < pieces && !isAnswered; i++) {
      call.write(piece);
      await new Promise(done => setTimeout(done, 5));
    }
    expect(await answered).toBe(413);
    call.destroy();
  });

  it("a body that unpacks to more than limits.requestBody is refused before it is whole", async () => {
    // Of text that cannot be packed a hundredfold.
    const filler = Array.from({ length: 3 << 20 }, (_, i) => `${i * 7919} `).join("");
    const body = JSON.stringify({ model: "m", messages: [filler, filler] });
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const answer = await send(`${gateway.url}/v1/chat/completions`, "POST", headers, gzipSync(body, { level: 1 }));
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([413, "request_too_large"]);
  });

  describe("of a client that speaks HTTP/1.0, as nginx does by default,", () => {
    const ask = (body: object) => {
      const text = JSON.stringify({ model: "m", messages: [], ...body });
      const head = `POST /v1/chat/completions HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n`;
      return sendRaw(gateway.url, head + text);
    };

    it("are answered, whole and unchunked", async () => {
      for (const stream of [false, true]) {
        const answer = await ask({ stream });
        expect(answer).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
        expect(answer.toLowerCase()).not.toContain("transfer-encoding");
        expect(answer).toContain(stream ? "data: [DONE]" : "Hello from one");
      }
    });

    it("a broken answer is never one that ends well", async () => {
      for (const fault of ["cut", "truncated"]) {
        await at("one").set("*", fault);
        const answer = await ask({ stream: true });
        if (answer.includes(" 200 OK")) expect(answer).toMatch(/"two-[\s\S]*data: \[DONE\]\s*$/);
        else expect(answer).toMatch(/^HTTP\/1\.[01] 50[23] [\s\S]*"error"/);
      }
    });
  });

  it.each([
    ["/v1/responses", { error: { code: "upgrade_not_supported" } }],
    ["/v1/messages", { type: "error", error: { type: "invalid_request_error" } }],
  ])("a WebSocket on %s is refused in the shape of its API", async (path, error) => {
    const headers = { connection: "upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
    const answer = await send(gateway.url + path, "GET", {
      ...headers,
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    });
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([426, error]);
    expect(at("one").requests).toEqual([]);
  });

  it.each([
    { method: "GET", path: "/v1/other" },
    { method: "HEAD", path: "/v1/other" },
    { method: "DELETE", path: "/v1/models/a-model" },
  ])("$method without a body passes, and is rescued, as it is", async ({ method, path }) => {
    for (const [fault, hops] of [
      ["ok", ["one"]],
      ["401", ["one", "two"]],
      ["503", ["one", "one", "two"]],
    ] as const) {
      await at("one").set("*", fault);
      for (const { requests } of [at("one"), at("two")]) requests.length = 0;
      const answer = await send(`${gateway.url}${path}`, method, {});
      expect(answer.status).toBe(200);
      expect(answer.headers["x-ai-failover-attempts"]).toBe(String(hops.length));
      if (method === "HEAD") expect(answer.text).toBe("");
      else expect(answer.text).toContain(hops.at(-1));
      const seen = [...at("one").requests, ...at("two").requests];
      expect(seen.map(({ token }) => token)).toEqual(hops.map(id => `${id}-1`));
      for (const { method: got, path: there, body } of seen)
        expect([got, there, body.length]).toEqual([method, path, 0]);
    }
  });

  it("HEAD of the models and of / reaches nobody", async () => {
    const statuses = ["/v1/models", "/v1/models/a-model", "/"].map(
      async path => (await send(gateway.url + path, "HEAD", {})).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 404]);
    for (const id of ["one", "two"]) expect(at(id).requests).toEqual([]);
  });

  it("a 204 answers what is no completion", async () => {
    await at("one").set("*", "204");
    const answer = await send(`${gateway.url}/v1/models/a-model`, "DELETE", {});
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers["x-ai-failover-provider"]).toBe("one");
    const headers = { "content-type": "application/json" };
    const rescued = await send(`${gateway.url}/v1/chat/completions`, "POST", headers, BODY);
    expect(rescued).toMatchObject({ status: 200, text: expect.stringContaining("Hello from two") });
  });

  it("HEAD that fails everywhere ends in our status, without a body", async () => {
    for (const id of ["one", "two"]) await at(id).set("*", "503");
    const { status, text, headers } = await send(`${gateway.url}/v1/other`, "HEAD", {});
    expect([status, text]).toEqual([503, ""]);
    expect(headers["x-ai-failover-trail"]).toMatch(/two\/t1;status=503/);
  });

  it.each(["/v1/files/f-1", "/v1/batches", "/v1/threads/t-1", "/v1/responses/r-1", "/v1/chat/completions/c-1"])(
    "%s names what one provider holds: it is sent once, and its own answer returns",
    async path => {
      await at("one").set("*", "503");
      const answer = await send(`${gateway.url}${path}`, "GET", {});
      expect(answer.status).toBe(503);
      expect(JSON.parse(answer.text)).toHaveProperty("error");
      expect([at("one").requests.length, at("two").requests.length]).toEqual([1, 0]);
    },
  );

  it.each([
    ["TRACE", "/v1/models/a-model", 405],
    ["GET", "/v1/..%2f..%2Fadmin", 400],
    ["GET", "/v1/a/..%5Cadmin", 400],
  ])("%s %s is refused and reaches nobody", async (method, path, status) => {
    const answer = await send(`${gateway.url}${path}`, method, {});
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([status, { error: { param: null } }]);
    expect(at("one").requests).toEqual([]);
  });

  it("a POST without a body is answered, whoever that is for", async () => {
    await at("one").set("*", "401");
    const { status } = await send(`${gateway.url}/v1/moderations`, "POST", { "content-length": "0" });
    expect(status).toBe(200);
    expect(at("two").requests.map(({ method, body }) => [method, body.length])).toEqual([["POST", 0]]);
  });
});
