/** The settings of a provider, in the words of docs/configuration.md: a test compares them. */

export interface Setting {
  label: [string, string];
  path: string[];
  /** The default. */
  fallback: string;
  /** What it means. */
  note?: [string, string];
  options?: string[];
  isNumber?: boolean;
}

/** How many of them are shown first. */
export const COMMON = 6;

export const SETTINGS: Setting[] = [
  {
    label: ["Token choice", "Token 选择"],
    path: ["tokenChoice"],
    fallback: "random",
    options: ["random", "weighted", "sticky"],
    note: ["How one of several live tokens is chosen", "从多个可用 Token 中如何选"],
  },
  {
    label: ["Token out after failures in a row", "连续失败几次后停用 Token"],
    path: ["failover", "failureThreshold"],
    fallback: "1",
    isNumber: true,
  },
  {
    label: ["Token back after good trials", "成功几次后恢复 Token"],
    path: ["failover", "successThreshold"],
    fallback: "1",
    isNumber: true,
  },
  {
    label: ["Health check model", "健康检查模型"],
    path: ["failover", "healthCheckModel"],
    fallback: "",
    note: ["Model, by the provider's name, that a probe asks for one output token", "探测时向该模型请求一个输出 token"],
  },
  {
    label: ["Health check every", "健康检查间隔"],
    path: ["failover", "healthCheckInterval"],
    fallback: "5s",
    note: ["Time until the first probe", "距首次探测的时间"],
  },
  {
    label: ["Provider out after failures in a row", "连续失败几次后停用服务商"],
    path: ["providerBreaker", "failureThreshold"],
    fallback: "3",
    isNumber: true,
  },
  {
    label: ["Provider out for", "服务商停用时长"],
    path: ["providerBreaker", "openFor"],
    fallback: "5s",
    note: ["How long it is out at first. The time doubles while trials fail.", "首次停用时长；试探失败则翻倍"],
  },
  {
    label: ["Provider out for at most", "服务商最长停用"],
    path: ["providerBreaker", "maxOpenFor"],
    fallback: "60s",
    note: ["The longest time that it is out.", "最长的停用时间"],
  },
  {
    label: ["Take tokens out", "停用出错的 Token"],
    path: ["failover", "enabled"],
    fallback: "true",
    options: ["true", "false"],
  },
  {
    label: ["Health check within", "健康检查时限"],
    path: ["failover", "healthCheckTimeout"],
    fallback: "10s",
    note: ["Time limit of one probe.", "单次探测的时限"],
  },
  {
    label: ["Back without a probe after", "无需探测的恢复时间"],
    path: ["failover", "cooldownDuration"],
    fallback: "0",
    note: ["Time after which a token is used again, without a probe", "到时恢复，不做探测"],
  },
  {
    label: ["Try further tokens", "尝试其他 Token"],
    path: ["retryOnFailure", "enabled"],
    fallback: "true",
    options: ["true", "false"],
    note: ["Further tokens of this provider are tried.", "是否尝试该服务商的其他 Token"],
  },
  {
    label: ["Further tokens at most", "最多再试几个 Token"],
    path: ["retryOnFailure", "maxRetries"],
    fallback: "0",
    isNumber: true,
    note: ["How many further tokens. 0: all live ones.", "再试几个 Token；0：所有可用的"],
  },
  {
    label: ["Further attempt within", "后续尝试时限"],
    path: ["retryOnFailure", "retryTimeout"],
    fallback: "0",
    note: ["Time limit of a further attempt at this provider", "在该服务商的每次后续尝试的时限"],
  },
  {
    label: ["Same caller by", "如何识别同一调用方"],
    path: ["stickyBy"],
    fallback: "credential",
    note: ["What identifies the caller", "sticky 时谁算同一调用方"],
  },
  {
    label: ["Connect within", "连接时限"],
    path: ["connectTimeout"],
    fallback: "5s",
    note: ["Longest time to open a connection, TLS included.", "建立连接的最长时间，含 TLS 握手"],
  },
];

/** As the file has it: a number or a flag is no text. */
export function valueOfText({ isNumber, options }: Setting, text: string): unknown {
  if (isNumber === true && /^\d+$/.test(text)) return Number(text);
  return options?.includes("true") === true ? text === "true" : text;
}
