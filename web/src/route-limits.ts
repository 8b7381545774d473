/** The limits of a route: a test compares their defaults with docs/configuration.md. */

export interface Limit {
  key: string;
  label: [string, string];
  fallback: string;
  options?: string[];
  isNumber?: boolean;
}

export const LIMITS: Limit[] = [
  { key: "firstTokenTimeout", label: ["First token within", "首个 token 时限"], fallback: "60s" },
  { key: "attemptTimeout", label: ["Attempt that is not streamed", "非流式单次尝试时限"], fallback: "120s" },
  { key: "timeout", label: ["Whole request within", "整个请求时限"], fallback: "10m" },
  { key: "maxWait", label: ["Wait for a rate limit", "限流时最多等待"], fallback: "15s" },
  {
    key: "guard",
    label: ["Hold the answer until", "答复保留到"],
    fallback: "first-event",
    options: ["none", "first-event", "full"],
  },
  {
    key: "retryBudget",
    label: ["Share of retries at most", "重试占比上限"],
    fallback: "0",
    isNumber: true,
  },
];
