import { Bytes } from "../text/bytes";
import { StatusSet } from "./status-set";

/** Where a rule sends the request. */
export enum RuleThen {
  NextToken,
  NextProvider,
  Return,
}

/** What a rule marks as out. */
export enum RuleOut {
  Nobody,
  Token,
  TokenModel,
  ProviderModel,
  Provider,
}

/** What the failure table decided, as bits: a rule may be limited to some of these decisions. */
export enum RuleFrom {
  /** The answer would be returned, at once or after a second opinion. */
  End = 1,
  NextProvider = 2,
  /** Another token, or the same provider once more. */
  SameProvider = 4,
  GoingOn = 6,
  Any = 7,
}

/** Causes that a rule can name, as bits. */
export enum RuleCause {
  ContextWindow = 1,
  ContentFilter = 2,
  Caller = 4,
}

/** In `then` and `out`: keep what the failure table decided. */
export const KEEPS = -1;

/** An operator's rule for failed answers. A rule applies when everything that it names matches. */
export class AnswerRule {
  /** null: any status. */
  statuses: StatusSet | null = null;
  /** The rule is for all statuses except `statuses`. */
  isExcept: bool = false;
  code: Bytes | null = null;
  /** A part of the message; case is ignored. */
  contains: Bytes | null = null;
  /** `RuleCause`; 0: any. */
  causes: i32 = 0;
  /** `RuleFrom`. */
  from: i32 = RuleFrom.Any;
  /** `RuleThen`, or KEEPS. */
  then: i32 = KEEPS;
  /** `RuleOut`, or KEEPS. */
  out: i32 = KEEPS;
  /** How long `out` lasts; 0: as long as for any failure. */
  forMs: i32 = 0;
  /** No other provider is tried. */
  staysAtProvider: bool = false;
  /** The rules after this one apply as well. */
  letsNextRulesApply: bool = false;
}
