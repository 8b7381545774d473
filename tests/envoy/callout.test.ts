import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startGateway, until, type Gateway } from "./running-gateway.js";

const MB = 1 << 20;
const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } };
const plain = { model: "m", messages: [] };
const streamed = { ...plain, stream: true };

/** A provider that answers with so many bytes. */
async function startLarge(): Promise<{ url: string; size: number; server: Server }> {
  const large = { url: "", size: 0, server: createServer() };
  const answer: RequestListener = (request, response) => {
    let body = "";
    request
      .on("data", chunk => (body += chunk))
      .on("end", () => {
        const content = "a".repeat(large.size);
        const choice = { index: 0, finish_reason: "stop" };
        if (!body.includes('"stream":true')) {
          response.setHeader("content-type", "application/json");
          response.end(JSON.stringify({ choices: [{ ...choice, message: { role: "assistant", content } }] }));
          return;
        }
        response.setHeader("content-type", "text/event-stream");
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
        response.end(`data: ${JSON.stringify({ choices: [{ ...choice, delta: {} }] })}\n\ndata: [DONE]\n\n`);
      });
  };
  large.server.on("request", answer);
  await new Promise<void>(done => large.server.listen(0, "127.0.0.1", done));
  large.url = `http://127.0.0.1:${(large.server.address() as AddressInfo).port}/v1`;
  return large;
}

const FORWARDED = { forwardHeaders: ["x-client", "x-team"], forwardQuery: ["trace"] };

