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

  it("says why by its status, until the next good one, without the secrets", () => {
    const status = { version: "1.2.3" };
    const config = { idleTimeout: "soon", clientKeys: [{ name: "a", value: "${NO_SUCH_KEY}" }] };
    const envoy = start({ config, status, clusters: { qwen: chat("Hi"), deepseek: chat("Hi") } });
    const sites = () => (envoy.askStatus({}).json() as { sites: { mistakes: string[] }[] }).sites;
    const mistakes = sites().flatMap(({ mistakes }) => mistakes);
    expect(mistakes.join("\n")).toMatch(/clientKeys\[0\].*NO_SUCH_KEY/);
    expect(mistakes.join("\n")).toMatch(/idleTimeout: "soon"; a duration/);
    envoy.update({ gateway: pluginConfig({}), attempt: { role: "attempt" }, status: { role: "status", ...status } });
    expect(sites().map(({ mistakes }) => mistakes)).toEqual([[]]);
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

describe("a type that is not served", () => {
  const clusters = { qwen: chat("Hi") };
  const there = { module, flavour: "higress", allowStopIteration: false, clusters } as const;
  const sound = { _rules_: [rule("sound"), rule("changed")] };
  const unserved = rule("changed", { type: "no-such" });
  const status = { role: "status", version: "1.2.3" };
  const ask = { body: { model: "m", messages: [] } };
  /** Rules are told apart by the route. */
  const at = (name: string, gateway: object) =>
    startEnvoy({ ...there, gateway, status, route: { cluster: "qwen", name } });

  it.each([
    ["changed", 503],
    ["sound", 200],
  ])("in an edit of one rule leaves the other alone: %s", (name, expected) => {
    const envoy = at(name, sound);
    expect(envoy.ask(ask).status).toBe(200);
    expect(envoy.update({ gateway: { _rules_: [rule("sound"), unserved] }, attempt: { role: "attempt" } })).toBe(true);
    expect(envoy.ask(ask).status).toBe(expected);
  });

  it("in an edit of all that is served refuses the edit", () => {
    const envoy = at("changed", sound);
    expect(envoy.update({ gateway: { _rules_: [unserved] }, attempt: { role: "attempt" } })).toBe(false);
    expect(envoy.ask(ask).status).toBe(200);
  });

  it("beside another mistake refuses the edit", () => {
    const envoy = at("changed", sound);
    const slip = { ...rule("sound"), activeProviderId: "qwne" };
    expect(envoy.update({ gateway: { _rules_: [slip, unserved] }, attempt: { role: "attempt" } })).toBe(false);
    expect(envoy.ask(ask).status).toBe(200);
  });

  it("in a fallback is left out, and the first is served", () => {
    const providers = [provider, { id: "lost", type: "no-such", apiTokens: ["b"] }];
    const upstreams = [{ provider: "lost" }];
    const gateway = { _rules_: [{ ...rule("sound"), providers, fallbackConfig: { enabled: true, upstreams } }] };
    const envoy = at("sound", gateway);
    expect(envoy.ask(ask).status).toBe(200);
    expect(envoy.process.logs.map(({ text }) => text).join("\n")).toMatch(/providers\[1\]\.type: "no-such"; openai/);
  });

  it("is told by the status, for the rule that is refused", () => {
    const envoy = at("sound", { _rules_: [rule("sound"), unserved] });
    const { sites } = envoy.askStatus({}).json() as { sites: { matches: string; mistakes: string[] }[] };
    expect(sites.map(({ matches, mistakes }) => [matches, mistakes.length])).toEqual([
      ["routes: sound", 0],
      ["routes: changed", 1],
    ]);
    expect(sites[1]!.mistakes[0]).toMatch(/^_rules_\[1\]\.providers\[0\]\.type: "no-such"; openai, /);
  });
});
