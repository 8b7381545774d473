/**
 * The failure table: what providers say, and what it proves. Read from top to bottom, the first row that fits counts: exact words before
 * broad ones. A known word outranks the status (DashScope says 400 `Arrearage`, Gemini 400 `API_KEY_INVALID`), but a broad one never
 * does (Ollama types every 401 and 429 as `api_error`).
 *
 * To add an error of a provider: one row here, under the judgement that its documentation proves, and one in
 * tests/unit/known-errors.ts.
 *
 * Sources, read in November 2026:
 *   OpenAI      developers.openai.com/api/docs/guides/error-codes
 *   Anthropic   docs.anthropic.com/en/api/errors
 *   DashScope   help.aliyun.com/zh/model-studio/error-code, alibabacloud.com/help/en/model-studio/error-code
 *   DeepSeek    api-docs.deepseek.com/quick_start/error_codes
 *   Gemini      ai.google.dev/gemini-api/docs/troubleshooting, cloud.google.com/apis/design/errors
 *   Azure       learn.microsoft.com/azure/ai-services/openai/how-to/quota, .../concepts/content-filter
 *   Bedrock     docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
 *   Moonshot    platform.moonshot.cn/docs, Zhipu open.bigmodel.cn/dev/api/error-code, Volcengine volcengine.com/docs/82379/1299023
 *   MiniMax     platform.minimax.io/docs/api-reference/errorcode, SiliconFlow docs.siliconflow.cn/en/faqs/error-code
 *   Tencent     cloud.tencent.com/document/product/1729/97740
 *   OpenRouter  openrouter.ai/docs/api/reference/errors-and-debugging, xAI docs.x.ai/developers/debugging
 *   Groq        console.groq.com/docs/errors, Mistral docs.mistral.ai, Fireworks docs.fireworks.ai, NVIDIA docs.api.nvidia.com
 *   relays      LiteLLM docs.litellm.ai/docs/exception_mapping, one-api and new-api by their source
 */
import {
  DASHSCOPE,
  GEMINI,
  broad,
  code,
  codeHolds,
  frame,
  missingSays,
  refusalCode,
  refusalSays,
  says,
} from "./failure-row";
import {
  ACCOUNT_EMPTY,
  ACCOUNT_RATE,
  ACCOUNT_WINDOW,
  CALLER,
  CONTEXT,
  FAULT,
  FILTER,
  FIREWALL,
  KEY_REFUSED,
  KEY_WRONG,
  MODEL_SHARE_USED,
  MODEL_WINDOW,
  NO_API,
  NO_MODEL,
  NO_MODEL_OR_ACCESS,
  RATE,
  TOO_DEAR,
  TOO_LARGE,
  UNKNOWN,
} from "./judgement";

export { BROAD, ROWS } from "./failure-row";

// --- this request alone is too large: it outranks the limit's own code ---
says(TOO_LARGE, "request too large for"); // OpenAI, Groq
says(TOO_LARGE, "extra usage is required for long context"); // Anthropic
says(TOO_LARGE, "prompt tokens limit exceeded"); // OpenRouter
says(TOO_LARGE, "input or output tokens must be reduced");
says(TOO_LARGE, "reduce your message size");
says(TOO_LARGE, "reduce the size of your request");
says(TOO_LARGE, "long context beta is not yet available"); // Anthropic
says(TOO_DEAR, "fewer max_tokens"); // OpenRouter, a 402
says(TOO_DEAR, "can only afford"); // OpenRouter, a 402
says(TOO_DEAR, "need quota"); // new-api: "remain quota ..., need quota ..."
says(TOO_DEAR, "需要预扣费额度"); // new-api

