import { describe, expect, it } from "vitest";
import { chat, shippedModule, startEnvoy } from "../host/proxy-host.js";
import { pluginConfig, start } from "./fixture.js";

const module = await shippedModule();
const wrong = { ...pluginConfig({}), idleTimeout: "soon" };
const provider = { id: "qwen", type: "qwen", cluster: "qwen", apiTokens: ["sk-a"] };
const rule = (route: string, more: object = {}) => ({
  ...{ _match_route_: [route], activeProviderId: "qwen" },
  providers: [{ ...provider, ...more }],
});

describe("a configuration with mistakes", () => {
  it("is taken where none was before: its routes answer 503", () => {
    const answer = start({ config: { idleTimeout: "soon" }, clusters: { qwen: chat("Hi") } }).ask({
      body: { model: "m", messages: [] },
    });
    expect([answer.status, answer.json().error.code]).toEqual([503, "misconfigured"]);
  });

  it("and is followed by the next good one, in the same process", () => {
    const envoy = start({ config: { idleTimeout: "soon" }, clusters: { qwen: chat("Hi"), deepseek: chat("Hi") } });
    expect(envoy.update({ gateway: pluginConfig({}), attempt: { role: "attempt" } })).toBe(true);
    expect(envoy.ask({ body: { model: "m", messages: [] } }).status).toBe(200);
  });

  it("is refused where a good one runs, which goes on", () => {
    const envoy = start({ clusters: { qwen: chat("Hi"), deepseek: chat("Hi") } });
    expect(envoy.update({ gateway: wrong, attempt: { role: "attempt" } })).toBe(false);
    expect(envoy.ask({ body: { model: "m", messages: [] } }).status).toBe(200);
  });

  it.each([
    ["broken", 503],
    ["sound", 200],
  ])("of one rule leaves the other alone: %s", (name, status) => {
    const gateway = { _rules_: [rule("broken", { type: "no-such" }), rule("sound")] };
    const there = { flavour: "higress", allowStopIteration: false, route: { cluster: "qwen", name } } as const;
    const envoy = startEnvoy({ module, gateway, clusters: { qwen: chat("Hi") }, ...there });
    expect(envoy.ask({ body: { model: "m", messages: [] } }).status).toBe(status);
  });

  it("that nobody can read serves nothing, and lets everything else pass", () => {
    const route = { cluster: "shop", name: "shop" };
    const clusters = { shop: chat("Hi") };
    const there = { flavour: "higress", allowStopIteration: false, route, clusters } as const;
    const envoy = startEnvoy({ module, gateway: ["no object"] as unknown as object, ...there });
    expect(envoy.ask({ body: { model: "m", messages: [] } }).status).toBe(200);
  });
});
