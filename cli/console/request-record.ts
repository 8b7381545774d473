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
  /** Its breaker was open. */
  forced?: boolean;
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
  rescueMs?: number;
  ms: number;
  requestBytes: number;
  responseBytes: number;
  attempts: AttemptRecord[];
}