describe.each(["1.36.4", "1.38.2"])("callouts, on Envoy %s,", version => {
  let gateway: Gateway;
  let large: Awaited<ReturnType<typeof startLarge>>;
  const at = (id: string) => gateway.providers[id]!;
  const active = (name: string) => gateway.stat(`cluster.${name}.upstream_rq_active`);

  beforeAll(async () => {
    large = await startLarge();
    const ids = ["one", "two", "three"];
    gateway = await startGateway({
      ...{ version, mode: "callout" },
      providers: {
        ...Object.fromEntries(ids.map(id => [id, { tokens: [`${id}-1`], config: { ...NEVER_OUT, ...FORWARDED } }])),
        claude: { tokens: ["claude-1"], config: { ...NEVER_OUT, type: "claude" } },
        large: { tokens: ["large-1"], config: { ...NEVER_OUT, url: large.url } },
      },
      routes: [
        {
          ...{ name: "large", modelPredicates: [{ matchType: "EQUAL", matchValue: "large" }] },
          upstreams: [{ provider: "one" }],
          fallbackConfig: { upstreams: [{ provider: "large" }, { provider: "three" }] },
        },
        {
          ...{ name: "claude", modelPredicates: [{ matchType: "EQUAL", matchValue: "claude" }] },
          upstreams: [{ provider: "claude" }],
        },
        {
          ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
          fallbackConfig: { upstreams: [{ provider: "two" }, { provider: "three" }] },
          // Long enough for a busy machine to answer within it.
          ...{ firstTokenTimeout: 1000, attemptTimeout: 1000, timeout: "20s" },
        },
      ],
    });
  });
  afterAll(async () => {
    await gateway.stop();
    large.server.close();
  });
  beforeEach(async () => {
    for (const provider of Object.values(gateway.providers)) {
      await provider.reset();
      provider.requests.length = 0;
    }
    await at("one").set("*", "500");
  });

  it.each([
    { shape: "plain", body: { ...plain, model: "large" } },
    { shape: "streamed", body: { ...streamed, model: "large" } },
  ])("bring a $shape answer of 5 MB whole", async ({ body }) => {
    large.size = 5 * MB;
    const answer = await gateway.ask(body);
    expect(answer).toMatchObject({ status: 200, broken: false });
    expect(answer.words).toBe("a".repeat(5 * MB));
    expect(answer.trail).toBe("one/t1 500 provider, one/t1 500 provider, large/t1 200");
  });

  it("that bring more than Envoy takes have failed, and the next hop follows", async () => {
    large.size = 33 * MB;
    const answer = await gateway.ask({ ...plain, model: "large" });
    expect(answer.words).toMatch("Hello from three");
    expect(answer.trail).toMatch(/large\/t1 broken-stream, three\/t1 200$/);
  });

  it.each([
    ["a refused connection", "refused", "two/t1 connect"],
    ["no answer within the limit", "hang", "two/t1 slow"],
    ["a provider's own 503", "503", "two/t1 503 provider"],
    ["an answer that is cut", "cut", "two/t1 broken-stream"],
    ["an error inside a 200", "error-in-200", "two/t1 200 provider"],
  ])("are judged like any attempt: %s", async (_, fault, step) => {
    await at("two").set("*", fault);
    const answer = await gateway.ask(plain);
    expect(answer.words).toMatch("Hello from three");
    expect(answer.trail.split(", ")).toContain(step);
    expect(answer.trail).toMatch(/three\/t1 200$/);
  });

  it("that all fail end in one answer that says what was tried", async () => {
    await at("two").set("*", "hang");
    await at("three").set("*", "refused");
    const answer = await gateway.ask(streamed);
    expect(answer.status).toBe(503);
    expect(answer.json().error.code).toBe("all_attempts_failed");
    expect(answer.trail).toMatch(/two\/t1 slow, three\/t1 connect/);
  });

  it("whose client is gone leave nothing behind, and disturb nobody", async () => {
    await at("two").set("*", "slow 500ms");
    const gone = Array.from({ length: 20 }, async (_, i) => {
      const leaving = new AbortController();
      const options = { signal: leaving.signal, headers: { "x-client": String(i) } };
      const asked = gateway.ask(i % 2 === 0 ? plain : streamed, options);
      const left = expect(asked).rejects.toThrow();
      await until(() => at("two").requests.some(({ headers }) => headers["x-client"] === String(i)));
      leaving.abort();
      await left;
    });
    await Promise.all(gone);
    await until(async () => (await gateway.stat("http.ai_failover.downstream_rq_active")) === 0);
    await until(async () => (await active("two")) === 0);
    await at("two").reset();
    for (const body of [plain, streamed]) expect((await gateway.ask(body)).words).toMatch("Hello from two");
  });

  it("answer once, also when the silent provider answers after all while they run", async () => {
    await at("one").set("*", "slow 1200ms");
    await at("two").set("*", "slow 500ms");
    const ask = async (body: object) => {
      const answer = await gateway.ask(body);
      expect(answer.words).toMatch("Hello from two");
      expect(answer.text.match(/Hello from|Hello /g)).toHaveLength(1);
    };
    await Promise.all([ask(plain), ask(streamed)]);
    expect(at("one").requests.map(({ answered }) => answered)).toEqual([true, true]);
    await until(async () => (await active("one")) === 0);
  });

  it.each([
    { id: "one", path: "/v1/chat/completions", error: { error: { type: "server_error", code: "stream_incomplete" } } },
    { id: "claude", path: "/v1/messages", error: { type: "error", error: { type: "api_error" } } },
  ])("cannot follow a cut of an answer that is held: an error of $path says so", async ({ id, path, error }) => {
    await at(id).set("*", "cut");
    const answer = await gateway.ask({ ...plain, model: id }, { path });
    expect(answer).toMatchObject({ status: 502, broken: false });
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.json()).toMatchObject(error);
    expect(at("two").requests).toEqual([]);
  });

  it("carry of the client's headers what the API knows and the provider forwards", async () => {
    const kept = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x-team": "blue" };
    const refused = { "openai-organization": "another" };
    const headers = {
      ...kept,
      ...refused,
      authorization: "Bearer the client's",
      cookie: "a=b",
      "x-api-key": "the client's",
    };
    await gateway.ask(plain, { headers, path: "/v1/chat/completions?api_key=k&other=2&trace=1" });
    const [request] = at("two").requests;
    expect(request).toMatchObject({ method: "POST", path: "/v1/chat/completions?trace=1", token: "two-1" });
    expect(request!.headers).toMatchObject(kept);
    for (const name of ["cookie", "x-api-key", "openai-organization", "x-forwarded-for", "x-forwarded-proto"])
      expect(request!.headers[name]).toBeUndefined();
  });
});
