import { describe, expect, it } from "vitest";
import { chat, delta, DONE, events, json, openAiError, sse, wordsOf, type Behaviour } from "../host/proxy-host.js";
import { MODES, start, tokensAt } from "./fixture.js";

const plain = { body: { model: "qwen-turbo", messages: [{ role: "user", content: "Hello" }] } };
const streamed = { body: { ...plain.body, stream: true } };
const badKey = json(401, openAiError("invalid_api_key"));
const LIMITS = { firstTokenTimeout: 300, attemptTimeout: 400, timeout: 5000 };
/** Exactly kept by Envoy; by our own clock up to one tick later. */
const TICK = 50;

/** Faults before the first byte of an answer, and how long they may hold a request up, ms. */
const FAULTS: [string, Behaviour, number][] = [
  ["401", badKey, 0],
  ["402", json(402, openAiError("insufficient_quota")), 0],
  ["429", json(429, openAiError("rate_limit_exceeded")), 0],
  ["500", { status: 500, body: "oops" }, 0],
  ["503 without a body", { status: 503 }, 0],
  ["redirect", { status: 302, headers: { location: "https://elsewhere.test" } }, 0],
  ["refused connection", "refused", 0],
  ["failed handshake", "tls", 0],
  ["connection that does not come", { fault: "connect-timeout", wait: 200 }, 200],
  ["reset", "reset", 0],
  ["error in a 200", json(200, openAiError("server_error")), 0],
  ["empty 200", { status: 200, headers: { "content-type": "application/json" } }, 0],
  ["web page", { status: 200, headers: { "content-type": "text/html" }, body: "<html>" }, 0],
];

const STREAM_FAULTS: [string, Behaviour, number][] = [
  ["error event in a stream", events([`data: ${JSON.stringify(openAiError("server_error"))}\n\n`, DONE]), 0],
  ["stream without content", events([DONE]), 0],
  ["silent stream", events([60_000]), 300],
  ["silent provider", "silence", 300],
  ["stream of comments", events(Array.from({ length: 50 }, (_, i) => (i % 2 ? 20 : ": keep-alive\n\n"))), 300],
];

