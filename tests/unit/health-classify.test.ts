import { beforeAll, describe, expect, test } from "vitest";
import { ENDS, FAMILIES, HealthRoom, type End, type Family } from "./health-room.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

/** What each cause entails: the first table of docs/decisions.md. */
const ENTAILS: Record<string, [scope: string, next: string]> = {
  credential: ["token", "next-token"],
  quota: ["token", "next-token"],
  "rate-limit": ["token-model", "next-token"],
  model: ["provider-model", "next-provider"],
  caller: ["nobody", "return"],
  "context-window": ["nobody", "return"],
  "content-filter": ["nobody", "return"],
  provider: ["provider", "same-provider"],
  connect: ["provider", "same-provider"],
  slow: ["provider-model", "next-provider"],
  "broken-stream": ["provider", "next-provider"],
  client: ["nobody", "return"],
  local: ["nobody", "next-provider"],
  api: ["provider-api", "next-provider"],
};

const openai = (type: string | null, code: string | number | null, message = "Something.") => ({
  error: { message, type, param: null, code },
});
const anthropic = (type: string, message = "Something.") => ({ type: "error", error: { type, message } });
const google = (code: number, status: string, message = "Something.", details: object[] = []) => ({
  error: { code, message, status, details },
});

describe("the status alone", () => {
  test.each<[number, string]>([
    [301, "provider"],
    [304, "provider"],
    [400, "caller"],
    [401, "credential"],
    [402, "quota"],
    [403, "credential"],
    [404, "model"],
    [405, "caller"],
    [408, "provider"],
    [409, "caller"],
    [413, "caller"],
    [415, "caller"],
    [422, "caller"],
    [429, "rate-limit"],
    [451, "caller"],
    [500, "provider"],
    [501, "provider"],
    [502, "provider"],
    [503, "provider"],
    [504, "provider"],
    [529, "provider"],
    [599, "provider"],
  ])("%i is %s, in every family, with a body that says nothing", (status, cause) => {
    const [scope, next] = ENTAILS[cause]!;
    for (const family of FAMILIES)
      for (const body of ["", "{}", "<html>", '{"error":null}', '{"error":{"message":"?"}}', '{"error":{"code"']) {
        const verdict = room.answer(family, status, body);
        // Of a firewall, which looks at the prompt and not at the token.
        if (status === 403 && body === "<html>")
          expect(verdict).toMatchObject({ scope: "nobody", next: "next-provider" });
        else expect(verdict).toEqual({ cause, scope, next, half: false, doubtful: false, stay: false, waitMs: -1 });
      }
  });

  test("bodies are read where they may outrank it", () => {
    expect([301, 304].map(status => room.wasm.needsBody(status))).toEqual([0, 0]);
    expect([400, 401, 403, 404, 429, 500, 503].map(status => room.wasm.needsBody(status))).toEqual(Array(7).fill(1));
  });
});

