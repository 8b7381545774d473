import { expect, it } from "vitest";
import { chat, json, openAiError, type Behaviour, type Seen } from "../host/proxy-host.js";
import { start } from "./fixture.js";

const ask = { body: { model: "qwen-turbo", messages: [] } };
const serverError = json(200, { error: { message: "Something.", type: "server_error", code: null } });

it.each<[string, Behaviour, Behaviour]>([
  ["a token", json(401, openAiError("invalid_api_key")), json(200, openAiError("invalid_api_key"))],
  ["a provider", "refused", serverError],
])("a probe of %s that is answered by an error inside a 200 brings nothing back", (_, bad, hidden) => {
  let down = true;
  const qwen = ({ by }: Seen) => (!down ? chat("Hi") : by === "callout" ? hidden : bad);
  const envoy = start({
    tokens: { qwen: 1, deepseek: 1 },
    provider: { failover: { healthCheckModel: "small" }, providerBreaker: { failureThreshold: 1 } },
    clusters: { qwen, deepseek: chat("Hi") },
  });
  const askOnce = () => envoy.ask(ask).headers["x-ai-failover-attempts"];
  expect(askOnce()).toBe("2");
  for (let i = 0; i < 60; i++) {
    envoy.advance(1000);
    expect(askOnce()).toBe("1");
  }
  const probes = envoy.provider("qwen").seen.filter(({ by }) => by === "callout");
  expect(probes.length).toBeGreaterThan(2);
  expect(probes[0]!.json()).toMatchObject({ model: "small", max_tokens: 1 });
  down = false;
  envoy.advance(66_000);
  envoy.forget();
  askOnce();
  expect(envoy.provider("qwen").seen.map(({ by }) => by)).toEqual(["attempt"]);
});

interface Way {
  type: string;
  provider?: object;
  failure: Behaviour;
  asks: object;
}
const badKey = json(401, openAiError("invalid_api_key"));
const small = { failover: { healthCheckModel: "small" } };
const down = { ...small, providerBreaker: { failureThreshold: 1 } };

it.each<Way>([
  { type: "deepseek", failure: badKey, asks: { method: "GET", path: "/v1/models", key: "Bearer one-1" } },
  { type: "openrouter", failure: badKey, asks: { method: "GET", path: "/v1/key", key: "Bearer one-1" } },
  {
    ...{ type: "mistral", provider: small, failure: badKey },
    asks: { method: "POST", path: "/v1/chat/completions", key: "Bearer one-1", body: "small" },
  },
  {
    ...{ type: "claude", provider: small, failure: badKey },
    asks: { method: "POST", path: "/v1/messages", key: "one-1", body: "small", version: "2023-06-01" },
  },
  {
    ...{ type: "generic", failure: badKey },
    provider: { ...small, url: undefined, messagesUrl: "https://one.test/anthropic/v1" },
    asks: { method: "POST", path: "/anthropic/v1/messages", key: "Bearer one-1", body: "small", version: "2023-06-01" },
  },
  {
    ...{ type: "azure", provider: { ...small, url: "https://one.test?api-version=2025-01-01" }, failure: badKey },
    asks: {
      ...{ method: "POST", key: "one-1", body: "small" },
      path: "/openai/deployments/small/chat/completions?api-version=2025-01-01",
    },
  },
  {
    ...{ type: "ollama", provider: { ...down, apiTokens: [] }, failure: "refused" },
    asks: { method: "POST", path: "/v1/chat/completions", body: "small" },
  },
])("$type is probed in its own way", ({ type, provider, failure, asks }) => {
  const path = type === "generic" ? "/v1/messages" : "/v1/chat/completions";
  const url = "https://one.test/v1";
  const envoy = start({ tokens: { one: 1 }, provider: { type, url, ...provider }, clusters: { one: failure } });
  envoy.ask({ ...ask, path });
  envoy.advance(6000);
  const probe = envoy.provider("one").seen.find(({ by }) => by === "callout")!;
  const { headers } = probe;
  expect({
    ...{ method: probe.method, path: probe.path },
    key: headers["authorization"] ?? headers["x-api-key"] ?? headers["api-key"],
    body: probe.body === "" ? undefined : probe.json().model,
    version: headers["anthropic-version"],
  }).toEqual({ key: undefined, body: undefined, version: undefined, ...asks });
});
