import { existsSync, rmSync, writeFileSync } from "node:fs";
import { standIns, withoutEmpty, type Environment } from "../config/expand.js";
import { object } from "../config/raw.js";

export const DEFAULT_FILE = "ai-failover.yaml";

export const DEFAULT_TEXT = `# The configuration of ai-failover. A gateway that runs reads this file again when it is saved.
# Every field with its default: docs/configuration.md. Check it with: npx ai-failover check

listen: 127.0.0.1:8080

providers:
  # Keys stay in the environment; one variable may hold several, separated by commas. A provider whose variable is not
  # set is left out. While none is set, demo providers answer for qwen and deepseek.
  # "models" is what GET /v1/models lists; which models are served, the routes say.
  - type: qwen
    apiTokens: ["\${DASHSCOPE_API_KEY}"]
    models: [qwen-turbo, qwen-plus, qwen-max]
  - type: deepseek
    apiTokens: ["\${DEEPSEEK_API_KEY}"]
    models: [deepseek-v4-flash, deepseek-v4-pro]
  - type: openai
    apiTokens: ["\${OPENAI_API_KEY}"]
    models: [gpt-4o, gpt-4o-mini]

routes:
  # Models whose name begins with "qwen-" go to qwen; when all of its tokens failed, and the fallback is on, to deepseek.
  - name: aliyun
    modelPredicates: [{ matchType: PRE, matchValue: "qwen-" }]
    upstreams: [{ provider: qwen }]
    fallbackConfig:
      enabled: false
      upstreams: [{ provider: deepseek, modelMapping: { "*": deepseek-v4-flash } }]

  - name: deepseek
    modelPredicates: [{ matchType: PRE, matchValue: "deepseek-" }]
    upstreams: [{ provider: deepseek }]
    fallbackConfig:
      enabled: false
      upstreams: [{ provider: qwen, modelMapping: { "*": qwen-turbo } }]

  # Left out while OPENAI_API_KEY is not set.
  - name: openai
    modelPredicates: [{ matchType: PRE, matchValue: "gpt-" }]
    upstreams: [{ provider: openai }]
`;

/** Writes the file of a first start, for its owner only: keys may be typed into it later. Returns whether it did. */
export function writeDefaultFile(path: string): boolean {
  if (existsSync(path)) return false;
  try {
    writeFileSync(path, DEFAULT_TEXT, { mode: 0o600, flag: "wx" });
  } catch (error) {
    // Half of it would be taken for the user's own at the next start.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") rmSync(path, { force: true });
    throw error;
  }
  return true;
}

/** A value for each variable of a token that has none: in the file of a first start that is no mistake. */
export const standInTokens = (value: unknown, env: Environment): Record<string, string> =>
  standIns({ providers: object(value).providers }, withoutEmpty(env));
