import { anthropic, frame, google, openai } from "./error-bodies.js";
import type { Body, Family, FailedRequest } from "./health-room.js";
import type { Proof } from "./proofs.js";

export type Known = [proof: Proof, family: Family, status: number, body: Body, request?: FailedRequest];

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

  // --- and the same kinds in the words of other providers ---
  [
    "too dear",
    "openai",
    403,
    openai(
      "预扣费额度失败, 用户剩余额度: ＄0.012, 需要预扣费额度: ＄0.020 (request id: 1)",
      "insufficient_user_quota",
      "new_api_error",
    ),
  ],
  [
    "too dear",
    "openai",
    403,
    openai(
      "token quota is not enough, token remain quota: ＄0.001, need quota: ＄0.05 (request id: 1)",
      "pre_consume_token_quota_failed",
      "new_api_error",
    ),
  ],
  [
    "context",
    "openai",
    400,
    openai("invalid params, context window exceeds limit (2013)", null, "bad_request_error"),
    M,
  ],
  [
    "context",
    "openai",
    400,
    { error: { code: "tokens_too_long", message: "Prompt tokens too long", type: "invalid_request_error" } },
  ],
  [
    "context",
    "openai",
    400,
    {
      error: {
        code: "characters_too_long",
        message: "the max input characters is 8000",
        type: "invalid_request_error",
      },
    },
  ],
  [
    "context",
    "openai",
    400,
    openai("litellm.ContextWindowExceededError: litellm.BadRequestError: the input is too big"),
  ],
  [
    "context",
    "openai",
    400,
    {
      message:
        "The decoder prompt (length 9000) is longer than the maximum model length of 8192. Make sure that `max_model_len` is no smaller than the number of text tokens.",
      type: "BadRequestError",
      code: 400,
    },
  ],
  [
    "context",
    "openai",
    400,
    {
      message: "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
      type: "BadRequestError",
      code: 400,
    },
  ],
  [
    "context",
    "openai",
    400,
    {
      message:
        "too many tokens: total number of tokens in the prompt exceeds the limit of 4081. Try using a shorter prompt",
    },
  ],
  ["context", "openai", 400, openai("输入内容过长，超出模型最大上下文")],
  [
    "filter",
    "openai",
    400,
    {
      error: {
        code: "InputTextRiskDetection",
        message: "The request failed because the input text may contain sensitive information. Request ID: 0",
        type: "BadRequest",
      },
    },
  ],
  [
    "filter",
    "openai",
    400,
    { error: { code: "system_unsafe", message: "the content of system field is invalid", type: "unsafe_request" } },
  ],
  [
    "filter",
    "openai",
    200,
    {
      Response: {
        Error: { Code: "OperationDenied.TextIllegalDetected", Message: "文本包含违法违规信息" },
        RequestId: "1",
      },
    },
  ],
  [
    "filter",
    "openai",
    403,
    { error_code: "ModelArts.81011", error_msg: "May contain sensitive information, please try again." },
  ],
  ["filter", "openai", 400, openai("litellm.ContentPolicyViolationError: AzureException - your request was refused")],
  ["filter", "openai", 400, openai("sensitive words detected", "sensitive_words_detected", "new_api_error")],
  [
    "filter",
    "openai",
    451,
    { error: { message: "The content you provided or machine outputted is blocked.", type: "censorship_blocked" } },
  ],
  ["filter", "openai", 400, openai("您的输入包含违规信息，请修改后重试")],
  [
    "caller",
    "dashscope",
    400,
    { code: "InternalError.Algo.InvalidParameter", message: "The provided messages is invalid" },
  ],
  [
    "refused key",
    "openai",
    403,
    openai("Project `proj_1` does not have access to model `acme-large-2`", "model_not_found", "invalid_request_error"),
    M,
  ],
  [
    "refused key",
    "openai",
    400,
    {
      error: {
        message: "Your organization must be verified to stream this model.",
        type: "invalid_request_error",
        param: "stream",
        code: "unsupported_value",
      },
    },
    M,
  ],
  [
    "refused key",
    "openai",
    404,
    {
      message:
        "Model use case details have not been submitted for this account. Fill out the Anthropic use case details form before using the model. If you have already filled out the",
    },
    M,
  ],
  [
    "refused key",
    "openai",
    404,
    {
      message:
        "Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 15 days. Please upgrade to an active model on Amazon",
    },
    M,
  ],
  [
    "refused key",
    "openai",
    404,
    {
      error: {
        code: "InvalidEndpointOrModel.ModelIDAccessDisabled",
        message: "Your account is not allowed to access the model by model id",
        type: "NotFound",
      },
    },
    M,
  ],
  [
    "refused key",
    "openai",
    401,
    {
      error: { code: "invalid_model", message: "No permission to use the model", type: "invalid_request_error" },
      id: "as-1",
    },
    M,
  ],
  [
    "refused key",
    "openai",
    401,
    {
      error_code: "ModelArts.81015",
      error_msg: "Invalid model acme-large-2, rejected by api key model allowlist setting.",
    },
    M,
  ],
  [
    "refused key",
    "openai",
    400,
    openai(
      "The model `acme-large-2` requires terms acceptance. Please have the org admin accept the terms at",
      "model_terms_required",
      "invalid_request_error",
    ),
    M,
  ],
  [
    "refused key",
    "openai",
    404,
    { error: { message: "No endpoints found matching your data policy (Free model publication).", code: 404 } },
    M,
  ],
  [
    "refused key",
    "openai",
    404,
    { error: { message: "No endpoints available matching your guardrail restrictions and data policy.", code: 404 } },
    M,
  ],
  [
    "refused key",
    "openai",
    503,
    openai(
      "Incorrect model ID. Please request to view the model page or you do not have permission to use this model",
      null,
      "Aihubmix_api_error",
    ),
    M,
  ],
  ["refused key", "openai", 404, openai("模型不存在或无权限访问"), M],
  [
    "used share of the model",
    "dashscope",
    429,
    openai("Free allocated quota exceeded.", "insufficient_quota", "insufficient_quota"),
  ],
  [
    "used share of the model",
    "openai",
    429,
    {
      error: {
        code: "SetLimitExceeded",
        message:
          "Your account [1] has reached the set inference limit for the [acme-large-2] model, and the model service has been paused. To continue using this model, please visit the",
        type: "TooManyRequests",
      },
    },
    M,
  ],
  [
    "used share of the model",
    "openai",
    429,
    {
      error: {
        code: "QuotaExceeded",
        message:
          "Your account [1] has exhausted its free trial quota for the [acme-large-2] model. Please visit the Ark Console to activate the model service.",
        type: "TooManyRequests",
      },
    },
    M,
  ],
  [
    "used share of the model",
    "openai",
    401,
    { error_code: "ModelArts.81005", error_msg: "The free quota has been used up." },
  ],
  ["empty account", "openai", 429, openai("您的 GLM Coding Plan 套餐已到期，暂无法使用，可前往官网续订", "1309")],
  [
    "empty account",
    "openai",
    400,
    {
      error: {
        code: "InvalidSubscription",
        message:
          "Your account [1] does not have a valid CodingPlan subscription, or your subscription has expired. Please visit the console to subscribe.",
        type: "BadRequest",
      },
    },
  ],
  [
    "empty account",
    "openai",
    403,
    {
      error_code: "ModelArts.81019",
      error_msg: "You have no valid token plan subscription, or subscription has expired.",
    },
  ],
  [
    "empty account",
    "openai",
    403,
    { error_code: "ModelArts.81021", error_msg: "Your Token plan subscription is frozen." },
  ],
  [
    "empty account",
    "openai",
    400,
    openai("ExceededTokenBudget: Current spend for token: 7.1; Max Budget for Token: 2e-07", "400", "auth_error"),
  ],
  [
    "empty account",
    "openai",
    403,
    {
      code: "The caller does not have permission to execute the specified operation",
      error: "Your newly created team doesn't have any credits or licenses yet. You can purchase those on",
    },
  ],
  [
    "empty account",
    "openai",
    403,
    { code: 403, reason: "NOT_ENOUGH_BALANCE", message: "not enough balance", metadata: {} },
  ],
  ["empty account", "openai", 403, openai("套餐已过期，请续费")],
  ["empty account", "openai", 429, openai("已超出5小时用量限制，请稍后再试")],
  [
    "window of the account",
    "anthropic",
    400,
    anthropic(
      "invalid_request_error",
      "You're out of extra usage. Add more at claude.ai/settings/usage and keep going.",
    ),
  ],
  [
    "window of the account",
    "azure",
    403,
    { statusCode: 403, message: "Out of call volume quota. Quota will be replenished in 01:23:45." },
  ],
  [
    "window of the account",
    "azure",
    403,
    { statusCode: 403, message: "Out of call volume quota. Quota will be replenished in 2.10:45:12." },
  ],
  [
    "window of the account",
    "gemini",
    429,
    {
      error: {
        code: 429,
        message: "Individual quota reached. Contact your administrator to enable overages. Resets in 160h20m10s.",
        status: "RESOURCE_EXHAUSTED",
        details: [
          {
            reason: "QUOTA_EXHAUSTED",
            metadata: { quotaResetDelay: "160h20m10.725405548s", quotaResetTimeStamp: "2026-05-27T09:30:27Z" },
          },
          { retryDelay: "577210.725405548s" },
        ],
      },
    },
  ],
  ["window of the account", "dashscope", 429, openai("hour allocated quota exceeded.", "throttling.AllocationQuota")],
  ["window of the account", "dashscope", 429, openai("week allocated quota exceeded.", "insufficient_quota")],
  [
    "window of the account",
    "openai",
    429,
    openai("您的账户当前使用模式不符合公平使用策略，已对您的请求频率进行限制", "1313"),
  ],
  [
    "window of the account",
    "openai",
    429,
    {
      error: {
        code: "AccountQuotaExceeded",
        message:
          "You have exceeded the 5-hour usage quota. It will reset at 2026-11-25 20:10:00 +0800 CST. We recommend upgrading your plan or wait until the reset.",
        type: "TooManyRequests",
      },
    },
  ],
  [
    "window of the account",
    "openai",
    429,
    {
      error: {
        code: "AccountQuotaExceeded",
        message: "You have exceeded the weekly usage quota. It will reset at 2026-11-27 20:00:00 +0800 CST.",
        type: "TooManyRequests",
      },
    },
  ],
  [
    "window of the account",
    "openai",
    403,
    {
      error_code: "ModelArts.81022",
      error_msg:
        "Your Token plan quota has been exhausted. You can upgrade to a higher-tier plan or wait for the quota reset in the next billing cycle.",
    },
  ],
  [
    "window of the account",
    "openai",
    429,
    {
      message:
        "You are using a Trial key, which is limited to 1000 API calls / month. You can continue to use the Trial key for free or upgrade to a Production key",
    },
  ],
  [
    "window of the account",
    "openai",
    429,
    {
      errors: [
        {
          message:
            "AiError: AiError: you have used up your daily free allocation of 10,000 neurons, please upgrade to Cloudflare's Workers Paid plan if you would like to continue usage.",
          code: 4006,
        },
      ],
      success: false,
    },
  ],
  [
    "window of the account",
    "openai",
    403,
    {
      errors: [{ code: "token_quota_reached", message: "This account has reached its token quota. Upgrade your plan" }],
      status_code: 403,
    },
  ],
  [
    "window of the model",
    "anthropic",
    429,
    anthropic("rate_limit_error", "Number of request tokens has exceeded your daily rate limit ("),
  ],
  [
    "window of the model",
    "openai",
    429,
    { message: "Request was rejected due to rate limiting. Details:RPD limit reached." },
  ],
  [
    "wrong key",
    "gemini",
    403,
    {
      error: {
        code: 403,
        message: "Permission denied: Consumer 'api_key:AIza' has been suspended.",
        status: "PERMISSION_DENIED",
        details: [{ reason: "CONSUMER_SUSPENDED" }],
      },
    },
  ],
  ["wrong key", "openai", 200, { error_code: 110, error_msg: "Access token invalid or no longer valid" }],
  ["wrong key", "openai", 200, { error_code: 111, error_msg: "Access token expired" }],
  [
    "wrong key",
    "openai",
    200,
    { Response: { Error: { Code: "FailedOperation.UserUnAuthError", Message: "用户未授权" }, RequestId: "1" } },
  ],
  ["wrong key", "openai", 403, { error_code: "ModelArts.81023", error_msg: "The account is blocked for token plan." }],
  [
    "wrong key",
    "openai",
    400,
    openai(
      "Organization has been restricted. Please reach out to support if you believe this was in error.",
      "organization_restricted",
      "invalid_request_error",
    ),
  ],
  [
    "wrong key",
    "openai",
    401,
    { error: { type: "invalid_request_error", code: "UNAUTHORIZED", message: "The API key you provided is invalid." } },
  ],
  [
    "wrong key",
    "openai",
    401,
    openai(
      "Authentication Error, Invalid proxy server token passed. Received API Key = sk-...ab, Key Hash (Token) =1. Unable to find token in cache or",
      "401",
      "token_not_found_in_db",
    ),
  ],
  [
    "wrong key",
    "openai",
    401,
    openai(
      "Authentication Error, LiteLLM Virtual Key expected. Received=x, expected to start with 'sk-'.",
      "401",
      "auth_error",
    ),
  ],
  ["wrong key", "openai", 403, openai("用户已被封禁", null, "new_api_error")],
  ["wrong key", "openai", 401, { message: "invalid api token" }],
  [
    "wrong key",
    "openai",
    403,
    {
      code: "The caller does not have permission to execute the specified operation",
      error: "Access to the API is forbidden: API key is currently blocked: Forbidden",
    },
  ],
  ["wrong key", "openai", 401, openai("API Key无效")],
  ["wrong key", "openai", 401, openai("API Key 无效，请检查")],
  ["wrong key", "openai", 401, openai("无效的API Key")],
  ["wrong key", "openai", 401, openai("API Key不存在或已被删除")],
  ["wrong key", "openai", 401, openai("API Key已过期")],
  ["wrong key", "openai", 403, openai("该API Key已被禁用")],
  ["wrong key", "openai", 401, openai("密钥不存在")],
  [
    "no model or no access",
    "gemini",
    404,
    {
      error: {
        code: 404,
        message:
          "Publisher Model `projects/p/locations/us/publishers/google/models/acme-large-2` was not found or your project does not have access to it. Please ensure you are using a",
        status: "NOT_FOUND",
        details: [],
      },
    },
    M,
  ],
  [
    "no model or no access",
    "openai",
    404,
    openai("Not found the model acme-large-2 or Permission denied", null, "resource_not_found_error"),
    M,
  ],
  ["no model or no access", "openai", 403, { code: 30003, message: "Model disabled." }, M],
  [
    "no model or no access",
    "openai",
    404,
    { status: 404, title: "Not Found", detail: "Function '1': Not found for account 'abc'" },
    M,
  ],
  [
    "no model or no access",
    "openai",
    404,
    {
      code: "Some requested entity was not found",
      error:
        "The model acme-large-2 does not exist or your team 00-0 does not have access to it. Please ensure you're using the correct API key.",
    },
    M,
  ],
  [
    "no model",
    "openai",
    404,
    {
      error: {
        message: "This model is only supported in v1/responses and not in v1/chat/completions.",
        type: "invalid_request_error",
        param: "model",
        code: null,
      },
    },
  ],
  ["no model", "openai", 400, { error: { code: "unavailable_model", message: "Unavailable model" } }, M],
  ["no model", "openai", 400, { message: "The provided model identifier is invalid." }, M],
  [
    "no model",
    "openai",
    404,
    {
      message:
        "This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
    },
    M,
  ],
  [
    "no model",
    "openai",
    404,
    { message: "Could not resolve the foundation model from the provided model identifier." },
    M,
  ],
  ["no model", "openai", 400, openai("The model acme-large-2 was discontinued on 2026-01-01"), M],
  [
    "no model",
    "openai",
    400,
    { error: { message: "模型 acme-large-2 不存在", code: "2002", type: "runtime_error" } },
    M,
  ],
  ["no model", "openai", 400, { error: { message: "模型acme-large-2不存在，请检查", code: "2002" } }, M],
  [
    "no model",
    "openai",
    400,
    openai("模型 acme-large-2 倍率或价格未配置，请联系管理员设置", "model_price_error", "new_api_error"),
    M,
  ],
  [
    "no model",
    "openai",
    404,
    {
      error: {
        message: "No models loaded. Please load a model in the developer page or use the `lms load` command.",
        type: "invalid_request_error",
        param: "model",
        code: null,
      },
    },
  ],
  [
    "no model",
    "openai",
    400,
    { error: "No models loaded. Please load a model in the developer page or use the `lms load` command." },
  ],
  [
    "no model",
    "openai",
    400,
    {
      error: {
        message: 'Failed to load model "acme-large-2". Error: Failed to load model.',
        type: "invalid_request_error",
        param: "model",
        code: null,
      },
    },
    M,
  ],
  [
    "no model",
    "openai",
    404,
    {
      error_code: "ENDPOINT_NOT_FOUND",
      message:
        "The given endpoint does not exist, please retry after checking the specified model and version deployment exists.",
    },
    M,
  ],
  [
    "no API",
    "openai",
    501,
    {
      error: {
        code: 501,
        message: "This server does not support embeddings. Start it with `--embeddings`",
        type: "not_supported_error",
      },
    },
    M,
  ],
  ["no API", "openai", 200, { error: "Unexpected endpoint or method. (POST /v1/responses)" }],
  [
    "unknown",
    "openai",
    404,
    {
      error: {
        message:
          "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.",
        type: "invalid_request_error",
        param: "input",
        code: null,
      },
    },
    M,
  ],
  [
    "unknown",
    "openai",
    404,
    {
      error: {
        message: "Previous response with id 'resp_1' not found.",
        type: "invalid_request_error",
        param: "previous_response_id",
        code: "previous_response_not_found",
      },
    },
    M,
  ],
  ["unknown", "openai", 404, openai("No such File object: file-abc", null, "invalid_request_error"), M],
  ["unknown", "openai", 404, openai("Conversation with id 'conv_1' not found.", null, "invalid_request_error"), M],
  ["unknown", "openai", 404, openai("Container with id 'cntr_1' not found.", null, "invalid_request_error"), M],
  ["unknown", "openai", 404, openai("Vector store with id ['vs_1'] not found.", null, "invalid_request_error"), M],
  ["unknown", "anthropic", 404, anthropic("not_found_error", "File not found: file_011"), M],
  [
    "unknown",
    "gemini",
    400,
    {
      error: {
        code: 400,
        message: "Developer instruction is not enabled for models/acme-large-2",
        status: "INVALID_ARGUMENT",
        details: [],
      },
    },
    M,
  ],
  [
    "unknown",
    "gemini",
    400,
    {
      error: {
        code: 400,
        message: "JSON mode is not enabled for models/acme-large-2",
        status: "INVALID_ARGUMENT",
        details: [],
      },
    },
    M,
  ],
  [
    "unknown",
    "gemini",
    400,
    {
      error: {
        code: 400,
        message: "Penalty is not enabled for models/acme-large-2",
        status: "INVALID_ARGUMENT",
        details: [],
      },
    },
    M,
  ],
  [
    "unknown",
    "gemini",
    400,
    {
      error: {
        code: 400,
        message: "Multiple candidates is not enabled for models/acme-large-2",
        status: "INVALID_ARGUMENT",
        details: [],
      },
    },
    M,
  ],
  ["unknown", "openai", 400, openai("acme-large-2 does not support batches larger than 64"), M],
  ["unknown", "openai", 400, openai("Embedding dimension 4096 is not supported by acme-large-2"), M],
  ["unknown", "openai", 400, openai("Prefix completion cannot be combined with sampling in acme-large-2"), M],
  ["unknown", "openai", 400, openai("Web search is not available with acme-large-2"), M],
  ["unknown", "openai", 400, openai("Video is not supported by the model acme-large-2"), M],
  ["unknown", "openai", 400, openai("The model `acme-large-2` does not support video"), M],
  ["unknown", "openai", 400, openai("model acme-large-2 cannot process more than 5 pictures"), M],
  [
    "unknown",
    "openai",
    400,
    { message: "Function calling is not enabled for this model", type: "invalid_request_function_call", code: "3051" },
    M,
  ],
  [
    "unknown",
    "openai",
    404,
    {
      error: { message: "No endpoints found that support tool use. To learn more about provider routing,", code: 404 },
    },
    M,
  ],
  ["unknown", "openai", 404, { error: { message: "No endpoints found that support image input", code: 404 } }, M],
  [
    "unknown",
    "openai",
    404,
    {
      error: {
        message:
          "No endpoints found that can handle the requested parameters. To learn more about provider routing, visit: x",
        code: 404,
      },
    },
    M,
  ],
  [
    "unknown",
    "openai",
    400,
    {
      error: {
        message: 'model "acme-large-2" is not accessible via the /chat/completions endpoint',
        code: "unsupported_api_for_model",
      },
    },
    M,
  ],
  ["unknown", "openai", 400, openai("不支持的参数：余额不足"), M],
  ["unknown", "openai", 400, openai("messages[1].content: rate limit exceeded is no valid type"), M],
  [
    "rate",
    "gemini",
    429,
    {
      error: {
        code: 429,
        message:
          "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to:  \n* Quota exceeded for metric:",
        status: "RESOURCE_EXHAUSTED",
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            violations: [
              {
                quotaMetric: "generativelanguage.googleapis.com/generate_content_paid_tier_input_token_count",
                quotaId: "GenerateContentPaidTierInputTokensPerModelPerMinute",
                quotaDimensions: { location: "global", model: "acme-large-2" },
                quotaValue: "2000000",
              },
            ],
          },
          { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "3s" },
        ],
      },
    },
    M,
  ],
  [
    "rate",
    "openai",
    429,
    [
      {
        error: {
          code: 429,
          message:
            "You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric:",
          status: "RESOURCE_EXHAUSTED",
          details: [
            { violations: [{ quotaId: "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", quotaValue: "10" }] },
            { retryDelay: "41s" },
          ],
        },
      },
    ],
    M,
  ],
  [
    "rate",
    "gemini",
    429,
    {
      error: {
        code: 429,
        message:
          "You exceeded your current quota, please check your plan and billing details. \n* Quota exceeded for metric:",
        status: "RESOURCE_EXHAUSTED",
        details: [
          { violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier", quotaValue: "250" }] },
          { retryDelay: "34s" },
        ],
      },
    },
    M,
  ],
  ["rate", "openai", 200, { error_code: 18, error_msg: "Open api qps request limit reached" }],
  [
    "rate",
    "openai",
    200,
    {
      Response: {
        Error: { Code: "FailedOperation.EngineServerLimitExceeded", Message: "引擎层请求超过限额" },
        RequestId: "1",
      },
    },
  ],
  ["fault", "openai", 503, { error: "Model acme-large-2 is currently loading", estimated_time: 20 }, M],
  [
    "slow fault",
    "openai",
    429,
    { message: "Model is not ready for inference. Please wait and try your request again." },
    M,
  ],
  ["slow fault", "openai", 429, { code: 50603, message: "System is too busy now. Please try again later." }],
  [
    "slow fault",
    "openai",
    429,
    {
      message: "We're experiencing high traffic right now! Please try again soon.",
      type: "too_many_requests_error",
      param: "queue",
      code: "queue_exceeded",
    },
  ],
  ["slow fault", "openai", 429, { detail: "Model busy, retry later" }],
  [
    "slow fault",
    "openai",
    429,
    { errors: [{ message: "AiError: Capacity temporarily exceeded, please try again.", code: 3040 }], success: false },
  ],
  ["slow fault", "openai", 429, openai("服务器负载较高，请稍后再试")],
  ["firewall", "openai", 403, "error code: 1020"],
  [
    "firewall",
    "openai",
    403,
    {
      type: "",
      title: "Error 1020: Access denied",
      status: 403,
      detail: "The site owner has blocked access",
      error_code: 1020,
      cloudflare_error: true,
    },
  ],
  ["wrong key", "openai", 401, { message: "Your API key is no longer active" }],
  ["wrong key", "openai", 401, { error: "Invalid apikey" }],
  ["wrong key", "openai", 401, { error: "invalid_token" }],
  ["wrong key", "openai", 401, { msg: "JWT expired" }],
  ["wrong key", "openai", 401, { message: "Signature has expired" }],
  ["wrong key", "openai", 403, openai("Your access has been revoked")],
  ["wrong key", "openai", 401, openai("apikey无效")],
  ["wrong key", "openai", 401, openai("token 已失效，请重新获取")],
  ["empty account", "openai", 403, openai("Your credit has been exhausted")],
  ["empty account", "openai", 403, openai("No active subscription found for this account")],
  ["empty account", "openai", 403, openai("Your trial has expired. Please add a payment method.")],
  ["empty account", "openai", 429, openai("Your free credits have been used up")],
  ["empty account", "openai", 403, openai("Billing is disabled for this project")],
  [
    "empty account",
    "gemini",
    403,
    google(403, "PERMISSION_DENIED", "It requires billing.", [{ reason: "BILLING_DISABLED" }]),
  ],
  ["empty account", "openai", 429, openai("Credits depleted", "quota_exceeded")],
  ["empty account", "openai", 403, openai("Account balance too low")],
  ["empty account", "openai", 403, openai("Spending cap reached for this key")],
  ["empty account", "openai", 403, openai("服务已停服，请续费")],
  ["window of the account", "openai", 429, openai("You have used all your monthly requests")],
  ["window of the account", "openai", 429, openai("Monthly token allowance exceeded")],
  ["window of the account", "openai", 429, openai("您已达到每5小时使用限额")],
  ["window of the account", "openai", 429, openai("本周使用量已达上限")],
  ["window of the model", "openai", 429, openai("Daily request cap reached")],
  ["window of the model", "openai", 429, openai("Quota for today is exhausted")],
  ["window of the model", "openai", 429, openai("You have exceeded the requests allowed per 24 hours")],
  ["slow fault", "openai", 429, openai("No GPU capacity available right now")],
  ["slow fault", "openai", 429, openai("当前模型排队人数较多，请稍后")],
  ["no model", "openai", 400, { error: { message: "bad model", param: "model", code: "invalid_value" } }, M],
  [
    "no model",
    "openai",
    422,
    { detail: [{ loc: ["body", "model"], msg: "Input should be 'a' or 'b'", type: "literal_error" }] },
    M,
  ],
  ["no model", "openai", 400, openai("模型 acme-large-2 已下架"), M],
  [
    "unknown",
    "openai",
    400,
    { error: { message: "It is not supported with this model", param: "model", code: null } },
    M,
  ],
  ["unknown", "openai", 404, openai("Assistant asst_1 not found"), M],
  ["unknown", "openai", 404, openai("The file 'file-1' does not exist"), M],
  ["context", "openai", 400, openai("It has 200000 tokens, exceeding the model's context window of 128000")],
  ["context", "openai", 413, openai("Prompt too large: context size is 8192")],
  ["context", "openai", 400, openai("提示词超出模型的上下文窗口")],
  ["filter", "openai", 400, openai("The prompt violates our content policy")],
  ["filter", "openai", 400, openai("Moderation failed", "content_moderation_failed")],
];
