/** What of a client's request goes on to a provider, what of a provider's answer comes back, and which web pages may call. */
import { describe, expect, it } from "vitest";
import { chat, json, openAiError } from "../host/proxy-host.js";
import { MODES, start, type Options } from "./fixture.js";

const body = { model: "m", messages: [] };
const badKey = json(401, openAiError("invalid_api_key"));
const MESSAGES = "/v1/messages";

/** Providers that speak both APIs, with members of their own. */
function providers(...members: object[]): object {
  return {
    providers: members.map((own, i) => ({
      ...{ id: ["qwen", "deepseek"][i], type: "claude", cluster: ["qwen", "deepseek"][i], apiTokens: [`${i}-token`] },
      ...{ url: `https://p${i}.test/v1`, messagesUrl: `https://p${i}.test/v1`, ...own },
    })),
  };
}

/** The first request at each of two providers: the first refuses it. */
function pair(mode: Options["mode"], config: object, ask: object) {
  const envoy = start({
    mode,
    tokens: { qwen: 1, deepseek: 1 },
    clusters: { qwen: badKey, deepseek: chat("Hi") },
    config,
  });
  envoy.ask({ body, ...ask });
  return ["qwen", "deepseek"].map(cluster => envoy.provider(cluster).seen[0]!);
}

describe.each(MODES)("of a client's headers, in %s mode,", mode => {
  it.each([
    ["openai-organization", "x-dashscope-workspace", "x-goog-user-project"],
    ["cf-access-jwt-assertion", "x-goog-iap-jwt-assertion", "x-amzn-oidc-data", "x-auth-request-access-token"],
    ["ocp-apim-subscription-key", "baggage", "x-http-method-override", "x-original-url", "x-mse-consumer", "forwarded"],
  ])("another tenant's and the caller's identity stay here: %s ...", (...names) => {
    const headers = Object.fromEntries(names.map(name => [name, "of-the-client"]));
    for (const seen of pair(mode, {}, { headers })) expect(JSON.stringify(seen)).not.toContain("of-the-client");
  });

  it("those that the API knows go to every hop", () => {
    const known = {
      "idempotency-key": "i",
      traceparent: "t",
      "x-stainless-os": "s",
      "openai-beta": "o",
      accept: "a/b",
    };
    for (const { headers } of pair(mode, {}, { headers: { ...known, "anthropic-beta": "no" } })) {
      expect(headers).toMatchObject(known);
      expect(headers).not.toHaveProperty("anthropic-beta");
    }
    const messages = { "anthropic-beta": "b", "anthropic-version": "v" };
    const ask = { path: MESSAGES, headers: { ...messages, "openai-beta": "no" } };
    for (const { headers } of pair(mode, providers({}, {}), ask)) {
      expect(headers).toMatchObject(messages);
      expect(headers).not.toHaveProperty("openai-beta");
    }
  });

  it("what a provider forwards besides goes to that one alone", () => {
    const headers = { "x-title": "app", "openai-organization": "org", "x-other": "no" };
    const forwards = (own: object, other: object) => pair(mode, providers(own, other), { headers });
    const [first, second] = forwards({ forwardHeaders: ["X-Title"] }, { forwardHeaders: ["openai-organization"] });
    expect([first!.headers["x-title"], first!.headers["openai-organization"]]).toEqual(["app", undefined]);
    expect([second!.headers["x-title"], second!.headers["openai-organization"]]).toEqual([undefined, "org"]);
    for (const { headers } of [first!, second!]) expect(headers).not.toHaveProperty("x-other");
  });

  it("the version of one hop never reaches the next", () => {
    const versions = (...own: object[]) =>
      pair(mode, providers(...own), { path: MESSAGES }).map(({ headers }) => headers["anthropic-version"]);
    expect(versions({ claudeVersion: "2024-01-01" }, {})).toEqual(["2024-01-01", "2023-06-01"]);
  });
});

