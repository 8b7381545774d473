import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTS, startGateway, type Gateway } from "./running-gateway.js";

const CLIENT_SECRET = "sk-client-0123456789";

describe.each(HOSTS)("what crosses the gateway in $mode mode, on Envoy $version", ({ mode, version }) => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway({
      ...{ mode, version },
      env: { TEST_ONE_KEYS: "sk-one-aaaaaaaa,sk-one-bbbbbbbb" },
      providers: {
        one: {
          tokens: ["sk-one-aaaaaaaa", "sk-one-bbbbbbbb"],
          config: { apiTokens: ["${TEST_ONE_KEYS}"], failover: { enabled: false }, forwardHeaders: ["x-request-tag"] },
        },
        two: { tokens: ["sk-two-cccccccc"] },
      },
      routes: [
        {
          name: "main",
          modelPredicates: [],
          upstreams: [{ provider: "one" }],
          fallbackConfig: { enabled: true, upstreams: [{ provider: "two", modelMapping: { "*": "two-model" } }] },
        },
      ],
    });
    await gateway.providers.one!.set("*", "500");
    for (const stream of [false, true])
      await gateway.ask(
        { model: "m", stream, messages: [{ role: "user", content: "a prompt that nobody logs" }] },
        {
          path: `/v1/chat/completions?key=${CLIENT_SECRET}&beta=true&api-version=7`,
          headers: {
            authorization: `Bearer ${CLIENT_SECRET}`,
            "x-api-key": CLIENT_SECRET,
            "api-key": CLIENT_SECRET,
            "x-goog-api-key": CLIENT_SECRET,
            "proxy-authorization": `Basic ${CLIENT_SECRET}`,
            cookie: `session=${CLIENT_SECRET}`,
            "x-envoy-max-retries": "0",
            "x-envoy-upstream-alt-stat-name": "stolen",
            "x-forwarded-for": "203.0.113.7",
            "x-ai-failover-retry": "1",
            "x-request-tag": "kept",
            "idempotency-key": "kept",
            "openai-organization": CLIENT_SECRET,
          },
        },
      );
  });
  afterAll(() => gateway.stop());

  const seen = (provider: string) =>
    gateway.providers[provider]!.requests.map(
      ({ path, headers, body }) => `${path}\n${JSON.stringify(headers)}\n${body}`,
    );

  it("shows no provider the client's credentials, nor another provider's token", () => {
    expect(seen("one").length).toBeGreaterThanOrEqual(2);
    expect(seen("two").length).toBe(2);
    for (const request of [...seen("one"), ...seen("two")]) expect(request).not.toContain(CLIENT_SECRET);
    for (const request of seen("one")) expect(request).not.toContain("sk-two");
    for (const request of seen("two")) expect(request).not.toContain("sk-one");
  });

  it("shows providers no header of Envoy's or ours, and no address of the client", () => {
    for (const { headers } of [...gateway.providers.one!.requests, ...gateway.providers.two!.requests]) {
      const strange = Object.keys(headers).filter(name =>
        /^(x-envoy-|x-forwarded-|x-ai-failover|forwarded$)/.test(name),
      );
      expect(strange).toEqual([]);
      expect(JSON.stringify(headers)).not.toContain("203.0.113.7");
    }
  });

  it("passes the headers and the query that the API knows on to every hop, and others where the provider forwards them", () => {
    for (const [id, tag] of [
      ["one", "kept"],
      ["two", undefined],
    ] as const)
      for (const { headers, path } of gateway.providers[id]!.requests) {
        expect(headers["idempotency-key"]).toBe("kept");
        expect(headers["x-request-tag"]).toBe(tag);
        expect(path).toBe("/v1/chat/completions?beta=true");
      }
  });

  it("sends each hop the same body but for the model's name, with its exact length", () => {
    for (const { headers, body } of gateway.providers.two!.requests) {
      expect(JSON.parse(body.toString()).model).toBe("two-model");
      expect(JSON.parse(body.toString()).messages[0].content).toBe("a prompt that nobody logs");
      expect(Number(headers["content-length"])).toBe(body.length);
    }
  });

  it("keeps tokens from variables out of Envoy's files, /config_dump, /stats and the log, and prompts out of the log", async () => {
    const { readFileSync, readdirSync } = await import("node:fs");
    const files = readdirSync(gateway.directory).map(name => readFileSync(`${gateway.directory}/${name}`, "utf8"));
    const dump = await (await fetch(`${gateway.admin}/config_dump`)).text();
    const stats = await (await fetch(`${gateway.admin}/stats`)).text();
    expect(dump).toContain("TEST_ONE_KEYS");
    for (const text of [...files, dump, stats, gateway.log()]) {
      expect(text).not.toMatch(/sk-one-(aaaaaaaa|bbbbbbbb)/);
      expect(text).not.toContain(CLIENT_SECRET);
    }
    expect(gateway.log()).not.toContain("a prompt that nobody logs");
  });
});
