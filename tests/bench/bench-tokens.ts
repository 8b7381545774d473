/** What the upstream tells apart: it answers by the token. */
export const GOOD_TOKEN = "sk-bench-good";

/** Failures that are rescued, and the token that brings each about. */
export const FAILURES = { "401": "sk-bench-401", "503": "sk-bench-503", reset: "sk-bench-reset" } as const;
export type Failure = keyof typeof FAILURES;