describe.each(MODES)("of a client's query, in %s mode,", mode => {
  const pathAt = (path: string, provider: object = {}) => {
    const envoy = start({ mode, tokens: { qwen: 1 }, provider, clusters: { qwen: chat("Hi") } });
    envoy.ask({ path, ...(path.includes("/files") ? { method: "GET" } : { body }) });
    return envoy.provider("qwen").seen[0]?.path;
  };

  it.each(["token=s", "apikey=s", "auth=s", "subscription-key=s", "beta=1;key=s", "?key=s", "key[]=s", "%6bey=s", "x"])(
    "a credential stays here: %s",
    member => {
      expect(pathAt(`/v1/chat/completions?${member}`)).toBe("/v1/chat/completions");
      expect(pathAt(`/v1/chat/completions?${member}&beta=true&${member}`)).toBe("/v1/chat/completions?beta=true");
    },
  );

  it("what lists and their pages are asked by goes on", () => {
    const query = "?purpose=batch&limit=3&after=f-1&include%5B%5D=a&order=asc";
    expect(pathAt(`/v1/files${query}&metadata=1&org=2`)).toBe(`/v1/files${query}`);
  });

  it("the endpoint's own stands, and not a client's in its place", () => {
    const provider = { url: "https://qwen.test/v1?api-version=own", forwardQuery: ["api-version", "mode"] };
    expect(pathAt("/v1/chat/completions?api%2Dversion=x&mode=a&api-version=y", provider)).toBe(
      "/v1/chat/completions?mode=a&api-version=own",
    );
  });
});

