/**
 * The failure table: what providers say, and what we make of it. Read from top to bottom, the first row that fits counts; a
 * known word in the body outranks the status (DashScope says 400 `Arrearage`, Gemini 400 `API_KEY_INVALID`).
 *
 * Sources, read in November 2026:
 *   OpenAI     developers.openai.com/api/docs/guides/error-codes
 *   DashScope  help.aliyun.com/zh/model-studio/error-code, .../rate-limit, alibabacloud.com/help/en/model-studio/error-code
 *   DeepSeek   api-docs.deepseek.com/quick_start/error_codes; words of its 400s: github.com/666ghj/BettaFish/issues/108,
 *              github.com/FoundationAgents/OpenManus/issues/79
 *   Anthropic  docs.anthropic.com/en/api/errors; words of its 400s: github.com/anthropics/claude-code/issues/2127, .../4951
 *   Gemini     ai.google.dev/gemini-api/docs/troubleshooting, cloud.google.com/apis/design/errors
 *   Azure      learn.microsoft.com/azure/ai-services/openai/how-to/quota, .../concepts/content-filter
 *   others that speak OpenAI's dialect: platform.moonshot.cn/docs, open.bigmodel.cn/dev/api/error-code,
 *              volcengine.com/docs/82379/1299023, openrouter.ai/docs/api/reference/errors-and-debugging, docs.x.ai/developers/debugging;
 *              words of xAI's: github.com/UKGovernmentBEIS/inspect_ai/pull/2267
 */
import { Bytes } from "../text/bytes";
import { Family } from "../config/presets";
import { Cause, End, Next, Scope } from "./verdict";

/** Where in an error a row's word stands. */
export enum Place {
  /** The code is this word, or begins with it and a dot ("Throttling.RateQuota"). */
  Code,
  /** The type is this word. */
  Type,
  /** The message has this in it. */
  Message,
  /** The message begins with it. Behind that may stand a client's own words, which must not cost a token. */
  Opening,
}

export class Row {
  readonly text: Bytes;
  constructor(
    /** Bits by `Family`. */
    readonly families: i32,
    readonly place: Place,
    text: string,
    readonly cause: Cause,
  ) {
    this.text = Bytes.of(text);
  }
}

/** Words that only one meaning has are looked for in any family: a compatible endpoint may speak another's. */
const ANY = -1;
/** And all that speak its dialect (xAI, Zhipu, OpenRouter ...): who serves a compatible url, a configuration need not say. */
const OPENAI = 1 << Family.OpenAI;
const DASHSCOPE = 1 << Family.DashScope;
const DEEPSEEK = 1 << Family.DeepSeek;
const ANTHROPIC = 1 << Family.Anthropic;
const GEMINI = 1 << Family.Gemini;
const AZURE = 1 << Family.Azure;

function code(families: i32, text: string, cause: Cause): Row {
  return new Row(families, Place.Code, text, cause);
}
function type(families: i32, text: string, cause: Cause): Row {
  return new Row(families, Place.Type, text, cause);
}
function says(families: i32, text: string, cause: Cause): Row {
  return new Row(families, Place.Message, text, cause);
}
function opens(families: i32, text: string, cause: Cause): Row {
  return new Row(families, Place.Opening, text, cause);
}

