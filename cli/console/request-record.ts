/** The record of a request, as docs/records.md explains it. It holds no token, no client's key and no prompt. */

export type OutcomeWord = "served" | "rescued" | "returned" | "refused" | "failed" | "client-left";

export interface AttemptRecord {
  provider: string;
  token: string;
  /** Its name at the provider. */
  model: string;
  atMs: number;
  ms: number;
  /** 0: there was no answer. */
  status: number;
  /** "": it was good. */
  cause: string;
  /** Where its failure asked to go on. */
  next?: "return" | "same-provider" | "next-token" | "next-provider" | "second-opinion";
  /** Its breaker was open. */
  forced?: boolean;
}

/** A hop that was passed over, with what was known then. */
export interface SkipRecord {
  provider: string;
  model: string;
  atMs: number;
  causes: string[];
  /** -1: never by itself. */
  opensInMs: number;
}

export interface RequestRecord {
  version: 1;
  id: string;
  /** Unix time in milliseconds. */
  time: number;
  route: string;
  client: string;
  api: string;
  streamed: boolean;
  model: string;
  outcome: OutcomeWord;
  /** 0: the client left before there was one. */
  status: number;
  provider?: string;
  token?: string;
  servedModel?: string;
  firstTokenMs?: number;
  /** Tokens used, where the answer counts them. */
  inputTokens?: number;
  outputTokens?: number;
  rescueMs?: number;
  /** Why no further attempt was made, where no good answer went out. */
  stopped?: string;
  guard?: "none" | "first-event" | "full";
  guardOutcome?: "" | "passed" | "caught" | "unchecked";
  ms: number;
  requestBytes: number;
  responseBytes: number;
  attempts: AttemptRecord[];
  skipped?: SkipRecord[];
}
