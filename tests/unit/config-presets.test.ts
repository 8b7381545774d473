import { beforeAll, describe, expect, it } from "vitest";
import { PRESETS, readPresets } from "../../assembly/config/presets.js";
import { ConfigRoom } from "./config-room.js";

let room: ConfigRoom;
beforeAll(async () => {
  room = await ConfigRoom.start();
});

const presets = readPresets();
const TYPES =
  "openai qwen deepseek moonshot zhipuai azure claude gemini openrouter groq grok mistral doubao baidu stepfun yi " +
  "baichuan together-ai fireworks spark hunyuan cloudflare github ai360 longcat ollama vllm generic";

describe("the presets", () => {
  it("know each type once", () => {
    expect(presets.map(({ type }) => type)).toEqual(TYPES.split(" "));
  });

  it("have ten cells in each row", () => {
    for (const row of PRESETS) expect(row.split("|"), row).toHaveLength(10);
  });

  it.each(presets)("$type is written as the legend says", preset => {
    expect(preset.base).toMatch(/^(\/[a-z0-9.{}-]+)*$/);
    expect(preset.messagesBase).toMatch(/^(\/[a-z0-9.-]+)*$/);
    expect(preset.auth).toMatch(/^(bearer|raw|api-key)$/);
    expect(preset.messagesAuth).toMatch(preset.speaksMessages ? /^(bearer|x-api-key)$/ : /^$/);
    expect(preset.family).toMatch(/^(openai|dashscope|deepseek|anthropic|gemini|azure)$/);
    expect(preset.variable).toMatch(preset.tokenless ? /^$/ : /^[A-Z][A-Z0-9_]+$/);
    for (const model of preset.models) expect(model).toMatch(/^[\w@./-]+\*$/);
    if (preset.host !== "") expect(new URL(`https://${preset.host}${preset.base}`).host).toBe(preset.host);
  });

  it("share no model, so that any of them can stand together without routes", () => {
    const models = presets.flatMap(preset => preset.models);
    expect(new Set(models).size).toBe(models.length);
  });

  it("have a free probe only where a bad token is known to be refused", () => {
    const probes = presets.filter(({ probe }) => probe !== "").map(({ type, base, probe }) => [type, base + probe]);
    expect(probes).toEqual([
      ["openai", "/v1/models"],
      ["qwen", "/compatible-mode/v1/models"],
      ["deepseek", "/v1/models"],
      ["openrouter", "/api/v1/key"],
    ]);
  });

  it.each(presets)("$type works in the module with what the user must say", preset => {
    const said = {
      ...(preset.host === "" && { url: "https://host.example/base?api-version=1" }),
      ...(preset.type === "cloudflare" && { cloudflareAccountId: "acc" }),
      ...(!preset.tokenless && { apiTokens: [`\${${preset.variable}}`] }),
    };
    const plugin = room.accept({ providers: [{ type: preset.type, ...said }] }, { [preset.variable]: "sk-token" });
    const [provider] = plugin.global!.providers;
    expect(plugin.warnings).toEqual([]);
    expect(provider!.openai).toMatchObject({
      authority: preset.host === "" ? "host.example" : preset.host,
      base: preset.host === "" ? "/base" : preset.base.replace("{account}", "acc"),
      auth: preset.auth === "api-key" ? "api-key" : "authorization",
      bearer: preset.auth === "bearer",
    });
    expect(provider!.messages === null).toBe(!preset.speaksMessages);
    expect(provider!.tokens[0]!.bearer).toBe(preset.tokenless ? "Bearer " : "Bearer sk-token");
  });
});
