import type { Body, Family, FailedRequest } from "./health-room.js";

/** What a failed answer proves: the judgements of assembly/health/failure-table.ts. */
export const PROVES = {
  "wrong key": { cause: "credential", scope: "token", next: "next-token", widens: false },
  "refused key": { cause: "credential", scope: "token-model", next: "next-token", widens: true },
  "empty account": { cause: "quota", scope: "token", next: "next-token", widens: false },
  "used share of the model": { cause: "quota", scope: "token-model", next: "next-token", widens: true },
  "window of the account": { cause: "quota", scope: "token", next: "next-token", widens: false },
  "window of the model": { cause: "quota", scope: "token-model", next: "next-token", widens: false },
  rate: { cause: "rate-limit", scope: "token-model", next: "next-token", widens: false },
  "rate of the account": { cause: "rate-limit", scope: "token", next: "next-token", widens: false },
  "too large": { cause: "rate-limit", scope: "nobody", next: "next-token", widens: false },
  "too dear": { cause: "quota", scope: "nobody", next: "next-token", widens: false },
  "no model": { cause: "model", scope: "provider-model", next: "next-provider", widens: false },
  "no model or no access": { cause: "model", scope: "token-model", next: "next-token", widens: false },
  "no API": { cause: "api", scope: "provider-api", next: "next-provider", widens: false },
  context: { cause: "context-window", scope: "nobody", next: "return", widens: false },
  filter: { cause: "content-filter", scope: "nobody", next: "return", widens: false },
  caller: { cause: "caller", scope: "nobody", next: "return", widens: false },
  unknown: { cause: "caller", scope: "nobody", next: "second-opinion", widens: false },
  fault: { cause: "provider", scope: "provider-model", next: "same-provider", widens: true },
  "slow fault": { cause: "provider", scope: "provider-model", next: "next-provider", widens: true },
  passing: { cause: "provider", scope: "nobody", next: "next-provider", widens: false },
  firewall: { cause: "credential", scope: "nobody", next: "next-provider", widens: false },
} as const;

export type Proof = keyof typeof PROVES;
export type Known = [proof: Proof, family: Family, status: number, body: Body, request?: FailedRequest];

/** OpenAI's shape, which most providers have. */
export const openai = (message: string, code: string | number | null = null, type: string | null = null) => ({
  error: { message, type, param: null, code },
});
export const anthropic = (type: string, message = "Something.") => ({ type: "error", error: { type, message } });
export const google = (code: number, status: string, message = "Something.", details: object[] = []) => ({
  error: { code, message, status, details },
});
/** MiniMax's frame. */
const frame = (status_code: number, status_msg: string) => ({
  id: "1",
  choices: null,
  base_resp: { status_code, status_msg },
});

const M = { model: "acme-large-2" };

