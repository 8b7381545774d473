import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveConfig } from "../../cli/config/load-config.js";
import type { ConfigError } from "../../cli/config/problem.js";
import { warningsOf } from "../../cli/config/notices.js";
import { parseSource, sourceOf } from "../../cli/config/source.js";
import type { GatewayConfig } from "../../cli/config/config-types.js";

const env = { KEY: "sk-1,sk-2", HOST: "llm.example", PORT: "8443" };
const load = (text: string, directory = tmpdir()): GatewayConfig =>
  resolveConfig(parseSource(text, "test.yaml", directory), env);
const withProvider = (fields: string): GatewayConfig => load(`providers: [{type: qwen, apiTokens: [t], ${fields}}]`);

describe("a configuration is completed with the documented defaults", () => {
  const config = load('providers: [{type: qwen, apiTokens: ["${KEY}"]}]');

  it("for the gateway", () => {
    expect(config).toMatchObject({
      listen: { host: "127.0.0.1", port: 8080 },
      status: { enabled: true, listen: { host: "127.0.0.1", port: 8002 } },
      console: { enabled: true, listen: { host: "127.0.0.1", port: 8001 } },
      clientKeys: [],
      responseHeaders: "trail",
      idleTimeout: 30_000,
      limits: { requestBody: 32 << 20, parkedBodies: 256 << 20, guard: 8 << 20 },
    });
    expect(config).not.toHaveProperty("admin");
  });

  it("for a provider", () => {
    expect(config.providers[0]).toMatchObject({
      id: "qwen",
      cluster: "qwen",
      models: ["qwen*", "qwq-*"],
      modelMapping: {},
      tokenChoice: "random",
      stickyBy: "credential",
      failover: { enabled: true, failureThreshold: 1, successThreshold: 1, healthCheckInterval: 5000 },
      retryOnFailure: { enabled: true, maxRetries: 0, retryTimeout: 0 },
      rules: [],
      providerBreaker: { failureThreshold: 3, openFor: 5000, maxOpenFor: 60_000 },
    });
  });

  it("with one route for each provider when there are none", () => {
    expect(config.routes).toEqual([
      {
        name: "qwen",
        modelPredicates: [
          { matchType: "PRE", matchValue: "qwen" },
          { matchType: "PRE", matchValue: "qwq-" },
        ],
        upstreams: [{ provider: "qwen", weight: 100, modelMapping: {} }],
        fallbackConfig: { enabled: true, upstreams: [] },
        guard: "first-event",
        firstTokenTimeout: 60_000,
        attemptTimeout: 120_000,
        timeout: 600_000,
        maxWait: 15_000,
        retryBudget: 0,
      },
    ]);
  });

  it("where an exact model becomes an equal predicate, and a single star all models", () => {
    expect(withProvider("models: [qwen-max]").routes[0]!.modelPredicates).toEqual([
      { matchType: "EQUAL", matchValue: "qwen-max" },
    ]);
    expect(withProvider('models: ["*"]').routes[0]!.modelPredicates).toEqual([]);
  });
});

