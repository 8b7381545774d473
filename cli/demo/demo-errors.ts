/** Whose error bodies a demo provider speaks. Requests of /v1/messages get Anthropic's whatever the family. */
export type Family = "openai" | "qwen" | "deepseek" | "claude";

interface Wording {
  type: string;
  code: string | null;
  message: string;
}

const say = (type: string, code: string | null, message: string): Wording => ({ type, code, message });

/**
 * Error objects by family and status, as the providers document them:
 * platform.openai.com/docs/guides/error-codes, help.aliyun.com/zh/model-studio/error-code,
 * api-docs.deepseek.com/quick_start/error_codes, docs.anthropic.com/en/api/errors
 */
const wordings: Record<Family, Record<number, Wording>> = {
  openai: {
    400: say("invalid_request_error", "invalid_value", "The request could not be understood."),
    401: say("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: say(
      "invalid_request_error",
      "unsupported_country_region_territory",
      "Country, region, or territory not supported.",
    ),
    404: say("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    429: say("requests", "rate_limit_exceeded", "Rate limit reached for requests per minute."),
    500: say("server_error", null, "The server had an error while processing your request."),
    503: say("server_error", "overloaded", "The engine is currently overloaded, please try again later."),
  },
  qwen: {
    400: say("invalid_request_error", "invalid_parameter_error", "A parameter of the request is wrong."),
    401: say("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: say("access_denied", "access_denied", "Access denied."),
    404: say("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    429: say("limit_requests", "limit_requests", "You exceeded your current requests list."),
    500: say("internal_error", "internal_error", "An internal error has occurred."),
    503: say("ServiceUnavailable", "service_unavailable", "The service is not available."),
  },
  deepseek: {
    400: say("invalid_request_error", "invalid_request_error", "Invalid request body format."),
    401: say("authentication_error", "invalid_request_error", "Authentication Fails, Your api key is invalid."),
    402: say("unknown_error", "invalid_request_error", "Insufficient Balance"),
    422: say("invalid_request_error", "invalid_request_error", "Invalid parameters."),
    429: say("rate_limit_error", "rate_limit_reached", "You are sending requests too quickly."),
    500: say("internal_error", "internal_error", "Our server encounters an issue."),
    503: say("service_unavailable_error", "service_unavailable", "The server is overloaded due to high traffic."),
  },
  claude: {
    400: say("invalid_request_error", null, "There was an issue with the format or content of your request."),
    401: say("authentication_error", null, "There's an issue with your API key."),
    402: say("billing_error", null, "There's an issue with your billing or payment information."),
    403: say("permission_error", null, "Your API key does not have permission to use the specified resource."),
    404: say("not_found_error", null, "The requested resource was not found."),
    413: say("request_too_large", null, "Request exceeds the maximum allowed number of bytes."),
    429: say("rate_limit_error", null, "Your account has hit a rate limit."),
    500: say("api_error", null, "An unexpected error has occurred internal to Anthropic's systems."),
    504: say("timeout_error", null, "The request timed out while processing."),
    529: say("overloaded_error", null, "The API is temporarily overloaded."),
  },
};

/** The error object of a family for a status, with another code where a test needs that one. */
export function errorBody(family: Family, status: number, code?: string): object {
  const { [status]: exact, 500: server, 400: caller } = wordings[family];
  const wording = exact ?? { ...(status >= 500 ? server : caller)!, message: `The provider says ${status}.` };
  if (family === "claude") return { type: "error", error: { type: code ?? wording.type, message: wording.message } };
  const { type, message } = wording;
  return { error: { message, type, param: null, code: code ?? wording.code } };
}
