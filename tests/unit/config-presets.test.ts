import { beforeAll, describe, expect, it } from "vitest";
import { Family, PRESETS } from "../../assembly/config/presets.js";
import { ConfigRoom, type Endpoint } from "./config-room.js";

let room: ConfigRoom;
beforeAll(async () => {
  room = await ConfigRoom.start();
});

/** Where the user must say the address. */
const OWN = "https://own.example/v1";

/** What a call of each type looks like on the wire: chat/completions, messages, and the free probe. */
const CALLS: Record<string, [chat: string, messages?: string | undefined, probe?: string]> = {
  openai: ["https://api.openai.com/v1 Bearer", undefined, "/v1/models"],
  qwen: [
    "https://dashscope.aliyuncs.com/compatible-mode/v1 Bearer",
    "https://dashscope.aliyuncs.com/apps/anthropic/v1 x-api-key",
    "/compatible-mode/v1/models",
  ],
  deepseek: ["https://api.deepseek.com/v1 Bearer", "https://api.deepseek.com/anthropic/v1 x-api-key", "/v1/models"],
  moonshot: ["https://api.moonshot.cn/v1 Bearer", "https://api.moonshot.cn/anthropic/v1 Bearer"],
  zhipuai: ["https://open.bigmodel.cn/api/paas/v4 Bearer", "https://open.bigmodel.cn/api/anthropic/v1 Bearer"],
  azure: [`${OWN} api-key`],
  claude: ["https://api.anthropic.com/v1 Bearer", "https://api.anthropic.com/v1 x-api-key"],
  gemini: ["https://generativelanguage.googleapis.com/v1beta/openai Bearer"],
  openrouter: ["https://openrouter.ai/api/v1 Bearer", undefined, "/api/v1/key"],
  groq: ["https://api.groq.com/openai/v1 Bearer"],
  grok: ["https://api.x.ai/v1 Bearer"],
  mistral: ["https://api.mistral.ai/v1 Bearer"],
  doubao: ["https://ark.cn-beijing.volces.com/api/v3 Bearer"],
  baidu: ["https://qianfan.baidubce.com/v2 Bearer"],
  stepfun: ["https://api.stepfun.com/v1 Bearer"],
  yi: ["https://api.lingyiwanwu.com/v1 Bearer"],
  baichuan: ["https://api.baichuan-ai.com/v1 Bearer"],
  "together-ai": ["https://api.together.xyz/v1 Bearer"],
  fireworks: ["https://api.fireworks.ai/inference/v1 Bearer"],
  spark: ["https://spark-api-open.xf-yun.com/v1 Bearer"],
  hunyuan: ["https://api.hunyuan.cloud.tencent.com/v1 Bearer"],
  cloudflare: ["https://api.cloudflare.com/client/v4/accounts/acc/ai/v1 Bearer"],
  github: ["https://models.inference.ai.azure.com authorization"],
  ai360: ["https://api.360.cn/v1 authorization"],
  longcat: ["https://api.longcat.chat/openai/v1 Bearer", "https://api.longcat.chat/anthropic/v1 Bearer"],
  minimax: ["https://api.minimaxi.com/v1 Bearer", "https://api.minimaxi.com/anthropic/v1 Bearer"],
  siliconflow: ["https://api.siliconflow.cn/v1 Bearer", "https://api.siliconflow.cn/v1 Bearer", "/v1/models"],
  xiaomi: ["https://api.xiaomimimo.com/v1 Bearer", "https://api.xiaomimimo.com/anthropic/v1 Bearer"],
  vertex: [`${OWN} Bearer`],
  bedrock: [`${OWN} Bearer`],
  cerebras: ["https://api.cerebras.ai/v1 Bearer", undefined, "/v1/models"],
  cohere: ["https://api.cohere.ai/compatibility/v1 Bearer"],
  nvidia: ["https://integrate.api.nvidia.com/v1 Bearer"],
  ollama: [`${OWN} Bearer`],
  vllm: [`${OWN} Bearer`],
  generic: [`${OWN} Bearer`, `${OWN} Bearer`],
};

const wire = ({ authority, base, auth, bearer }: Endpoint): string =>
  `https://${authority}${base} ${bearer ? "Bearer" : auth}`;

describe("the presets", () => {
  it("are each called as its provider documents it", () => {
    expect(PRESETS.map(({ type }) => type)).toEqual(Object.keys(CALLS));
  });

  it.each(PRESETS)("$type works in the module with what the user must say", preset => {
    const said = {
      ...(preset.host === "" && { url: preset.type === "azure" ? `${OWN}?api-version=1` : OWN }),
      ...(preset.type === "cloudflare" && { cloudflareAccountId: "acc" }),
      ...(!preset.tokenless && { apiTokens: [`\${${preset.variable}}`] }),
    };
    const plugin = room.accept({ providers: [{ type: preset.type, ...said }] }, { [preset.variable]: "sk-token" });
    expect(plugin.warnings).toEqual([]);
    const { openai, messages, probePath, family, tokens } = plugin.global!.providers[0]!;
    const [chat, anthropic, probe] = CALLS[preset.type]!;
    expect(wire(openai!)).toBe(chat);
    expect(messages && wire(messages)).toBe(anthropic ?? null);
    expect(probePath && openai!.base + probePath).toBe(probe ?? null);
    expect(Family[family]).toBe(Family[preset.family]);
    expect(tokens[0]!.bearer).toBe(preset.tokenless ? "Bearer " : "Bearer sk-token");
  });

  it("name where each provider documents its API", () => {
    const lacking = PRESETS.filter(({ docs }) => !URL.canParse(docs)).map(({ type }) => type);
    expect(lacking).toEqual(["generic"]);
  });

  it("share no model, so that any of them can stand together without routes", () => {
    const models = PRESETS.flatMap(preset => preset.models);
    expect(new Set(models).size).toBe(models.length);
    for (const model of models) expect(model).toMatch(/^[\w@./-]+\*$/);
  });
});