describe("a known error in the body outranks the status", () => {
  test.each<[Family, number, object | string, string]>([
    ["openai", 401, openai("invalid_request_error", "invalid_api_key"), "credential"],
    ["openai", 403, openai("invalid_request_error", "unsupported_country_region_territory"), "credential"],
    ["openai", 403, openai("invalid_request_error", "model_not_found"), "model"],
    ["openai", 404, openai("invalid_request_error", "model_not_found"), "model"],
    ["openai", 400, openai("invalid_request_error", "model_not_found"), "model"],
    ["openai", 429, openai("insufficient_quota", "insufficient_quota"), "quota"],
    ["openai", 429, openai("insufficient_quota", "project_spend_limit_exceeded"), "quota"],
    ["openai", 429, openai("insufficient_quota", null), "quota"],
    ["openai", 429, openai("insufficient_quota", "rate_limit_exceeded"), "quota"],
    ["openai", 429, openai("requests", "rate_limit_exceeded"), "rate-limit"],
    ["openai", 400, openai("invalid_request_error", "context_length_exceeded"), "context-window"],
    ["openai", 400, openai("invalid_request_error", "content_policy_violation"), "content-filter"],
    ["openai", 503, openai("server_error", "server_is_overloaded"), "provider"],
    ["openai", 401, openai("invalid_request_error", null), "credential"],
    ["openai", 400, openai("invalid_request_error", null), "caller"],
    ["openai", 429, openai(null, "1113", "in arrears"), "quota"],
    ["openai", 404, { error: "model 'x' not found, try pulling it first" }, "model"],
    ["openai", 400, openai("exceed_context_size_error", 400), "context-window"],
    ["openai", 429, openai("exceeded_current_quota_error", null), "quota"],
    ["openai", 429, openai(null, null, "You exceeded your current quota, please check your plan."), "quota"],
    ["openai", 400, { code: "?", error: "Incorrect API key provided: ab***yz." }, "credential"],
    ["openai", 403, { code: "?", error: "Content violates usage guidelines. Failed check: X" }, "content-filter"],
    ["openai", 403, { error: { code: 403, message: 'm needs it. Your input was flagged for "x".' } }, "content-filter"],
    ["dashscope", 401, openai("invalid_request_error", "invalid_api_key"), "credential"],
    ["dashscope", 401, { code: "InvalidApiKey", message: "Invalid API-key provided.", request_id: "1" }, "credential"],
    ["dashscope", 400, { code: "Arrearage", message: "Access denied." }, "quota"],
    ["dashscope", 400, openai("Arrearage", "Arrearage"), "quota"],
    ["dashscope", 403, openai("AllocationQuota.FreeTierOnly", "AllocationQuota.FreeTierOnly"), "quota"],
    ["dashscope", 403, { code: "AccessDenied.Unpurchased", message: "Access to model denied." }, "model"],
    ["dashscope", 403, { code: "Model.AccessDenied", message: "Model access denied." }, "model"],
    ["dashscope", 403, { code: "AccessDenied", message: "Access denied." }, "credential"],
    ["dashscope", 429, { code: "Throttling.RateQuota", message: "Requests rate limit exceeded." }, "rate-limit"],
    ["dashscope", 429, { code: "Throttling.AllocationQuota", message: "Allocated quota exceeded." }, "rate-limit"],
    ["dashscope", 429, openai("limit_requests", "limit_requests"), "rate-limit"],
    ["dashscope", 429, openai("insufficient_quota", "insufficient_quota"), "rate-limit"],
    ["dashscope", 429, openai("insufficient_quota", null), "rate-limit"],
    ["dashscope", 400, { code: "DataInspectionFailed", message: "Input data may contain..." }, "content-filter"],
    ["dashscope", 400, openai("data_inspection_failed", "data_inspection_failed"), "content-filter"],
    [
      "dashscope",
      400,
      { code: "InvalidParameter", message: "Range of input length should be [1, 6000]" },
      "context-window",
    ],
    ["dashscope", 404, { code: "ModelNotFound", message: "Model can not be found." }, "model"],
    ["dashscope", 400, { code: "InternalError.Algo", message: "An internal error has occurred." }, "provider"],
    ["deepseek", 401, openai("authentication_error", "invalid_request_error", "Authentication Fails"), "credential"],
    ["deepseek", 402, openai("unknown_error", "invalid_request_error", "Insufficient Balance"), "quota"],
    ["deepseek", 400, openai("invalid_request_error", "invalid_request_error", "Insufficient Balance"), "quota"],
    [
      "deepseek",
      400,
      openai("invalid_request_error", "invalid_request_error", "Content Exists Risk"),
      "content-filter",
    ],
    ["deepseek", 400, openai("invalid_request_error", "invalid_request_error", "Model Not Exist"), "model"],
    [
      "deepseek",
      400,
      openai("invalid_request_error", "invalid_request_error", "This model's maximum context length is 65536 tokens."),
      "context-window",
    ],
    ["deepseek", 422, openai("invalid_request_error", "invalid_request_error"), "caller"],
    ["anthropic", 401, anthropic("authentication_error"), "credential"],
    ["anthropic", 403, anthropic("permission_error"), "credential"],
    ["anthropic", 402, anthropic("billing_error"), "quota"],
    [
      "anthropic",
      400,
      anthropic("invalid_request_error", "Your credit balance is too low to access the API."),
      "quota",
    ],
    ["anthropic", 400, anthropic("invalid_request_error", "This organization has been disabled."), "credential"],
    ["anthropic", 400, anthropic("invalid_request_error", "prompt is too long: 2 > 1 tokens"), "context-window"],
    [
      "anthropic",
      400,
      anthropic("invalid_request_error", "input length and `max_tokens` exceed context limit: 2 + 1 > 2"),
      "context-window",
    ],
    [
      "anthropic",
      400,
      anthropic(
        "invalid_request_error",
        "You have reached your specified API usage limits. You will regain access on ...",
      ),
      "quota",
    ],
    [
      "anthropic",
      400,
      anthropic("invalid_request_error", "Output blocked by content filtering policy"),
      "content-filter",
    ],
    ["anthropic", 400, anthropic("invalid_request_error"), "caller"],
    ["anthropic", 404, anthropic("not_found_error", "model: claude-9"), "model"],
    ["anthropic", 413, anthropic("request_too_large"), "caller"],
    ["anthropic", 429, anthropic("rate_limit_error"), "rate-limit"],
    ["anthropic", 529, anthropic("overloaded_error"), "provider"],
    ["anthropic", 500, anthropic("api_error"), "provider"],
    ["gemini", 400, google(400, "INVALID_ARGUMENT", "?", [{ reason: "API_KEY_INVALID" }]), "credential"],
    ["gemini", 400, google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), "credential"],
    ["gemini", 400, [google(400, "INVALID_ARGUMENT", "API key not valid.")], "credential"],
    ["gemini", 400, google(400, "INVALID_ARGUMENT"), "caller"],
    [
      "gemini",
      400,
      google(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
      "context-window",
    ],
    ["gemini", 400, google(400, "FAILED_PRECONDITION", "User location is not supported."), "credential"],
    ["gemini", 400, google(400, "FAILED_PRECONDITION", "Gemini API free tier is not available here."), "quota"],
    ["gemini", 400, google(400, "FAILED_PRECONDITION", "The File is not in an ACTIVE state."), "caller"],
    ["gemini", 403, google(403, "PERMISSION_DENIED"), "credential"],
    ["gemini", 404, google(404, "NOT_FOUND"), "model"],
    ["gemini", 429, google(429, "RESOURCE_EXHAUSTED"), "rate-limit"],
    ["gemini", 503, google(503, "UNAVAILABLE"), "provider"],
    ["azure", 401, openai(null, "401", "Access denied due to invalid subscription key."), "credential"],
    ["azure", 404, openai(null, "DeploymentNotFound"), "model"],
    ["azure", 429, openai(null, "429", "Requests have exceeded call rate limit."), "rate-limit"],
    ["azure", 400, openai(null, "content_filter"), "content-filter"],
    [
      "azure",
      400,
      { error: { code: "BadRequest", innererror: { code: "ResponsibleAIPolicyViolation" } } },
      "content-filter",
    ],
  ])("%s %i %j is %s", (family, status, body, cause) => {
    const [scope, next] = ENTAILS[cause]!;
    expect(room.answer(family, status, body)).toMatchObject({ cause, scope, next });
  });

  test("also where an escape stands before it, and where the body is cut behind it", () => {
    const body = JSON.stringify(openai("Arrearage", "Arrearage", 'He said "no" \u{1f600}'));
    expect(room.answer("dashscope", 400, body.replace('"code"', String.raw`"c\u006fde"`)).cause).toBe("quota");
    expect(room.answer("dashscope", 400, '{"code":"Arrearage","message":"Access den').cause).toBe("quota");
  });

  test.each<[Family, number, object]>([
    ["openai", 404, { error: "The model `Incorrect API key provided` does not exist" }],
    ["anthropic", 404, anthropic("not_found_error", "model: Your credit balance is too low")],
    ["deepseek", 400, openai("invalid_request_error", "invalid_request_error", "unknown: Insufficient Balance")],
    ["gemini", 404, google(404, "NOT_FOUND", "models/API key not valid is not found")],
    ["azure", 400, openai(null, "400", "Invalid value: 'You exceeded your current quota'")],
  ])("a client's words that %s repeats in a %i cost no token: %j", (family, status, body) => {
    expect(["caller", "model"]).toContain(room.answer(family, status, body).cause);
  });

  test("a 404 on a path that is no completion's punishes nobody, unless the body says that it is the model", () => {
    expect(room.answer("openai", 404, openai("invalid_request_error", null), true)).toMatchObject({
      ...{ cause: "model", scope: "nobody", next: "next-provider" },
    });
    for (const body of [anthropic("not_found_error"), google(404, "NOT_FOUND")])
      for (const family of FAMILIES) expect(room.answer(family, 404, body, true).scope).toBe("nobody");
    expect(room.answer("openai", 404, openai("?", "model_not_found"), true).scope).toBe("provider-model");
    expect(room.answer("openai", 401, "", true).scope).toBe("token");
  });

  test("a message of one family does not judge another's answers", () => {
    const body = openai("invalid_request_error", null, "Insufficient Balance is no word of ours");
    expect(room.answer("openai", 400, body).cause).toBe("caller");
  });

  test("Gemini's retryDelay is a wait, wherever it stands among the details", () => {
    const details = [{ "@type": "type.googleapis.com/google.rpc.Help" }, { retryDelay: "34.5s" }];
    expect(room.answer("gemini", 429, google(429, "RESOURCE_EXHAUSTED", "?", details)).waitMs).toBe(34_500);
    expect(room.answer("gemini", 429, [google(429, "RESOURCE_EXHAUSTED", "?", details)]).waitMs).toBe(34_500);
  });
});

