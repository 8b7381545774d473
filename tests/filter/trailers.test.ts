/** An answer that ends in trailers has no last body callback: what was held has to go on all the same. */
import { describe, expect, it } from "vitest";
import { chat, delta, DONE, events, json, openAiError, wordsOf } from "../host/proxy-host.js";
import { MODES, start } from "./fixture.js";

const trailers = { "x-checksum": "1" };
const plain = { body: { model: "m", messages: [] } };
const streamed = { body: { ...plain.body, stream: true } };
const tokens = { qwen: 1, deepseek: 1 };

describe.each(MODES)("in %s mode an answer with trailers", mode => {
  it("that is good goes to the client whole, with its trail", () => {
    const envoy = start({ mode, tokens, clusters: { qwen: chat("Hi", { trailers }) } });
    const call = envoy.ask(plain);
    expect(call).toMatchObject({ status: 200, ended: "complete" });
    expect(wordsOf(call.text)).toBe("Hi");
    expect(call.headers).toMatchObject({ "content-type": "application/json", "x-ai-failover-provider": "qwen" });
  });

  it("that is about the request is returned with its own words", () => {
    const bad = json(400, openAiError("invalid_value", "your fault"), { trailers });
    const envoy = start({ mode, tokens, clusters: { qwen: bad, deepseek: chat("Hi") } });
    expect(envoy.ask(plain)).toMatchObject({ status: 400, text: expect.stringContaining("your fault") });
    expect(envoy.provider("deepseek").seen).toEqual([]);
  });

  it("that failed is followed by the next hop", () => {
    const bad = json(401, openAiError("invalid_api_key"), { trailers });
    const envoy = start({ mode, tokens, clusters: { qwen: bad, deepseek: chat("Hi") } });
    expect(wordsOf(envoy.ask(plain).text)).toBe("Hi");
  });

  it("that streams passes as it comes, and is a broken transfer without its end mark", () => {
    const clusters = { qwen: [events([delta("Hi"), 10, DONE], { trailers }), events([delta("Hi"), 10], { trailers })] };
    const envoy = start({ mode, tokens, clusters });
    expect(envoy.ask(streamed)).toMatchObject({ ended: "complete", trailers, text: delta("Hi") + DONE });
    expect(envoy.ask(streamed)).toMatchObject({ ended: "reset", text: delta("Hi") });
  });
});