export const ROWS: Row[] = [
  // Codes: the exact word first.
  code(ANY, "invalid_api_key", Cause.Credential),
  code(ANY, "InvalidApiKey", Cause.Credential),
  code(ANY, "API_KEY_INVALID", Cause.Credential),
  code(ANY, "API_KEY_SERVICE_BLOCKED", Cause.Credential),
  code(ANY, "API_KEY_HTTP_REFERRER_BLOCKED", Cause.Credential),
  code(ANY, "API_KEY_IP_ADDRESS_BLOCKED", Cause.Credential),
  code(ANY, "account_deactivated", Cause.Credential),
  code(ANY, "ip_not_authorized", Cause.Credential),
  code(ANY, "AuthenticationError", Cause.Credential),
  code(ANY, "UNAUTHENTICATED", Cause.Credential),
  code(ANY, "Workspace.AccessDenied", Cause.Credential),

  code(DASHSCOPE, "insufficient_quota", Cause.RateLimit), // of tokens per minute: other models go on
  code(ANY, "insufficient_quota", Cause.Quota),
  code(ANY, "credit_balance_exhausted", Cause.Quota),
  code(ANY, "organization_spend_limit_exceeded", Cause.Quota),
  code(ANY, "organization_usage_limit_exceeded", Cause.Quota),
  code(ANY, "project_spend_limit_exceeded", Cause.Quota),
  code(ANY, "billing_not_active", Cause.Quota),
  code(ANY, "billing_hard_limit_reached", Cause.Quota),
  code(ANY, "Arrearage", Cause.Quota),
  code(ANY, "PrepaidBillOverdue", Cause.Quota),
  code(ANY, "PostpaidBillOverdue", Cause.Quota),
  code(ANY, "CommodityNotPurchased", Cause.Quota),
  code(ANY, "AllocationQuota.FreeTierOnly", Cause.Quota),
  code(ANY, "AccountOverdueError", Cause.Quota),
  code(OPENAI, "1113", Cause.Quota), // Zhipu: the account is in arrears, said with a 429

  code(ANY, "model_not_found", Cause.Model),
  code(ANY, "ModelNotFound", Cause.Model),
  code(ANY, "Model.AccessDenied", Cause.Model),
  code(ANY, "AccessDenied.Unpurchased", Cause.Model),
  code(ANY, "model_not_supported", Cause.Model),
  code(ANY, "DeploymentNotFound", Cause.Model),
  code(ANY, "unknown_model", Cause.Model),
  code(ANY, "ModelNotOpen", Cause.Model),
  code(ANY, "InvalidEndpointOrModel", Cause.Model),
  code(OPENAI, "1211", Cause.Model), // Zhipu: no such model

  code(ANY, "context_length_exceeded", Cause.ContextWindow),
  code(ANY, "string_above_max_length", Cause.ContextWindow),

  code(ANY, "content_filter", Cause.ContentFilter),
  code(ANY, "content_policy_violation", Cause.ContentFilter),
  code(ANY, "ResponsibleAIPolicyViolation", Cause.ContentFilter),
  code(ANY, "DataInspectionFailed", Cause.ContentFilter),
  code(ANY, "data_inspection_failed", Cause.ContentFilter),
  code(ANY, "SensitiveContentDetected", Cause.ContentFilter),
  code(ANY, "InputTextSensitiveContentDetected", Cause.ContentFilter),
  code(ANY, "OutputTextSensitiveContentDetected", Cause.ContentFilter),
  code(OPENAI, "1301", Cause.ContentFilter), // Zhipu: unsafe content

  // A type that names money outranks a code that names a rate.
  type(DASHSCOPE, "insufficient_quota", Cause.RateLimit),
  type(ANY, "insufficient_quota", Cause.Quota),
  type(ANY, "billing_error", Cause.Quota),
  type(ANY, "exceeded_current_quota_error", Cause.Quota), // Moonshot

  code(ANY, "rate_limit_exceeded", Cause.RateLimit),
  code(ANY, "RateLimitExceeded", Cause.RateLimit),
  code(ANY, "rate_limit_reached", Cause.RateLimit),
  code(ANY, "slow_down", Cause.RateLimit),
  code(ANY, "Throttling", Cause.RateLimit),
  code(ANY, "LimitRequests", Cause.RateLimit),
  code(ANY, "limit_requests", Cause.RateLimit),
  code(ANY, "QuotaExceeded", Cause.RateLimit), // Volcengine: of requests in a span of time
  code(ANY, "RESOURCE_EXHAUSTED", Cause.RateLimit),

  code(ANY, "server_error", Cause.Provider),
  code(ANY, "server_is_overloaded", Cause.Provider),
  code(ANY, "internal_error", Cause.Provider),
  code(ANY, "InternalError", Cause.Provider),
  code(ANY, "SystemError", Cause.Provider),
  code(ANY, "ModelServiceFailed", Cause.Provider),
  code(ANY, "ModelServingError", Cause.Provider),
  code(ANY, "ModelUnavailable", Cause.Provider),
  code(ANY, "RequestTimeOut", Cause.Provider),
  code(ANY, "ServerOverloaded", Cause.Provider),
  code(ANY, "INTERNAL", Cause.Provider),
  code(ANY, "UNAVAILABLE", Cause.Provider),
  code(ANY, "DEADLINE_EXCEEDED", Cause.Provider),

  // Messages, where the code says less.
  opens(GEMINI, "API key not valid", Cause.Credential),
  opens(GEMINI, "API key expired", Cause.Credential),
  opens(GEMINI, "API key not found", Cause.Credential),
  opens(GEMINI, "User location is not supported", Cause.Credential),
  opens(GEMINI, "Gemini API free tier is not available", Cause.Quota),
  opens(DEEPSEEK, "Authentication Fails", Cause.Credential),
  opens(DEEPSEEK, "Insufficient Balance", Cause.Quota),
  opens(ANTHROPIC, "Your credit balance is too low", Cause.Quota),
  opens(ANTHROPIC, "You have reached your specified", Cause.Quota), // "API usage limits": a 400
  opens(ANTHROPIC, "This organization has been disabled", Cause.Credential),
  opens(OPENAI | AZURE, "You exceeded your current quota", Cause.Quota),
  opens(OPENAI, "Incorrect API key provided", Cause.Credential), // xAI: a 400
  opens(AZURE, "Access denied due to invalid subscription key", Cause.Credential),

  says(ANY, "maximum context length", Cause.ContextWindow),
  says(ANY, "exceeds the available context size", Cause.ContextWindow), // llama.cpp, Ollama
  says(ANY, "prompt is too long", Cause.ContextWindow),
  says(ANTHROPIC, "exceed context limit", Cause.ContextWindow),
  says(GEMINI, "exceeds the maximum number of tokens allowed", Cause.ContextWindow),
  says(DASHSCOPE, "Range of input length should be", Cause.ContextWindow),

  says(DEEPSEEK, "Content Exists Risk", Cause.ContentFilter),
  says(ANTHROPIC, "content filtering policy", Cause.ContentFilter),
  says(DASHSCOPE, "inappropriate content", Cause.ContentFilter),
  says(OPENAI, "input was flagged", Cause.ContentFilter), // OpenRouter: a 403
  says(OPENAI, "Content violates usage guidelines", Cause.ContentFilter), // xAI: a 403

  says(DEEPSEEK, "Model Not Exist", Cause.Model),

  // Types, the broadest words.
  type(ANY, "authentication_error", Cause.Credential),
  type(ANY, "invalid_authentication_error", Cause.Credential), // Moonshot
  type(ANTHROPIC, "permission_error", Cause.Credential),
  type(ANY, "rate_limit_error", Cause.RateLimit),
  type(ANY, "rate_limit_reached_error", Cause.RateLimit), // Moonshot
  type(ANY, "content_filter", Cause.ContentFilter), // Moonshot
  type(ANY, "exceed_context_size_error", Cause.ContextWindow), // llama.cpp
  type(ANY, "overloaded_error", Cause.Provider),
  type(ANY, "engine_overloaded_error", Cause.Provider), // Moonshot
  type(ANY, "api_error", Cause.Provider),
  type(ANY, "server_error", Cause.Provider),
  type(ANY, "timeout_error", Cause.Provider),
  code(GEMINI, "PERMISSION_DENIED", Cause.Credential),

  // Inside a good answer only: else the status tells a caller's mistake, and this type stands beside many a code.
  type(ANY, "invalid_request_error", Cause.Caller),
  code(ANY, "INVALID_ARGUMENT", Cause.Caller),
];

