/** `POST /explain` of the status listener, version 1: what would happen to a request now. */
import type { BreakerStatus, BreakerWord } from "./status-types.js";

/** A request that is not sent. */
export interface ExplainRequest {
  /** In place of a body that names a model and nothing else. */
  model?: string;
  /** As JSON, or the text of one that is none. */
  body?: unknown;
  /** Default /v1/chat/completions. */
  path?: string;
  /** Default POST with a body, else GET. */
  method?: string;
  headers?: Record<string, string>;
  /** By which a rule of Higress is found: the authority, the host's route, and the cluster that it leads to. */
  host?: string;
  route?: string;
  service?: string;
  /** Which of the sites of /status it is for; absent: as these say. */
  site?: number;
  /** A plugin configuration to explain it by, which nobody runs; absent: the one that runs. */
  config?: unknown;
}

/** What it is that is not well: the whole, this model or API there, the token, or the token for this model. */
export type Concern = "provider" | "provider-model" | "provider-api" | "token" | "token-model";

export interface ConcernStatus extends BreakerStatus {
  of: Concern;
}

export interface ExplainedToken {
  name: string;
  weight: number;
  priority: number;
  /** Its `models` have this one. */
  servesModel: boolean;
  breakers: ConcernStatus[];
}

export interface ExplainedHop {
  provider: string;
  type: string;
  /** The model's name there. */
  model: string;
  kind: "upstream" | "fallback";
  weight: number;
  /** next: after the hops before it have failed. */
  use: "first" | "next" | "skipped";
  /**
   * Why it is skipped: its breakers, or no token is for this model. Or how it is used: as the trial of an open breaker, or against an
   * open one because nothing else is left. "": it is live.
   */
  why: "" | "trial" | "forced" | "breaker" | "no-token-for-model";
  state: BreakerWord;
  /** 0: now; -1: only when a person brings it back, or never. */
  opensInMs: number;
  /** The one that would be chosen; "": none may be tried. */
  token: string;
  /** random, weighted: another request may get another one. */
  choice: "random" | "weighted" | "sticky";
  /** Of this provider, after the first has failed; -1: all that are live. */
  furtherTokens: number;
  /** Of what is not the token's own. */
  breakers: ConcernStatus[];
  tokens: ExplainedToken[];
}

export interface ExplainedLimits {
  timeoutMs: number;
  /** Of an attempt, until its first content; 0: it has none, because no other hop could follow. */
  firstTokenMs: number;
  /** Of an attempt, until its whole answer; 0: it has none. */
  attemptMs: number;
  idleMs: number;
  stallMs: number;
  maxWaitMs: number;
  guard: "none" | "first-event" | "full";
  /** Bytes. */
  requestBody: number;
  /** Per mille of the requests; 0: there is none. */
  retryBudget: number;
  retryBudgetUsedUp: boolean;
}

/** The first attempt, without its body. */
export interface ExplainedSend {
  provider: string;
  token: string;
  authority: string;
  path: string;
  /** Names of headers: those that the gateway sets, and what becomes of the client's. */
  headersSet: string[];
  headersPassed: string[];
  headersDropped: string[];
}

export interface Explanation {
  version: 1;
  gateway: { version: string };
  /** Unix time of the gateway, ms. */
  now: number;
  /** Index in `sites` of /status; -1: none, or a configuration that nobody runs. */
  site: number;
  matches: string;
  /** Variables of that configuration which the gateway does not have: something stands in for them. */
  unknownVariables: string[];
  /** untouched: no configuration has a part for it. answered: the gateway answers by itself, a list of models or a browser's question. */
  outcome: "sent" | "waits" | "refused" | "answered" | "untouched";
  /** With waits: until the rate limit in its way has passed. */
  waitMs?: number;
  /** With refused: as the client reads it. */
  refusal?: { status: number; code: string; type: string; message: string; retryAfterS: number };
  /** Absent where it is untouched. */
  request?: {
    api: string;
    model: string;
    streamed: boolean;
    /** Name of its key. */
    client: string;
    /** It shows none of the clientKeys, for which a client would be refused. */
    lacksKey: boolean;
    /** How many it may have; 1: it is sent once and never again. */
    attempts: number;
  };
  /** Absent where none serves it. */
  route?: {
    name: string;
    /** The model, or "prefix*", for which it was chosen; "": it takes every model. */
    matched: string;
    /** Chance says which upstream is first: another request may begin with another one. */
    isDrawn: boolean;
  };
  hops?: ExplainedHop[];
  /** Upstreams of the route that are not in the plan: they do not speak the API, or the client wants the same model only. */
  leftOut?: { provider: string; kind: "upstream" | "fallback"; why: "api" | "same-model" }[];
  limits?: ExplainedLimits;
  /** Where something would be sent now. */
  sent?: ExplainedSend;
}