describe.each(MODES)("in %s mode", mode => {
  it("goes on with the next token, then with the next provider, and meets no bad token twice", () => {
    const envoy = start({ mode, clusters: { qwen: badKey, deepseek: chat("Hi") } });
    const first = envoy.ask(plain);
    expect(first).toMatchObject({ status: 200, ended: "complete" });
    expect(wordsOf(first.text)).toBe("Hi");
    expect(tokensAt(envoy, "qwen").sort()).toEqual(["t1", "t2", "t3"]);
    expect(envoy.ask(plain).headers).toMatchObject({
      "x-ai-failover-provider": "deepseek",
      "x-ai-failover-attempts": "1",
    });
    expect(envoy.provider("qwen").seen).toHaveLength(3);
  });

  it("serves every request while one token of three is bad, which is met once", () => {
    const bad = "Bearer qwen-2";
    const envoy = start({
      mode,
      clusters: { qwen: ({ headers }) => (headers["authorization"] === bad ? badKey : chat("Hi")) },
    });
    const statuses = Array.from({ length: 50 }, () => envoy.ask(plain).status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(tokensAt(envoy, "qwen").filter(token => token === "t2")).toEqual(["t2"]);
  });

  describe.each([
    ["plain", plain, chat("Hi"), FAULTS],
    ["streamed", streamed, sse("H", "i"), [...FAULTS, ...STREAM_FAULTS]],
  ] as const)("for a %s request", (_, ask, good, faults) => {
    it.each(faults)("rescues a %s", (_, fault, latest) => {
      const clusters = { qwen: fault, deepseek: good };
      const envoy = start({ mode, tokens: { qwen: 1, deepseek: 1 }, policy: LIMITS, clusters });
      const { status, text, ended, ms } = envoy.ask(ask);
      expect({ status, ended, words: wordsOf(text) }).toEqual({ status: 200, ended: "complete", words: "Hi" });
      // A provider's own fault is tried once more with the same token.
      expect(ms).toBeLessThanOrEqual(2 * (latest + TICK));
    });
  });

  it("sends each hop the client's request with nothing but the hop's own token, host, path and model", () => {
    const body = '{"messages":[{"role":"user","content":"caf\u00e9 \\u0041"}], "model" : "qwen-turbo","user":"u"}';
    const envoy = start({ mode, tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: badKey, deepseek: chat("Hi") } });
    const secrets = {
      authorization: "Bearer client",
      "x-api-key": "client",
      cookie: "client",
      "x-stainless-lang": "js",
    };
    envoy.ask({ body, path: "/v1/chat/completions?key=client&beta=true", headers: secrets });
    const [qwen, deepseek] = ["qwen", "deepseek"].map(cluster => envoy.provider(cluster).seen[0]!);
    // Envoy finds the route by it, so that only an attempt role, or the route itself, can take it away.
    if (mode === "callout") delete qwen!.headers["x-forwarded-proto"];
    expect(qwen).toMatchObject({ body, authority: "qwen.test", path: "/v1/chat/completions?beta=true" });
    expect(deepseek).toMatchObject({ body: body.replace("qwen-turbo", "deepseek-chat"), authority: "deepseek.test" });
    for (const { cluster, headers } of [qwen!, deepseek!]) {
      expect(headers).toMatchObject({ authorization: `Bearer ${cluster}-1`, "x-stainless-lang": "js" });
      expect(JSON.stringify(headers)).not.toMatch(/client|x-ai-failover|x-forwarded|203\.0\.113/);
    }
  });

  it("returns a caller's mistake as it is also after every hop that the configuration tries it at", () => {
    const mistake = json(422, openAiError("invalid_value"));
    const tried = (tokens: Record<string, number>, qwen: Behaviour, deepseek: Behaviour) => {
      const provider = { rules: [{ status: ["4.*", "5.*"], then: "next-token" }] };
      const { status, text, ended, headers } = start({ mode, tokens, provider, clusters: { qwen, deepseek } }).ask(
        plain,
      );
      return { status, text, ended, count: headers["x-ai-failover-attempts"] };
    };
    const end = { status: 422, text: mistake.body, ended: "complete" };
    expect(tried({ qwen: 1 }, mistake, mistake)).toEqual({ ...end, count: "1" });
    expect(tried({ qwen: 2, deepseek: 1 }, mistake, mistake)).toEqual({ ...end, count: "3" });
    expect(tried({ qwen: 2, deepseek: 1 }, badKey, mistake)).toEqual({ ...end, count: "3" });
    expect(tried({ qwen: 2 }, { status: 422 }, "refused")).toEqual({ ...end, text: "", count: "2" });
  });

  it("obeys rules about failed answers, those of the provider first", () => {
    const broke = json(418, openAiError("teapot", "The project has no tea left."));
    const answered = (rules: object[], providerRules: object[] = []) => {
      const clusters = { qwen: broke, deepseek: chat("Hi") };
      const provider = { rules: providerRules };
      const envoy = start({ mode, tokens: { qwen: 2, deepseek: 1 }, config: { rules }, provider, clusters });
      const first = envoy
        .ask(plain)
        .headers["x-ai-failover-trail"]!.split(", ")
        .map(step => step.split("/")[0]);
      return [first.join(" "), envoy.ask(plain).headers["x-ai-failover-attempts"]];
    };
    expect(answered([{ status: 418, then: "return" }])).toEqual(["qwen", "1"]);
    expect(answered([{ code: "TEAPOT", then: "next-token", out: "nobody" }])).toEqual(["qwen qwen deepseek", "3"]);
    expect(answered([{ contains: "no tea", then: "next-token", out: "token" }])).toEqual(["qwen qwen deepseek", "1"]);
    expect(answered([{ status: 418, contains: "coffee", then: "return" }])).toEqual(["qwen deepseek", "2"]);
    const all = [{ status: "4xx", then: "return" }];
    expect(answered(all, [{ code: "teapot", then: "next-provider" }])).toEqual(["qwen deepseek", "2"]);
  });

  it.each([
    ["a refused connection", "refused"],
    ["an error in a 200", json(200, openAiError("server_error"))],
  ] as [string, Behaviour][])("fails %s whatever the rules say of others", (_, fault) => {
    const envoy = start({
      ...{ mode, tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: fault, deepseek: chat("Hi") } },
      config: { rules: [{ status: 429, then: "return" }] },
    });
    expect(wordsOf(envoy.ask(plain).text)).toBe("Hi");
  });

  it.each([400, 413, 422])("returns a caller's own mistake, %i, as it is, and punishes nobody", status => {
    const error = { message: "your fault", type: "invalid_request_error", param: "messages", code: null };
    const envoy = start({ mode, clusters: { qwen: json(status, { error }) } });
    for (let i = 0; i < 6; i++)
      expect(envoy.ask(plain)).toMatchObject({ status, text: expect.stringContaining("your fault") });
    expect(new Set(tokensAt(envoy, "qwen")).size).toBeGreaterThan(1);
    expect(envoy.provider("qwen").seen).toHaveLength(6);
  });

  it.each([400, 409, 413, 418, 422])(
    "asks the next provider about a %i in unknown words, and punishes nobody",
    status => {
      const clusters = {
        qwen: json(status, openAiError("bad_request", "Nobody knows these words.")),
        deepseek: chat("Hi"),
      };
      const envoy = start({ mode, clusters });
      for (let i = 0; i < 6; i++) expect(wordsOf(envoy.ask(plain).text)).toBe("Hi");
      expect(envoy.provider("qwen").seen).toHaveLength(6);
    },
  );

  it("says what was tried when everything failed", () => {
    const envoy = start({ mode, tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: badKey, deepseek: "refused" } });
    const { status, text, headers } = envoy.ask(plain);
    expect({ status, headers }).toMatchObject({ status: 503, headers: { "x-ai-failover-attempts": "3" } });
    expect(JSON.parse(text).error.message).toMatch(/qwen\/t1;status=401;cause=credential.*deepseek\/t1;cause=/);
  });

  it.each([{ previous_response_id: "r" }, { conversation: "c" }, { conversation: { id: "c" } }])(
    "sends a call that names a provider's state once: %j",
    state => {
      const envoy = start({ mode, clusters: { qwen: { status: 500, body: "own words" }, deepseek: chat("Hi") } });
      const call = envoy.ask({ body: { ...plain.body, ...state }, path: "/v1/responses" });
      expect(call).toMatchObject({ status: 500, text: "own words" });
    },
  );

  it.each(["/v1/responses", "/v1/chat/completions"])("fails a call over that only seems to name one: %s", path => {
    const envoy = start({ mode, clusters: { qwen: { status: 500, body: "own words" }, deepseek: "reset" } });
    const state = path === "/v1/responses" ? null : "c";
    const call = envoy.ask({ body: { ...plain.body, conversation: state, previous_response_id: null }, path });
    expect(call.headers["x-ai-failover-trail"]).toContain("deepseek/");
  });

  it("waits for a rate limit where that is all that stands in the way", () => {
    const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "2" } });
    const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: [limited, chat("Hi")] } });
    const { status, ms } = envoy.ask(plain);
    expect(status).toBe(200);
    expect(ms).toBeGreaterThanOrEqual(2000);
    expect(ms).toBeLessThanOrEqual(3000 + TICK);
  });

  it.each([true, false])(
    "sends its whole body after a wait, whether its last piece ends it or not: %j",
    endsWithLast => {
      const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "2" } });
      const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: [limited, chat("Hi"), chat("Hi")] } });
      const first = envoy.call(plain);
      envoy.advance(10);
      const calls = [first, envoy.call({ ...plain, endsWithLast })];
      expect(calls.map(call => envoy.finish(call).status)).toEqual([200, 200]);
      expect(envoy.provider("qwen").seen.map(({ body }) => body)).toEqual(Array(3).fill(JSON.stringify(plain.body)));
    },
  );

  it("ends a stream that stops without its end mark in an error event", () => {
    const envoy = start({ mode, clusters: { qwen: events([delta("Hel"), 100, delta("lo")]) } });
    const { status, text, ended } = envoy.ask(streamed);
    expect({ status, ended }).toEqual({ status: 200, ended: "complete" });
    expect(text).toMatch(/data: \{"error":\{[^\n]*stream_incomplete[^\n]*\n\n$/);
    expect(text).not.toContain("[DONE]");
  });

  it("never gives a callout's stream without its end mark as whole, even without a guard", () => {
    const cut = events([delta("Hel"), delta("lo")]);
    const options = { mode, policy: { guard: "none" }, tokens: { qwen: 1, deepseek: 1 } };
    const envoy = start({ ...options, clusters: { qwen: badKey, deepseek: cut } });
    const { status, text } = envoy.ask(streamed);
    expect(status === 503 || text.includes("stream_incomplete")).toBe(true);
  });

  it("breaks the transfer of a stream that is cut after bytes went out", () => {
    const envoy = start({ mode, clusters: { qwen: events([delta("Hel"), 100], { end: "cut" }), deepseek: sse("Hi") } });
    expect(envoy.ask(streamed)).toMatchObject({ status: 200, ended: "reset", text: delta("Hel") });
    expect(envoy.provider("deepseek").seen).toEqual([]);
  });

  it("carries a large body that comes in pieces, with and without its length, to every hop", () => {
    const long = "x".repeat(400_000);
    const envoy = start({
      mode,
      tokens: { qwen: 1, deepseek: 1 },
      bufferLimit: 32_768,
      clusters: { qwen: badKey, deepseek: chat("Hi") },
    });
    const pieces = ['{"model":"qwen-turbo","a":"', ...Array.from({ length: 5 }, () => [long, 10]).flat(), '"}'];
    const text = `{"model":"qwen-turbo","a":"${long.repeat(5)}"}`;
    expect(envoy.ask({ body: pieces }).status).toBe(200);
    expect(
      envoy.ask({ body: pieces, headers: { "content-length": String(text.length) }, endsWithLast: true }).status,
    ).toBe(200);
    expect(envoy.provider("qwen").seen[0]!.body === text).toBe(true);
    for (const { body } of envoy.provider("deepseek").seen)
      expect(body === text.replace("qwen-turbo", "deepseek-chat")).toBe(true);
  });

  it("takes a request that ends by trailers", () => {
    const envoy = start({ mode, tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: badKey, deepseek: chat("Hi") } });
    expect(envoy.ask({ ...plain, trailers: { "x-checksum": "1" } }).status).toBe(200);
    expect(envoy.provider("deepseek").seen[0]!.json()).toMatchObject({ model: "deepseek-chat" });
  });

  it("serves a call without a body", () => {
    const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: chat("Hi") } });
    expect(envoy.ask({ path: "/v1/files/f" }).status).toBe(200);
    expect(envoy.provider("qwen").seen[0]).toMatchObject({ method: "GET", body: "" });
  });
});

