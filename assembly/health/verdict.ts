/** What became of an attempt that failed: why, who answers for it, and where to go next. */
import { Bytes } from "../text/bytes";

/** Why an attempt failed. */
export enum Cause {
  None,
  /** The token is wrong, revoked, or not allowed here. */
  Credential,
  /** The token's account has nothing left to spend. */
  Quota,
  RateLimit,
  /** The provider does not serve this model, or not to us. */
  Model,
  /** The request itself is wrong. */
  Caller,
  ContextWindow,
  ContentFilter,
  Provider,
  /** No connection, or one that broke before an answer. */
  Connect,
  Slow,
  BrokenStream,
  /** The client left. */
  Client,
  /** The gateway itself: no cluster, no filter state. */
  Local,
  /** The provider does not have this API. */
  Api,
}

/** As the trail and the metrics say it, by `Cause`. */
const NAMES: Bytes[] = Bytes.ofAll([
  "none",
  "credential",
  "quota",
  "rate-limit",
  "model",
  "caller",
  "context-window",
  "content-filter",
  "provider",
  "connect",
  "slow",
  "broken-stream",
  "client",
  "local",
  "api",
]);

export const CAUSES = 15;

export function causeName(cause: Cause): Bytes {
  return unchecked(NAMES[cause]);
}

/** Sets of causes, a bit for each. */
export function bitOf(cause: Cause): u32 {
  return 1 << (<u32>cause);
}

/** What tells of a mistake in the request, which its client has to know. */
export const CALLERS: u32 = bitOf(Cause.Caller) | bitOf(Cause.ContextWindow) | bitOf(Cause.ContentFilter);
/** Where another try does not help before a person does. */
export const LASTING: u32 = bitOf(Cause.Credential) | bitOf(Cause.Quota) | bitOf(Cause.Model);

export function isCallers(cause: Cause): bool {
  return (bitOf(cause) & CALLERS) != 0;
}

/** What a failure counts against: the narrowest thing that the answer proves. */
export enum Scope {
  Nobody,
  /** The token, for this model only. */
  TokenModel,
  Token,
  /** The provider, for this model only. */
  ProviderModel,
  /** The provider, for this API only. */
  ProviderApi,
  Provider,
}

/** Where the exchange goes on. */
export enum Next {
  /** Nowhere: the answer is the client's. */
  Return,
  /** The same provider once more, with another token if there is one; then the next. */
  SameProvider,
  /** Another token of this provider; then the next provider. */
  NextToken,
  NextProvider,
  /**
   * The next provider, once: the words are unknown. If that one refuses the request too, or there is none, the first answer is
   * the client's.
   */
  SecondOpinion,
}

/** How an attempt ended that has no error answer to judge. */
export enum End {
  None,
  Refused,
  Tls,
  ConnectTimeout,
  /** The connection broke before any answer. */
  Reset,
  FirstTokenTimeout,
  AttemptTimeout,
  /** The connection broke within the answer. */
  Cut,
  Stalled,
  NoEndMark,
  Empty,
  Garbage,
  ClientGone,
  Local,
  /** The connection broke before any answer, while a large body was on its way. */
  UploadReset,
}

/** One object is used again and again: functions that judge write into their caller's. */
export class Verdict {
  cause: Cause = Cause.None;
  scope: Scope = Scope.Nobody;
  next: Next = Next.Return;
  /**
   * A second model that fails in the same way, with no success in between, widens it: TokenModel to Token, ProviderModel to
   * Provider.
   */
  widens: bool = false;
  /** Counts half a failure. */
  countsHalf: bool = false;
  /** A stale connection looks the same: counts only if the exchange's second try fails too. */
  mayBeStale: bool = false;
  /** The route's responseCodes forbid another provider. */
  staysAtProvider: bool = false;
  /** What the provider asked to wait, ms, whatever the cause, bounded by cause; -1: it did not say. */
  waitMs: i64 = -1;
}
