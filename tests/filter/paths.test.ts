import { describe, expect, it } from "vitest";
import { chat, json, openAiError } from "../host/proxy-host.js";
import { MODES, start, tokensAt } from "./fixture.js";

const ask = (path: string, more: object = {}) => ({ path, body: { model: "qwen-turbo", messages: [] }, ...more });

describe.each(MODES)("the path of a request in %s mode", mode => {
  it.each([
    ["/v1/chat/completions", "/base/chat/completions"],
    ["/chat/completions?beta=true", "/base/chat/completions?beta=true"],
    // A gateway that is mounted below its host: base URL "http://gateway/ai/v1".
    ["/ai/v1/chat/completions?beta=true&key=k", "/base/chat/completions?beta=true"],
    ["/a/v1/b/v1/embeddings", "/base/embeddings"],
  ])("%s is %s at a provider", (path, there) => {
    const envoy = start({ mode, clusters: { qwen: chat("Hi") }, provider: { url: "https://qwen.test/base" } });
    expect(envoy.ask(ask(path)).status).toBe(200);
    expect(envoy.provider("qwen").seen.map(seen => seen.path)).toEqual([there]);
  });

  it("says by its end what is asked, wherever the gateway is mounted", () => {
    const envoy = start({ mode, clusters: { qwen: json(500, {}), deepseek: chat("Hi") } });
    expect(envoy.ask({ path: "/ai/v1/models", method: "GET" }).json().object).toBe("list");
    // One provider holds it: its own answer returns.
    expect(envoy.ask(ask("/ai/v1/responses/r-1")).status).toBe(500);
    expect(envoy.ask(ask("/ai/v1/chat/completions")).status).toBe(200);
  });

  it("is kept for a provider that wants it so, whose answers count whatever it is", () => {
    const badKey = json(401, openAiError("invalid_api_key"));
    const path = "/api/v1/services/aigc/text-generation/generation";
    const envoy = start({
      mode,
      tokens: { qwen: 2 },
      provider: { protocol: "original", failover: { enabled: true } },
      clusters: { qwen: ({ headers }) => (headers["authorization"] === "Bearer qwen-1" ? badKey : chat("Hi")) },
    });
    for (let i = 0; i < 12; i++) expect(envoy.ask(ask(path)).status).toBe(200);
    expect(tokensAt(envoy, "qwen").filter(token => token === "t1")).toHaveLength(1);
    expect(new Set(envoy.provider("qwen").seen.map(seen => seen.path))).toEqual(new Set([path]));
  });
});
