/** What a client writes into its request can neither steer the gateway nor reach further than a request may. */
import { describe, expect, it } from "vitest";
import { chat, json, openAiError, type Ask } from "../host/index.js";
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

  it.each([
    ["gpt-4o", "gpt-4o"],
    ["../../files?x=1#", "..%2F..%2Ffiles%3Fx%3D1%23"],
    ["a b/é~", "a%20b%2F%C3%A9~"],
  ])("%j stays one segment of the provider's path", (model, segment) => {
    const envoy = azure();
    expect(envoy.ask(ask(model)).status).toBe(200);
    expect(envoy.provider("qwen").seen[0]!.path).toBe(`/openai/deployments/${segment}/chat/completions?api-version=1`);
  });
});

describe.each(MODES)("in %s mode", mode => {
  it("an upgrade is refused, under a fixed route too, where it would go on with the client's credential and without a key", () => {
    const config = { clientKeys: [{ name: "team", value: "sk-team" }], routing: "host" };
    const route = { cluster: "qwen", name: "chat" };
    const envoy = start({ mode, config, route, clusters: { qwen: chat("Hi") } });
    const upgrade = { upgrade: "websocket", cookie: "client" };
    const refused = envoy.ask({ method: "GET", headers: upgrade });
    expect([refused.status, refused.json().error.message]).toEqual([
      401,
      "This gateway asks for one of its clientKeys: as a bearer token, x-api-key or api-key",
    ]);
    expect(envoy.ask({ method: "GET", headers: { ...upgrade, authorization: "Bearer sk-team" } }).status).toBe(400);
    expect(envoy.provider("qwen").seen).toEqual([]);
  });

  it("a path as long as Envoy takes it goes to every hop whole", () => {
    const query = `?q=${"x".repeat(59_000)}`;
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
