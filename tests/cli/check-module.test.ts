import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { check } from "../../cli/commands/check-command.js";
import { resolveConfig } from "../../cli/config/load-config.js";
import { presets } from "../../cli/config/preset-table.js";
import { packageRoot } from "../../cli/config/root.js";
import { parseSource, sourceOf } from "../../cli/config/source.js";
import { configureModule } from "../../cli/plugin/module-instance.js";
import { MODES } from "../../cli/render/render-options.js";
import { attemptJson, gatewayJson, pluginConfig } from "../../cli/render/render-plugin.js";
import { ConfigRoom } from "../unit/config-room.js";

const wasm = join(packageRoot, "build", "ai-failover.wasm");
const env = { KEY: "sk-1, sk-2", OTHER: "sk-a-third" };
const directory = mkdtempSync(join(tmpdir(), "check-module-"));
writeFileSync(join(directory, "token"), "sk-${from}-file\n");

/** What the module says to the plugin configuration of this provider, or of the whole file. */
function judge(provider: object, more: object = {}) {
  const value = { providers: [{ type: "qwen", apiTokens: ["${KEY}"], ...provider }], ...more };
  return configureModule(wasm, gatewayJson(resolveConfig(sourceOf(value, "test", directory), env)), env);
}

const accepted = { accepted: true, warnings: [], errors: [] };
const upstreams = [{ provider: "qwen" }];

describe("the module takes what is rendered from a good file", () => {
  it.each([
    ["the defaults", {}],
    [
      "tokens of every form",
      {
        tokenChoice: "weighted",
        apiTokens: ["t", "${OTHER}", { name: "a", value: "${KEY}", weight: 3 }, { valueFile: "token" }],
      },
    ],
    ["sticky tokens", { tokenChoice: "sticky", stickyBy: "header:X-User" }],
    ["a mapping", { modelMapping: { a: "b", "c*": "", "*": "$${d}" } }],
    ["models", { models: ["a", "b-*"] }],
    ["another address", { url: "http://10.0.0.1:9000/v1", messagesUrl: "https://other.example/anthropic" }],
    ["another address for both dialects", { url: "https://[::1]:9000/v1", messagesUrl: "https://[::1]:9000/x" }],
    ["only Anthropic's dialect", { type: "vllm", messagesUrl: "https://a.example/v1", models: ["a"] }],
    ["a cluster", { cluster: "outbound|443||llm.internal.dns" }],
    ["what only the cluster needs", { connectTimeout: "1s", tls: { serverName: "a.example" } }],
    [
      "policies",
      {
        failover: { enabled: false, cooldownDuration: "1m" },
        rules: [{ status: ["4xx", 529, "5.*", "500-503"], contains: "$${x}", out: "token", for: "1m" }],
        retryOnFailure: { maxRetries: 2, retryTimeout: "5s" },
        providerBreaker: { failureThreshold: 9, openFor: "1s", maxOpenFor: "2s" },
      },
    ],
  ])("with %s", (_what, provider) => expect(judge(provider)).toEqual(accepted));

  it.each([
    ["rules", { rules: [{ status: 429, code: 1113, cause: "caller", then: "return" }] }],
    ["limits", { limits: { requestBody: "1MiB", parkedBodies: "2MiB", guard: 1000 } }],
    [
      "the gateway's own fields",
      {
        listen: "0.0.0.0:80",
        status: { enabled: false },
        console: { password: "x" },
        responseHeaders: "off",
        idleTimeout: 0,
      },
    ],
    [
      "client keys",
      {
        clientKeys: [
          { name: "a", value: "${OTHER}" },
          { name: "b", sha256: "ab".repeat(32) },
        ],
      },
    ],
    [
      "routes",
      {
        routes: [
          {
            name: "r",
            upstreams,
            modelPredicates: [
              { matchType: "EQUAL", matchValue: "a" },
              { matchType: "PRE", matchValue: "b" },
            ],
            guard: "full",
            timeout: "3m",
            maxWait: 0,
            retryBudget: 0.2,
            fallbackConfig: {
              upstreams: [{ provider: "qwen", modelMapping: { "*": "x" } }],
            },
          },
        ],
      },
    ],
  ])("with %s", (_what, more) => expect(judge({}, more)).toEqual(accepted));

  it.each([...presets.values()].map(preset => [preset.type, preset] as const))("of type %s", (type, preset) => {
    const azure = "https://x.openai.azure.com/openai/deployments/{model}?api-version=2024-10-21";
    const url = preset.host !== "" ? {} : { url: type === "azure" ? azure : "http://10.0.0.1/v1" };
    const account = type === "cloudflare" ? { cloudflareAccountId: "abc" } : {};
    expect(judge({ type, ...url, ...account })).toEqual(accepted);
  });

  it("as the file says it", async () => {
    const text = `
      clientKeys: [{name: app, value: "\${KEY}"}]
      providers:
      - {type: qwen, tokenChoice: weighted, apiTokens: ["\${KEY}", {name: b, value: sk-b, weight: 2}], url: "http://127.0.0.1:81/compatible-mode/v1"}
      - {type: deepseek, apiTokens: [sk-d], messagesUrl: "https://m.example/v1", failover: {cooldownDuration: 1m}}
      routes:
      - {name: all, upstreams: [{provider: qwen}], fallbackConfig: {upstreams: [{provider: deepseek}]}, timeout: 5m}`;
    const env = { KEY: "sk-k-of-app" };
    const rendered = pluginConfig(resolveConfig(parseSource(text, "t.yaml", directory), env));
    const room = await ConfigRoom.start();
    const plugin = room.accept(rendered, env);
    expect(plugin.warnings).toEqual([]);
    expect(plugin.global).toMatchObject({
      routing: 1,
      providers: [
        {
          openai: { authority: "127.0.0.1:81", cluster: "qwen" },
          messages: { cluster: "qwen", base: "/apps/anthropic/v1" },
        },
        { openai: { cluster: "deepseek" }, messages: { authority: "m.example", cluster: "deepseek-messages" } },
      ],
      routes: [{ name: "all", fallback: [{ provider: "deepseek" }], times: [60_000, 120_000, 300_000, 15_000] }],
    });
  });

  it.each(MODES)("in the attempt role of %s mode", mode =>
    expect(configureModule(wasm, attemptJson(mode), env)).toEqual(accepted),
  );
});

