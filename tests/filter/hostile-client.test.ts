/** What a client writes into its request can neither steer the gateway nor reach further than a request may. */
import { describe, expect, it } from "vitest";
import { chat, delta, DONE, events, json, openAiError, type Ask, type Script } from "../host/proxy-host.js";
import { MODES, start } from "./fixture.js";

const provider = { url: "https://azure.test/openai/deployments/{model}?api-version=1" };
const ask = (model: string, more: Ask = {}): Ask => ({ body: { model, messages: [] }, ...more });

describe.each(MODES)("in %s mode a model's name", mode => {
  const azure = () => start({ mode, tokens: { qwen: 1 }, provider, clusters: { qwen: chat("Hi") } });

  it.each(["m\r\nx-injected: 1", "m\nx", "m\0", "m\x7f"])("%j is refused: it would end a header's line", model => {
    const envoy = azure();
    const part = `--b\r\ncontent-disposition: form-data; name="model"\r\n\r\n${model}\r\n--b--\r\n`;
    const form: Ask = { body: part, headers: { "content-type": "multipart/form-data; boundary=b" } };
    for (const request of [ask(model), form]) {
      const call = envoy.ask(request);
      expect(call.status).toBe(400);
      expect(call.json().error.message).toContain("control character");
      expect(JSON.stringify(call.headers)).not.toContain("injected");
    }
    expect(envoy.provider("qwen").seen).toEqual([]);
  });

  it("of other letters than ours is measured decoded", () => {
    const name = "模型".repeat(170);
    const escaped = [...name].map(c => `\\u${c.charCodeAt(0).toString(16)}`).join("");
    const sent = (value: string) => azure().ask({ body: `{"model":"${value}","messages":[]}` });
    expect([sent(name).status, sent(escaped).status]).toEqual([200, 200]);
    for (const more of [name + "型型", escaped + "\\u6a21\\u6a21"]) {
      const refused = sent(more);
      expect([refused.status, refused.json().error.message]).toEqual([400, "'model' is longer than 1024 bytes"]);
    }
  });

  it.each([
    ["gpt-4o", "gpt-4o"],
    ["a/files?x=1#", "a%2Ffiles%3Fx%3D1%23"],
    // Encoded once they would still lead out, for who resolves a path or decodes its slashes first.
    ["..", "%252E%252E"],
    ["../../files", "%252E%252E%2F%252E%252E%2Ffiles"],
    ["gpt-4.1..", "gpt-4.1.."],
    ["a b/é~", "a%20b%2F%C3%A9~"],
  ])("%j stays one segment of the provider's path", (model, segment) => {
    const envoy = azure();
    expect(envoy.ask(ask(model)).status).toBe(200);
    expect(envoy.provider("qwen").seen[0]!.path).toBe(`/openai/deployments/${segment}/chat/completions?api-version=1`);
  });
});