// --- the caller's own ---
code(CONTEXT, "context_length_exceeded"); // OpenAI, llama.cpp
code(CONTEXT, "string_above_max_length"); // OpenAI, llama.cpp
code(CONTEXT, "exceed_context_size_error"); // OpenAI, llama.cpp
code(CONTEXT, "tokens_limit_reached"); // GitHub
code(CONTEXT, "model_max_prompt_tokens_exceeded"); // GitHub
code(CONTEXT, "context_window_exceeded"); // GitHub
code(CONTEXT, "1261"); // Zhipu, LiteLLM
code(CONTEXT, "ContextWindowExceededError"); // Zhipu, LiteLLM
code(CONTEXT, "context_length_error"); // Zhipu, LiteLLM
code(CONTEXT, "tokens_too_long"); // Baidu
code(CONTEXT, "characters_too_long"); // Baidu
code(CONTEXT, "prompt_too_long");
frame(CONTEXT, "1039"); // MiniMax
says(CONTEXT, "maximum context length");
says(CONTEXT, "max context length");
says(CONTEXT, "context length exceeded");
says(CONTEXT, "context window exceeded");
says(CONTEXT, "exceed context limit");
says(CONTEXT, "exceeds the model context");
says(CONTEXT, "model context limit");
says(CONTEXT, "the context overflows");
says(CONTEXT, "context length of only");
says(CONTEXT, "context overflow");
says(CONTEXT, "prompt is too long");
says(CONTEXT, "input is too long");
says(CONTEXT, "input too long");
says(CONTEXT, "prompt too long");
says(CONTEXT, "prompt exceeds max length");
says(CONTEXT, "exceeds the maximum number of tokens allowed");
says(CONTEXT, "exceeded model token limit");
says(CONTEXT, "exceeds model token limit");
says(CONTEXT, "range of input length should be");
says(CONTEXT, "input length exceeds");
says(CONTEXT, "too many input tokens");
says(CONTEXT, "input token count");
says(CONTEXT, "too many tokens in");
says(CONTEXT, "too large for * model");
says(CONTEXT, "exceeds the maximum input");
says(CONTEXT, "reduce the length of the");
says(CONTEXT, "exceeds|exceed|exceeded|exceeding the * context length|window|size");
says(CONTEXT, "longer|larger than the * context length|window|size"); // SGLang
says(CONTEXT, "context size is");
says(CONTEXT, "longer than the maximum model length"); // vLLM
says(CONTEXT, "less than the context length"); // Together
says(CONTEXT, "must be less than max_seq_len"); // SiliconFlow
says(CONTEXT, "context window exceeds"); // MiniMax
says(CONTEXT, "tokens in the prompt exceeds"); // Cohere
says(CONTEXT, "prompt tokens too long");
says(CONTEXT, "max input characters is");
says(CONTEXT, "contextwindowexceedederror"); // LiteLLM
says(CONTEXT, "超过最大长度");
says(CONTEXT, "上下文长度");
says(CONTEXT, "超出最大长度");
says(CONTEXT, "输入过长");
says(CONTEXT, "超长");
says(CONTEXT, "输入长度");
says(CONTEXT, "最大上下文");
says(CONTEXT, "上下文窗口");
says(CONTEXT, "内容过长");
says(CONTEXT, "文本过长");
code(FILTER, "content_filter");
code(FILTER, "content_policy_violation");
code(FILTER, "invalid_prompt");
code(FILTER, "image_content_policy_violation");
code(FILTER, "ResponsibleAIPolicyViolation");
code(FILTER, "DataInspectionFailed");
code(FILTER, "data_inspection_failed");
code(FILTER, "moderation_blocked");
code(FILTER, "SensitiveContentDetected");
code(FILTER, "InputTextSensitiveContentDetected");
code(FILTER, "OutputTextSensitiveContentDetected");
code(FILTER, "InputImageSensitiveContentDetected");
code(FILTER, "1301");
code(FILTER, "content_blocked");
code(FILTER, "moderation_error");
code(FILTER, "prompt_blocked");
code(FILTER, "PROHIBITED_CONTENT");
code(FILTER, "SAFETY");
code(FILTER, "cyber_policy_violation");
code(FILTER, "unsafe_request"); // Baidu
code(FILTER, "system_unsafe"); // Baidu
code(FILTER, "InputTextRiskDetection"); // Volcengine
code(FILTER, "OutputTextRiskDetection"); // Volcengine
code(FILTER, "InputImageRiskDetection"); // Volcengine
code(FILTER, "OperationDenied.TextIllegalDetected"); // Tencent
code(FILTER, "OperationDenied.ImageIllegalDetected"); // Tencent
code(FILTER, "censorship_blocked"); // StepFun
code(FILTER, "sensitive_words_detected"); // new-api
code(FILTER, "safety_check_failed");
code(FILTER, "content_moderation_failed");
frame(FILTER, "1026"); // MiniMax
frame(FILTER, "1027"); // MiniMax
says(FILTER, "content exists risk");
says(FILTER, "content filtering policy");
says(FILTER, "inappropriate content");
says(FILTER, "input was flagged");
says(FILTER, "prompt was flagged");
says(FILTER, "was flagged as");
says(FILTER, "content violates usage guidelines");
says(FILTER, "content management policy");
says(FILTER, "considered high risk");
says(FILTER, "violates our usage policies");
says(FILTER, "blocked by content filter");
says(FILTER, "usage policy violation");
says(FILTER, "content policy|policies");
says(FILTER, "moderation failed");
says(FILTER, "contentpolicyviolationerror"); // LiteLLM
says(FILTER, "contain|contains sensitive|unsafe|harmful content|information");
says(FILTER, "machine outputted is blocked"); // StepFun
says(FILTER, "violation of provider terms of service"); // OpenRouter
says(FILTER, "敏感内容");
says(FILTER, "不安全或敏感");
says(FILTER, "违规内容");
says(FILTER, "内容安全");
says(FILTER, "敏感词");
says(FILTER, "不适当的内容");
says(FILTER, "违规信息");
says(FILTER, "敏感信息");
says(FILTER, "违法违规");
says(FILTER, "不合规");

// --- the token, and only for this model ---
code(KEY_REFUSED, "key_model_access_denied"); // LiteLLM
code(KEY_REFUSED, "team_model_access_denied"); // LiteLLM
code(KEY_REFUSED, "user_model_access_denied"); // LiteLLM
code(KEY_REFUSED, "no_access"); // GitHub, DashScope, Volcengine
code(KEY_REFUSED, "Model.AccessDenied"); // GitHub, DashScope, Volcengine
code(KEY_REFUSED, "AccessDenied.Unpurchased"); // GitHub, DashScope, Volcengine
code(KEY_REFUSED, "ModelNotOpen"); // GitHub, DashScope, Volcengine
code(KEY_REFUSED, "model_access_denied"); // GitHub, DashScope, Volcengine
code(KEY_REFUSED, "1220"); // Zhipu
code(KEY_REFUSED, "1311"); // Zhipu
code(KEY_REFUSED, "model_not_allowed"); // Zhipu
code(KEY_REFUSED, "model_not_in_plan"); // Zhipu
code(KEY_REFUSED, "token_model_forbidden"); // Zhipu
code(KEY_REFUSED, "model_terms_required"); // Groq
code(KEY_REFUSED, "model_permission_blocked_project"); // Groq
code(KEY_REFUSED, "model_permission_blocked_org"); // Groq
code(KEY_REFUSED, "InvalidEndpointOrModel.ModelIDAccessDisabled"); // Volcengine
code(KEY_REFUSED, "OperationDenied.ServiceNotOpen"); // Volcengine
frame(KEY_REFUSED, "2061"); // MiniMax
says(KEY_REFUSED, "not allowed to access model");
says(KEY_REFUSED, "not allowed to access this model");
says(KEY_REFUSED, "can only access models");
says(KEY_REFUSED, "no access to model");
says(KEY_REFUSED, "have access to the model");
says(KEY_REFUSED, "have access to this model");
says(KEY_REFUSED, "have access to model");
says(KEY_REFUSED, "has no access to model");
says(KEY_REFUSED, "plan not support model");
says(KEY_REFUSED, "plan does not support");
says(KEY_REFUSED, "not * include access to");
says(KEY_REFUSED, "not authorized to access model");
says(KEY_REFUSED, "not authorized to use this model");
says(KEY_REFUSED, "not allowed to use this model");
says(KEY_REFUSED, "key is not allowed to use");
says(KEY_REFUSED, "model is not available on your plan");
says(KEY_REFUSED, "not available for your account");
says(KEY_REFUSED, "account|key|project|organization|team * not enabled for this model");
says(KEY_REFUSED, "must be verified to"); // OpenAI
says(KEY_REFUSED, "requires terms acceptance"); // Groq
says(KEY_REFUSED, "permission to use|access the|this model"); // Baidu
says(KEY_REFUSED, "use case details have not been submitted"); // Bedrock
says(KEY_REFUSED, "marked by provider as legacy"); // Bedrock
says(KEY_REFUSED, "matching your * data policy"); // OpenRouter: the account's own setting
says(KEY_REFUSED, "not included in your * plan|subscription"); // ZenMux
says(KEY_REFUSED, "api key model allowlist"); // Huawei
says(KEY_REFUSED, "无权访问模型");
says(KEY_REFUSED, "无权使用模型");
says(KEY_REFUSED, "没有权限使用");
says(KEY_REFUSED, "未开通该模型");
says(KEY_REFUSED, "未开通模型");
says(KEY_REFUSED, "无权访问");
says(KEY_REFUSED, "不支持该模型的访问");
says(KEY_REFUSED, "该模型的访问权限");
says(KEY_REFUSED, "无权限访问");
says(KEY_REFUSED, "模型未开通");
code(MODEL_SHARE_USED, "AllocationQuota.FreeTierOnly"); // DashScope
code(MODEL_SHARE_USED, "AllocationQuota.FreeTier"); // DashScope
code(MODEL_SHARE_USED, "SetLimitExceeded"); // Volcengine
says(MODEL_SHARE_USED, "free tier of the model has been exhausted");
says(MODEL_SHARE_USED, "free quota of this model");
says(MODEL_SHARE_USED, "free allocated quota exceeded"); // DashScope
says(MODEL_SHARE_USED, "free trial quota"); // Volcengine
says(MODEL_SHARE_USED, "free quota has been used|exhausted"); // Huawei
says(MODEL_SHARE_USED, "set inference limit"); // Volcengine
says(MODEL_SHARE_USED, "免费额度已用");

