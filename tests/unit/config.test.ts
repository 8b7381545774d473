import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ConfigRoom, type Config, type Provider } from "./config-room.js";

let room: ConfigRoom;
beforeAll(async () => {
  room = await ConfigRoom.start();
});

const qwen = { type: "qwen", apiTokens: ["sk-q"] };
const deepseek = { type: "deepseek", apiTokens: ["sk-d"] };
const route = { name: "r", upstreams: [{ provider: "qwen" }] };

const read = (configuration: object, env?: Record<string, string>): Config => room.accept(configuration, env).global!;
const provider = (fields: object, env?: Record<string, string>): Provider =>
  read({ providers: [{ ...qwen, ...fields }] }, env).providers[0]!;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("a configuration of our own shape", () => {
  it("has the documented defaults", () => {
    const config = read({ providers: [qwen], routes: [route] });
    expect(config).toMatchObject({ routing: 0, clientKeys: [], responseHeaders: 2, idleTimeout: 30_000 });
    expect(config.limits).toEqual([32 << 20, 256 << 20, 8 << 20]);
    const { failover, retry, breaker, tokenChoice, stickyBy } = config.providers[0]!;
    expect(failover).toEqual({
      ...{ enabled: true, failureThreshold: 1, successThreshold: 1, healthCheckInterval: 5000 },
      ...{ healthCheckTimeout: 10_000, healthCheckModel: null, cooldownDuration: 0 },
    });
    expect(retry).toEqual({ enabled: true, maxRetries: 0, retryTimeout: 0 });
    expect({ breaker, tokenChoice, stickyBy }).toEqual({ breaker: [3, 5000, 60_000], tokenChoice: 0, stickyBy: 0 });
    expect(config.routes[0]).toMatchObject({ guard: 1, times: [60_000, 120_000, 600_000, 15_000], retryBudget: 0 });
  });

  it("of the attempt role needs nothing else", () => {
    expect(room.accept({ role: "attempt" })).toMatchObject({ role: 1, global: null });
    expect(room.accept({ role: "gateway", providers: [qwen] }).role).toBe(0);
  });

  it("takes durations and sizes as numbers and as people write them", () => {
    const times = [
      ["250ms", 250],
      ["1.5s", 1500],
      ["2m", 120_000],
      ["1h", 3_600_000],
      [70_001, 70_001],
      ["0", 0],
    ] as const;
    for (const [text, ms] of times) expect(read({ providers: [qwen], idleTimeout: text }).idleTimeout).toBe(ms);
    const sizes = [
      ["512KiB", 512 << 10],
      ["1MB", 1e6],
      ["100B", 100],
      [4096, 4096],
    ] as const;
    for (const [text, bytes] of sizes)
      expect(read({ providers: [qwen], limits: { guard: text } }).limits[2]).toBe(bytes);
  });

  it("gives each provider a route from its models where none is written", () => {
    const { routes } = read({ providers: [{ ...qwen, models: ["qwen-max", "qwen-v*"] }, deepseek] });
    expect(routes.map(({ name, predicates }) => [name, predicates])).toEqual([
      ["qwen", ["=qwen-max", "qwen-v*"]],
      ["deepseek", ["deepseek-*"]],
    ]);
    expect(read({ providers: [{ ...qwen, models: ["*"] }] }).routes[0]!.predicates).toEqual(["*"]);
    const local = { type: "vllm", url: "http://vllm:8000/v1" };
    expect(read({ providers: [local] }).routes[0]!.predicates).toEqual([]);
  });

  it("reads rules about failed answers, at a provider and for all", () => {
    const rules = [
      {
        status: ["4xx", 503, "520-524"],
        code: 1113,
        contains: "no money",
        then: "next-token",
        out: "token",
        for: "10m",
      },
      { status: 409, then: "return" },
      { cause: "context-window", out: "nobody" },
    ];
    const any = { isExcept: false, from: 7, stays: false, goesOn: false };
    const config = read({ providers: [{ ...qwen, rules }], rules: rules.slice(1) });
    expect(config.providers[0]!.rules).toEqual([
      {
        ...any,
        statuses: "400-499,503,520-524",
        code: "1113",
        contains: "no money",
        causes: 0,
        then: 0,
        out: 1,
        for: 600_000,
      },
      { ...any, statuses: "409", code: null, contains: null, causes: 0, then: 2, out: -1, for: 0 },
      { ...any, statuses: null, code: null, contains: null, causes: 1, then: -1, out: 0, for: 0 },
    ]);
    expect(config.rules).toEqual(config.providers[0]!.rules.slice(1));
  });

  it("reads routes whole", () => {
    const config = read({
      providers: [qwen, deepseek],
      routes: [
        {
          name: "aliyun",
          modelPredicates: [{ matchType: "EQUAL", matchValue: "a" }],
          upstreams: [{ provider: "qwen", weight: 3, modelMapping: { "*": "b" } }],
          fallbackConfig: {
            upstreams: [{ provider: "deepseek", modelMapping: { "*": "deepseek-chat" } }],
          },
          ...{ guard: "full", firstTokenTimeout: "5s", attemptTimeout: 6000, timeout: "1m", maxWait: 0 },
          retryBudget: 0.25,
        },
        { ...route, fallbackConfig: { enabled: false, upstreams: [{ provider: "deepseek" }] } },
      ],
    });
    expect(config.routes[0]).toEqual({
      ...{ index: 0, name: "aliyun", predicates: ["=a"] },
      upstreams: [{ provider: "qwen", weight: 3, mapping: [["*", "b"]] }],
      fallback: [{ provider: "deepseek", weight: 100, mapping: [["*", "deepseek-chat"]] }],
      ...{ fallbackRandom: false, rules: [], guard: 2, retryBudget: 250 },
      times: [5000, 6000, 60_000, 0],
    });
    expect(config.routes[1]).toMatchObject({ index: 1, fallback: [] });
  });

  it("takes half of a short timeout where the default of an attempt would not leave time for another", () => {
    const times = (timeout: string, more: object = {}) =>
      read({ providers: [qwen], routes: [{ ...route, timeout, ...more }] }).routes[0]!.times.slice(0, 3);
    expect(times("60s")).toEqual([30_000, 30_000, 60_000]);
    expect(times("90s")).toEqual([60_000, 45_000, 90_000]);
    expect(times("121s")).toEqual([60_000, 120_000, 121_000]);
    expect(times("1ms")).toEqual([1, 1, 1]);
    expect(times("60s", { attemptTimeout: "50s" })).toEqual([30_000, 50_000, 60_000]);
  });

  it("lets the default of one limit of bodies give way to the other one", () => {
    const limits = (limits: object) => read({ providers: [qwen], limits }).limits.slice(0, 2);
    const MiB = 1 << 20;
    expect(limits({ parkedBodies: "16MiB" })).toEqual([16 * MiB, 16 * MiB]);
    expect(limits({ requestBody: "512MiB" })).toEqual([512 * MiB, 512 * MiB]);
    expect(limits({ requestBody: "1MiB" })).toEqual([MiB, 256 * MiB]);
  });

  it("tries exact names first, then longer prefixes, then *", () => {
    const modelMapping = { "*": "z", "gpt-*": "b", "gpt-4*": "a", "gpt-4": "", x: "y" };
    expect(provider({ modelMapping }).mapping).toEqual([
      ["gpt-4", null],
      ["x", "y"],
      ["gpt-4*", "a"],
      ["gpt-*", "b"],
      ["*", "z"],
    ]);
  });

  it("keeps any printable model name as one JSON string", () => {
    const name = fc.string({ unit: "grapheme", minLength: 1 }).filter(text => ![...text].some(isControl));
    fc.assert(
      fc.property(name, target => {
        const literal = target.replaceAll("${", "$");
        expect(provider({ modelMapping: { "*": literal } }).mapping).toEqual([["*", literal]]);
      }),
      { numRuns: 300 },
    );
  });

  it("lists the exact names that some route serves", () => {
    const config = read({
      providers: [
        { ...qwen, models: ["qwen-max", "unserved", "qwen-*"], modelMapping: { "qwen-a": "b", "qwen-*": "c" } },
      ],
      routes: [
        {
          name: "r",
          modelPredicates: [
            { matchType: "EQUAL", matchValue: 'quo"ted' },
            { matchType: "PRE", matchValue: "qwen-" },
          ],
          upstreams: [{ provider: "qwen", modelMapping: { "qwen-max": "x", "qwen-b": "y" } }],
        },
      ],
    });
    expect(config.models.object).toBe("list");
    expect(config.models.data.map(({ id, owned_by }) => [id, owned_by])).toEqual([
      ["qwen-max", "qwen"],
      ["qwen-a", "qwen"],
      ['quo"ted', "r"],
      ["qwen-b", "r"],
    ]);
    expect(config.models.data[0]).toMatchObject({ object: "model", created: 0 });
  });

  it("names tokens by their name, else by their hash", () => {
    const { tokens } = provider({ apiTokens: ["sk-one", { name: "team-b", value: "sk-two", weight: 5 }] });
    expect(tokens).toEqual([
      {
        label: `#${sha256("sk-one").slice(0, 8)}`,
        bearer: "Bearer sk-one",
        hash: sha256("sk-one").slice(0, 16),
        ...{ weight: 1, priority: 0, models: [] },
      },
      {
        label: "team-b",
        bearer: "Bearer sk-two",
        hash: sha256("sk-two").slice(0, 16),
        weight: 5,
        priority: 0,
        models: [],
      },
    ]);
  });

  it("reads which models a token may serve, reserves, and tokens that wait for the others to be out", () => {
    const entry = { value: "${LIST}", models: ["qwen-max", "qwen3*"], priority: 2, weight: 0 };
    const { tokens } = provider({ apiTokens: ["sk-one", entry] }, { LIST: "sk-1,sk-2" });
    expect(tokens.map(({ models, priority, weight }) => ({ models, priority, weight }))).toEqual([
      { models: [], priority: 0, weight: 1 },
      { models: ["=qwen-max", "qwen3*"], priority: 2, weight: 0 },
      { models: ["=qwen-max", "qwen3*"], priority: 2, weight: 0 },
    ]);
  });

  it("takes variables from the environment, several tokens out of one", () => {
    const env = { A: "sk-a", LIST: "sk-1, sk-2,sk-3", URL: "https://x.example/v1" };
    const { tokens, openai } = provider({ apiTokens: ["${A}", { name: "l", value: "${LIST}" }], url: "${URL}" }, env);
    expect(tokens.map(token => token.bearer)).toEqual(["sk-a", "sk-1", "sk-2", "sk-3"].map(t => `Bearer ${t}`));
    expect(tokens.map(token => token.label).slice(1)).toEqual(["l", "l-2", "l-3"]);
    expect(openai!.authority).toBe("x.example");
    expect(provider({ apiTokens: ["a$${b}${A}"] }, env).tokens[0]!.bearer).toBe("Bearer a${b}sk-a");
  });

  it("counts a token that stands twice once, and says so without showing it", () => {
    const plugin = room.accept({ providers: [{ ...qwen, apiTokens: ["sk-q", "sk-r", "sk-q"] }] });
    expect(plugin.global!.providers[0]!.tokens).toHaveLength(2);
    expect(plugin.warnings).toEqual(["providers[0].apiTokens[2]: the token stands here twice and counts once"]);
  });

  it("gives a provider without tokens exactly one empty token", () => {
    const [local] = read({ providers: [{ type: "ollama", url: "http://localhost:11434/v1" }] }).providers;
    expect(local!.tokens).toEqual([
      { label: "-", bearer: "Bearer ", hash: sha256("").slice(0, 16), weight: 1, priority: 0, models: [] },
    ]);
  });

  it("keeps clients' keys as hashes only", () => {
    const clientKeys = [
      { name: "a", value: "${KEY}" },
      { name: "b", sha256: sha256("k").toUpperCase() },
    ];
    expect(read({ providers: [qwen], clientKeys }, { KEY: "a-client-key" }).clientKeys).toEqual([
      `a ${sha256("a-client-key")}`,
      `b ${sha256("k")}`,
    ]);
  });

  it("keys the ledger by id and address, so that a token's health never moves to another provider", () => {
    const key = (fields: object) => provider(fields).ledgerKey;
    expect(key({})).toMatch(/^[0-9a-f]{16}$/);
    expect(key({ apiTokens: ["other"], tokenChoice: "sticky" })).toBe(key({}));
    expect(key({ id: "b" })).not.toBe(key({}));
    expect(key({ url: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1" })).not.toBe(key({}));
  });

  it("uses a url in place of the preset's, for every dialect of the preset", () => {
    const mirror = provider({ url: "https://mirror.example:444/compatible-mode/v1/", cluster: "c" });
    expect(mirror.openai).toMatchObject({ authority: "mirror.example:444", base: "/compatible-mode/v1", cluster: "c" });
    expect(mirror.messages).toMatchObject({
      authority: "mirror.example:444",
      base: "/apps/anthropic/v1",
      cluster: "c",
    });
    const gateway = provider({ url: "https://gw.example/v1" });
    expect(gateway.messages).toMatchObject({ authority: "gw.example", base: "/v1" });
    const both = provider({ url: "https://a.example/v1", messagesUrl: "http://b.example/m", messagesCluster: "m" });
    expect(both.messages).toMatchObject({ authority: "b.example", base: "/m", cluster: "m", auth: "x-api-key" });
  });

  it("takes a URL that ends in an API path as the place of that API", () => {
    for (const api of ["chat/completions", "completions", "responses", "messages", "embeddings"])
      expect(provider({ url: `https://x.example/y/v1/${api}` }).openai!.base).toBe("/y/v1");
    expect(provider({ url: "https://[::1]:8443/v1?key=a" }).openai).toMatchObject({
      ...{ authority: "[::1]:8443", base: "/v1", query: "key=a", cluster: "outbound|80||llm-qwen.internal.static" },
    });
  });

  it("probes for free only where a bad token is known to be refused", () => {
    const [openai] = read({ providers: [{ type: "openai", apiTokens: ["t"] }] }).providers;
    const [other] = read({ providers: [{ type: "openai", apiTokens: ["t"], url: "https://x.example/v1" }] }).providers;
    expect([openai!.probePath, other!.probePath]).toEqual(["/models", null]);
  });

  it("reads how tokens are chosen", () => {
    expect(provider({ tokenChoice: "sticky", stickyBy: "header:X-User" })).toMatchObject({
      ...{ tokenChoice: 2, stickyBy: 2, stickyHeader: "x-user" },
    });
    expect(provider({ tokenChoice: "weighted", stickyBy: "user" })).toMatchObject({ tokenChoice: 1, stickyBy: 1 });
  });

  it("warns of a share that no choice of tokens asks for", () => {
    const shared = (tokenChoice: string, weight: number) =>
      room.accept({ providers: [{ ...qwen, tokenChoice, apiTokens: ["sk-one", { value: "sk-two", weight }] }] })
        .warnings;
    const warning = 'providers[0].apiTokens[1].weight: has no effect without tokenChoice: "weighted"';
    expect(shared("random", 2)).toEqual([warning]);
    expect(shared("sticky", 2)).toEqual([warning]);
    expect(shared("weighted", 2)).toEqual([]);
    // It is behind the others with each choice.
    expect(shared("random", 0)).toEqual([]);
  });

  it("warns of fields that only the command line tool can honour", () => {
    const { warnings } = room.accept({ listen: "x:1", providers: [{ ...qwen, tls: {}, connectTimeout: "1s" }] });
    expect(warnings).toEqual([
      "providers[0].tls: has no effect here: the cluster decides it",
      "providers[0].connectTimeout: has no effect here: the cluster decides it",
      "listen: has no effect here: Envoy's configuration decides it",
    ]);
  });

  it("leaves nothing behind, however often it is read", () => {
    const configuration = JSON.stringify({ providers: [qwen, deepseek], routes: [route] });
    const parse = () => {
      for (let i = 0; i < 500; i++) room.accept(configuration);
    };
    parse();
    const before = room.memorySize;
    parse();
    parse();
    expect(room.memorySize).toBe(before);
  });
});

const isControl = (c: string): boolean => c < " " || c === "\x7f";
