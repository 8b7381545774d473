import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { freePorts, until } from "../envoy/running-gateway.js";
import {
  askHost,
  stopAll,
  withMistake,
  type Platform,
  type PlatformKind,
  type Resource,
  type TimedAnswer,
} from "./control-plane.js";

/** Whose virtual host has the module's route. */
export const HOST = "llm.example.com";
export const SHOP = "shop.example.com";
const LOAD = 16;
const qwen = { model: "qwen-turbo", messages: [{ role: "user", content: "Hello" }] };

/** The README's walkthrough, through a control plane: what it hands to its proxy is all that the proxy knows. */
export function walkThrough({ resources, start }: PlatformKind): void {
  let platform: Platform;
  let render: (fallback: string) => Resource[];
  let shop: DemoProvider;
  const providers = {} as Record<"qwen" | "deepseek", DemoProvider>;

  beforeAll(async () => {
    shop = await startDemoProvider({ name: "shop", tokens: ["shop-1"] });
    providers.qwen = await startDemoProvider({ name: "qwen", tokens: ["qwen-1", "qwen-2"] });
    providers.deepseek = await startDemoProvider({ name: "deepseek", tokens: ["deepseek-1"], pace: 60 });
    const [port] = (await freePorts(1)) as [number];
    render = fallback => resources(configOf(providers, fallback), port, shop.port);
    platform = await start(port, render("deepseek-v4-flash"));
    await until(async () => (await ask(qwen)).status === 200, 60_000);
  });
  afterAll(async () => {
    await platform?.stop();
    await stopAll();
    for (const provider of [shop, ...Object.values(providers)]) await provider?.close();
  });
  beforeEach(async () => {
    for (const provider of Object.values(providers)) await provider.reset();
    await recovered();
  });

  const ask = (body: object): Promise<TimedAnswer> => askHost({ port: platform.port, host: HOST }, body);
  const askShop = (): Promise<TimedAnswer> =>
    askHost({ port: platform.port, host: SHOP, path: "/v1/models" }, undefined, { authorization: "Bearer shop-1" });
  /** Headers of Envoy's that providers have seen. */
  const told = () =>
    Object.values(providers)
      .flatMap(({ requests }) => requests.flatMap(({ headers }) => Object.keys(headers)))
      .filter(name => /^x-(envoy|forwarded|ai-failover)/.test(name));
  /** Probes bring back what was out. */
  const recovered = () => until(async () => (await ask(qwen)).words.startsWith("Hello from qwen"), 60_000);

  it("a request is served by the first provider, and no provider is told anything by Envoy", async () => {
    expect((await ask(qwen)).words).toMatch("Hello from qwen, model qwen-turbo");
    expect(told()).toEqual([]);
  });

  it("a bad token is followed by the other one", async () => {
    await providers.qwen.set(1, "401");
    for (let i = 0; i < 4; i++) expect((await ask(qwen)).words).toMatch("Hello from qwen, model qwen-turbo, token 2");
  });

  it("without a good token the fallback answers, with its own model", async () => {
    await providers.qwen.set("*", "401");
    const answer = await ask(qwen);
    expect(answer.words).toMatch("Hello from deepseek, model deepseek-v4-flash");
    expect(answer.headers.get("x-ai-failover-provider")).toBe("deepseek");
  });

  it("after the fault the first provider serves again", async () => {
    await providers.qwen.set("*", "500");
    expect((await ask(qwen)).words).toMatch("Hello from deepseek");
    await providers.qwen.reset();
    await recovered();
    // By what probes tell too.
    expect(told()).toEqual([]);
  });

  it("a rescued stream streams", async () => {
    await providers.qwen.set("*", "error-in-200");
    const { words, times } = await ask({ ...qwen, stream: true });
    expect(words).toMatch("Hello from deepseek");
    // Eight words, 60 ms apart; in one piece they would come at once.
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(200);
  });

  it("another host's route, of the same name, is as it was", async () => {
    const answer = await askShop();
    expect(answer.status).toBe(200);
    expect([...answer.headers.keys()].filter(name => name.startsWith("x-ai-failover"))).toEqual([]);
  });

  it("an edit under load fails no request", async () => {
    await providers.qwen.set("*", "401");
    const failed: string[] = [];
    let isOver = false;
    const clients = Array.from({ length: LOAD }, async (_, i) => {
      while (!isOver) {
        const { status, broken, text } = await ask({ ...qwen, stream: i % 2 === 0 });
        if (status !== 200 || broken) failed.push(`${status} ${text.slice(0, 300)}`);
      }
    });
    platform.apply(render("deepseek-v4-pro"));
    await until(async () => (await ask(qwen)).words.includes("model deepseek-v4-pro"), 60_000);
    isOver = true;
    await Promise.all(clients);
    expect(failed).toEqual([]);
  });

  it("an edit that the module refuses changes nothing", async () => {
    const before = await platform.stat("listener_manager.lds.update_rejected");
    platform.apply(withMistake(render("deepseek-v4-flash")));
    await until(async () => (await platform.stat("listener_manager.lds.update_rejected")) > before, 60_000);
    await providers.qwen.set("*", "401");
    expect((await ask(qwen)).words).toMatch("Hello from deepseek, model deepseek-v4-pro");
  });

  // The last one: what is applied stays refused.
  it("a fresh proxy with a refused configuration answers 503 on our route alone, and its log says why", async () => {
    await platform.restart();
    await until(async () => (await ask(qwen)).status === 503, 60_000);
    expect((await ask(qwen)).json().error.code).toBe("misconfigured");
    expect((await askShop()).status).toBe(200);
    await until(() => /idleTimeout: "soon"; a duration/.test(platform.log()), 30_000);
  });
}

function configOf(providers: Record<"qwen" | "deepseek", DemoProvider>, fallback: string): object {
  const probed = { healthCheckModel: "qwen-turbo", healthCheckInterval: "200ms" };
  return {
    providers: [
      {
        ...{ id: "qwen", type: "qwen", apiTokens: ["${QWEN_KEYS}"], failover: probed },
        // Its path does not begin with the route's prefix.
        url: providers.qwen.url.replace("/v1", "/compatible-mode/v1"),
        providerBreaker: { openFor: "200ms", maxOpenFor: "200ms" },
      },
      { id: "deepseek", type: "deepseek", url: providers.deepseek.url, apiTokens: ["${DEEPSEEK_KEYS}"] },
    ],
    routes: [
      {
        ...{ name: "aliyun", modelPredicates: [{ matchType: "PRE", matchValue: "qwen-" }] },
        upstreams: [{ provider: "qwen" }],
        fallbackConfig: { upstreams: [{ provider: "deepseek", modelMapping: { "*": fallback } }] },
      },
      {
        ...{ name: "deepseek", modelPredicates: [{ matchType: "PRE", matchValue: "deepseek-" }] },
        upstreams: [{ provider: "deepseek" }],
      },
    ],
  };
}
