/** What the upstream tells apart. */
export const BAD_TOKEN = "sk-bench-bad";
export const GOOD_TOKEN = "sk-bench-good";