describe.each(MODES)("in %s mode", mode => {
  it("an upgrade is refused, under a fixed route too, where it would go on with the client's credential and without a key", () => {
    const config = { clientKeys: [{ name: "team", value: "sk-team-key" }], routing: "host" };
    const route = { cluster: "qwen", name: "chat" };
    const envoy = start({ mode, config, route, clusters: { qwen: chat("Hi") } });
    const upgrade = { upgrade: "websocket", cookie: "client" };
    const refused = envoy.ask({ method: "GET", headers: upgrade });
    expect([refused.status, refused.json().error.message]).toEqual([
      401,
      "This gateway asks for one of its clientKeys: as a bearer token, x-api-key, api-key or x-goog-api-key",
    ]);
    expect(envoy.ask({ method: "GET", headers: { ...upgrade, authorization: "Bearer sk-team-key" } }).status).toBe(426);
    expect(envoy.provider("qwen").seen).toEqual([]);
  });

  it.each(["TRACE", "CONNECT", "TRACK", "trace", "PROPFIND", "get"])(
    "%s is refused: it would go out with a token",
    method => {
      const envoy = start({ mode, provider: { allowPaths: ["/v1/*"] }, clusters: { qwen: chat("Hi") } });
      const refused = envoy.ask({ method });
      expect([refused.status, refused.json().error.code]).toEqual([405, "method_not_allowed"]);
      expect(envoy.provider("qwen").seen).toEqual([]);
    },
  );

  it.each([
    ["/v1/../admin", false],
    ["/v1/x/..", false],
    ["/v1/..?a", false],
    ["/v1/..%2f..%2Fadmin", false],
    ["/v1/a%2F%2E.%5cadmin", false],
    ["/v1/..\\admin", false],
    ["/v1/..;x=1/admin", false],
    ["/v1/files/%252e%252e/admin", false],
    ["/v1/files/x%25252F%25252e.%25255cadmin", false],
    ["/v1/files/%c0%ae%C0%AE/admin", false],
    ["/v1/files/%e0%80%ae%e0%80%ae/admin", false],
    ["/v1/files/%25F0%80%80%AE./admin", false],
    ["/v1/files/%u002e%u002e/admin", false],
    ["/v1/files/%25U002e./admin", false],
    ["/v1/files/..%00/admin", false],
    ["/v1/files/..%20/admin", false],
    ["/v1/files/..%3fx/admin", false],
    ["/v1/files/..%23", false],
    ["/v1/files/f%0d%0aadmin: 1", false],
    ["/v1/files/%E6%A8%A1%25.pdf", true],
    ["/v1/files/a%2Fb", true],
    ["/v1/files/a..b/...", true],
    ["/v1/files/.hidden%", true],
    ["/v1/files/%E0%A4%95%F0%9F%98%80", true],
    ["/v1/files/100%25user", true],
    ["/v1/files/m?page=../x", true],
  ])("%s goes to a provider with its token: %s", (path, goes) => {
    const envoy = start({ mode, clusters: { qwen: json(200, {}) } });
    const call = envoy.ask({ path });
    expect(call.status).toBe(goes ? 200 : 400);
    if (!goes) expect(call.json().error.code).toBe("invalid_path");
    expect(envoy.provider("qwen").seen.map(seen => seen.path)).toEqual(goes ? [path] : []);
  });

  it("credentials and addresses of a client stay here in whatever name and place", () => {
    const envoy = start({ mode, clusters: { qwen: chat("Hi") } });
    const secret = "client-secret";
    const own = ["authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "x-real-ip", "x-forwarded-for"];
    const headers = Object.fromEntries([...own, "true-client-ip", "origin", "referer"].map(name => [name, secret]));
    const query = ["key", "KEY", "k%65y", "api%5Fkey", "access_token"].map(name => `${name}=${secret}`).join("&");
    const path = `/v1/chat/completions?beta=1&${query}&keys=2`;
    const trailers = { ...headers, "x-envoy-max-retries": "9", "x-checksum": "1" };
    for (const more of [{}, { trailers }]) expect(envoy.ask({ body: {}, path, headers, ...more }).status).toBe(200);
    for (const seen of envoy.provider("qwen").seen) {
      expect(JSON.stringify(seen)).not.toMatch(/client-secret|max-retries/);
      expect(seen.path).toBe("/v1/chat/completions?beta=1");
    }
    const [, second] = envoy.provider("qwen").seen;
    // A callout has no trailers.
    expect(second!.trailers).toEqual(mode === "callout" ? undefined : {});
  });

  it("a provider tells neither us nor the client in trailers what it may not tell in headers", () => {
    const steering = {
      "set-cookie": "a=b",
      "x-ai-failover-trail": "forged",
      "x-ai-failover-retry": "1",
      "x-envoy-ratelimited": "1",
      "proxy-authenticate": "Basic",
      "keep-alive": "timeout=1",
    };
    const headers = { "content-type": "text/event-stream", "x-checksum": "2", ...steering };
    const stream = events([delta("Hi"), 10, DONE], { headers, trailers: { ...steering, "x-checksum": "1" } });
    const envoy = start({ mode, clusters: { qwen: stream } });
    const call = envoy.ask({ body: { model: "m", stream: true } });
    expect(call.trailers).toEqual({ "x-checksum": "1" });
    expect(call.headers["x-checksum"]).toBe("2");
    for (const name of Object.keys(steering)) expect(call.headers[name] ?? "").not.toBe(steering[name as "keep-alive"]);
  });

  it.each<[string, Ask]>([
    ["a path that no token may see", { path: "/v1/organization/users" }],
    ["a path that is redirected", { path: "/v1/models/", headers: { "x-status": "307" } }],
    ["a path that is a provider's fault", { path: "/v1/debug", headers: { "x-status": "500" } }],
    ["a method that is no call's", { method: "GET", body: { model: "m" }, headers: { "x-status": "404" } }],
    ["a prompt that a firewall refuses", { body: { model: "m" }, headers: { "x-status": "page" } }],
  ])("nobody is taken out for all clients by %s", (_, odd) => {
    const answers: Script = ({ headers: { "x-status": status = "401" }, body }) => {
      if (body.includes("good")) return chat("Hi");
      if (status === "page") return { status: 403, headers: { "content-type": "text/html" }, body: "<html>no</html>" };
      return json(Number(status), { error: { type: "authentication_error", message: "no" } });
    };
    const provider = { forwardHeaders: ["x-status"], allowPaths: ["/v1/*"] };
    const tokens = { qwen: 2, deepseek: 1 };
    const envoy = start({ mode, provider, tokens, clusters: { qwen: answers, deepseek: answers } });
    for (let i = 0; i < 5; i++) envoy.ask(odd);
    const good = envoy.ask(ask("good"));
    expect([good.status, good.headers["x-ai-failover-trail"]]).toEqual([
      200,
      expect.stringMatching(/^qwen\/t\d;status=200;ms=\d+$/),
    ]);
  });

  it.each([
    ["true", 200],
    ["null", 200],
    ['"true"', 400],
    ["1", 400],
    ["[]", 400],
  ])("stream: %s is answered with %i: no provider may read it in another way", (stream, status) => {
    const envoy = start({ mode, clusters: { qwen: stream === "true" ? events([delta("Hi"), DONE]) : chat("Hi") } });
    const call = envoy.ask({ body: `{"model":"m","stream":${stream}}` });
    expect(call.status).toBe(status);
    if (status === 400) expect(call.json().error.message).toContain("'stream' must be true or false");
    expect(envoy.provider("qwen").seen).toHaveLength(status === 200 ? 1 : 0);
  });

  it("who announces large bodies and sends nothing takes no room from others", () => {
    const MB = 1 << 20;
    const limits = { requestBody: 32 * MB, parkedBodies: 32 * MB };
    const envoy = start({ mode, config: { limits }, clusters: { qwen: chat("Hi") } });
    const headers = { "content-length": String(32 * MB) };
    const idle = Array.from({ length: 8 }, () => envoy.call({ headers, body: ["{", 5000] }));
    expect(envoy.ask(ask("m")).status).toBe(200);
    expect(idle).toHaveLength(8);
  });

  it("a path as long as Envoy takes it goes to every hop whole", () => {
    const query = `?beta=${"x".repeat(59_000)}`;
    const badKey = json(401, openAiError("invalid_api_key"));
    const clusters = { qwen: badKey, deepseek: chat("Hi") };
    const envoy = start({ mode, tokens: { qwen: 1, deepseek: 1 }, clusters });
    expect(envoy.ask(ask("m", { path: `/v1/chat/completions${query}` })).status).toBe(200);
    for (const cluster of ["qwen", "deepseek"])
      expect(envoy.provider(cluster).seen[0]!.path).toBe(`/v1/chat/completions${query}`);
  });

  it("a form is one in whatever case its type is written: its model decides the route", () => {
    const body = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--b--\r\n';
    const path = "/v1/audio/transcriptions";
    const options = { mode, policy: { modelPredicates: [{ matchType: "EQUAL", matchValue: "other" }] } };
    const envoy = start({ ...options, clusters: { qwen: chat("Hi") } });
    const call = envoy.ask({ body, path, headers: { "content-type": "Multipart/Form-Data; boundary=b" } });
    expect(call.json().error.message).toContain("No route serves the model 'm'");
  });
});