describe("an error inside a 200", () => {
  test.each<[Family, object, string, string]>([
    ["openai", openai("server_error", null), "provider", "next-provider"],
    ["openai", { error: { message: "?" } }, "provider", "next-provider"],
    ["openai", openai("insufficient_quota", "insufficient_quota"), "quota", "next-token"],
    ["openai", openai(null, 429), "rate-limit", "next-token"],
    ["openai", openai(null, "401"), "credential", "next-token"],
    ["openai", openai(null, 502), "provider", "next-provider"],
    ["openai", openai("invalid_request_error", null), "caller", "return"],
    ["openai", { message: "unwrapped", type: "server_error", code: null }, "provider", "next-provider"],
    ["anthropic", anthropic("overloaded_error"), "provider", "next-provider"],
    ["anthropic", anthropic("rate_limit_error"), "rate-limit", "next-token"],
    ["gemini", google(400, "INVALID_ARGUMENT"), "caller", "return"],
    ["gemini", google(503, "UNAVAILABLE"), "provider", "next-provider"],
  ])("%s %j is %s and goes to %s", (family, body, cause, next) => {
    expect(room.error(family, body)).toMatchObject({ cause, next, scope: ENTAILS[cause]![0] });
  });
});

describe("an attempt without an answer to judge", () => {
  test.each<[End, string, string?]>([
    ["none", "provider", "next-provider"],
    ["refused", "connect"],
    ["tls", "connect"],
    ["connect-timeout", "connect"],
    ["reset", "connect"],
    ["first-token-timeout", "slow"],
    ["attempt-timeout", "slow"],
    ["cut", "broken-stream"],
    ["stalled", "broken-stream"],
    ["no-end-mark", "broken-stream"],
    ["empty", "provider", "next-provider"],
    ["garbage", "provider", "next-provider"],
    ["client-gone", "client"],
    ["local", "local"],
  ])("that ended by %s is %s", (end, cause, then) => {
    const [scope, next] = ENTAILS[cause]!;
    expect(room.end(end)).toEqual({
      ...{ cause, scope, next: then ?? next, half: cause === "slow" },
      ...{ doubtful: end === "reset", stay: false, waitMs: -1 },
    });
  });

  test("every end and every cause has its row", () => {
    expect(new Set(ENDS.map(end => room.end(end).cause)).size).toBe(6);
    expect(new Set(room.causeNames).size).toBe(room.wasm.causes());
    expect(room.causeNames.slice(1).sort()).toEqual(Object.keys(ENTAILS).sort());
  });
});