describe.each(MODES)("of paths and methods, in %s mode,", mode => {
  const ask = (method: string, path: string, provider: object = {}, headers: Record<string, string> = {}) => {
    const envoy = start({ mode, tokens: { qwen: 1 }, provider, clusters: { qwen: json(200, {}) } });
    const call = envoy.ask({ method, path, headers, ...(method === "POST" ? { body } : {}) });
    return { call, seen: envoy.provider("qwen").seen };
  };

  it.each([
    ["POST", "/v1/organization/admin_api_keys"],
    ["GET", "/v1/organization/users"],
    ["POST", "/v1/filesystem"],
    ["POST", "/v1/realtime/client_secrets"],
    ["POST", "/v1"],
    ["GET", "/"],
  ])("%s %s is answered here, with what adds it", (method, path) => {
    const { call, seen } = ask(method, path);
    expect([call.status, call.json().error.code]).toEqual([404, "path_not_served"]);
    expect(call.json().error.message).toContain("allowPaths");
    expect(seen).toEqual([]);
  });

  const MODEL_PATHS = [
    ...["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/v1/messages/count_tokens"],
    ...["/v1/responses/input_tokens", "/v1/embeddings", "/v1/images/generations", "/v1/audio/speech"],
    ...["/v1/moderations", "/v1/rerank", "/ai/v1/completions", "/chat/completions"],
  ];
  const OTHER_METHODS = ["HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "post"];

  it.each(MODEL_PATHS)("%s takes no other method, whatever a provider takes", path => {
    for (const provider of [{ messagesUrl: "https://qwen.test/v1" }, { protocol: "original" }])
      for (const method of OTHER_METHODS) {
        // Below such a path a provider that takes everything may have more.
        if ("protocol" in provider && /images|audio/.test(path) && !/HEAD|TRACE/.test(method)) continue;
        const { call, seen } = ask(method, path, provider);
        expect([call.status, seen.length], `${method} ${path}`).toEqual([405, 0]);
        expect(call.headers["allow"]).toMatch(/^(GET, )?(HEAD, )?POST$/);
        if (method !== "HEAD") expect(call.json().error.message).toContain(call.headers["allow"]);
      }
  });

  it.each([
    ["DELETE", "/v1/files/f-1", "GET, HEAD, POST"],
    ["PUT", "/v1/responses/r-1", "GET, HEAD, POST"],
    ["DELETE", "/v1/models/ft:mine", "GET, HEAD"],
    ["POST", "/v1/models", "GET, HEAD"],
    ["GET", "/v1/embeddings", "POST"],
    ["GET", "/v1/messages", "POST"],
    ["TRACE", "/elsewhere", "GET, POST"],
  ])("%s %s is answered here, with what the path takes", (method, path, allowed) => {
    const { call, seen } = ask(method, path);
    expect([call.status, call.headers["allow"], seen.length]).toEqual([405, allowed, 0]);
    expect(call.json().error.code).toBe("method_not_allowed");
  });

  it("allowPaths adds a method to what a model is called by", () => {
    const allowPaths = ["HEAD /v1/chat/completions"];
    expect(ask("HEAD", "/v1/chat/completions", { allowPaths }).seen).toHaveLength(1);
    expect(ask("PUT", "/v1/chat/completions", { allowPaths }).seen).toEqual([]);
  });

  it.each([
    ["POST", "/v1/embeddings"],
    ["POST", "/v1/responses/input_tokens"],
    ["GET", "/v1/chat/completions"],
    ["GET", "/v1/files/f"],
    ["GET", "/v1/files/f-1/content"],
    ["POST", "/v1/conversations"],
    ["GET", "/v1/skills?limit=2"],
    ["HEAD", "/v1/files/f-1"],
  ])("%s %s goes on", (method, path) => {
    const { call, seen } = ask(method, path);
    expect([call.status, seen.map(({ path }) => path)]).toEqual([200, [path]]);
  });

  it.each(["agents", "sessions", "environments", "vaults", "memory_stores"])(
    "Anthropic's /v1/%s goes to its API",
    name => {
      const spoken = { type: "claude", messagesUrl: "https://qwen.test/v1" };
      expect(ask("POST", `/v1/${name}`, spoken).seen[0]!.headers).toHaveProperty("x-api-key");
      expect(ask("POST", `/v1/${name}`).call.status).toBe(404);
    },
  );

  it("files of either API go where the version header says", () => {
    const spoken = { type: "claude", messagesUrl: "https://qwen.test/v1" };
    expect(ask("GET", "/v1/files", spoken).seen[0]!.headers).toHaveProperty("authorization");
    const { headers } = ask("GET", "/v1/files", spoken, { "anthropic-version": "2023-06-01" }).seen[0]!;
    expect(headers).toHaveProperty("x-api-key");
  });

  it("allowPaths adds a path, with a method or with all, to its own provider", () => {
    const provider = { allowPaths: ["DELETE /v1/files/*", "/voices", "/v1/batch/*"] };
    expect(ask("DELETE", "/v1/files/f-1", provider).seen[0]!.path).toBe("/v1/files/f-1");
    expect(ask("DELETE", "/ai/v1/files/f-1", provider).seen[0]!.path).toBe("/v1/files/f-1");
    expect(ask("PUT", "/v1/voices", provider).call.status).toBe(200);
    expect(ask("PUT", "/v1/voices/1", provider).call.status).toBe(404);
    expect(ask("PUT", "/v1/files/f-1", provider).call.status).toBe(405);
    expect(ask("DELETE", "/v1/files/../organization", provider).call.status).toBe(400);
    const beta = { allowPaths: ["/v1beta/models/*"] };
    expect(ask("POST", "/v1beta/models/a:b", beta).seen[0]!.path).toBe("/v1/v1beta/models/a:b");
    expect(ask("POST", "/v1/v1beta/models/a:b", beta).seen[0]!.path).toBe("/v1/v1beta/models/a:b");
    expect(ask("POST", "/v1/beta/models/a:b", beta).call.status).toBe(404);
    const config = providers({ allowPaths: ["/v1/voices"] }, {});
    const envoy = start({
      mode,
      tokens: { qwen: 1, deepseek: 1 },
      config,
      clusters: { qwen: badKey, deepseek: chat("") },
    });
    envoy.ask({ method: "POST", path: "/v1/voices", body });
    expect(envoy.provider("deepseek").seen).toEqual([]);
  });
});

describe.each(MODES)("web pages, in %s mode:", mode => {
  const APP = "https://app.example";
  const open = (allowOrigins: string[] = []) =>
    start({ mode, tokens: { qwen: 1 }, config: { cors: { allowOrigins } }, clusters: { qwen: chat("Hi") } });
  const cors = (headers: Record<string, string>) =>
    Object.entries(headers).filter(([name]) => name.startsWith("access-control-") || name === "vary");

  it("a page of another site is refused, and so is a body that a browser asks nobody for", () => {
    const envoy = open();
    const page = (headers: Record<string, string>) => envoy.ask({ body, headers }).status;
    expect(page({ "sec-fetch-site": "cross-site", origin: APP })).toBe(403);
    expect(page({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(page({ origin: APP, "content-type": "text/plain" })).toBe(403);
    expect(page({ origin: "null", "content-type": "text/plain" })).toBe(403);
    expect(page({ "sec-fetch-site": "same-site", origin: APP, "content-type": "text/plain" })).toBe(403);
    for (const type of ["text/plain; application/json", "text/plain;json", "multipart/form-data; boundary=json", ""])
      expect(page({ origin: APP, "content-type": type })).toBe(403);
    expect(envoy.provider("qwen").seen).toEqual([]);
    expect(page({ origin: APP })).toBe(200);
    expect(page({ "sec-fetch-site": "same-origin", origin: APP, "content-type": "text/plain" })).toBe(200);
    expect(page({ "content-type": "text/plain" })).toBe(200);
  });

  it("a page of this very host may call, unless its name can be anybody's: nobody asks for a key, and names can be made to lead here", () => {
    const page = (authority: string, config: object = {}) => {
      const envoy = start({ mode, tokens: { qwen: 1 }, config, clusters: { qwen: chat("Hi") } });
      const headers = { origin: `http://${authority}`, "sec-fetch-site": "same-origin" };
      return envoy.ask({ body, host: authority, headers }).status;
    };
    for (const own of ["localhost:8080", "127.0.0.1", "[::1]:8080", "a.localhost", "gateway:80"])
      expect([own, page(own)]).toEqual([own, 200]);
    for (const name of ["evil.example:8080", "127.0.0.1.evil.example", "localhost.example"])
      expect([name, page(name)]).toEqual([name, 403]);
    expect(page("app.example", { cors: { allowOrigins: ["http://app.example"] } })).toBe(200);
    expect(page("app.example", { clientKeys: [{ name: "a", value: "sk-a-client" }] })).toBe(401);
    expect(page("app.example", { routing: "host" })).toBe(200);
  });

  it("OPTIONS is answered here, without a key, and no provider hears of it", () => {
    const ask = { method: "OPTIONS", headers: { origin: APP, "access-control-request-headers": "authorization" } };
    const closed = open().ask(ask);
    expect([closed.status, cors(closed.headers)]).toEqual([204, []]);
    const config = { clientKeys: [{ name: "a", value: "sk-a-client" }], cors: { allowOrigins: [APP] } };
    const envoy = start({ mode, config, clusters: { qwen: chat("Hi") } });
    const opened = envoy.ask(ask);
    expect(opened.status).toBe(204);
    expect(opened.headers).toMatchObject({
      "access-control-allow-origin": APP,
      "access-control-allow-headers": "authorization",
      "access-control-allow-methods": "GET, POST",
      vary: "origin",
    });
    expect(envoy.provider("qwen").seen).toEqual([]);
    const odd = envoy.ask({ ...ask, headers: { origin: APP, "access-control-request-headers": "a, \u009b2J" } });
    expect(odd.headers).not.toHaveProperty("access-control-allow-headers");
  });

  it("a page whose origin is named may call and read, also our own errors and the list of models", () => {
    const envoy = open(["https://other.example", APP]);
    const headers = { origin: APP, "sec-fetch-site": "cross-site" };
    const calls = [
      envoy.ask({ body, headers }),
      envoy.ask({ body: "{", headers }),
      envoy.ask({ method: "GET", path: "/v1/models", headers }),
    ];
    expect(calls.map(({ status }) => status)).toEqual([200, 400, 200]);
    for (const call of calls)
      expect(call.headers).toMatchObject({ "access-control-allow-origin": APP, vary: "origin" });
    expect(envoy.ask({ body, headers: { ...headers, origin: "https://app.example.evil" } }).status).toBe(403);
    expect(open(["*"]).ask({ body, headers }).headers["access-control-allow-origin"]).toBe("*");
  });

  it.each([200, 302, 400, 404])("a provider gives neither a browser nor a proxy orders with a %i", status => {
    const orders = {
      "access-control-allow-origin": "*",
      "access-control-allow-credentials": "true",
      "strict-transport-security": "max-age=1",
      "clear-site-data": '"*"',
      refresh: "0; url=https://evil.example",
      link: "<https://evil.example>; rel=preload",
      location: "https://evil.example",
      "content-location": "/x",
      "set-login": "logged-out",
      "www-authenticate": "Basic realm=a",
      "content-security-policy-report-only": "report-uri https://evil.example",
      "reporting-endpoints": 'a="https://evil.example"',
      "service-worker-allowed": "/",
      "cross-origin-resource-policy": "cross-origin",
      "x-accel-redirect": "/internal/file",
      "x-litespeed-location": "/internal/file",
      "x-reproxy-file": "/internal/file",
      "x-content-security-policy": "report-uri https://evil.example",
      "integrity-policy": "blocked-destinations=(script)",
      "require-document-policy": "unsized-media=?0",
      "shared-storage-write": "clear",
      "x-sendfile": "/etc/passwd",
      "surrogate-control": "max-age=99999",
      "ai-failover-hops": "1",
    };
    const headers = { "content-type": "application/json", "x-ratelimit-limit-requests": "5", ...orders };
    const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: { ...chat("Hi"), status, headers } } });
    const calls = [envoy.ask({ method: "GET", path: "/v1/files" }), ...(status === 200 ? [envoy.ask({ body })] : [])];
    for (const call of calls) {
      expect([call.status, call.headers["x-ratelimit-limit-requests"]]).toEqual([status, "5"]);
      for (const name of Object.keys(orders)) expect(call.headers).not.toHaveProperty(name);
    }
  });
});

describe.each(MODES)("a circle of gateways, in %s mode,", mode => {
  it("ends: each adds one to what it was told", () => {
    const envoy = start({ mode, tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: badKey, deepseek: chat("Hi") } });
    const after = (hops?: string) => {
      const call = envoy.ask({ body, ...(hops === undefined ? {} : { headers: { "ai-failover-hops": hops } }) });
      return [call.status, envoy.provider("deepseek").seen.at(-1)?.headers["ai-failover-hops"]];
    };
    expect(after()).toEqual([200, "1"]);
    expect(after("7")).toEqual([200, "8"]);
    const seen = envoy.provider("deepseek").seen.length;
    for (const hops of ["8", "999999", "x", "-1", ""]) expect(after(hops)[0]).toBe(508);
    expect(envoy.provider("deepseek").seen).toHaveLength(seen);
  });
});