// --- the account has nothing left ---
codeHolds(MODEL_WINDOW, "PerDay"); // Gemini's quotaId: its words are those of an empty account
codeHolds(RATE, "PerMinute"); // the same
says(RATE, "quota exceeded for metric");
says(RATE, "exceeded your current quota", GEMINI);
says(ACCOUNT_WINDOW, "hour|week|month allocated quota"); // DashScope's plans
code(RATE, "insufficient_quota", DASHSCOPE); // of tokens per minute: other models go on
code(ACCOUNT_EMPTY, "insufficient_quota");
code(ACCOUNT_EMPTY, "credit_balance_exhausted");
code(ACCOUNT_EMPTY, "organization_spend_limit_exceeded");
code(ACCOUNT_EMPTY, "billing_error");
code(ACCOUNT_EMPTY, "organization_usage_limit_exceeded");
code(ACCOUNT_EMPTY, "project_spend_limit_exceeded");
code(ACCOUNT_EMPTY, "billing_not_active");
code(ACCOUNT_EMPTY, "billing_hard_limit_reached");
code(ACCOUNT_EMPTY, "exceeded_current_quota_error");
code(ACCOUNT_EMPTY, "insufficient_balance");
code(ACCOUNT_EMPTY, "insufficient_credits");
code(ACCOUNT_EMPTY, "Arrearage");
code(ACCOUNT_EMPTY, "PrepaidBillOverdue");
code(ACCOUNT_EMPTY, "PostpaidBillOverdue");
code(ACCOUNT_EMPTY, "CommodityNotPurchased");
code(ACCOUNT_EMPTY, "AccountOverdueError");
code(ACCOUNT_EMPTY, "1113");
code(ACCOUNT_EMPTY, "30001");
code(ACCOUNT_EMPTY, "budget_exceeded");
code(ACCOUNT_EMPTY, "insufficient_user_quota");
code(ACCOUNT_EMPTY, "quota_not_enough");
code(ACCOUNT_EMPTY, "payment_required");
code(ACCOUNT_EMPTY, "pre_consume_token_quota_failed");
code(ACCOUNT_EMPTY, "spend_limit_reached");
code(ACCOUNT_EMPTY, "insufficient_funds");
code(ACCOUNT_EMPTY, "InsufficientBalance");
code(ACCOUNT_EMPTY, "FailedOperation.ResourcePackExhausted");
code(ACCOUNT_EMPTY, "FailedOperation.FreeResourcePackExhausted");
code(ACCOUNT_EMPTY, "credits_exhausted");
code(ACCOUNT_EMPTY, "ResourceUnavailable.InArrears");
code(ACCOUNT_EMPTY, "ResourceInsufficient.ChargeResourceExhausted");
code(ACCOUNT_EMPTY, "no_credits");
code(ACCOUNT_EMPTY, "FailedOperation.ServiceNotActivated");
code(ACCOUNT_EMPTY, "account_suspended");
code(ACCOUNT_EMPTY, "QuotaExhausted");
code(ACCOUNT_EMPTY, "account_balance_insufficient");
code(ACCOUNT_EMPTY, "1309"); // Zhipu: the plan has ended
code(ACCOUNT_EMPTY, "InvalidSubscription"); // Volcengine
code(ACCOUNT_EMPTY, "OperationDenied.ServiceOverdue"); // Volcengine
code(ACCOUNT_EMPTY, "ResourceUnavailable.LowBalance"); // Tencent
code(ACCOUNT_EMPTY, "NOT_ENOUGH_BALANCE"); // Novita
code(ACCOUNT_EMPTY, "insufficient_balance_error"); // MiniMax
code(ACCOUNT_EMPTY, "BILLING_DISABLED"); // Google
frame(ACCOUNT_EMPTY, "1008"); // MiniMax
says(ACCOUNT_EMPTY, "exceeded your current quota");
says(ACCOUNT_EMPTY, "insufficient balance");
says(ACCOUNT_EMPTY, "insufficient account balance");
says(ACCOUNT_EMPTY, "credit balance is too low");
says(ACCOUNT_EMPTY, "reached your specified");
says(ACCOUNT_EMPTY, "insufficient credits");
says(ACCOUNT_EMPTY, "insufficient credit");
says(ACCOUNT_EMPTY, "insufficient quota");
says(ACCOUNT_EMPTY, "insufficient user quota");
says(ACCOUNT_EMPTY, "insufficient funds");
says(ACCOUNT_EMPTY, "not enough credits");
says(ACCOUNT_EMPTY, "out of credits");
says(ACCOUNT_EMPTY, "free tier is not available");
says(ACCOUNT_EMPTY, "used all available credits");
says(ACCOUNT_EMPTY, "budget has been exceeded");
says(ACCOUNT_EMPTY, "budget exceeded");
says(ACCOUNT_EMPTY, "exceeded budget");
says(ACCOUNT_EMPTY, "exceeded your budget");
says(ACCOUNT_EMPTY, "key limit exceeded");
says(ACCOUNT_EMPTY, "account * is suspended");
says(ACCOUNT_EMPTY, "account * suspended");
says(ACCOUNT_EMPTY, "account has been suspended");
says(ACCOUNT_EMPTY, "account is closed");
says(ACCOUNT_EMPTY, "account * closed");
says(ACCOUNT_EMPTY, "purchase more credits");
says(ACCOUNT_EMPTY, "add more credits");
says(ACCOUNT_EMPTY, "no credits left");
says(ACCOUNT_EMPTY, "account is not active");
says(ACCOUNT_EMPTY, "account * not active");
says(ACCOUNT_EMPTY, "payment required");
says(ACCOUNT_EMPTY, "past due");
says(ACCOUNT_EMPTY, "billing hard limit");
says(ACCOUNT_EMPTY, "in arrears");
says(ACCOUNT_EMPTY, "overdue");
says(ACCOUNT_EMPTY, "quota is not enough");
says(ACCOUNT_EMPTY, "quota not enough");
says(ACCOUNT_EMPTY, "no remaining credits");
says(ACCOUNT_EMPTY, "credit limit exceeded");
says(ACCOUNT_EMPTY, "credit limit reached");
says(ACCOUNT_EMPTY, "prepaid credits");
says(ACCOUNT_EMPTY, "exceeded your monthly included credits");
says(ACCOUNT_EMPTY, "insufficient account funds");
says(ACCOUNT_EMPTY, "top up");
says(ACCOUNT_EMPTY, "not enough balance|credit|funds|quota");
says(ACCOUNT_EMPTY, "credit|credits|balance|funds * insufficient|exhausted|depleted|negative|expired");
says(ACCOUNT_EMPTY, "credits * used up");
says(ACCOUNT_EMPTY, "balance * too low");
says(ACCOUNT_EMPTY, "spend|spending limit|cap");
says(ACCOUNT_EMPTY, "billing is not|disabled|inactive");
says(ACCOUNT_EMPTY, "enable billing");
says(ACCOUNT_EMPTY, "add|update a|your payment method");
says(ACCOUNT_EMPTY, "recharge your|the account");
says(ACCOUNT_EMPTY, "trial has expired|ended");
says(ACCOUNT_EMPTY, "have any|no credits|funds|quota"); // xAI, Copilot
says(ACCOUNT_EMPTY, "out of extra usage"); // Anthropic
says(ACCOUNT_EMPTY, "have a|no valid * subscription");
says(ACCOUNT_EMPTY, "no active subscription|plan"); // Volcengine, Huawei
says(ACCOUNT_EMPTY, "subscription|plan has|is expired|ended|lapsed|frozen|suspended|cancelled|inactive");
says(ACCOUNT_EMPTY, "exceededtokenbudget"); // LiteLLM
says(ACCOUNT_EMPTY, "余额不足");
says(ACCOUNT_EMPTY, "欠费");
says(ACCOUNT_EMPTY, "额度不足");
says(ACCOUNT_EMPTY, "额度已用尽");
says(ACCOUNT_EMPTY, "额度已用完");
says(ACCOUNT_EMPTY, "余额已用完");
says(ACCOUNT_EMPTY, "账户余额");
says(ACCOUNT_EMPTY, "请充值");
says(ACCOUNT_EMPTY, "已停用账户");
says(ACCOUNT_EMPTY, "套餐已到期");
says(ACCOUNT_EMPTY, "资源包已用尽");
says(ACCOUNT_EMPTY, "已停服");
says(ACCOUNT_EMPTY, "请续费");
says(ACCOUNT_EMPTY, "套餐已过期");
says(ACCOUNT_EMPTY, "余额已耗尽");
says(ACCOUNT_EMPTY, "额度已耗尽");
says(ACCOUNT_EMPTY, "无可用资源包");

