import { expect, it } from "vitest";
import { chat, json, openAiError, type Seen } from "../host/index.js";
import { start } from "./fixture.js";

const ask = { body: { model: "qwen-turbo", messages: [] } };
const serverError = json(200, { error: { message: "Something.", type: "server_error", code: null } });

it.each([
  ["a token", json(401, openAiError("invalid_api_key")), json(200, openAiError("invalid_api_key"))],
  ["a provider", serverError, serverError],
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
