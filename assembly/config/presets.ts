/**
 * What is known of each type of provider: one block for each, read by the module and, as plain TypeScript, by the command line
 * tool. This file imports nothing, so that both compilers take it. A new provider is a block here, a line in
 * tests/unit/config-presets.test.ts, and the row of docs/configuration.md that a test asks for.
 */

/** Whose error bodies a provider speaks: a column of the failure table. */
export enum Family {
  OpenAI,
  DashScope,
  DeepSeek,
  Anthropic,
  Gemini,
  Azure,
}

/** How a token is sent. */
export enum Auth {
  /** authorization: Bearer TOKEN */
  Bearer,
  /** authorization: TOKEN */
  Raw,
  /** x-api-key: TOKEN */
  XApiKey,
  /** api-key: TOKEN */
  ApiKey,
}

export class Preset {
  /** Of the OpenAI dialects; "": the user must say it. */
  host: string = "";
  /** Where ai-proxy reaches it, and with it the services that Higress's console makes; "": the same host. */
  higressHost: string = "";
  /** What stands before "/chat/completions"; {account} is cloudflareAccountId, {model} the model. */
  base: string = "";
  auth: Auth = Auth.Bearer;
  /** Whether it serves Anthropic's /v1/messages. */
  hasMessages: boolean = false;
  /** What stands before "/messages", on the same host. */
  messagesBase: string = "";
  messagesAuth: Auth = Auth.XApiKey;
  family: Family = Family.OpenAI;
  /** Prefixes of the models that only this provider has. */
  models: string[] = [];
  /** A free GET below the base that refuses a bad token; "": none is known. */
  probe: string = "";
  /** The environment variable that holds its token by convention; "": it can be called without a token. */
  variable: string = "";

  constructor(
    /** Its name in a configuration. */
    readonly type: string,
    /** Where the provider documents the API; "" for a type that is no provider. */
    readonly docs: string,
  ) {}

  /** Whether it may be called without a token. */
  get tokenless(): boolean {
    return this.variable == "";
  }

  reachedAt(host: string, base: string, auth: Auth = Auth.Bearer): Preset {
    this.host = host;
    this.base = base;
    this.auth = auth;
    return this;
  }

  inHigressAt(host: string): Preset {
    this.higressHost = host;
    return this;
  }

  speaksMessages(base: string, auth: Auth): Preset {
    this.hasMessages = true;
    this.messagesBase = base;
    this.messagesAuth = auth;
    return this;
  }

  failsAs(family: Family): Preset {
    this.family = family;
    return this;
  }

  owns(models: string[]): Preset {
    this.models = models;
    return this;
  }

  probedBy(path: string): Preset {
    this.probe = path;
    return this;
  }

  tokenIn(variable: string): Preset {
    this.variable = variable;
    return this;
  }
}