// --- windows of hours and days ---
code(ACCOUNT_WINDOW, "usage_limit_reached"); // Codex, Zhipu
code(ACCOUNT_WINDOW, "usage_limit_exceeded"); // Codex, Zhipu
code(ACCOUNT_WINDOW, "1308"); // Codex, Zhipu
code(ACCOUNT_WINDOW, "1310"); // Codex, Zhipu
code(ACCOUNT_WINDOW, "1316"); // Codex, Zhipu
code(ACCOUNT_WINDOW, "1317"); // Codex, Zhipu
frame(ACCOUNT_WINDOW, "2056"); // MiniMax
code(ACCOUNT_WINDOW, "1313"); // Zhipu: fair use
code(ACCOUNT_WINDOW, "AccountQuotaExceeded"); // Volcengine
code(ACCOUNT_WINDOW, "QUOTA_EXHAUSTED"); // Google's plans
code(ACCOUNT_WINDOW, "token_quota_reached"); // watsonx
says(MODEL_WINDOW, "per hour|day|week|month limit|quota");
says(ACCOUNT_WINDOW, "usage limit|limits|quota|cap");
says(ACCOUNT_WINDOW, "hour|5h|session|subscription|plan limit|quota|usage|allowance");
says(ACCOUNT_WINDOW, "hourly|weekly|monthly * limit|quota|usage|allowance|allotment|requests|cap");
says(ACCOUNT_WINDOW, "individual quota reached"); // Google's plans
says(ACCOUNT_WINDOW, "call volume quota"); // Azure's API Management
says(ACCOUNT_WINDOW, "calls|requests month|week"); // Cohere: "1000 API calls / month"
says(ACCOUNT_WINDOW, "daily free allocation"); // Cloudflare
says(ACCOUNT_WINDOW, "free usage exceeded"); // OpenCode
says(ACCOUNT_WINDOW, "使用上限");
says(ACCOUNT_WINDOW, "每周限额");
says(ACCOUNT_WINDOW, "周限额");
says(ACCOUNT_WINDOW, "每月限额");
says(ACCOUNT_WINDOW, "套餐额度");
says(ACCOUNT_WINDOW, "小时额度");
says(ACCOUNT_WINDOW, "本周额度");
says(ACCOUNT_WINDOW, "本月额度");
says(ACCOUNT_WINDOW, "用量限制");
says(ACCOUNT_WINDOW, "用量上限");
says(ACCOUNT_WINDOW, "使用限额");
says(ACCOUNT_WINDOW, "使用量已达");
says(ACCOUNT_WINDOW, "用量已达");
code(MODEL_WINDOW, "1304"); // Zhipu
says(MODEL_WINDOW, "per day|week|month");
says(MODEL_WINDOW, "daily * limit|quota|cap|allowance|allotment");
says(MODEL_WINDOW, "per 24 hours|h");
says(MODEL_WINDOW, "quota|limit for today");
says(MODEL_WINDOW, "rpd|tpd limit|exceeded"); // SiliconFlow
says(MODEL_WINDOW, "userbymodelbyday"); // GitHub
says(MODEL_WINDOW, "每日限额");
says(MODEL_WINDOW, "每天");
says(MODEL_WINDOW, "今日");
says(MODEL_WINDOW, "当日");
says(MODEL_WINDOW, "日调用");