/** What a status means when the body says nothing that is known. 3xx is never followed. */
export function causeOfStatus(status: i32): Cause {
  switch (status) {
    case 401:
    case 403:
      return Cause.Credential;
    case 402:
      return Cause.Quota;
    case 404:
      return Cause.Model;
    case 408:
      return Cause.Provider;
    case 429:
      return Cause.RateLimit;
    default:
      return status >= 400 && status < 500 ? Cause.Caller : Cause.Provider;
  }
}

export class Consequence {
  constructor(
    readonly scope: Scope,
    readonly next: Next,
    readonly half: bool = false,
  ) {}
}

/** Who answers for a cause, and where to go on; by `Cause`. */
export const CONSEQUENCES: Consequence[] = [
  new Consequence(Scope.Nobody, Next.Return), // None
  new Consequence(Scope.Token, Next.NextToken), // Credential
  new Consequence(Scope.Token, Next.NextToken), // Quota
  new Consequence(Scope.TokenModel, Next.NextToken), // RateLimit
  new Consequence(Scope.ProviderModel, Next.NextProvider), // Model
  new Consequence(Scope.Nobody, Next.Return), // Caller
  new Consequence(Scope.Nobody, Next.Return), // ContextWindow
  new Consequence(Scope.Nobody, Next.Return), // ContentFilter
  new Consequence(Scope.Provider, Next.SameProvider), // Provider
  new Consequence(Scope.Provider, Next.SameProvider), // Connect
  new Consequence(Scope.ProviderModel, Next.NextProvider, true), // Slow
  new Consequence(Scope.Provider, Next.NextProvider), // BrokenStream
  new Consequence(Scope.Nobody, Next.Return), // Client
  new Consequence(Scope.Nobody, Next.NextProvider), // Local
  new Consequence(Scope.ProviderApi, Next.NextProvider), // Api
];

/** The cause of an end without an error answer; by `End`. */
export const END_CAUSES: Cause[] = [
  Cause.Provider, // None
  Cause.Connect, // Refused
  Cause.Connect, // Tls
  Cause.Connect, // ConnectTimeout
  Cause.Connect, // Reset
  Cause.Slow, // FirstTokenTimeout
  Cause.Slow, // AttemptTimeout
  Cause.BrokenStream, // Cut
  Cause.BrokenStream, // Stalled
  Cause.BrokenStream, // NoEndMark
  Cause.Provider, // Empty
  Cause.Provider, // Garbage
  Cause.Client, // ClientGone
  Cause.Local, // Local
];

/** Whether the provider did answer, with a good status: then it is not asked the same again. */
export function answeredBadly(end: End): bool {
  return end == End.None || end == End.Empty || end == End.Garbage;
}
