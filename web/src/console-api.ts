/** Asks the console's server. Every failure is an ApiError with a sentence for a person. */
import type { Review } from "../../cli/console/console-types.js";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: { review?: Review; retryInMs?: number; triesLeft?: number } = {},
  ) {
    super(message);
  }
}

export async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`/api/${path}`, {
    ...(body === undefined
      ? {}
      : { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  }).catch((error: Error) => {
    throw new ApiError(0, error.message);
  });
  const answer = (await response.json().catch(() => ({}))) as Answer & { error?: string };
  if (!response.ok) throw new ApiError(response.status, answer.error ?? `HTTP ${response.status}`, answer as object);
  return answer;
}