// --- the token is wrong ---
code(KEY_WRONG, "invalid_api_key");
code(KEY_WRONG, "InvalidApiKey");
code(KEY_WRONG, "API_KEY_INVALID");
code(KEY_WRONG, "api_key_invalid");
code(KEY_WRONG, "incorrect_api_key");
code(KEY_WRONG, "invalid_key");
code(KEY_WRONG, "API_KEY_SERVICE_BLOCKED");
code(KEY_WRONG, "API_KEY_HTTP_REFERRER_BLOCKED");
code(KEY_WRONG, "API_KEY_IP_ADDRESS_BLOCKED");
code(KEY_WRONG, "ip_not_authorized");
code(KEY_WRONG, "account_deactivated");
code(KEY_WRONG, "access_terminated");
code(KEY_WRONG, "AuthenticationError");
code(KEY_WRONG, "UNAUTHENTICATED");
code(KEY_WRONG, "Workspace.AccessDenied");
code(KEY_WRONG, "UnrecognizedClientException"); // Bedrock
code(KEY_WRONG, "ExpiredTokenException"); // Bedrock
code(KEY_WRONG, "InvalidSignatureException"); // Bedrock
code(KEY_WRONG, "ExpiredToken"); // Bedrock
code(KEY_WRONG, "AuthFailure"); // Tencent
code(KEY_WRONG, "api_key_expired"); // Tencent
code(KEY_WRONG, "token_expired"); // Tencent
code(KEY_WRONG, "expired_api_key"); // Tencent
code(KEY_WRONG, "token_revoked"); // Tencent
code(KEY_WRONG, "key_revoked"); // Tencent
code(KEY_WRONG, "invalid_authentication_error");
code(KEY_WRONG, "incorrect_api_key_error");
code(KEY_WRONG, "expired_key");
code(KEY_WRONG, "CREDENTIALS_MISSING");
code(KEY_WRONG, "ACCESS_TOKEN_EXPIRED");
code(KEY_WRONG, "invalid_auth");
code(KEY_WRONG, "invalid_iam_token");
code(KEY_WRONG, "AccountDisabled");
code(KEY_WRONG, "ACCOUNT_STATE_INVALID");
code(KEY_WRONG, "CONSUMER_SUSPENDED"); // Google
code(KEY_WRONG, "SERVICE_DISABLED"); // Google: the project has not enabled the API
code(KEY_WRONG, "organization_restricted"); // Groq
code(KEY_WRONG, "token_not_found_in_db"); // LiteLLM
code(KEY_WRONG, "authentication_token_expired"); // watsonx
code(KEY_WRONG, "AuthenticationTypeDisabled"); // Azure
code(KEY_WRONG, "FailedOperation.UserUnAuthError"); // Tencent
code(KEY_WRONG, "1110"); // Zhipu: the account is locked, frozen ...
code(KEY_WRONG, "1111"); // Zhipu
code(KEY_WRONG, "1112"); // Zhipu
code(KEY_WRONG, "1121"); // Zhipu
frame(KEY_WRONG, "1004"); // MiniMax
frame(KEY_WRONG, "2049"); // MiniMax
says(KEY_WRONG, "invalid|incorrect|wrong|unknown|unrecognized|expired|revoked api key");
says(KEY_WRONG, "invalid|incorrect|wrong|unknown apikey");
says(KEY_WRONG, "api key * invalid|incorrect|expired|revoked|disabled|deleted|deactivated|blocked|leaked|inactive");
says(KEY_WRONG, "api key * not valid|recognized");
says(KEY_WRONG, "api key * no longer valid|active");
says(KEY_WRONG, "account|user|organization * deactivated|disabled|banned|terminated");
says(KEY_WRONG, "account * blocked|locked");
says(KEY_WRONG, "organization has been restricted"); // Groq
says(KEY_WRONG, "access token invalid|expired"); // Baidu
says(KEY_WRONG, "consumer * suspended"); // Google
says(KEY_WRONG, "country region or territory not supported"); // OpenAI
says(KEY_WRONG, "api key not found");
says(KEY_WRONG, "invalid x api key");
says(KEY_WRONG, "key has been revoked");
says(KEY_WRONG, "api key does not exist");
says(KEY_WRONG, "no valid api key");
says(KEY_WRONG, "authentication fails");
says(KEY_WRONG, "user location is not supported");
says(KEY_WRONG, "organization has been disabled");
says(KEY_WRONG, "access denied due to invalid subscription key");
says(KEY_WRONG, "access was terminated");
says(KEY_WRONG, "credential is only authorized for use with");
says(KEY_WRONG, "security token included in the request is");
says(KEY_WRONG, "key is disabled");
says(KEY_WRONG, "token has been revoked");
says(KEY_WRONG, "token has expired");
says(KEY_WRONG, "key has expired");
says(KEY_WRONG, "invalid openai api key");
says(KEY_WRONG, "无效的令牌");
says(KEY_WRONG, "令牌已过期");
says(KEY_WRONG, "令牌状态不可用");
says(KEY_WRONG, "令牌无效");
says(KEY_WRONG, "该令牌已");
says(KEY_WRONG, "身份验证失败");
says(KEY_WRONG, "鉴权失败");
says(KEY_WRONG, "认证失败");
says(KEY_WRONG, "密钥无效");
says(KEY_WRONG, "密钥错误");
says(KEY_WRONG, "密钥已过期");
says(KEY_WRONG, "账户已停用");
says(KEY_WRONG, "账号已被");
says(KEY_WRONG, "账户已被");
says(KEY_WRONG, "用户已被");
says(KEY_WRONG, "密钥不存在");
says(KEY_WRONG, "无效的密钥");
says(KEY_WRONG, "无效的 api key");
says(KEY_WRONG, "key|apikey|token 无效|错误|不存在|不正确|已过期|已失效|已被|已禁用");
refusalCode(KEY_WRONG, "1000"); // Zhipu
refusalCode(KEY_WRONG, "1001"); // Zhipu
refusalCode(KEY_WRONG, "1002"); // Zhipu
refusalCode(KEY_WRONG, "1003"); // Zhipu
refusalCode(KEY_WRONG, "1004"); // Zhipu
refusalCode(KEY_WRONG, "auth_error"); // LiteLLM
refusalCode(KEY_WRONG, "invalid_token"); // OAuth 2.0
refusalSays(KEY_WRONG, "invalid|incorrect|expired token|key|auth|authentication|credential|credentials");
refusalSays(KEY_WRONG, "invalid|incorrect|wrong|expired api|access|auth|bearer|secret|server token|key");
refusalSays(KEY_WRONG, "bad|missing credentials|authentication");
refusalSays(KEY_WRONG, "token expired|invalid|revoked");
refusalSays(KEY_WRONG, "token * is invalid|expired|revoked");
refusalSays(KEY_WRONG, "key|token * no longer valid|active");
refusalSays(KEY_WRONG, "token not found");
refusalSays(KEY_WRONG, "jwt|signature * expired|malformed|invalid");
refusalSays(KEY_WRONG, "access * revoked");
refusalSays(KEY_WRONG, "authentication failed");
refusalSays(KEY_WRONG, "no auth credentials found");
refusalSays(KEY_WRONG, "user not found");
refusalSays(KEY_WRONG, "could not validate credentials");