describe("a configuration for the module is judged by the module", () => {
  const write = (name: string, text: string): string => {
    const file = join(directory, name);
    writeFileSync(file, text);
    return file;
  };
  const provider = "{id: a, type: qwen, apiTokens: [t]}";

  it("Higress's is taken, with its warnings", () => {
    const file = write(
      "higress.json",
      JSON.stringify({ provider: { id: "a", type: "qwen", apiTokens: ["t"], qwenEnableSearch: true } }),
    );
    expect(check(file, env)).toEqual([
      `ok  ${file}  plugin configuration`,
      expect.stringContaining("qwenEnableSearch"),
    ]);
  });

  it("a WasmPlugin resource is taken, with its rules", () => {
    const file = write(
      "good.yaml",
      `kind: WasmPlugin\nspec:\n  defaultConfig: {provider: ${provider}}\n  matchRules: [{ingress: [r], config: {provider: ${provider}}}]\n`,
    );
    expect(check(file, env)).toEqual([`ok  ${file}  WasmPlugin, 1 rule`]);
  });

  it("a token's variable need not be set where it is checked, and is named", () => {
    const file = write(
      "env.json",
      JSON.stringify({ provider: { type: "qwen", apiTokens: ["${KEY}", "${ELSEWHERE}"] } }),
    );
    expect(check(file, env)).toEqual([
      `ok  ${file}  plugin configuration`,
      "Not set here, and needed where the gateway runs: ELSEWHERE.",
    ]);
  });

  const resource = (variables: string) =>
    write(
      "env.yaml",
      `kind: WasmPlugin\nspec:\n  vmConfig: {env: [${variables}]}\n  defaultConfig: {provider: {type: qwen, apiTokens: ["\${KEY}"]}}\n`,
    );

  it("of a WasmPlugin the VM sees what vmConfig names, and no other variable of whoever checks", () => {
    expect(check(resource("{name: KEY, valueFrom: HOST}"), env)).toHaveLength(1);
    expect(check(resource("{name: KEY, valueFrom: HOST}"), {})[1]).toContain("runs: KEY.");
    expect(check(resource("{name: KEY, value: sk-1}"), {})).toHaveLength(1);
    for (const variables of ["", "{name: OTHER, valueFrom: HOST}", "{name: KEY}"])
      expect(() => check(resource(variables), env)).toThrow(
        /env.yaml:4:\d+ .*apiTokens\[0\][^]*allowed +spec.vmConfig.env: {name: KEY, valueFrom: HOST}/,
      );
  });

  it("of a WasmPlugin Secrets are named whose values Higress puts in", () => {
    const file = resource("{name: KEY, valueFrom: HOST}");
    const tokens = '"${secret.llm.a}", "${secret.ns/llm.b}", "${secret.llm.a}"';
    writeFileSync(file, readFileSync(file, "utf8").replace('"${KEY}"', tokens));
    expect(check(file, env)).toEqual([
      `ok  ${file}  WasmPlugin`,
      "Not set here, and needed where the gateway runs: secret.llm.a, secret.ns/llm.b.",
      expect.stringContaining("apiTokens[2]: the token stands here twice"),
    ]);
    writeFileSync(file, readFileSync(file, "utf8").replace("${secret.llm.a}", "${secret.llm}"));
    expect(() => check(file, env)).toThrow("begins no variable");
  });

  it("of a WasmPlugin with a pluginConfig that one is checked, as Higress reads no other then", () => {
    const file = write("istio.yaml", "kind: WasmPlugin\nspec:\n  pluginConfig: {provider: {type: qwenn}}\n");
    expect(() => check(file, env)).toThrow(/istio.yaml:3:\d+ {2}spec.pluginConfig.provider.type\n/);
    write("istio.yaml", `kind: WasmPlugin\nspec:\n  pluginConfig: {provider: ${provider}}\n  matchRules: []\n`);
    expect(() => check(file, env)).toThrow("pluginConfig beside matchRules");
  });

  it("a mistake is shown at its line", () => {
    const file = write(
      "bad.yaml",
      "kind: WasmPlugin\nspec:\n  matchRules:\n  - ingress: [r]\n    config:\n      provider:\n        id: a\n        type: qwenn\n",
    );
    expect(() => check(file, env)).toThrow(`${file}:8:9  spec.matchRules[0].config.provider.type`);
  });

  it("what only the module knows of a provider's address is found in a configuration of ours too", () => {
    const url = "https://x.openai.azure.com/openai/deployments/a";
    const file = write("azure.yaml", `providers:\n- type: azure\n  apiTokens: [t]\n  url: ${url}\n`);
    expect(() => check(file, env)).toThrow(/azure.yaml:4:3 {2}providers\[0\].url\n +found +an Azure URL without/);
  });

  it("a secret in a mistake is not shown", () => {
    const file = write(
      "secret.json",
      JSON.stringify({ provider: { id: "a", type: "qwen", apiTokens: ["sk-se cret"] } }),
    );
    expect(() => check(file, env)).toThrow(/^(?![^]*sk-se)/);
  });
});
