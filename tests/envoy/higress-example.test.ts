import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { envelopeOf } from "../../cli/plugin/envelope.js";
import { startFixedRoute, type FixedRoute } from "./fixed-route.js";

const resource = parse(readFileSync("envoy/wasmplugin.yaml", "utf8")) as {
  spec: { vmConfig: { env: { name: string; valueFrom: string }[] } };
};
/** What Higress's control plane makes of the resource. */
const plugin = envelopeOf(resource, () => {})!.configuration;
/** The host's variables that the module gets to see. */
const passed = resource.spec.vmConfig.env.filter(({ valueFrom }) => valueFrom === "HOST").map(({ name }) => name);
const TOKENS: Record<string, string> = { DASHSCOPE_API_KEY: "qwen-1,qwen-2", DEEPSEEK_API_KEY: "deepseek-1" };

describe("envoy/wasmplugin.yaml, on a host like Higress with Higress's names", () => {
  let gateway: FixedRoute;

  beforeAll(async () => {
    gateway = await startFixedRoute({
      ...{ version: "1.36.4", keepsRoute: true, plugin, ingresses: { llm: "qwen" } },
      providers: { qwen: { tokens: ["qwen-1", "qwen-2"] }, deepseek: { tokens: ["deepseek-1"] } },
      env: Object.fromEntries(passed.map(name => [name, TOKENS[name]!])),
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    for (const provider of Object.values(gateway.providers)) await provider.reset();
  });

  const ask = async (model: string) => {
    const { status, words, trail } = await gateway.ask("llm", { model, messages: [] });
    return { status, words, hops: trail.split(", ").map(hop => hop.replace(/\/\S+/, "")) };
  };

  it("serves a model where the ingress leads, with the tokens of the environment", async () => {
    expect(await ask("qwen-plus")).toMatchObject({
      status: 200,
      words: expect.stringMatching(/qwen, model qwen-plus/),
    });
    expect(gateway.providers.qwen!.requests[0]!.token).toMatch(/^qwen-[12]$/);
  });

  it("serves a model of the other provider there", async () => {
    expect(await ask("deepseek-v4-pro")).toMatchObject({ status: 200, hops: ["deepseek 200"] });
  });

  it("falls back from each to the other, with its model", async () => {
    await gateway.providers.deepseek!.set("*", "503");
    const fromDeepseek = await ask("deepseek-v4-flash");
    expect(fromDeepseek).toMatchObject({ status: 200, words: expect.stringMatching(/qwen, model qwen-turbo/) });
    await gateway.providers.deepseek!.reset();
    await gateway.providers.qwen!.set("*", "401");
    const fromQwen = await ask("qwen-plus");
    expect(fromQwen).toMatchObject({ status: 200, words: expect.stringMatching(/deepseek, model deepseek-v4-flash/) });
    expect(fromQwen.hops).toEqual(["qwen 401 credential", "qwen 401 credential", "deepseek 200"]);
  });
});
