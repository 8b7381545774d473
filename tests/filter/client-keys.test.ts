/** Who may call: `clientKeys`, checked before anything else of a request counts. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { chat, json, openAiError } from "../host/proxy-host.js";
import { MODES, start } from "./fixture.js";

const SECRETS = ["sk-by-value", "sk-by-hash", "sk-by-variable"];
const clientKeys = [
  { name: "by-value", value: SECRETS[0] },
  { name: "by-hash", sha256: createHash("sha256").update(SECRETS[1]!).digest("hex") },
  { name: "by-variable", value: "${TEAM_KEY}" },
];
const body = { model: "m", messages: [] };

describe.each(MODES)("in %s mode a gateway with clientKeys", mode => {
  const open = () =>
    start({
      ...{ mode, config: { clientKeys }, tokens: { qwen: 2 }, environment: { TEAM_KEY: SECRETS[2]! } },
      clusters: {
        qwen: ({ headers }) =>
          headers["authorization"] === "Bearer qwen-1" ? json(401, openAiError("invalid_api_key")) : chat("Hi"),
      },
    });

  it("serves each key, in whichever header a client shows it, and passes none on", () => {
    const envoy = open();
    for (const key of SECRETS)
      for (const [name, value] of Object.entries({
        authorization: `Bearer ${key}`,
        "x-api-key": key,
        "api-key": key,
        "x-goog-api-key": key,
      }))
        expect([name, value, envoy.ask({ body, headers: { [name]: value } }).status]).toEqual([name, value, 200]);
    expect(envoy.provider("qwen").seen.length).toBeGreaterThanOrEqual(9);
    for (const key of SECRETS) expect(JSON.stringify(envoy.provider("qwen").seen)).not.toContain(key);
  });

  it("serves a key that stands beside another one", () => {
    const envoy = open();
    const [key] = SECRETS;
    const shown: Record<string, string>[] = [
      { authorization: "Bearer sk-of-a-proxy", "x-api-key": key! },
      { "x-goog-api-key": "sk-other", authorization: `Bearer ${key}` },
      { "x-api-key": "sk-other", "api-key": key! },
    ];
    for (const headers of shown) expect(envoy.ask({ body, headers }).status).toBe(200);
  });

  it("names the client in its log lines, and never a key", () => {
    const envoy = open();
    for (let i = 0; i < 20; i++) envoy.ask({ body, headers: { authorization: `Bearer ${SECRETS[1]}` } });
    expect(envoy.log).toContainEqual(expect.stringMatching(/#\d+ by-hash all rescued: qwen\/t1;status=401/));
    envoy.ask({ body, headers: { authorization: "Bearer sk-wrong" } });
    for (const key of [...SECRETS, "sk-wrong"]) expect(envoy.log.join("\n")).not.toContain(key);
  });

  it.each<[string, Record<string, string>]>([
    ["no key", {}],
    ["an empty one", { authorization: "Bearer " }],
    ["the beginning of one", { authorization: "Bearer sk-by-valu" }],
    ["one with more behind it", { "x-api-key": "sk-by-value2" }],
    ["a key's name", { "api-key": "by-value" }],
    ["a key's SHA-256", { authorization: `Bearer ${clientKeys[1]!.sha256}` }],
    ["a variable's name", { authorization: "Bearer ${TEAM_KEY}" }],
    ["a provider's token", { authorization: "Bearer qwen-2" }],
  ])("answers %s with a 401 in the shape of the dialect, and asks nobody", (_, headers) => {
    const envoy = open();
    const ask = (path: string) => envoy.ask({ body, path, headers });
    const chatted = ask("/v1/chat/completions");
    expect([chatted.status, chatted.json().error.code]).toEqual([401, "invalid_api_key"]);
    const messages = ask("/v1/messages");
    expect([messages.status, messages.json()]).toMatchObject([
      401,
      { type: "error", error: { type: "authentication_error" } },
    ]);
    expect(envoy.ask({ method: "GET", path: "/v1/models", headers }).status).toBe(401);
    expect(envoy.provider("qwen").seen).toEqual([]);
    expect(envoy.metric("ai_failover_requests_total;route=-;outcome=refused")).toBe(3);
  });
});
