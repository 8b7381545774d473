/**
 * What is known of each provider type. Plain TypeScript on purpose: the command line tool reads the same table. One row for each
 * type, cells between bars, "-" for nothing:
 *
 *   type          its name in a configuration
 *   host          of the OpenAI dialects; "-": the user must say it
 *   base          what stands before "/chat/completions" there; {account} is cloudflareAccountId, {model} the model
 *   auth          how a token is sent there: bearer | raw (authorization, no "Bearer ") | x-api-key | api-key
 *   family        whose error bodies it speaks: openai | dashscope | deepseek | anthropic | gemini | azure
 *   messages      base of Anthropic's /messages on the same host, "/" for no base; "-": not spoken
 *   auth          how a token is sent there
 *   models        prefixes of the models that only this provider has
 *   probe         a free GET below base which refuses a bad token
 *   variable      the usual environment variable of its token; "-": it may be called without a token
 */
export const PRESETS: string[] = [
  // https://platform.openai.com/docs/api-reference
  "openai|api.openai.com|/v1|bearer|openai|-|-|gpt-*,chatgpt-*,o1*,o3*,o4*|/models|OPENAI_API_KEY",
  // https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope, .../claude-anthropic-api
  "qwen|dashscope.aliyuncs.com|/compatible-mode/v1|bearer|dashscope|/apps/anthropic/v1|x-api-key|qwen*,qwq-*|/models|DASHSCOPE_API_KEY",
  // https://api-docs.deepseek.com, https://api-docs.deepseek.com/guides/anthropic_api
  "deepseek|api.deepseek.com|/v1|bearer|deepseek|/anthropic/v1|x-api-key|deepseek-*|/models|DEEPSEEK_API_KEY",
  // https://platform.moonshot.cn/docs
  "moonshot|api.moonshot.cn|/v1|bearer|openai|/anthropic/v1|bearer|moonshot-*,kimi-*|-|MOONSHOT_API_KEY",
  // https://docs.bigmodel.cn/cn/guide/develop/http/introduction, .../claude
  "zhipuai|open.bigmodel.cn|/api/paas/v4|bearer|openai|/api/anthropic/v1|bearer|glm-*|-|ZHIPUAI_API_KEY",
  // https://learn.microsoft.com/azure/ai-foundry/openai/reference
  "azure|-|/openai/deployments/{model}|api-key|azure|-|-|-|-|AZURE_OPENAI_API_KEY",
  // https://docs.claude.com/en/api/messages, .../openai-sdk
  "claude|api.anthropic.com|/v1|bearer|anthropic|/v1|x-api-key|claude-*|-|ANTHROPIC_API_KEY",
  // https://ai.google.dev/gemini-api/docs/openai
  "gemini|generativelanguage.googleapis.com|/v1beta/openai|bearer|gemini|-|-|gemini-*|-|GEMINI_API_KEY",
  // https://openrouter.ai/docs/api-reference/overview, .../limits
  "openrouter|openrouter.ai|/api/v1|bearer|openai|-|-|-|/key|OPENROUTER_API_KEY",
  // https://console.groq.com/docs/openai
  "groq|api.groq.com|/openai/v1|bearer|openai|-|-|-|-|GROQ_API_KEY",
  // https://docs.x.ai/docs/api-reference
  "grok|api.x.ai|/v1|bearer|openai|-|-|grok-*|-|XAI_API_KEY",
  // https://docs.mistral.ai/api
  "mistral|api.mistral.ai|/v1|bearer|openai|-|-|mistral-*,codestral-*,ministral-*,magistral-*|-|MISTRAL_API_KEY",
  // https://www.volcengine.com/docs/82379
  "doubao|ark.cn-beijing.volces.com|/api/v3|bearer|openai|-|-|doubao-*,ep-*|-|ARK_API_KEY",
  // https://cloud.baidu.com/doc/qianfan-api/index.html
  "baidu|qianfan.baidubce.com|/v2|bearer|openai|-|-|ernie-*|-|QIANFAN_API_KEY",
  // https://platform.stepfun.com/docs
  "stepfun|api.stepfun.com|/v1|bearer|openai|-|-|step-*|-|STEPFUN_API_KEY",
  // https://platform.lingyiwanwu.com/docs
  "yi|api.lingyiwanwu.com|/v1|bearer|openai|-|-|yi-*|-|YI_API_KEY",
  // https://platform.baichuan-ai.com/docs/api
  "baichuan|api.baichuan-ai.com|/v1|bearer|openai|-|-|Baichuan*|-|BAICHUAN_API_KEY",
  // https://docs.together.ai/docs/openai-api-compatibility
  "together-ai|api.together.xyz|/v1|bearer|openai|-|-|-|-|TOGETHER_API_KEY",
  // https://docs.fireworks.ai/tools-sdks/openai-compatibility
  "fireworks|api.fireworks.ai|/inference/v1|bearer|openai|-|-|accounts/fireworks/*|-|FIREWORKS_API_KEY",
  // https://www.xfyun.cn/doc/spark/HTTP.html
  "spark|spark-api-open.xf-yun.com|/v1|bearer|openai|-|-|-|-|SPARK_API_PASSWORD",
  // https://cloud.tencent.com/document/product/1729/111007
  "hunyuan|api.hunyuan.cloud.tencent.com|/v1|bearer|openai|-|-|hunyuan-*|-|HUNYUAN_API_KEY",
  // https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility
  "cloudflare|api.cloudflare.com|/client/v4/accounts/{account}/ai/v1|bearer|openai|-|-|@cf/*|-|CLOUDFLARE_API_TOKEN",
  // https://docs.github.com/en/github-models
  "github|models.inference.ai.azure.com|-|raw|openai|-|-|-|-|GITHUB_TOKEN",
  // https://ai.360.com/platform/docs/overview
  "ai360|api.360.cn|/v1|raw|openai|-|-|360gpt*|-|AI360_API_KEY",
  // https://longcat.chat/platform/docs
  "longcat|api.longcat.chat|/openai/v1|bearer|openai|/anthropic/v1|bearer|LongCat-*|-|LONGCAT_API_KEY",
  // https://github.com/ollama/ollama/blob/main/docs/openai.md
  "ollama|-|/v1|bearer|openai|-|-|-|-|-",
  // https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
  "vllm|-|/v1|bearer|openai|-|-|-|-|-",
  // Any host; the client's path goes through unchanged.
  "generic|-|-|bearer|openai|/|bearer|-|-|-",
];

