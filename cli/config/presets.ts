/** What the command line tool needs to know of a provider type. */
export interface Preset {
  /** Base URL of the OpenAI dialects, to which "/chat/completions" is added; "": the user must say it. */
  openai: string;
  /** The same for Anthropic's /v1/messages; "": not spoken. */
  messages: string;
  /** "prefix*" of the models that only this provider has. */
  models: string[];
  /** Whether it may be called without a token. */
  tokenless: boolean;
}

export const presets: Record<string, Preset> = {
  openai: { openai: "https://api.openai.com/v1", messages: "", models: ["gpt-*", "o1*"], tokenless: false },
  qwen: {
    openai: "https://dashscope.aliyuncs.com/compatible-mode/v1",
    messages: "https://dashscope.aliyuncs.com/apps/anthropic/v1",
    models: ["qwen-*"],
    tokenless: false,
  },
  deepseek: {
    openai: "https://api.deepseek.com/v1",
    messages: "https://api.deepseek.com/anthropic/v1",
    models: ["deepseek-*"],
    tokenless: false,
  },
};
