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

  it.each([
    ["/v1/chat/completions/", "/base/chat/completions"],
    ["//v1//chat///completions", "/base/chat/completions"],
    ["/v1/chat/completions//?a=/b//", "/base/chat/completions?a=/b//"],
    ["/ai//v1/messages/", "/base/messages"],
  ])("%s has slashes that mean nothing, and is a call like others", (path, there) => {
    const clusters = { qwen: json(401, openAiError("invalid_api_key")), deepseek: chat("Hi") };
    const provider = { url: "https://qwen.test/base", messagesUrl: "https://qwen.test/base" };
    const envoy = start({ mode, clusters, provider, tokens: { qwen: 1, deepseek: 1 } });
    const { status } = envoy.ask(ask(path));
    if (path.includes("completions")) expect(status).toBe(200);
    // Not what only one provider holds: another hop follows.
    for (const cluster of ["qwen", "deepseek"])
      expect(envoy.provider(cluster).seen.map(seen => seen.path.replace(/\?.*/, ""))).toEqual([
        there.replace(/\?.*/, ""),
      ]);
  });

  it.each(["HEAD", "GET", "POST", "OPTIONS"])("%s / goes to nobody with a token, whatever a provider takes", method => {
    const envoy = start({ mode, provider: { protocol: "original" }, clusters: { qwen: chat("Hi") } });
    const { status } = envoy.ask({ method, path: "/" });
    expect(status).toBe(method === "OPTIONS" ? 204 : 404);
    expect(envoy.provider("qwen").seen).toEqual([]);
  });

  describe("of one model", () => {
    const policy = {
      modelPredicates: [
        { matchType: "PRE", matchValue: "qwen-" },
        { matchType: "EQUAL", matchValue: "a/b" },
      ],
    };
    const get = (path: string, more: object = {}) => {
      const envoy = start({ mode, policy, clusters: { qwen: chat("Hi") } });
      const call = envoy.ask({ method: "GET", path, ...more });
      expect(envoy.provider("qwen").seen).toEqual([]);
      return call;
    };

    it.each(["/v1/models/a/b", "/v1/models/a%2Fb", "/ai/v1/models/a%2fb/", "/models/a/b", "//models/a/b"])(
      "%s is answered as the list has it",
      path => {
        const listed = get("/v1/models").json().data;
        expect(get("/models").json().data).toEqual(listed);
        expect(listed).toHaveLength(1);
        expect([get(path).status, get(path).json()]).toEqual([200, listed[0]]);
      },
    );

    it("is answered where a route serves it by its beginning", () => {
      expect(get("/v1/models/qwen-max").json()).toEqual({
        id: "qwen-max",
        object: "model",
        created: 0,
        owned_by: "all",
      });
    });

    it("is a 404 in the API's shape where no route serves it", () => {
      const call = get("/v1/models/gpt-4o");
      expect([call.status, call.json().error.code]).toEqual([404, "model_not_found"]);
      const headers = { "anthropic-version": "2023-06-01" };
      expect(get("/v1/models/gpt-4o", { headers }).json()).toMatchObject({
        error: { type: "not_found_error" },
        type: "error",
      });
      expect(get(`/v1/models/${"m".repeat(3000)}`).status).toBe(404);
    });

    it("by HEAD has no body", () => {
      expect([get("/v1/models", { method: "HEAD" }).status, get("/v1/models/x", { method: "HEAD" }).status]).toEqual([
        200, 404,
      ]);
    });
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