// --- the model ---
code(NO_MODEL_OR_ACCESS, "model_not_found"); // OpenAI: "... or you do not have access to it"
code(NO_MODEL_OR_ACCESS, "MODEL_NOT_FOUND"); // OpenAI: "... or you do not have access to it"
says(NO_MODEL_OR_ACCESS, "or you do not have access to it");
says(NO_MODEL_OR_ACCESS, "or you dont have access to it");
says(NO_MODEL_OR_ACCESS, "does not exist or your|you"); // xAI
says(NO_MODEL_OR_ACCESS, "was not found or your|you"); // Vertex
says(NO_MODEL_OR_ACCESS, "or you do not|dont have permission to");
says(NO_MODEL_OR_ACCESS, "or permission denied"); // Moonshot
says(NO_MODEL_OR_ACCESS, "not found inaccessible"); // Fireworks
says(NO_MODEL_OR_ACCESS, "not found for account"); // NVIDIA
code(NO_MODEL, "ModelNotFound");
code(NO_MODEL, "model_decommissioned");
code(NO_MODEL, "model_deprecated");
code(NO_MODEL, "model_retired");
code(NO_MODEL, "invalid_model");
code(NO_MODEL, "unknown_model");
code(NO_MODEL, "unsupported_model");
code(NO_MODEL, "model_not_supported");
code(NO_MODEL, "model_not_available");
code(NO_MODEL, "model_not_exist");
code(NO_MODEL, "invalid_model_error");
code(NO_MODEL, "DeploymentNotFound");
code(NO_MODEL, "InvalidEndpointOrModel");
code(NO_MODEL, "InvalidModel");
code(NO_MODEL, "ModelDeprecated");
code(NO_MODEL, "no_such_model");
code(NO_MODEL, "OperationNotSupported"); // Azure, Tencent, new-api
code(NO_MODEL, "UnknownModelError"); // Azure, Tencent, new-api
code(NO_MODEL, "InvalidParameterValue.Model"); // Azure, Tencent, new-api
code(NO_MODEL, "get_channel_failed"); // Azure, Tencent, new-api
code(NO_MODEL, "20012");
code(NO_MODEL, "1211");
code(NO_MODEL, "1221");
code(NO_MODEL, "1222");
code(NO_MODEL, "ModelArchived");
code(NO_MODEL, "model_archived");
code(NO_MODEL, "invalid_model_id");
code(NO_MODEL, "ModelUnavailable.Retired");
code(NO_MODEL, "unavailable_model"); // GitHub
code(NO_MODEL, "UnsupportedModel"); // Volcengine
code(NO_MODEL, "InvalidEndpoint"); // Volcengine
code(NO_MODEL, "ENDPOINT_NOT_FOUND"); // Databricks
code(NO_MODEL, "30003"); // SiliconFlow
code(NO_MODEL, "model_price_error"); // new-api
says(NO_MODEL, "model not exist");
says(NO_MODEL, "model does not exist");
says(NO_MODEL, "model * does not exist");
says(NO_MODEL, "model not found");
says(NO_MODEL, "model * not found");
says(NO_MODEL, "model * doesnt exist");
says(NO_MODEL, "models not found");
says(NO_MODEL, "unknown model");
says(NO_MODEL, "no such model");
says(NO_MODEL, "model can not be found");
says(NO_MODEL, "model is not found");
says(NO_MODEL, "model cannot be found");
says(NO_MODEL, "invalid model name");
says(NO_MODEL, "invalid model id");
says(NO_MODEL, "invalid model");
says(NO_MODEL, "not a valid model");
says(NO_MODEL, "supported api model names are");
says(NO_MODEL, "supported model names are");
says(NO_MODEL, "not a valid model id");
says(NO_MODEL, "has been decommissioned");
says(NO_MODEL, "model * decommissioned");
says(NO_MODEL, "model * has been retired");
says(NO_MODEL, "model * retired");
says(NO_MODEL, "model * has been deprecated");
says(NO_MODEL, "model * is deprecated");
says(NO_MODEL, "model * no longer available");
says(NO_MODEL, "model * no longer supported");
says(NO_MODEL, "reached its end of life");
says(NO_MODEL, "end of life");
says(NO_MODEL, "model * has been shut down");
says(NO_MODEL, "model * has been removed");
says(NO_MODEL, "model \x02 is not available");
says(NO_MODEL, "requested model is not available");
says(NO_MODEL, "model \x02 is not supported");
says(NO_MODEL, "model * not deployed");
says(NO_MODEL, "not deployed");
says(NO_MODEL, "does not support this model");
says(NO_MODEL, "requested model is not supported");
says(NO_MODEL, "degraded function cannot be invoked");
says(NO_MODEL, "on demand throughput isnt supported");
says(NO_MODEL, "not a chat model");
says(NO_MODEL, "does not work with the specified model");
says(NO_MODEL, "no endpoints found for");
says(NO_MODEL, "no available channel");
says(NO_MODEL, "no healthy deployments");
says(NO_MODEL, "no allowed providers are available for the selected model");
says(NO_MODEL, "model * is not served");
says(NO_MODEL, "unavailable model");
says(NO_MODEL, "incorrect model id|name");
says(NO_MODEL, "model identifier is invalid"); // Bedrock
says(NO_MODEL, "from the provided model identifier"); // Bedrock
says(NO_MODEL, "end of its life"); // Bedrock
says(NO_MODEL, "model * discontinued|sunset|withdrawn|archived");
says(NO_MODEL, "model disabled"); // SiliconFlow
says(NO_MODEL, "no models loaded"); // LM Studio
says(NO_MODEL, "failed to load model"); // LM Studio
says(NO_MODEL, "模型 * 不存在");
says(NO_MODEL, "模型 * 已下线");
says(NO_MODEL, "模型 * 已停用");
says(NO_MODEL, "模型 * 未找到");
says(NO_MODEL, "模型 * 不可用");
says(NO_MODEL, "模型 * 已下架");
says(NO_MODEL, "模型已下架");
says(NO_MODEL, "不存在该模型");
says(NO_MODEL, "模型名不正确");
says(NO_MODEL, "倍率或价格未配置"); // new-api
says(NO_MODEL, "模型不存在");
says(NO_MODEL, "模型不可用");
says(NO_MODEL, "无可用渠道");
says(NO_MODEL, "模型已下线");
says(NO_MODEL, "未找到模型");
says(NO_MODEL, "找不到模型");
says(NO_MODEL, "不支持的模型");
says(NO_MODEL, "模型已停用");
says(NO_MODEL, "不支持该模型");
says(NO_MODEL, "模型已废弃");
says(NO_MODEL, "模型未部署");
says(NO_MODEL, "模型名称错误");

