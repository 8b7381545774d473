import { beforeAll, describe, expect, it } from "vitest";
import { ConfigRoom } from "./config-room.js";

let room: ConfigRoom;
beforeAll(async () => {
  room = await ConfigRoom.start();
});

const token = { apiTokens: ["a-token"] };
const region = { vertexRegion: "us-central1", vertexProjectId: "my-project" };

/** What ai-proxy's own README shows for each service that speaks OpenAI's API or Anthropic's, and where it must lead. */
const SERVED: [what: string, provider: object, chat: string][] = [
  [
    "Azure by the URL of a deployment",
    {
      ...{ type: "azure", ...token },
      azureServiceUrl:
        "https://res.openai.azure.com/openai/deployments/dep/chat/completions?api-version=2024-02-15-preview",
    },
    "res.openai.azure.com/openai/deployments/dep",
  ],
  [
    "Qwen with a mapping by prefix",
    { type: "qwen", ...token, modelMapping: { "gpt-3": "qwen-turbo", "gpt-4-*": "qwen-max", "*": "qwen-turbo" } },
    "dashscope.aliyuncs.com/compatible-mode/v1",
  ],
  [
    "Qwen with a context from a file",
    { type: "qwen", ...token, context: [{ fileUrl: "http://f/context.txt", serviceName: "f.dns", servicePort: 80 }] },
    "dashscope.aliyuncs.com/compatible-mode/v1",
  ],
  ["Qwen with files", { type: "qwen", ...token, qwenFileIds: ["f-1"] }, "dashscope.aliyuncs.com/compatible-mode/v1"],
  [
    "Qwen by the original protocol",
    { type: "qwen", ...token, protocol: "original" },
    "dashscope.aliyuncs.com/compatible-mode/v1",
  ],
  [
    "Qwen with commands that clean the context",
    { type: "qwen", ...token, contextCleanupCommands: ["/clear"] },
    "dashscope.aliyuncs.com/compatible-mode/v1",
  ],
  [
    "Doubao with a timeout",
    { type: "doubao", ...token, timeout: 1200000, modelMapping: { "*": "ep-1" } },
    "ark.cn-beijing.volces.com/api/v3",
  ],
  ["Moonshot with a file", { type: "moonshot", ...token, moonshotFileId: "f" }, "api.moonshot.cn/v1"],
  ["Groq", { type: "groq", ...token }, "api.groq.com/openai/v1"],
  ["Grok", { type: "grok", ...token }, "api.x.ai/v1"],
  ["OpenRouter", { type: "openrouter", ...token, modelMapping: { "*": "openai/m" } }, "openrouter.ai/api/v1"],
  ["Fireworks", { type: "fireworks", ...token }, "api.fireworks.ai/inference/v1"],
  ["Claude with the version of its API", { type: "claude", ...token, version: "2023-06-01" }, "api.anthropic.com/v1"],
  [
    "Claude in the mode of its command line",
    { type: "claude", ...token, claudeCodeMode: true },
    "api.anthropic.com/v1",
  ],
  ["Baidu", { type: "baidu", ...token, modelMapping: { "*": "ERNIE-4.0" } }, "qianfan.baidubce.com/v2"],
  ["MiniMax", { type: "minimax", ...token, modelMapping: { "*": "abab6.5t-chat" } }, "api.minimax.chat/v1"],
  ["GitHub's models", { type: "github", ...token }, "models.inference.ai.azure.com"],
  ["360", { type: "ai360", ...token }, "api.360.cn/v1"],
  [
    "Cloudflare with an account",
    { type: "cloudflare", ...token, cloudflareAccountId: "acc" },
    "api.cloudflare.com/client/v4/accounts/acc/ai/v1",
  ],
  ["Spark with key and secret", { type: "spark", apiTokens: ["key:secret"] }, "spark-api-open.xf-yun.com/v1"],
  [
    "Gemini with safety settings",
    { type: "gemini", ...token, geminiSafetySetting: { HARM_CATEGORY_HARASSMENT: "BLOCK_NONE" } },
    "generativelanguage.googleapis.com/v1beta/openai",
  ],
  ["Zhipu", { type: "zhipuai", ...token, zhipuCodePlanMode: false }, "open.bigmodel.cn/api/paas/v4"],
  [
    "Zhipu by its coding plan",
    { type: "zhipuai", ...token, zhipuCodePlanMode: true },
    "open.bigmodel.cn/api/coding/paas/v4",
  ],
  [
    "Zhipu by its coding plan, in another country",
    { type: "zhipuai", ...token, zhipuCodePlanMode: true, zhipuDomain: "api.z.ai" },
    "api.z.ai/api/coding/paas/v4",
  ],
  ["Together", { type: "together-ai", ...token }, "api.together.xyz/v1"],
  ["Cohere", { type: "cohere", ...token }, "api.cohere.com/compatibility/v1"],
  ["Hunyuan with a key of its API", { type: "hunyuan", ...token }, "api.hunyuan.cloud.tencent.com/v1"],
  [
    "Vertex with a token of its own",
    { type: "vertex", ...token, vertexOpenAICompatible: true, ...region },
    "us-central1-aiplatform.googleapis.com/v1/projects/my-project/locations/us-central1/endpoints/openapi",
  ],
  [
    "Vertex everywhere",
    { type: "vertex", ...token, ...region, vertexRegion: "global" },
    "aiplatform.googleapis.com/v1/projects/my-project/locations/global/endpoints/openapi",
  ],
  [
    "Bedrock with a bearer token",
    { type: "bedrock", ...token, awsRegion: "us-east-1", bedrockAdditionalFields: { top_k: 200 } },
    "bedrock-runtime.us-east-1.amazonaws.com/openai/v1",
  ],
];

