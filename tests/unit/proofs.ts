/** What a failed answer proves: the judgements of assembly/health/judgement.ts. */
export const PROVES = {
  "wrong key": { cause: "credential", scope: "token", next: "next-token", widens: false },
  "refused key": { cause: "credential", scope: "token-model", next: "next-token", widens: true },
  "empty account": { cause: "quota", scope: "token", next: "next-token", widens: false },
  "used share of the model": { cause: "quota", scope: "token-model", next: "next-token", widens: true },
  "window of the account": { cause: "quota", scope: "token", next: "next-token", widens: false },
  "window of the model": { cause: "quota", scope: "token-model", next: "next-token", widens: false },
  rate: { cause: "rate-limit", scope: "token-model", next: "next-token", widens: false },
  "rate of the account": { cause: "rate-limit", scope: "token", next: "next-token", widens: false },
  "too large": { cause: "rate-limit", scope: "nobody", next: "next-token", widens: false },
  "too dear": { cause: "quota", scope: "nobody", next: "next-token", widens: false },
  "no model": { cause: "model", scope: "provider-model", next: "next-provider", widens: false },
  "no model or no access": { cause: "model", scope: "token-model", next: "next-token", widens: false },
  "no API": { cause: "api", scope: "provider-api", next: "next-provider", widens: false },
  context: { cause: "context-window", scope: "nobody", next: "return", widens: false },
  filter: { cause: "content-filter", scope: "nobody", next: "return", widens: false },
  caller: { cause: "caller", scope: "nobody", next: "return", widens: false },
  unknown: { cause: "caller", scope: "nobody", next: "second-opinion", widens: false },
  fault: { cause: "provider", scope: "provider-model", next: "same-provider", widens: true },
  "slow fault": { cause: "provider", scope: "provider-model", next: "next-provider", widens: true },
  passing: { cause: "provider", scope: "nobody", next: "next-provider", widens: false },
  firewall: { cause: "credential", scope: "nobody", next: "next-provider", widens: false },
} as const;

export type Proof = keyof typeof PROVES;