// --- what is missing is neither the model nor the API ---
missingSays(UNKNOWN, "item|response|conversation|container|thread|assistant|message|batch|file with id"); // OpenAI
missingSays(UNKNOWN, "no such file|item|response|conversation|container|thread|assistant|batch");
missingSays(UNKNOWN, "previous response");
missingSays(UNKNOWN, "vector store");
missingSays(UNKNOWN, "assistant|batch|thread|conversation|container * not found");
missingSays(UNKNOWN, "the file|image * does not exist");
missingSays(UNKNOWN, "not found : file|image");
missingSays(UNKNOWN, "file not found :"); // Anthropic
missingSays(UNKNOWN, "no endpoints found that"); // OpenRouter: tools, images
code(UNKNOWN, "previous_response_not_found"); // OpenAI
code(UNKNOWN, "unsupported_api_for_model"); // Copilot
says(NO_API, "unexpected endpoint or method"); // LM Studio, inside a 200
refusalCode(FIREWALL, "1020"); // Cloudflare
refusalSays(FIREWALL, "error code : 1010|1012|1020"); // Cloudflare
// --- too much work for the provider ---
code(FAULT, "overloaded_error");
code(FAULT, "engine_overloaded_error");
code(FAULT, "server_is_overloaded");
code(FAULT, "ServerOverloaded");
code(FAULT, "model_overloaded");
code(FAULT, "ModelNotReadyException");
code(FAULT, "capacity_exceeded");
code(FAULT, "1305");
code(FAULT, "1312");
code(FAULT, "engine_overloaded");
code(FAULT, "ModelServingError");
code(FAULT, "ModelServiceFailed");
code(FAULT, "ModelUnavailable");
code(FAULT, "model_loading");
code(FAULT, "no_capacity");
code(FAULT, "service_unavailable");
code(FAULT, "50505");
code(FAULT, "50603"); // SiliconFlow
code(FAULT, "queue_exceeded"); // Cerebras
code(FAULT, "NoCapacity"); // Azure
code(FAULT, "MODEL_CAPACITY_EXHAUSTED"); // Google
says(FAULT, "is overloaded");
says(FAULT, "currently overloaded");
says(FAULT, "server overloaded");
says(FAULT, "engine is overloaded");
says(FAULT, "overloaded with other requests");
says(FAULT, "at capacity");
says(FAULT, "model is loading");
says(FAULT, "currently loading");
says(FAULT, "no * capacity available");
says(FAULT, "temporarily unavailable");
says(FAULT, "high|heavy traffic|demand|load");
says(FAULT, "server|service|system|model|engine is busy|overload");
says(FAULT, "is too busy");
says(FAULT, "model busy"); // DeepInfra
says(FAULT, "capacity * exceeded"); // Cloudflare, Mistral
says(FAULT, "not ready for inference"); // Bedrock
says(FAULT, "worker local total request limit"); // NVIDIA
says(FAULT, "系统繁忙");
says(FAULT, "服务繁忙");
says(FAULT, "服务器繁忙");
says(FAULT, "负载过高");
says(FAULT, "访问量过大");
says(FAULT, "模型过载");
says(FAULT, "负载已饱和");
says(FAULT, "负载较高");
says(FAULT, "排队");
says(FAULT, "负载已满");