export const PRESETS: Preset[] = [
  new Preset("openai", "https://platform.openai.com/docs/api-reference")
    .reachedAt("api.openai.com", "/v1")
    .owns(["gpt-*", "chatgpt-*", "o1*", "o3*", "o4*"])
    .probedBy("/models")
    .tokenIn("OPENAI_API_KEY"),

  // https://help.aliyun.com/zh/model-studio/claude-anthropic-api
  new Preset("qwen", "https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope")
    .reachedAt("dashscope.aliyuncs.com", "/compatible-mode/v1")
    .speaksMessages("/apps/anthropic/v1", Auth.XApiKey)
    .failsAs(Family.DashScope)
    .owns(["qwen*", "qwq-*"])
    .probedBy("/models")
    .tokenIn("DASHSCOPE_API_KEY"),

  // https://api-docs.deepseek.com/guides/anthropic_api
  new Preset("deepseek", "https://api-docs.deepseek.com")
    .reachedAt("api.deepseek.com", "/v1")
    .speaksMessages("/anthropic/v1", Auth.XApiKey)
    .failsAs(Family.DeepSeek)
    .owns(["deepseek-*"])
    .probedBy("/models")
    .tokenIn("DEEPSEEK_API_KEY"),

  new Preset("moonshot", "https://platform.moonshot.cn/docs")
    .reachedAt("api.moonshot.cn", "/v1")
    .speaksMessages("/anthropic/v1", Auth.Bearer)
    .owns(["moonshot-*", "kimi-*"])
    .tokenIn("MOONSHOT_API_KEY"),

  // https://docs.bigmodel.cn/cn/guide/develop/claude
  new Preset("zhipuai", "https://docs.bigmodel.cn/cn/guide/develop/http/introduction")
    .reachedAt("open.bigmodel.cn", "/api/paas/v4")
    .speaksMessages("/api/anthropic/v1", Auth.Bearer)
    .owns(["glm-*"])
    .tokenIn("ZHIPUAI_API_KEY"),

  new Preset("azure", "https://learn.microsoft.com/azure/ai-foundry/openai/reference")
    .reachedAt("", "/openai/deployments/{model}", Auth.ApiKey)
    .failsAs(Family.Azure)
    .tokenIn("AZURE_OPENAI_API_KEY"),

  // https://docs.claude.com/en/api/openai-sdk
  new Preset("claude", "https://docs.claude.com/en/api/messages")
    .reachedAt("api.anthropic.com", "/v1")
    .speaksMessages("/v1", Auth.XApiKey)
    .failsAs(Family.Anthropic)
    .owns(["claude-*"])
    .tokenIn("ANTHROPIC_API_KEY"),

  new Preset("gemini", "https://ai.google.dev/gemini-api/docs/openai")
    .reachedAt("generativelanguage.googleapis.com", "/v1beta/openai")
    .failsAs(Family.Gemini)
    .owns(["gemini-*"])
    .tokenIn("GEMINI_API_KEY"),

  // https://openrouter.ai/docs/api-reference/limits
  new Preset("openrouter", "https://openrouter.ai/docs/api-reference/overview")
    .reachedAt("openrouter.ai", "/api/v1")
    .probedBy("/key")
    .tokenIn("OPENROUTER_API_KEY"),

  new Preset("groq", "https://console.groq.com/docs/openai")
    .reachedAt("api.groq.com", "/openai/v1")
    .tokenIn("GROQ_API_KEY"),

  new Preset("grok", "https://docs.x.ai/docs/api-reference")
    .reachedAt("api.x.ai", "/v1")
    .owns(["grok-*"])
    .tokenIn("XAI_API_KEY"),

  new Preset("mistral", "https://docs.mistral.ai/api")
    .reachedAt("api.mistral.ai", "/v1")
    .owns(["mistral-*", "codestral-*", "ministral-*", "magistral-*"])
    .tokenIn("MISTRAL_API_KEY"),

  new Preset("doubao", "https://www.volcengine.com/docs/82379")
    .reachedAt("ark.cn-beijing.volces.com", "/api/v3")
    .owns(["doubao-*", "ep-*"])
    .tokenIn("ARK_API_KEY"),

  new Preset("baidu", "https://cloud.baidu.com/doc/qianfan-api/index.html")
    .reachedAt("qianfan.baidubce.com", "/v2")
    .owns(["ernie-*"])
    .tokenIn("QIANFAN_API_KEY"),

  new Preset("stepfun", "https://platform.stepfun.com/docs")
    .reachedAt("api.stepfun.com", "/v1")
    .owns(["step-*"])
    .tokenIn("STEPFUN_API_KEY"),

  new Preset("yi", "https://platform.lingyiwanwu.com/docs")
    .reachedAt("api.lingyiwanwu.com", "/v1")
    .owns(["yi-*"])
    .tokenIn("YI_API_KEY"),

  new Preset("baichuan", "https://platform.baichuan-ai.com/docs/api")
    .reachedAt("api.baichuan-ai.com", "/v1")
    .owns(["Baichuan*"])
    .tokenIn("BAICHUAN_API_KEY"),

  new Preset("together-ai", "https://docs.together.ai/docs/openai-api-compatibility")
    .reachedAt("api.together.xyz", "/v1")
    .tokenIn("TOGETHER_API_KEY"),

  new Preset("fireworks", "https://docs.fireworks.ai/tools-sdks/openai-compatibility")
    .reachedAt("api.fireworks.ai", "/inference/v1")
    .owns(["accounts/fireworks/*"])
    .tokenIn("FIREWORKS_API_KEY"),

  new Preset("spark", "https://www.xfyun.cn/doc/spark/HTTP.html")
    .reachedAt("spark-api-open.xf-yun.com", "/v1")
    .tokenIn("SPARK_API_PASSWORD"),

  new Preset("hunyuan", "https://cloud.tencent.com/document/product/1729/111007")
    .reachedAt("api.hunyuan.cloud.tencent.com", "/v1")
    .owns(["hunyuan-*"])
    .tokenIn("HUNYUAN_API_KEY"),

  new Preset("cloudflare", "https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility")
    .reachedAt("api.cloudflare.com", "/client/v4/accounts/{account}/ai/v1")
    .owns(["@cf/*"])
    .tokenIn("CLOUDFLARE_API_TOKEN"),

  new Preset("github", "https://docs.github.com/en/github-models")
    .reachedAt("models.inference.ai.azure.com", "", Auth.Raw)
    .tokenIn("GITHUB_TOKEN"),

  new Preset("ai360", "https://ai.360.com/platform/docs/overview")
    .reachedAt("api.360.cn", "/v1", Auth.Raw)
    .owns(["360gpt*"])
    .tokenIn("AI360_API_KEY"),

  new Preset("longcat", "https://longcat.chat/platform/docs")
    .reachedAt("api.longcat.chat", "/openai/v1")
    .speaksMessages("/anthropic/v1", Auth.Bearer)
    .owns(["LongCat-*"])
    .tokenIn("LONGCAT_API_KEY"),

  // Accounts of other countries: https://platform.minimax.io, with url https://api.minimax.io/v1. Nobody has shown that its list
  // of models refuses a bad key by a status (it says many errors in a 200): no probe.
  new Preset("minimax", "https://platform.minimaxi.com/docs/api-reference/text-openai-api")
    .reachedAt("api.minimaxi.com", "/v1")
    .inHigressAt("api.minimax.chat")
    .speaksMessages("/anthropic/v1", Auth.Bearer)
    .owns(["MiniMax-*"])
    .tokenIn("MINIMAX_API_KEY"),

  // https://docs.siliconflow.cn/cn/docs/api/messages-post; a bad key at /models: github.com/logancyang/obsidian-copilot/issues/2050
  new Preset("siliconflow", "https://docs.siliconflow.cn/docs/userguide/quickstart")
    .reachedAt("api.siliconflow.cn", "/v1")
    .speaksMessages("/v1", Auth.Bearer)
    .probedBy("/models")
    .tokenIn("SILICONFLOW_API_KEY"),

  // https://platform.xiaomimimo.com/docs/en-US/api/chat/anthropic-api
  new Preset("xiaomi", "https://platform.xiaomimimo.com/docs/en-US/api/chat/openai-api")
    .reachedAt("api.xiaomimimo.com", "/v1")
    .speaksMessages("/anthropic/v1", Auth.Bearer)
    .owns(["mimo-*"])
    .tokenIn("MIMO_API_KEY"),

  // Its url names project and region; its tokens are OAuth access tokens, which end after an hour: keep one in a valueFile.
  new Preset("vertex", "https://cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/overview")
    .reachedAt("", "")
    .failsAs(Family.Gemini)
    .tokenIn("GOOGLE_OAUTH_ACCESS_TOKEN"),

  // Its url names the region: https://bedrock-runtime.REGION.amazonaws.com/openai/v1. It lists its models elsewhere: no probe.
  new Preset("bedrock", "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html")
    .reachedAt("", "/openai/v1")
    .tokenIn("AWS_BEARER_TOKEN_BEDROCK"),

  // Its list of models needs a key, the one below /public does not: https://inference-docs.cerebras.ai/api-reference/models
  new Preset("cerebras", "https://inference-docs.cerebras.ai/api-reference")
    .reachedAt("api.cerebras.ai", "/v1")
    .probedBy("/models")
    .tokenIn("CEREBRAS_API_KEY"),

  // Its list of models is not in OpenAI's shape: no probe. It refuses stream_options.
  new Preset("cohere", "https://docs.cohere.com/docs/compatibility-api")
    .reachedAt("api.cohere.ai", "/compatibility/v1")
    .inHigressAt("api.cohere.com")
    .owns(["command-*"])
    .tokenIn("COHERE_API_KEY"),

  // Anyone may list its models (github.com/langchain-ai/langchain-nvidia/issues/92): no probe.
  new Preset("nvidia", "https://docs.api.nvidia.com/nim/reference/llm-apis")
    .reachedAt("integrate.api.nvidia.com", "/v1")
    .tokenIn("NVIDIA_API_KEY"),

  new Preset("ollama", "https://github.com/ollama/ollama/blob/main/docs/openai.md").reachedAt("", "/v1"),

  new Preset("vllm", "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html").reachedAt("", "/v1"),

  // Any host; the client's path goes through unchanged.
  new Preset("generic", "").speaksMessages("", Auth.Bearer),
];