/** Answers as providers send them, or in the words of their documentation: one row for each thing that the table knows. */
export const KNOWN: Known[] = [
  // --- this request alone is too large ---
  [
    "too large",
    "openai",
    429,
    openai(
      "Request too large for acme-large-2 in organization org-1 on tokens per min (TPM): Limit 9, Requested 10.",
      "rate_limit_exceeded",
      "tokens",
    ),
    M,
  ],
  [
    "too large",
    "openai",
    413,
    openai(
      "Request too large for model `acme-large-2` on tokens per minute (TPM): Limit 6000",
      "rate_limit_exceeded",
      "tokens",
    ),
    M,
  ],
  ["too large", "openai", 413, openai("Too much.", "rate_limit_exceeded", "tokens")],
  ["too large", "anthropic", 429, anthropic("rate_limit_error", "Extra usage is required for long context requests.")],
  [
    "too dear",
    "openai",
    402,
    openai(
      "This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, but can only afford 990.",
      402,
    ),
  ],
  [
    "too large",
    "openai",
    402,
    openai("Prompt tokens limit exceeded: 12345 > 4000. To increase, upgrade to a paid account", 402),
  ],

  // --- the caller's own ---
  ["context", "openai", 400, openai("Too long.", "context_length_exceeded", "invalid_request_error")],
  [
    "context",
    "openai",
    400,
    openai(
      "Invalid request: Your request exceeded model token limit: 131072 (requested: 140000)",
      null,
      "invalid_request_error",
    ),
  ],
  ["context", "openai", 400, { message: "Input is too long for requested model." }],
  ["context", "openai", 400, openai("Prompt exceeds max length", "1261")],
  [
    "context",
    "openai",
    400,
    {
      error:
        "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
    },
  ],
  [
    "context",
    "openai",
    413,
    openai("Request body too large for acme-large-2 model. Max size: 8000 tokens.", "tokens_limit_reached"),
    M,
  ],
  ["context", "openai", 400, openai("?", 400, "exceed_context_size_error")],
  ["context", "dashscope", 400, { code: "InvalidParameter", message: "Range of input length should be [1, 6000]" }],
  ["context", "deepseek", 400, openai("This model's maximum context length is 65536 tokens.", "invalid_request_error")],
  ["context", "anthropic", 400, anthropic("invalid_request_error", "prompt is too long: 2 tokens > 1 maximum")],
  [
    "context",
    "anthropic",
    400,
    anthropic("invalid_request_error", "input length and `max_tokens` exceed context limit: 2 + 1 > 2"),
  ],
  [
    "context",
    "gemini",
    400,
    google(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
  ],
  ["context", "openai", 400, openai("输入长度超过最大长度限制")],
  [
    "filter",
    "openai",
    400,
    openai("Invalid prompt: your prompt was flagged as potentially violating our usage policy.", "invalid_prompt"),
  ],
  ["filter", "openai", 400, openai("?", "content_policy_violation", "invalid_request_error")],
  ["filter", "openai", 403, { error: { code: 403, message: 'm needs moderation. Your input was flagged for "x".' } }],
  ["filter", "openai", 403, { code: "?", error: "Content violates usage guidelines. Failed check: X" }],
  ["filter", "dashscope", 400, { code: "DataInspectionFailed", message: "Input data may contain..." }],
  ["filter", "dashscope", 400, openai("?", "data_inspection_failed", "data_inspection_failed")],
  ["filter", "deepseek", 400, openai("Content Exists Risk", "invalid_request_error")],
  ["filter", "anthropic", 400, anthropic("invalid_request_error", "Output blocked by content filtering policy")],
  ["filter", "azure", 400, { error: { code: "BadRequest", innererror: { code: "ResponsibleAIPolicyViolation" } } }],
  ["filter", "openai", 400, openai("系统检测到输入或生成内容可能包含不安全或敏感内容", "1301")],
  ["filter", "openai", 200, frame(1026, "input new_sensitive")],
  [
    "caller",
    "openai",
    400,
    openai("Unsupported parameter: 'max_tokens' is not supported with this model.", "unsupported_parameter"),
  ],
  [
    "caller",
    "openai",
    400,
    { error: { message: "No.", type: "invalid_request_error", param: "messages[0].role", code: null } },
  ],
  [
    "caller",
    "openai",
    422,
    { detail: [{ type: "missing", loc: ["body", "messages"], msg: "Field required", input: {} }] },
  ],
  ["caller", "openai", 400, openai("API 调用参数有误", "1210")],
  ["caller", "openai", 200, frame(2013, "invalid params")],

  // --- the token, and only for this model ---
  ["refused key", "openai", 403, { message: "You don't have access to the model with the specified model ID." }],
  [
    "refused key",
    "openai",
    401,
    openai(
      "key not allowed to access model. This key can only access models=['a']. Tried to access acme-large-2",
      "401",
      "key_model_access_denied",
    ),
    M,
  ],
  [
    "refused key",
    "openai",
    403,
    {
      error: {
        code: "no_access",
        message: "No access to model: acme-large-2",
        details: "No access to model: acme-large-2",
      },
    },
    M,
  ],
  ["refused key", "openai", 403, openai("当前令牌无权访问模型 acme-large-2 (request id: 1)", "", "new_api_error"), M],
  [
    "refused key",
    "openai",
    400,
    openai("token plan not support model, acme-large-2 (2061)", null, "bad_request_error"),
    M,
  ],
  [
    "refused key",
    "openai",
    429,
    openai("Your current subscription plan does not yet include access to acme-large-2", "1311"),
    M,
  ],
  ["refused key", "dashscope", 403, { code: "AccessDenied.Unpurchased", message: "Access to model denied." }],
  ["refused key", "dashscope", 403, { code: "Model.AccessDenied", message: "Model access denied." }],
  ["refused key", "openai", 404, openai("The model has not been activated.", "ModelNotOpen", "NotFound")],
  [
    "used share of the model",
    "dashscope",
    403,
    openai("The free tier of the model has been exhausted.", "AllocationQuota.FreeTierOnly"),
  ],

  // --- the account has nothing left ---
  [
    "empty account",
    "openai",
    412,
    openai(
      "Account my-acct is suspended, possibly due to reaching the monthly spending limit",
      "PRECONDITION_FAILED",
      "error",
    ),
  ],
  [
    "empty account",
    "openai",
    400,
    openai("Budget has been exceeded! Current cost: 1.2, Max budget: 1.0", "400", "budget_exceeded"),
  ],
  [
    "empty account",
    "openai",
    400,
    openai("ExceededBudget: Budget has been exceeded! Current cost: 1.2", "400", "budget_exceeded"),
  ],
  [
    "empty account",
    "openai",
    429,
    {
      code: "Some resource has been exhausted",
      error: "Your team 0 has either used all available credits or reached its monthly spending limit.",
    },
  ],
  [
    "empty account",
    "openai",
    403,
    openai("Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys", 403),
  ],
  [
    "empty account",
    "openai",
    400,
    anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
  ],
  ["empty account", "openai", 200, frame(1008, "insufficient balance")],
  ["empty account", "openai", 429, openai("?", "insufficient_quota", "insufficient_quota")],
  ["empty account", "openai", 429, openai("?", "rate_limit_exceeded", "insufficient_quota")],
  ["empty account", "openai", 429, openai("?", "project_spend_limit_exceeded", "insufficient_quota")],
  ["empty account", "openai", 429, openai("You exceeded your current quota, please check your plan.")],
  ["empty account", "openai", 429, openai("?", null, "exceeded_current_quota_error")],
  ["empty account", "openai", 429, openai("您的账户已欠费，请充值后重试。", "1113")],
  ["empty account", "openai", 403, openai("用户额度不足, 剩余额度: 0", null, "new_api_error")],
  ["empty account", "openai", 403, { code: 30001, message: "Sorry, your account balance is insufficient", data: null }],
  [
    "empty account",
    "dashscope",
    400,
    { code: "Arrearage", message: "Access denied, please make sure your account is in good standing." },
  ],
  ["empty account", "deepseek", 402, openai("Insufficient Balance", "invalid_request_error", "unknown_error")],
  ["empty account", "deepseek", 400, openai("Insufficient Balance", "invalid_request_error", "invalid_request_error")],
  ["empty account", "anthropic", 402, anthropic("billing_error")],
  [
    "empty account",
    "anthropic",
    400,
    anthropic(
      "invalid_request_error",
      "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
    ),
  ],
  [
    "empty account",
    "gemini",
    400,
    google(400, "FAILED_PRECONDITION", "Gemini API free tier is not available in your country. Please enable billing."),
  ],
  [
    "empty account",
    "openai",
    500,
    openai("litellm.APIError: OpenAIException - You exceeded your current quota, please check your plan"),
  ],
  [
    "empty account",
    "openai",
    200,
    { Response: { Error: { Code: "FailedOperation.ResourcePackExhausted", Message: "用尽" }, RequestId: "1" } },
  ],

  // --- windows of hours and days ---
  [
    "window of the account",
    "openai",
    429,
    openai("you (account) have reached your weekly usage limit, upgrade for higher limits", null, "api_error"),
  ],
  ["window of the account", "openai", 429, openai("已达到 5 小时的使用上限。", "1308")],
  [
    "window of the account",
    "anthropic",
    429,
    anthropic("rate_limit_error", "usage limit exceeded, 5-hour usage limit reached for Token Plan Starter (2056)"),
  ],
  ["window of the account", "openai", 429, openai("The usage limit has been reached", null, "usage_limit_reached")],
  ["window of the model", "openai", 429, openai("Rate limit exceeded: free-models-per-day", 429)],
  [
    "window of the model",
    "gemini",
    429,
    google(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric", [
      { violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }] },
    ]),
  ],
  ["window of the model", "openai", 429, openai("今日调用次数已达上限", "1304")],

  // --- the token is wrong ---
  ["wrong key", "openai", 401, openai("?", "invalid_api_key", "invalid_request_error")],
  [
    "wrong key",
    "openai",
    400,
    { code: "Client specified an invalid argument", error: "Incorrect API key provided: ab***yz." },
  ],
  ["wrong key", "openai", 401, { detail: "Invalid token" }],
  ["wrong key", "openai", 401, "Api key is invalid"],
  ["wrong key", "openai", 401, '"Invalid token"'],
  ["wrong key", "openai", 401, { message: "Unauthorized: invalid api key", code: 401 }],
  ["wrong key", "openai", 401, openai("身份验证失败。", "1000")],
  ["wrong key", "openai", 401, openai("无效的令牌 (request id: 1)", "", "new_api_error")],
  ["wrong key", "openai", 401, openai("User not found.", 401)],
  [
    "wrong key",
    "openai",
    429,
    openai("Your access was terminated due to violation of our policies", null, "access_terminated"),
  ],
  [
    "wrong key",
    "openai",
    400,
    openai(
      '{"error":{"message":"{\\"error\\":{\\"message\\":\\"API Key not found. Please pass a valid API key.\\",\\"code\\":400}}","code":400}}',
    ),
  ],
  ["wrong key", "openai", 401, "{'error': {'message': 'Incorrect API key provided', 'type': 'x', 'code': None}}"],
  [
    "wrong key",
    "openai",
    403,
    {
      __type: "com.amazon.coral.service#UnrecognizedClientException",
      message: "The security token included in the request is invalid.",
    },
  ],
  [
    "wrong key",
    "anthropic",
    400,
    anthropic(
      "invalid_request_error",
      "This credential is only authorized for use with Claude Code and cannot be used for other API requests.",
    ),
  ],
  ["wrong key", "anthropic", 401, anthropic("authentication_error")],
  ["wrong key", "anthropic", 400, anthropic("invalid_request_error", "This organization has been disabled.")],
  ["wrong key", "dashscope", 401, { code: "InvalidApiKey", message: "Invalid API-key provided.", request_id: "1" }],
  [
    "wrong key",
    "deepseek",
    401,
    openai("Authentication Fails, Your api key: ****abcd is invalid", "invalid_request_error", "authentication_error"),
  ],
  ["wrong key", "gemini", 400, google(400, "INVALID_ARGUMENT", "?", [{ reason: "API_KEY_INVALID" }])],
  ["wrong key", "gemini", 400, [google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")]],
  [
    "wrong key",
    "gemini",
    403,
    google(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
  ],
  ["wrong key", "gemini", 400, google(400, "FAILED_PRECONDITION", "User location is not supported for the API use.")],
  ["wrong key", "azure", 401, openai("Access denied due to invalid subscription key or wrong API endpoint.", "401")],
  ["wrong key", "openai", 200, frame(1004, "login fail")],
  [
    "wrong key",
    "openai",
    200,
    { Response: { Error: { Code: "AuthFailure.SecretIdNotFound", Message: "?" }, RequestId: "1" } },
  ],

  // --- the model ---
  [
    "no model",
    "deepseek",
    400,
    openai("The supported API model names are a or b, but you passed acme-large-2.", "invalid_request_error"),
    M,
  ],
  ["no model", "deepseek", 400, openai("Model Not Exist", "invalid_request_error")],
  ["no model", "openai", 400, { code: 20012, message: "Model does not exist. Please check it carefully.", data: null }],
  [
    "no model",
    "openai",
    400,
    openai("The model `acme-large-2` has been decommissioned and is no longer supported.", "model_decommissioned"),
  ],
  [
    "no model",
    "openai",
    400,
    { object: "error", message: "Invalid model: acme-large-2", type: "invalid_model", code: "1500" },
  ],
  ["no model", "openai", 400, openai("acme-large-2 is not a valid model ID", 400)],
  [
    "no model",
    "openai",
    400,
    openai("/chat/completions: Invalid model name passed in model=acme-large-2. Call `/v1/models`", "400"),
    M,
  ],
  [
    "no model",
    "openai",
    400,
    { status: 400, title: "Bad Request", detail: "Function id '0': DEGRADED function cannot be invoked" },
  ],
  [
    "no model",
    "openai",
    410,
    { status: 410, title: "Gone", detail: "The model 'acme-large-2' has reached its end of life" },
  ],
  ["no model", "openai", 410, { message: "acme-large-2 went away" }, M],
  [
    "no model",
    "openai",
    400,
    { message: "Invocation of model ID acme-large-2 with on-demand throughput isn\u2019t supported." },
    M,
  ],
  ["no model", "openai", 400, { message: "We do not offer acme-large-2 any more" }, M],
  [
    "no model",
    "azure",
    400,
    openai(
      "The chatCompletion operation does not work with the specified model, acme-large-2.",
      "OperationNotSupported",
    ),
  ],
  ["no model", "azure", 404, openai("?", "DeploymentNotFound")],
  ["no model", "openai", 404, { error: "model 'acme-large-2' not found, try pulling it first" }],
  ["no model", "openai", 404, openai("No endpoints found for acme-large-2.", 404)],
  [
    "no model",
    "openai",
    503,
    openai("当前分组 default 下对于模型 acme-large-2 无可用渠道 (request id: 1)", "", "new_api_error"),
    M,
  ],
  ["no model", "openai", 400, openai("模型不存在，请检查模型代码。", "1211")],
  ["no model", "dashscope", 404, { code: "ModelNotFound", message: "Model can not be found." }],
  ["no model", "anthropic", 404, anthropic("not_found_error", "model: acme-large-2"), M],
  ["no model", "gemini", 404, google(404, "NOT_FOUND", "models/acme-large-2 is not found for API version v1beta"), M],
  [
    "no model or no access",
    "openai",
    404,
    openai(
      "The model `acme-large-2` does not exist or you do not have access to it.",
      "model_not_found",
      "invalid_request_error",
    ),
  ],
  ["no model or no access", "openai", 403, openai("?", "model_not_found", "invalid_request_error")],
  ["no API", "openai", 404, openai("Invalid URL (POST /v1/responses)", null, "invalid_request_error"), M],
  ["no API", "openai", 404, { detail: "Not Found" }, M],
  ["no API", "openai", 404, "404 page not found", M],
  ["no API", "openai", 405, { detail: "Method Not Allowed" }, M],

  // --- rates ---
  ["rate", "openai", 429, openai("?", "rate_limit_exceeded", "requests")],
  ["rate", "openai", 200, frame(1002, "rate limit exceeded(RPM)")],
  [
    "rate",
    "openai",
    403,
    { message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again." },
  ],
  ["rate", "dashscope", 429, { code: "Throttling.RateQuota", message: "Requests rate limit exceeded." }],
  ["rate", "dashscope", 429, openai("?", "insufficient_quota", "insufficient_quota")],
  ["rate", "dashscope", 429, openai("?", null, "insufficient_quota")],
  ["rate", "dashscope", 429, openai("?", "limit_requests", "limit_requests")],
  [
    "rate",
    "anthropic",
    429,
    anthropic(
      "rate_limit_error",
      "This request would exceed your organization's rate limit of 30,000 input tokens per minute",
    ),
  ],
  ["rate", "gemini", 429, google(429, "RESOURCE_EXHAUSTED")],
  [
    "rate",
    "openai",
    429,
    { __type: "ThrottlingException", message: "Too many tokens, please wait before trying again." },
  ],
  ["rate", "openai", 429, openai("您的账户已达到速率限制，请您控制请求频率", "1302")],
  [
    "rate of the account",
    "openai",
    429,
    openai(
      "Your account u1<ak-1> request reached max organization concurrency: 3, please try again after 1 seconds",
      null,
      "rate_limit_reached_error",
    ),
  ],

  // --- the provider ---
  ["fault", "openai", 503, openai("?", "server_is_overloaded", "server_error")],
  ["fault", "anthropic", 529, anthropic("overloaded_error")],
  ["fault", "anthropic", 500, anthropic("api_error")],
  ["fault", "gemini", 503, google(503, "UNAVAILABLE")],
  ["slow fault", "dashscope", 400, { code: "InternalError.Algo", message: "An internal error has occurred." }],
  [
    "slow fault",
    "openai",
    429,
    openai("The engine is currently overloaded, please try again later", null, "engine_overloaded_error"),
  ],
  ["slow fault", "openai", 429, openai("该模型当前访问量过大，请您稍后再试", "1305")],
  ["slow fault", "openai", 498, openai("Flex tier capacity exceeded", "capacity_exceeded", "capacity_exceeded")],
  ["slow fault", "openai", 409, openai("The model is loading, try again")],
  ["slow fault", "openai", 200, openai("?", null, "server_error")],
  ["slow fault", "anthropic", 200, anthropic("overloaded_error")],
  ["slow fault", "openai", 200, { message: "unwrapped", type: "server_error", code: null }],
  ["slow fault", "openai", 200, openai("?", 502)],
  [
    "passing",
    "openai",
    424,
    {
      message: "The system encountered an unexpected error during processing. Try your request again.",
      originalStatusCode: 500,
    },
  ],
];