// --- rates ---
says(ACCOUNT_RATE, "max organization concurrency"); // Moonshot
says(ACCOUNT_RATE, "reached organization max"); // Moonshot
says(ACCOUNT_RATE, "organization max rpm"); // Moonshot
says(ACCOUNT_RATE, "organization max tpm"); // Moonshot
says(ACCOUNT_RATE, "account rate limit");
says(ACCOUNT_RATE, "account level rate limit");
says(ACCOUNT_RATE, "rate limit for this key");
says(ACCOUNT_RATE, "rate limit of your account");
says(ACCOUNT_RATE, "accounts rate limit");
says(ACCOUNT_RATE, "keys rate limit");
code(RATE, "rate_limit_exceeded");
code(RATE, "RateLimitExceeded");
code(RATE, "rate_limit_reached");
code(RATE, "rate_limit_error");
code(RATE, "rate_limit_reached_error");
code(RATE, "slow_down");
code(RATE, "Throttling");
code(RATE, "ThrottlingException");
code(RATE, "LimitRequests");
code(RATE, "limit_requests");
code(RATE, "limit_burst_rate");
code(RATE, "QuotaExceeded");
code(RATE, "RESOURCE_EXHAUSTED");
code(RATE, "RequestLimitExceeded");
code(RATE, "LimitExceeded");
code(RATE, "TooManyRequests");
code(RATE, "too_many_requests");
code(RATE, "1302");
code(RATE, "1303");
code(RATE, "rate_limited");
code(RATE, "TooManyRequestsException");
code(RATE, "concurrency_limit_exceeded");
code(RATE, "RateLimitError");
code(RATE, "RateLimitReached");
code(RATE, "rate_limit");
code(RATE, "throttling_error");
code(RATE, "ServiceQuotaExceededException");
code(RATE, "FailedOperation.EngineServerLimitExceeded"); // Tencent
frame(RATE, "1002"); // MiniMax
frame(RATE, "1041"); // MiniMax
frame(RATE, "2045"); // MiniMax
says(RATE, "rate limit");
says(RATE, "rate limits");
says(RATE, "rate limited");
says(RATE, "ratelimit");
says(RATE, "too many requests");
says(RATE, "too many concurrent requests");
says(RATE, "requests per minute");
says(RATE, "tokens per minute");
says(RATE, "concurrency limit");
says(RATE, "requests per second");
says(RATE, "request limit reached|exceeded");
says(RATE, "请求过于频繁");
says(RATE, "请求频率");
says(RATE, "速率限制");
says(RATE, "并发数");
says(RATE, "限流");
says(RATE, "频率限制");
says(RATE, "访问频率");
says(RATE, "请求过多");

codeHolds(CALLER, "InvalidParameter"); // DashScope: "InternalError.Algo.InvalidParameter"
// --- the provider's own fault ---
code(FAULT, "InternalError");
code(FAULT, "SystemError");
code(FAULT, "RequestTimeOut");
code(FAULT, "InternalServerException");
code(FAULT, "InternalServerError");
code(FAULT, "ServiceUnavailableException");
code(FAULT, "ModelErrorException");
code(FAULT, "ModelStreamErrorException");
code(FAULT, "UNAVAILABLE");
code(FAULT, "DEADLINE_EXCEEDED");
code(FAULT, "ModelTimeoutException");
code(FAULT, "ServiceUnavailable");
frame(FAULT, "1000"); // MiniMax
frame(FAULT, "1001"); // MiniMax
frame(FAULT, "1013"); // MiniMax
frame(FAULT, "1024"); // MiniMax
frame(FAULT, "1033"); // MiniMax

// --- the caller's, where nothing above fits ---
code(CALLER, "unsupported_parameter");
code(CALLER, "unsupported_value");
code(CALLER, "missing_required_parameter");
code(CALLER, "unknown_parameter");
code(CALLER, "invalid_type");
code(CALLER, "invalid_value");
code(CALLER, "array_above_max_length");
code(CALLER, "invalid_json");
code(CALLER, "json_invalid");
code(CALLER, "invalid_image");
code(CALLER, "invalid_base64");
code(CALLER, "integer_above_max_value");
code(CALLER, "integer_below_min_value");
code(CALLER, "decimal_above_max_value");
code(CALLER, "invalid_function_parameters");
code(CALLER, "1210");
code(CALLER, "1213");
code(CALLER, "1214");
code(CALLER, "1215");
code(CALLER, "InvalidParameter");
code(CALLER, "MissingParameter");
code(CALLER, "invalid_parameter_error");
code(CALLER, "invalid_image_url");
code(CALLER, "invalid_image_format");
code(CALLER, "image_too_large");
code(CALLER, "unsupported_image");
code(CALLER, "empty_array");
frame(CALLER, "2013"); // MiniMax
frame(CALLER, "1042"); // MiniMax
frame(CALLER, "1043"); // MiniMax
frame(CALLER, "1044"); // MiniMax
refusalCode(KEY_WRONG, "authentication_error");

// --- broad words ---
broad(KEY_WRONG, "authentication_error");
broad(KEY_REFUSED, "permission_error");
broad(KEY_REFUSED, "PERMISSION_DENIED");
broad(KEY_REFUSED, "AccessDeniedException");
broad(NO_MODEL, "not_found_error");
broad(FAULT, "api_error");
broad(FAULT, "server_error");
broad(FAULT, "internal_error");
broad(FAULT, "INTERNAL");
broad(FAULT, "timeout_error");
// This type stands beside many a code.
broad(CALLER, "invalid_request_error");
broad(CALLER, "bad_request_error");
broad(CALLER, "INVALID_ARGUMENT");
broad(CALLER, "ValidationException");
