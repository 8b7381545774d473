import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSource } from "../../cli/config/source.js";
import { writeDefaultFile } from "../../cli/run/default-file.js";
import type { DemoPlan } from "../../cli/run/keys.js";
import { loadDefault } from "../../cli/run/load-served.js";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "run-keys-"));
  file = join(directory, "ai-failover.yaml");
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What the default file means with these variables, and which demos it starts. */
async function plan(env: Record<string, string>) {
  const demos: string[] = [];
  const startDemo = async ({ name, tokens }: DemoPlan) => {
    demos.push(`${name}: ${tokens.join(" ")}`);
    return { url: `http://127.0.0.1:1/${name}/v1` } as never;
  };
  const { config, notes, demo, env: given } = await loadDefault(readSource(file), env, startDemo);
  const tokens = config.providers.map(({ id, apiTokens }) => [id, apiTokens.map(({ value }) => value)]);
  return {
    config,
    notes,
    demo,
    given,
    demos,
    tokens: Object.fromEntries(tokens),
    routes: config.routes.map(r => r.name),
  };
}

describe("the file of a first start", () => {
  it("is for its owner only, and never written over", () => {
    expect(writeDefaultFile(file)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, "mine");
    expect(writeDefaultFile(file)).toBe(false);
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  it("has the routes aliyun and deepseek, with a fallback that is ready but off", async () => {
    writeDefaultFile(file);
    const { config } = await plan({});
    expect(config.listen).toEqual({ host: "127.0.0.1", port: 8080 });
    expect(config.routes.map(({ name, modelPredicates: [p] }) => [name, p!.matchType, p!.matchValue])).toEqual([
      ["aliyun", "PRE", "qwen-"],
      ["deepseek", "PRE", "deepseek-"],
    ]);
    const [aliyun] = config.routes;
    expect(aliyun!.fallbackConfig).toMatchObject({
      enabled: false,
      upstreams: [{ provider: "deepseek", modelMapping: { "*": "deepseek-v4-flash" } }],
    });
  });
});

describe("demo providers answer only while no key is real", () => {
  beforeEach(() => void writeDefaultFile(file));

  it("without any key: qwen with three tokens, deepseek with two, that go the way of real ones", async () => {
    const { demos, demo, tokens, given, notes, config } = await plan({});
    expect(demos).toEqual(["qwen: demo-qwen-1 demo-qwen-2 demo-qwen-3", "deepseek: demo-deepseek-1 demo-deepseek-2"]);
    expect(demo).toBe(true);
    expect(tokens.qwen![0]).toBe("${AI_FAILOVER_DEMO_QWEN_1}");
    expect(given.AI_FAILOVER_DEMO_QWEN_1).toBe("demo-qwen-1");
    expect(config.holdsSecrets).toBe(false);
    expect(config.providers[0]!.address["url"]).toBe("http://127.0.0.1:1/qwen/v1");
    expect(notes).toEqual([]);
  });

  it("with one key: no demo, and whoever has none is left out with a line that names its variable", async () => {
    const { demos, demo, tokens, routes, notes, config } = await plan({ DASHSCOPE_API_KEY: "sk-a,sk-b" });
    expect([demos, demo]).toEqual([[], false]);
    expect(tokens).toEqual({ qwen: ["${DASHSCOPE_API_KEY}"] });
    expect(routes).toEqual(["aliyun"]);
    expect(notes).toEqual([
      "deepseek is left out: DEEPSEEK_API_KEY is not set.",
      "openai is left out: OPENAI_API_KEY is not set.",
    ]);
    expect(config.routes[0]!.fallbackConfig.upstreams).toEqual([]);
  });

  it("with a key of OpenAI alone: its route is the only one", async () => {
    const { demos, routes, tokens } = await plan({ OPENAI_API_KEY: "sk-o" });
    expect(demos).toEqual([]);
    expect(routes).toEqual(["openai"]);
    expect(Object.keys(tokens)).toEqual(["openai"]);
  });

  it("with all keys: nothing is left out", async () => {
    const all = { DASHSCOPE_API_KEY: "a", DEEPSEEK_API_KEY: "b", OPENAI_API_KEY: "c" };
    const { routes, notes } = await plan(all);
    expect(routes).toEqual(["aliyun", "deepseek", "openai"]);
    expect(notes).toEqual([]);
  });

  it("with tokens of a demo, as the walkthrough sets them: they are kept", async () => {
    const { demos, tokens } = await plan({ DASHSCOPE_API_KEY: "demo-wrong,demo-qwen-2" });
    expect(demos).toHaveLength(2);
    expect(tokens.qwen).toEqual(["${DASHSCOPE_API_KEY}"]);
  });
});

describe("a default file that was changed", () => {
  it("keeps its mistakes at their lines, and says nothing of keys that lack", async () => {
    writeFileSync(file, 'providers:\n  - type: qwen\n    apiTokens: ["${DASHSCOPE_API_KEY}"]\n    modles: [x]\n');
    await expect(plan({})).rejects.toThrow(/yaml:4:5 {2}providers\[0\]\.modles/);
    await expect(plan({})).rejects.not.toThrow(/DASHSCOPE/);
  });

  it("loses only the tokens whose variable is not set", async () => {
    writeFileSync(file, 'providers:\n  - type: qwen\n    apiTokens: ["${A}", {name: b, value: "${B}"}, sk-c]\n');
    expect((await plan({ A: "sk-a" })).tokens.qwen).toEqual(["${A}", "sk-c"]);
  });
});
