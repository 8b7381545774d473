/** What failures prove: by their words (failure-table.ts), by their status alone, or by how an attempt ended without an error answer. */
import { Cause, Next, Scope } from "./verdict";

/** What a failure proves, and where the request goes on. */
export class Judgement {
  constructor(
    readonly cause: Cause,
    readonly scope: Scope,
    readonly next: Next,
    readonly widens: bool = false,
    readonly countsHalf: bool = false,
  ) {}

  /** A client's words must not bring this about. */
  get takesToken(): bool {
    return this.scope == Scope.Token || (this.scope == Scope.TokenModel && this.cause != Cause.Model);
  }
}

/** The token is wrong, revoked or expired. */
export const KEY_WRONG = new Judgement(Cause.Credential, Scope.Token, Next.NextToken);
/** The token may not do this: nothing says more. */
export const KEY_REFUSED = new Judgement(Cause.Credential, Scope.TokenModel, Next.NextToken, true);
/** The account has no money: it is empty, closed or suspended. */
export const ACCOUNT_EMPTY = new Judgement(Cause.Quota, Scope.Token, Next.NextToken);
/** The token's share of this model is used up. */
export const MODEL_SHARE_USED = new Judgement(Cause.Quota, Scope.TokenModel, Next.NextToken, true);
/** A window of hours or days: of the account, and of one model. Nobody waits for its end. */
export const ACCOUNT_WINDOW = new Judgement(Cause.Quota, Scope.Token, Next.NextToken);
export const MODEL_WINDOW = new Judgement(Cause.Quota, Scope.TokenModel, Next.NextToken);
/** Too many at once, or in a minute. */
export const RATE = new Judgement(Cause.RateLimit, Scope.TokenModel, Next.NextToken);
export const ACCOUNT_RATE = new Judgement(Cause.RateLimit, Scope.Token, Next.NextToken);
/** This request alone is larger than what the token may use: smaller ones go on. */
export const TOO_LARGE = new Judgement(Cause.RateLimit, Scope.Nobody, Next.NextToken);
/** The same, of money. */
export const TOO_DEAR = new Judgement(Cause.Quota, Scope.Nobody, Next.NextToken);
/** The provider does not serve the model. */
export const NO_MODEL = new Judgement(Cause.Model, Scope.ProviderModel, Next.NextProvider);
/** The same, unless it is the token that may not see it: each token is asked, and is out for it. */
export const NO_MODEL_OR_ACCESS = new Judgement(Cause.Model, Scope.TokenModel, Next.NextToken);
export const NO_API = new Judgement(Cause.Api, Scope.ProviderApi, Next.NextProvider);
export const CONTEXT = new Judgement(Cause.ContextWindow, Scope.Nobody, Next.Return);
export const FILTER = new Judgement(Cause.ContentFilter, Scope.Nobody, Next.Return);
export const CALLER = new Judgement(Cause.Caller, Scope.Nobody, Next.Return);
/** A 4xx that says nothing known. */
export const UNKNOWN = new Judgement(Cause.Caller, Scope.Nobody, Next.SecondOpinion);
/** The provider's own fault, or too much work, at least with this model. */
export const FAULT = new Judgement(Cause.Provider, Scope.ProviderModel, Next.SameProvider, true);
/** It would take as long again, or answer the same. */
export const SLOW_FAULT = new Judgement(Cause.Provider, Scope.ProviderModel, Next.NextProvider, true);
/** It passes by itself, or it is this request's. */
export const PASSING = new Judgement(Cause.Provider, Scope.Nobody, Next.NextProvider);
/** A firewall before the provider dislikes the prompt, and would with any token. */
export const FIREWALL = new Judgement(Cause.Credential, Scope.Nobody, Next.NextProvider);

const UNREACHABLE = new Judgement(Cause.Connect, Scope.Provider, Next.SameProvider);
/** Who answers a large body before its end, with "too large" or "not you", and closes, is heard as a reset: it may be this request's. */
const UPLOAD = new Judgement(Cause.Connect, Scope.Nobody, Next.SameProvider);
const SLOW = new Judgement(Cause.Slow, Scope.ProviderModel, Next.NextProvider, true, true);
const BROKEN = new Judgement(Cause.BrokenStream, Scope.ProviderModel, Next.NextProvider, true);
const CLIENT = new Judgement(Cause.Client, Scope.Nobody, Next.Return);
const LOCAL = new Judgement(Cause.Local, Scope.Nobody, Next.NextProvider);

/** What a status means when the body says nothing that is known. 3xx is never followed. */
export function judgementOfStatus(status: i32): Judgement {
  switch (status) {
    case 401:
    case 403:
      return KEY_REFUSED;
    case 402:
      return ACCOUNT_EMPTY;
    case 404:
    case 405:
    case 501: // llama.cpp: embeddings at a server for chat
      return NO_API;
    case 409: // a conflict, a model that loads
    case 423: // locked
    case 424: // Bedrock: the model failed
    case 425: // too early
    case 499: // the provider's own client left
      return PASSING;
    case 408:
    case 504:
    case 524: // Cloudflare: no answer in time
      return SLOW_FAULT;
    case 429:
      return RATE;
    default:
      if (status >= 400 && status < 500) return UNKNOWN;
      return status >= 500 ? FAULT : SLOW_FAULT;
  }
}

/** What an end without an error answer means; by `End`. */
export const END_JUDGEMENTS: Judgement[] = [
  SLOW_FAULT, // None
  UNREACHABLE, // Refused
  UNREACHABLE, // Tls
  UNREACHABLE, // ConnectTimeout
  UNREACHABLE, // Reset
  SLOW, // FirstTokenTimeout
  SLOW, // AttemptTimeout
  BROKEN, // Cut
  BROKEN, // Stalled
  BROKEN, // NoEndMark
  SLOW_FAULT, // Empty
  SLOW_FAULT, // Garbage
  CLIENT, // ClientGone
  LOCAL, // Local
  UPLOAD, // UploadReset
];