describe("units", () => {
  it.each([
    ["250", 250],
    ["250ms", 250],
    ["15s", 15_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
  ])("a duration of %s is %d ms", (text, expected) => {
    expect(withProvider(`connectTimeout: ${text}`).providers[0]!.targets[0]!.connectTimeout).toBe(expected);
  });

  it.each([
    ["1024", 1024],
    ["1KiB", 1024],
    ["1KB", 1000],
    ["1.5MiB", 1_572_864],
  ])("a size of %s is %d bytes", (text, expected) => {
    expect(load(`limits: {guard: ${text}}\nproviders: [{type: qwen, apiTokens: [t]}]`).limits.guard).toBe(expected);
  });
});

describe("variables", () => {
  it("stay as they are in tokens and client keys, and are named for the module", () => {
    const config = load(
      'clientKeys: [{name: a, value: "${HOST}"}]\nproviders: [{type: qwen, apiTokens: ["${KEY}", {value: "${KEY}", weight: 2}]}]',
    );
    expect(config.providers[0]!.apiTokens).toEqual([
      { value: "${KEY}", weight: 1, priority: 0, models: [] },
      { value: "${KEY}", weight: 2, priority: 0, models: [] },
    ]);
    expect(config.variables).toEqual(["HOST", "KEY"]);
    expect(config.holdsSecrets).toBe(false);
  });

  it("are put in everywhere else", () => {
    const provider = withProvider('url: "https://${HOST}:${PORT}/v1"').providers[0]!;
    expect(provider.address).toEqual({ url: "https://llm.example:8443/v1" });
    expect(provider.targets[0]).toMatchObject({ host: "llm.example", port: 8443 });
  });

  it("are escaped by a second dollar sign", () => {
    expect(withProvider('modelMapping: {a: "$${KEY}"}').providers[0]!.modelMapping).toEqual({ a: "${KEY}" });
  });

  it("leave no secret in the file, while a typed token or one from a file does", () => {
    const directory = mkdtempSync(join(tmpdir(), "load-"));
    writeFileSync(join(directory, "token"), "sk-${file}\n");
    expect(withProvider("").holdsSecrets).toBe(true);
    const config = load("providers: [{type: qwen, apiTokens: [{valueFile: token}]}]", directory);
    expect(config.holdsSecrets).toBe(true);
    expect(config.providers[0]!.apiTokens[0]!.value).toBe("sk-$${file}");
  });
});

describe("a file of tokens", () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "tokens-"))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const tokensOf = (entry: string) =>
    load(`providers: [{type: qwen, apiTokens: [${entry}, {name: last, value: sk-last}]}]`, directory).providers[0]!
      .apiTokens;

  it("holds several, one a line, called as those of one variable", () => {
    writeFileSync(join(directory, "tokens"), "sk-one\r\n\n  sk-two\nsk-three");
    const values = (entry: string) => tokensOf(entry).map(({ name, value, weight }) => [name, value, weight]);
    expect(values("{name: a, valueFile: tokens, weight: 3}")).toEqual([
      ["a", "sk-one", 3],
      ["a-2", "sk-two", 3],
      ["a-3", "sk-three", 3],
      ["last", "sk-last", 1],
    ]);
    expect(values("{valueFile: tokens}").map(([name]) => name)).toEqual([undefined, undefined, undefined, "last"]);
  });

  it("is named once where its entry is wrong, and the places of those behind it stay", () => {
    writeFileSync(join(directory, "tokens"), "sk-one\nsk-two");
    const places = (entries: string) => {
      try {
        tokensOf(entries);
        return [];
      } catch (error) {
        return (error as ConfigError).problems.map(({ path }) => path.join("."));
      }
    };
    expect(places("{valueFile: tokens, weight: -1}")).toEqual(["providers.0.apiTokens.0.weight"]);
    expect(places("{valueFile: tokens}, {value: sk-three, weight: -1}")).toEqual(["providers.0.apiTokens.1.weight"]);
  });
});