export class Preset {
  constructor(
    readonly type: string,
    readonly host: string,
    readonly base: string,
    readonly auth: string,
    readonly family: string,
    readonly speaksMessages: boolean,
    readonly messagesBase: string,
    readonly messagesAuth: string,
    readonly models: string[],
    readonly probe: string,
    readonly variable: string,
  ) {}

  /** Whether it may be called without a token. */
  get tokenless(): boolean {
    return this.variable == "";
  }
}

/** The rows as objects; "" for a "-". No index anywhere: the two languages disagree on its type. */
export function readPresets(): Preset[] {
  return PRESETS.map<Preset>(row => readRow(row.split("|").map<string>(cell => (cell == "-" ? "" : cell))));
}

function readRow(cells: string[]): Preset {
  const messages = cells.slice(5, 6).join("");
  const models = cells.slice(7, 8).join("");
  return new Preset(
    cells.slice(0, 1).join(""),
    cells.slice(1, 2).join(""),
    cells.slice(2, 3).join(""),
    cells.slice(3, 4).join(""),
    cells.slice(4, 5).join(""),
    messages != "",
    messages == "/" ? "" : messages,
    cells.slice(6, 7).join(""),
    models == "" ? [] : models.split(","),
    cells.slice(8, 9).join(""),
    cells.slice(9, 10).join(""),
  );
}