const key = "{...}";
/** Those that speak an API of their own, or are called with signatures: each is told in one line. */
const REFUSED: [what: string, provider: object, mistake: string][] = [
  ["Coze", { type: "coze", ...token, protocol: "original" }, 'type: "coze"; '],
  ["DeepL", { type: "deepl", ...token, targetLang: "ZH" }, 'type: "deepl"; '],
  ["Dify", { type: "dify", ...token }, 'type: "dify"; '],
  ["Triton", { type: "triton", tritonDomain: "d", ...token }, 'type: "triton"; '],
  [
    "Hunyuan with a key that signs",
    { type: "hunyuan", hunyuanAuthId: "i", hunyuanAuthKey: "k", apiTokens: [""] },
    "hunyuanAuthKey: a key that signs",
  ],
  [
    "Vertex with a key that signs",
    { type: "vertex", vertexAuthKey: key, ...region },
    "vertexAuthKey: a key that signs",
  ],
  ["Vertex in Express Mode", { type: "vertex", ...token }, "vertexProjectId: nothing: in its Express Mode"],
  [
    "Bedrock with a key that signs",
    { type: "bedrock", awsAccessKey: "a", awsSecretKey: "s", awsRegion: "us-east-1" },
    "awsAccessKey: a key that signs",
  ],
];

describe("an example of ai-proxy's README", () => {
  it.each(SERVED)("is served where it leads: %s", (_, provider, chat) => {
    const { openai } = room.accept({ provider }).global!.providers[0]!;
    expect(openai!.authority + openai!.base).toBe(chat);
  });

  it.each(REFUSED)("that needs a translation or a signature says so: %s", (_, provider, mistake) => {
    const errors = room.errors({ provider });
    expect(errors).toEqual([expect.stringMatching(new RegExp(`^provider.${mistake.replace(/[.?]/g, "\\$&")}`))]);
    expect(errors[0]).not.toContain(key);
  });

  it("of an unknown type names the type for whatever speaks OpenAI's API", () => {
    expect(room.errors({ provider: { type: "own", ...token } })[0]).toMatch(/type openai with openaiCustomUrl$/);
    expect(room.errors({ providers: [{ type: "own", ...token }] })[0]).toMatch(/type openai with url$/);
  });

  it("with a region that would lead elsewhere is refused", () => {
    const provider = { type: "bedrock", ...token, awsRegion: "evil.example/x?" };
    expect(room.errors({ provider })[0]).toBe('provider.awsRegion: "evil.example/x?"; letters, digits and hyphens');
  });
});