describe("the configuration overrides what is tried again, never who answers for it", () => {
  test.each<[string, number, object, Parameters<HealthRoom["override"]>[1], string, boolean?]>([
    ["nothing changes without lists", 400, {}, {}, "return"],
    ["alsoOn caller", 422, {}, { alsoOn: ["caller"] }, "next-provider"],
    ["alsoOn another cause", 422, {}, { alsoOn: ["context-window"] }, "return"],
    [
      "alsoOn context-window",
      400,
      openai(null, "context_length_exceeded"),
      { alsoOn: ["context-window"] },
      "next-provider",
    ],
    ["alsoOn content-filter", 400, openai(null, "content_filter"), { alsoOn: ["content-filter"] }, "next-provider"],
    ["responseCodes with a caller's status", 400, {}, { responseCodes: [400] }, "next-provider"],
    ["responseCodes without a provider's status", 503, {}, { responseCodes: [429] }, "same-provider", true],
    ["responseCodes without a model's status", 404, {}, { responseCodes: [429] }, "return", true],
    ["responseCodes without a token's status", 401, {}, { responseCodes: [500] }, "next-token", true],
    ["responseCodes with it", 401, {}, { responseCodes: [401] }, "next-token"],
    ["failoverOnStatus with a caller's status", 400, {}, { failoverOnStatus: [400] }, "next-token"],
    ["failoverOnStatus without the status", 401, {}, { failoverOnStatus: [500] }, "next-token"],
    ["retryOnStatus with a caller's status", 400, {}, { retryOnStatus: [400] }, "next-token"],
    ["retryOnStatus without a token's status", 401, {}, { retryOnStatus: [500] }, "next-provider"],
    ["retryOnStatus without a provider's status", 500, {}, { retryOnStatus: [401] }, "next-provider"],
    ["retryOnStatus with it", 500, {}, { retryOnStatus: [500] }, "same-provider"],
    ["both lists without it", 500, {}, { retryOnStatus: [401], responseCodes: [401] }, "return", true],
  ])("%s", (_name, status, body, by, next, stay = false) => {
    const before = room.answer("openai", status, body);
    expect(room.override(status, by)).toEqual({ ...before, next, stay });
  });
});
