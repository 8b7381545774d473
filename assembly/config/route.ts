import { Bytes } from "../text/bytes";
import { AnswerRule } from "./answer-rule";
import { ModelMapping } from "./model-mapping";
import { Predicate } from "./predicate";
import { Provider } from "./provider";

/** How much of an answer is checked before any of it goes to the client. */
export enum Guard {
  None,
  FirstEvent,
  Full,
}

/** A provider as a route uses it. */
export class Upstream {
  provider!: Provider;
  weight: i32 = 100;
  mapping!: ModelMapping;
}

/** Most upstreams of a route, fallback included: each needs an attempt, and a request has at most 64 attempts. */
export const MAX_UPSTREAMS = 64;

/** Which models go to which providers, in which order, and within which time limits (milliseconds). */
export class Route {
  index: i32 = 0;
  name!: Bytes;
  /** The models that it serves; empty: every model, and requests without one. */
  predicates: Predicate[] = [];
  upstreams: Upstream[] = [];
  /** Empty when the fallback is off. */
  fallback: Upstream[] = [];
  hasRandomFallback: bool = false;
  rules: AnswerRule[] = [];
  guard: Guard = Guard.FirstEvent;
  firstTokenTimeout: i32 = 60000;
  attemptTimeout: i32 = 120000;
  timeout: i32 = 600000;
  maxWait: i32 = 15000;
  /** Retries per 1,000 requests of the last minute; 0: no limit. */
  retryBudget: i32 = 0;
}