describe("in retry mode only", () => {
  it("streams the rescued answer, at the provider's own pace", () => {
    const envoy = start({
      tokens: { qwen: 1, deepseek: 1 },
      clusters: { qwen: badKey, deepseek: sse("a", 100, "b", 100, "c") },
    });
    expect(envoy.ask(streamed).chunks.map(({ at }) => at)).toEqual([1, 101, 201, 201]);
  });

  it("rescues an error whose body is cut", () => {
    const fault: Behaviour = { status: 500, body: "oo", end: "cut" };
    const envoy = start({ tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: fault, deepseek: chat("Hi") } });
    expect(wordsOf(envoy.ask(plain).text)).toBe("Hi");
  });

  it("rescues a stream that is cut, garbled or without its end while it is held whole", () => {
    for (const fault of [
      events([delta("x"), 10], { end: "cut" }),
      events([delta("x")]),
      events([delta("x"), "data: {\n\n", DONE]),
    ]) {
      const envoy = start({
        tokens: { qwen: 1, deepseek: 1 },
        policy: { guard: "full" },
        clusters: { qwen: fault, deepseek: sse("H", "i") },
      });
      expect(wordsOf(envoy.ask(streamed).text)).toBe("Hi");
    }
  });

  const local: [string, object][] = [
    ["no healthy host", {}],
    ["a retry breaker at its limit", { retryOverflow: true }],
  ];
  it.each(local)("goes on by callout where Envoy answers by itself: %s", (_, route) => {
    const envoy = start({ tokens: { qwen: 1, deepseek: 1 }, route, clusters: { qwen: badKey, deepseek: chat("Hi") } });
    if (!("retryOverflow" in route)) envoy.provider("qwen").healthy = false;
    expect(envoy.ask(plain).status).toBe(200);
    expect(envoy.provider("deepseek").seen[0]!.by).toBe("callout");
  });

  it("goes on by callout after an interim answer, which ends Envoy's retries", () => {
    const early = { ...badKey, interim: [103] };
    const envoy = start({ tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: early, deepseek: chat("Hi") } });
    expect(envoy.ask(plain).status).toBe(200);
    expect(envoy.provider("deepseek").seen[0]!.by).toBe("callout");
  });

  it("sends no token where the router stays on the cluster before it, for want of a better one", () => {
    const envoy = start({ tokens: { qwen: 1, nowhere: 1 }, clusters: { qwen: badKey } });
    expect(envoy.ask(plain).status).toBe(503);
    expect(envoy.provider("qwen").seen.map(({ headers }) => headers["authorization"])).toEqual(["Bearer qwen-1"]);
  });

  it("lets no provider steer the router or the gateway by its headers", () => {
    const steering = {
      "x-envoy-ratelimited": "true",
      "x-ai-failover-retry": "1",
      "x-ai-failover-wait": "5",
      "set-cookie": "a",
    };
    const limited = { ...badKey, headers: { ...(badKey.headers as object), ...steering } };
    const envoy = start({
      tokens: { qwen: 1, deepseek: 1 },
      clusters: { qwen: limited, deepseek: { ...chat("Hi"), headers: steering } },
    });
    const { status, ms, headers } = envoy.ask(plain);
    expect({ status, ms }).toEqual({ status: 200, ms: 1 });
    for (const name of Object.keys(steering)) expect(headers).not.toHaveProperty(name);
  });

  it("obeys no override header of a client", () => {
    const envoy = start({ tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: badKey, deepseek: chat("Hi") } });
    const headers = {
      "x-envoy-max-retries": "0",
      "x-envoy-upstream-rq-timeout-ms": "1",
      "x-envoy-hedge-on-per-try-timeout": "true",
    };
    expect(envoy.ask({ ...plain, headers, trusted: true }).status).toBe(200);
    expect(Object.keys(envoy.provider("qwen").seen[0]!.headers).filter(name => name.startsWith("x-envoy-"))).toEqual(
      [],
    );
  });
});