describe("where a provider is reached", () => {
  it.each([
    ["type: qwen", [["qwen", "dashscope.aliyuncs.com", 443, true]]],
    ["type: qwen, url: http://10.0.0.1:9000/v1", [["qwen", "10.0.0.1", 9000, false]]],
    ["type: qwen, url: 'https://[::1]/v1'", [["qwen", "::1", 443, true]]],
    ["type: qwen, url: http://LLM.example/v1", [["qwen", "llm.example", 80, false]]],
    ["type: openai, cluster: mine", []],
    [
      "type: openai, messagesUrl: https://b.example/v1",
      [
        ["openai", "api.openai.com", 443, true],
        ["openai-messages", "b.example", 443, true],
      ],
    ],
  ])("%s", (fields, expected) => {
    const { targets } = load(`providers: [{${fields}, apiTokens: [t]}]`).providers[0]!;
    expect(targets.map(({ name, host, port, tls }) => [name, host, port, tls !== null])).toEqual(expected);
  });

  it("one cluster serves both dialects of one host", () => {
    const provider = withProvider("url: http://10.0.0.1:1/v1, messagesUrl: http://10.0.0.1:1/anthropic").providers[0]!;
    expect(provider).toMatchObject({ cluster: "qwen", messagesCluster: "qwen", targets: [{ name: "qwen" }] });
  });

  it("a caFile is found beside the configuration, and the host is what the certificate must name", () => {
    const directory = mkdtempSync(join(tmpdir(), "load-"));
    writeFileSync(join(directory, "ca.pem"), rootCertificates[0]!);
    const config = load("providers: [{type: qwen, apiTokens: [t], tls: {caFile: ca.pem}}]", directory);
    expect(config.providers[0]!.targets[0]!.tls).toEqual({
      serverName: "dashscope.aliyuncs.com",
      caFile: join(directory, "ca.pem"),
    });
  });

  it("an existing cluster is used under its own name", () => {
    expect(withProvider("cluster: 'outbound|443||llm-qwen.internal.dns'").providers[0]).toMatchObject({
      cluster: "outbound|443||llm-qwen.internal.dns",
      targets: [],
    });
  });
});

describe("what a start says", () => {
  it("gives an attempt half of a short timeout, as the module does", () => {
    const times = (fields: string) => {
      const { routes } = load(
        `providers: [{type: qwen, apiTokens: [t]}]\nroutes: [{name: r, upstreams: [{provider: qwen}], ${fields}}]`,
      );
      return [routes[0]!.firstTokenTimeout, routes[0]!.attemptTimeout];
    };
    expect(times("timeout: 60s")).toEqual([30_000, 30_000]);
    expect(times("timeout: 90s, firstTokenTimeout: 80s")).toEqual([80_000, 45_000]);
    expect(times("timeout: 5m")).toEqual([60_000, 120_000]);
  });

  it("lets the default of one limit of bodies give way to the other one, as the module does", () => {
    const limits = (text: string) => {
      const { requestBody, parkedBodies } = load(`providers: [{type: qwen, apiTokens: [t]}]\nlimits: {${text}}`).limits;
      return [requestBody >> 20, parkedBodies >> 20];
    };
    expect(limits("parkedBodies: 16MiB")).toEqual([16, 16]);
    expect(limits("requestBody: 512MiB")).toEqual([512, 512]);
    expect(limits("requestBody: 1MiB")).toEqual([1, 256]);
  });

  it("warns of an admin interface that every user of this machine reaches", () => {
    expect(warningsOf(load("admin: '[::1]:9901'\nproviders: [{type: qwen, apiTokens: [t]}]"))).toEqual([
      expect.stringMatching(/^admin: every user of this machine reaches \[::1\]:9901/),
    ]);
  });

  it("warns of bodies that may need more memory than there is", () => {
    const config = load("limits: {parkedBodies: 2GiB}\nproviders: [{type: qwen, apiTokens: [t]}]");
    expect(warningsOf(config, 100_000)).toEqual([expect.stringMatching(/^limits.parkedBodies: 2048MiB for each of/)]);
  });

  it("warns of a listener beyond loopback without client keys", () => {
    const open = "listen: 0.0.0.0:8080\nproviders: [{type: qwen, apiTokens: [t]}]";
    expect(warningsOf(load(open))).toHaveLength(1);
    expect(warningsOf(load(`clientKeys: [{name: a, value: a-key-of-a-client}]\n${open}`))).toEqual([]);
    expect(warningsOf(withProvider(""))).toEqual([]);
  });
});

it("JSON is read as YAML is", () => {
  const text = { providers: [{ type: "qwen", apiTokens: ["${KEY}"], connectTimeout: "3s" }] };
  const fromObject = resolveConfig(sourceOf(text, "built in"), env);
  expect(load(JSON.stringify(text, null, "\t"))).toEqual(fromObject);
});
