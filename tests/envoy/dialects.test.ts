import { gzipSync } from "node:zlib";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HOSTS, startGateway, until, type Gateway } from "./running-gateway.js";

const messages = [{ role: "user" as const, content: "Hello" }];
const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 100_000 } };

describe.each(HOSTS)("the dialects in $mode mode, on Envoy $version", ({ mode, version }) => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway({
      ...{ mode, version },
      providers: {
        one: { tokens: ["one-1"], config: { type: "claude", ...NEVER_OUT } },
        two: { tokens: ["two-1"], config: { type: "claude", ...NEVER_OUT } },
      },
      routes: ["first-event", "none"]
        .map(guard => ({
          name: guard,
          modelPredicates: guard === "none" ? [{ matchType: "EQUAL", matchValue: "unguarded" }] : [],
          upstreams: [{ provider: "one" }],
          fallbackConfig: { enabled: true, upstreams: [{ provider: "two", modelMapping: { "*": "two-model" } }] },
          ...{ guard, firstTokenTimeout: 700, attemptTimeout: 700, timeout: "20s" },
        }))
        .reverse(),
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    for (const provider of Object.values(gateway.providers)) {
      await provider.reset();
      provider.requests.length = 0;
    }
  });

  const openai = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "x", maxRetries: 0 });
  const anthropic = () => new Anthropic({ baseURL: gateway.url, apiKey: "x", maxRetries: 0 });

  describe("Anthropic's messages, by the official client", () => {
    const ask = { model: "claude-x", max_tokens: 10, messages };

    it.each(["500", "reset", "error-in-200", "empty"])("rescues %s, plain and streamed", async fault => {
      await gateway.providers.one!.set("*", fault);
      const plain = await anthropic().messages.create(ask);
      expect(JSON.stringify(plain.content)).toMatch("Hello from two, model two-model");
      let words = "";
      for await (const event of anthropic().messages.stream(ask))
        if (event.type === "content_block_delta" && event.delta.type === "text_delta") words += event.delta.text;
      expect(words).toMatch("Hello from two, model two-model");
    });

    it("raises the client's API error for a stream without its end", async () => {
      await gateway.providers.one!.set("*", "truncated");
      const read = async () => {
        for await (const event of await anthropic().messages.create({ ...ask, stream: true })) void event;
      };
      await expect(read()).rejects.toBeInstanceOf(Anthropic.APIError);
    });

    it("has errors of Anthropic's shape", async () => {
      for (const provider of Object.values(gateway.providers)) await provider.set("*", "500");
      await expect(anthropic().messages.create(ask)).rejects.toMatchObject({
        status: 503,
        error: { type: "error", error: { type: "api_error" } },
      });
    });
  });

  describe("OpenAI's other APIs", () => {
    it("keeps their own path and body on every hop: completions, embeddings, responses", async () => {
      await gateway.providers.one!.set("*", "500");
      const completion = await openai().completions.create({ model: "m", prompt: "Hello" });
      expect(completion.choices[0]!.text).toMatch("Hello from two");
      await openai().embeddings.create({ model: "m", input: "Hello", encoding_format: "float" });
      const response = await openai().responses.create({ model: "m", input: "Hello" });
      expect(response.output_text).toMatch("Hello from two");
      const seen = gateway.providers.two!.requests.map(({ path, body }) => [path, JSON.parse(body.toString())]);
      expect(seen).toEqual([
        ["/v1/completions", { model: "two-model", prompt: "Hello" }],
        ["/v1/embeddings", { model: "two-model", input: "Hello", encoding_format: "float" }],
        ["/v1/responses", { model: "two-model", input: "Hello" }],
      ]);
    });

    it("raises the client's API error for a chat stream without its end", async () => {
      await gateway.providers.one!.set("*", "truncated");
      const read = async () => {
        for await (const event of await openai().chat.completions.create({ model: "m", messages, stream: true }))
          void event;
      };
      await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError);
    });

    it("reads and replaces the model of a multipart body", async () => {
      await gateway.providers.one!.set("*", "500");
      const form = new FormData();
      form.set("model", "whisper-x");
      form.set("file", new Blob(["sound"]), "a.wav");
      await fetch(`${gateway.url}/v1/audio/transcriptions`, { method: "POST", body: form });
      const [request] = gateway.providers.two!.requests;
      expect(request!.model).toBe("two-model");
      expect(request!.body.toString()).toContain("sound");
      expect(Number(request!.headers["content-length"])).toBe(request!.body.length);
    });

    it("sends calls that name a provider's own state once, and returns its error", async () => {
      await gateway.providers.one!.set("*", "500");
      const previous = await gateway.ask(
        { model: "m", input: "x", previous_response_id: "r" },
        { path: "/v1/responses" },
      );
      expect(previous.status).toBe(500);
      expect((await gateway.ask({}, { path: "/v1/files/f1", method: "GET" })).status).toBe(500);
      expect(gateway.providers.two!.requests.length).toBe(0);
    });

    it("obeys x-ai-failover: off and same-model, and refuses other values", async () => {
      await gateway.providers.one!.set("*", "500");
      const ask = (override: string) =>
        gateway.ask({ model: "m", messages }, { headers: { "x-ai-failover": override } });
      expect((await ask("off")).status).toBe(500);
      expect(gateway.providers.one!.requests.length).toBe(1);
      expect((await ask("same-model")).status).toBe(503);
      expect(gateway.providers.two!.requests.length).toBe(0);
      const refused = await ask("of");
      expect([refused.status, refused.json().error.code]).toEqual([400, "invalid_header"]);
    });

    it("answers broken JSON with 400 and the place, an unguarded stream at once", async () => {
      const broken = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"model": "m", "messages": [}',
      });
      expect(broken.status).toBe(400);
      expect((await broken.json()).error.message).toMatch(/not valid JSON.*at byte 28/);
      await gateway.providers.one!.set("*", "truncated");
      const unguarded = await gateway.ask({ model: "unguarded", stream: true, messages });
      expect(unguarded.text).toContain("stream_incomplete");
    });
  });

  it("stops the attempt when its client leaves, and starts no further hop", async () => {
    await gateway.providers.one!.set("*", "hang");
    const controller = new AbortController();
    const asked = gateway.ask({ model: "m", messages }, { signal: controller.signal }).catch(() => null);
    await until(() => gateway.providers.one!.requests.length === 1);
    controller.abort();
    await asked;
    await until(() => gateway.providers.one!.requests[0]!.aborted);
    await new Promise(done => setTimeout(done, 1000)); // longer than the limit that would start another hop
    expect(gateway.providers.two!.requests.length).toBe(0);
    expect(await gateway.stat("http.ai_failover.downstream_rq_active")).toBe(0);
  });

  describe("a provider that compresses although nobody asked it to", () => {
    let server: Server;
    const plain = JSON.stringify({ choices: [{ message: { content: "packed" } }] });
    beforeAll(async () => {
      server = createServer((request, response) => {
        const asked = request.headers["accept-encoding"] ?? "";
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip", "x-asked": asked });
        response.end(gzipSync(plain));
      });
      await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
    });
    afterAll(() => new Promise(done => server.close(done)));

    it("gets no accept-encoding, and its answer passes uncorrupted", async () => {
      const { port } = server.address() as AddressInfo;
      const other = await startGateway({
        ...{ mode, version },
        providers: { packer: { tokens: ["p"], config: { url: `http://127.0.0.1:${port}/v1` } } },
      });
      const answer = await other.ask({ model: "packer-x", messages });
      expect(answer.text).toBe(plain);
      expect(answer.headers.get("x-asked")).toBe("");
      await other.stop();
    });
  });

  it.runIf(mode === "retry")("lists the exact names that it serves", async () => {
    const models = await openai().models.list();
    expect(models.data.map(({ id }) => id)).toContain("unguarded");
  });
});