describe.each(MODES)("odd requests, in %s mode:", mode => {
  it("an upgrade has a code of its own", () => {
    const envoy = start({ mode, clusters: { qwen: chat("Hi") } });
    const call = envoy.ask({ method: "GET", path: "/v1/responses", headers: { upgrade: "websocket" } });
    expect([call.status, call.json().error.code]).toEqual([426, "upgrade_not_supported"]);
  });

  it("a model's name with a control character of Unicode goes into no header", () => {
    const envoy = start({ mode, clusters: { qwen: chat("Hi") } });
    for (const model of ["a\u0085b", "a\u009b31m"]) expect(envoy.ask({ body: { ...body, model } }).status).toBe(400);
    expect(envoy.ask({ body: { ...body, model: "caf\u00e9\u00a0" } }).status).toBe(200);
  });

  it("a form whose model is too long is refused as JSON is", () => {
    const form = `--b\r\ncontent-disposition: form-data; name="model"\r\n\r\n${"m".repeat(1025)}\r\n--b--\r\n`;
    const headers = { "content-type": "multipart/form-data; boundary=b" };
    const envoy = start({ mode, clusters: { qwen: chat("Hi") } });
    const call = envoy.ask({ path: "/v1/audio/transcriptions", body: form, headers });
    expect([call.status, call.json().error.message]).toEqual([400, "'model' is longer than 1024 bytes"]);
  });

  it("a trail that is longer than its limit ends at a member: half of one would be no list", () => {
    const id = "q".repeat(64);
    const apiTokens = Array.from({ length: 64 }, (_, i) => ({ name: `${"t".repeat(60)}${i}`, value: `k-${i}` }));
    const providers = [{ id, type: "openai", cluster: "qwen", url: "https://qwen.test/v1", apiTokens }];
    const routes = [{ name: "all", modelPredicates: [], upstreams: [{ provider: id }], retryBudget: 0 }];
    const envoy = start({ mode, config: { providers, routes }, clusters: { qwen: badKey } });
    const { headers } = envoy.ask({ body });
    const member = `${id}/t+\\d+;status=401;cause=credential;ms=\\d+`;
    expect(headers["x-ai-failover-attempts"]).toBe("64");
    expect(headers["x-ai-failover-trail"]!.length).toBeGreaterThan(7000);
    expect(headers["x-ai-failover-trail"]).toMatch(new RegExp(`^${member}(, ${member})+$`));
  });

  it("the list of models and a browser's question are no refusals", () => {
    const envoy = start({ mode, clusters: { qwen: chat("Hi") } });
    envoy.ask({ method: "GET", path: "/v1/models" });
    envoy.ask({ method: "OPTIONS" });
    expect(envoy.metric("ai_failover_requests_total;route=-;outcome=refused")).toBe(0);
    envoy.ask({ method: "DELETE", path: "/v1/x" });
    expect(envoy.metric("ai_failover_requests_total;route=-;outcome=refused")).toBe(1);
  });
});
