import { beforeAll, describe, expect, test } from "vitest";
import {
  ENDS,
  FAMILIES,
  HealthRoom,
  type AnswerRule,
  type Body,
  type End,
  type FailedRequest,
  type Family,
} from "./health-room.js";
import { anthropic, google, openai } from "./error-bodies.js";
import { KNOWN } from "./known-errors.js";
import { PROVES, type Proof } from "./proofs.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const NOW = Date.UTC(2026, 10, 25, 12);

describe("the status alone", () => {
  test.each<[number, Proof]>([
    [301, "slow fault"],
    [304, "slow fault"],
    [400, "unknown"],
    [401, "refused key"],
    [402, "empty account"],
    [403, "refused key"],
    [404, "no API"],
    [405, "no API"],
    [408, "slow fault"],
    [409, "passing"],
    [410, "unknown"],
    [412, "unknown"],
    [413, "unknown"],
    [415, "unknown"],
    [418, "unknown"],
    [422, "unknown"],
    [423, "passing"],
    [424, "passing"],
    [425, "passing"],
    [429, "rate"],
    [451, "unknown"],
    [498, "unknown"],
    [499, "passing"],
    [500, "fault"],
    [501, "no API"],
    [502, "fault"],
    [503, "fault"],
    [504, "slow fault"],
    [524, "slow fault"],
    [529, "fault"],
    [599, "fault"],
  ])("%i is %s, in every family, with a body that says nothing", (status, proof) => {
    for (const family of FAMILIES)
      for (const body of [
        "",
        "{}",
        "<html>",
        '{"error":null}',
        '{"error":{"message":"?"}}',
        '{"error":{"code"',
        "[[[",
        '"',
      ])
        expect(room.answer(family, status, body)).toEqual({
          ...PROVES[status === 403 && body === "<html>" ? "firewall" : proof],
          ...{ half: false, doubtful: false, stay: false, waitMs: -1 },
        });
  });

  test.each<[number, Proof]>([
    [400, "unknown"],
    [401, "refused key"],
    [403, "refused key"],
    [404, "no API"],
    [429, "rate"],
    [502, "fault"],
  ])("broad words do not outrank %i", (status, proof) => {
    for (const type of [
      "api_error",
      "server_error",
      "internal_error",
      "invalid_request_error",
      "upstream_error",
      "error",
    ])
      for (const body of [openai("Oh no.", type, type), anthropic(type, "Oh no.")])
        expect(room.answer("openai", status, body)).toMatchObject(PROVES[proof]);
  });

  test("bodies are read where they may outrank it", () => {
    expect([301, 304].map(status => room.wasm.needsBody(status))).toEqual([0, 0]);
    expect([400, 401, 403, 404, 429, 500, 503].map(status => room.wasm.needsBody(status))).toEqual(Array(7).fill(1));
  });
});

describe("what is known of a provider's answers outranks the status", () => {
  test.each(KNOWN)("%s: %s %i %j", (proof, family, status, body, request) => {
    expect(room.answer(family, status, body, request)).toMatchObject(PROVES[proof]);
  });

  test("wherever it stands in the body, and in any of the common shapes", () => {
    const message = "Insufficient credits. Add more to go on.";
    for (const body of [
      { message },
      { detail: message },
      { error: message },
      { error: { message } },
      [{ error: { message } }],
      { errors: [{ message }] },
      { errors: [message] },
      { detail: { error: { msg: message } } },
      { error: { code: 400, metadata: { raw: JSON.stringify({ error: { message } }) } } },
      { error: { message: `OpenAIException - ${JSON.stringify({ error: { message } })}` } },
      { data: { fault: { faultstring: message } } },
      { message: message.toUpperCase() },
      { message: message.replace("Insufficient ", "\n insufficient\t ") },
    ])
      expect(room.answer("openai", 400, body), JSON.stringify(body)).toMatchObject(PROVES["empty account"]);
  });

  test("also where an escape stands before it, and where the body is cut behind it", () => {
    const body = JSON.stringify(openai('He said "no" \u{1f600}', "Arrearage", "Arrearage"));
    expect(room.answer("dashscope", 400, body.replace('"code"', String.raw`"c\u006fde"`)).cause).toBe("quota");
    expect(room.answer("dashscope", 400, '{"code":"Arrearage","message":"Access den').cause).toBe("quota");
    expect(room.answer("openai", 400, '{"error":{"message":"Insufficient credits, add mo').cause).toBe("quota");
  });

  test("but no code of a caller's mistake outranks a status that tells of the token", () => {
    for (const code of ["invalid_value", "InvalidParameter", "1210"]) {
      const proofs = { 401: "refused key", 402: "empty account", 403: "refused key", 429: "rate" } as const;
      for (const [status, proof] of Object.entries(proofs))
        expect(room.answer("openai", Number(status), openai("?", code))).toMatchObject(PROVES[proof]);
      expect(room.answer("openai", 422, openai("?", code))).toMatchObject(PROVES.caller);
    }
  });

  test("words count only as whole words", () => {
    for (const words of ["Uninsufficient creditsless", "insufficient-creditswise", "rate limitless"])
      expect(room.answer("openai", 400, openai(words)), words).toMatchObject(PROVES.unknown);
  });
});

describe("a client's own words cost nobody anything", () => {
  test.each<[number, Body, FailedRequest?]>([
    [404, { error: "The model `Incorrect API key provided` does not exist" }],
    [404, anthropic("not_found_error", "model: Your credit balance is too low")],
    [400, openai("unknown: Insufficient Balance", "invalid_request_error")],
    [404, google(404, "NOT_FOUND", "models/API key not valid is not found"), { model: "API key not valid" }],
    [400, openai("Invalid value: 'You exceeded your current quota'")],
    [400, openai('Unknown role "account has been suspended".')],
    [
      422,
      {
        detail: [
          { type: "x", loc: ["body"], msg: "Bad", input: { message: "Insufficient balance", code: "Arrearage" } },
        ],
      },
    ],
    [400, { error: { message: "No." }, request: { messages: [{ content: "x", error: "invalid_api_key" }] } }],
    [500, openai("Cannot parse \u201cInvalid API key\u201d")],
    [400, openai("messages[1].content: rate limit exceeded is no valid type")],
    [400, openai("user: you may not use this: no access to model")],
    [400, openai("不支持的参数：余额不足")],
  ])("%i %j", (status, body, request) => {
    const { scope } = room.answer("openai", status, body, request);
    expect(scope).not.toMatch(/^token/);
  });

  test("a model's name is no known word", () => {
    const model = "insufficient-quota";
    expect(room.answer("openai", 429, openai(`Slow down with ${model}.`), { model })).toMatchObject(PROVES.rate);
  });
});

describe("a model is refused only where the answer names it", () => {
  test.each<[string, boolean]>([
    ["We never heard of gpt-5.", true],
    ["We never heard of GPT-5", true],
    ["models/gpt-5 is not here", true],
    ["We never heard of gpt-5-mini", false],
    ["We never heard of my-gpt-5", false],
    ["We never heard of gpt-5.1", false],
    ["We never heard of gpt-5:free", false],
    ["Nothing here", false],
  ])("a 404 that says %j: %s", (message, named) => {
    expect(room.answer("openai", 404, { message }, { model: "gpt-5" })).toMatchObject(
      PROVES[named ? "no model" : "no API"],
    );
  });

  test.each([
    "gpt-5 does not support tools",
    "max_tokens is too large for gpt-5: it does not allow more than 4096",
    "'temperature' is not supported with gpt-5",
    "Image input is not available with gpt-5",
    "Developer instruction is not enabled for models/gpt-5",
    "Web search is not supported by the model `gpt-5`",
    "gpt-5 cannot process more than 5 pictures",
    "The model `gpt-5` does not support video",
    "gpt-5 is not available together with flex",
    "gpt-5不支持图片输入",
  ])("a 400 about something else is no word about it: %s", message => {
    expect(room.answer("openai", 400, { message }, { model: "gpt-5" }).scope).toBe("nobody");
  });

  test.each([
    "gpt-5 does not exist",
    "Unknown deployment: gpt-5",
    "gpt-5 isn't one of our models",
    "Sorry. The model gpt-5 was discontinued in May. Use gpt-6.",
    "模型gpt-5不存在",
  ])("a 400 that denies it is: %s", message => {
    expect(room.answer("openai", 400, { message }, { model: "gpt-5" })).toMatchObject(PROVES["no model"]);
  });

  test.each<[Proof, object]>([
    ["no model", { message: "Not here.", param: "model" }],
    ["unknown", { message: "Not here.", param: "previous_response_id" }],
    ["unknown", { message: "Item with id 'rs_1' not found." }],
    ["unknown", { message: "No such File object: file-1" }],
    ["no API", { message: "File Not Found" }],
    ["no API", { message: "Resource not found" }],
  ])("a 404 may be about something else: %s %j", (proof, error) => {
    expect(room.answer("openai", 404, { error }, { model: "gpt-5" })).toMatchObject(PROVES[proof]);
  });

  test("a 404 on a path that is no completion's punishes nobody, unless the body says that it is the model", () => {
    const strange = { model: "gpt-5", strange: true };
    for (const body of ["", anthropic("not_found_error"), google(404, "NOT_FOUND")])
      for (const family of FAMILIES)
        expect(room.answer(family, 404, body, strange)).toMatchObject({ scope: "nobody", next: "next-provider" });
    expect(room.answer("openai", 404, openai("?", "model_not_found"), strange).scope).toBe("token-model");
  });
});

describe("how long it asks to wait", () => {
  const seconds = (status: number, body: Body, headers: Record<string, string> = {}) =>
    room.answer("openai", status, body, { headers, unixMs: NOW }).waitMs / 1000;
  const at = (s: number) => new Date(NOW + s * 1000).toISOString();

  test.each<[string, number]>([
    ["Rate limit reached. Please try again in 20s.", 20],
    ["Rate limit reached. Please try again in 7m12s.", 432],
    ["Rate limit reached. Please try again in 1.898s.", 1.898],
    ["Rate limit reached. Please try again in 120ms.", 0.12],
    ["Please retry after 45 seconds.", 45],
    ["Please retry after 1 minute and 5 seconds", 65],
    ["Please wait 2 minutes before you send more.", 120],
    ["Retry after 30", 30],
    ["Try again in 1h2m", 3720],
    ["Resets in 5 hours", 18_000],
    [`Your limit resets at ${at(600)}`, 600],
    [`Your limit resets at ${at(600).slice(0, 19)}+00:00`, 600],
    [`You will regain access on ${at(7200).slice(0, 10)} at ${at(7200).slice(11, 16)} UTC.`, 7200],
    ["请在 20 秒后重试", 20],
    ["请求过于频繁，请 3 分钟后再试。", 180],
    ["您的限额将在 2026-11-25 20:10:00 重置。", 600], // Beijing
    ["Quota will be replenished in 01:23:45.", 5025],
    ["Quota will be replenished in 0.10:45:12.", 38_712],
    ["Please try again in a minute.", 60],
    ["wait an hour, then retry", 3600],
    ["Try again in 2 hours, 3 minutes and 4 seconds", 7384],
    ["Your limit resets at 2026/11/25 12:10:00 UTC", 600],
    ["Your limit resets on Nov 25, 2026 12:10 UTC", 600],
    ["Resets November 25, 2026 at 12:10 UTC", 600],
    ["Try again after Wed, 25 Nov 2026 12:10:00 GMT", 600],
    ["You will regain access on 2026-11-26.", 43_200],
    ["将于2026年11月25日20:10重置", 600],
    ["请等待30秒", 30],
    ["1小时5分钟后恢复", 3900],
    ["Limit 50 per 86400s exceeded. Please wait 33011 seconds before retrying.", 33_011],
    ["You sent 12:30:45 too many", -0.001],
    ["Limit 200 in 60 seconds reached", -0.001],
    ["Slow down", -0.001],
  ])("%j", (message, expected) => {
    expect(seconds(429, openai(message, "rate_limit_exceeded"))).toBeCloseTo(expected, 3);
  });

  test.each<[string, object, number]>([
    ["resets_in_seconds", { resets_in_seconds: 1800 }, 1800],
    ["resets_at, Unix time", { resets_at: NOW / 1000 + 90 }, 90],
    ["resets_at, a date", { resetsAt: at(90) }, 90],
    ["retry_after", { retry_after: 12.5 }, 12.5],
    ["retry_after_ms", { retry_after_ms: 1250 }, 1.25],
    ...[
      "retry_after_seconds",
      "retryAfterSec",
      "cooldown",
      "wait_time",
      "seconds_until_reset",
      "resetIn",
      "estimated_time",
    ].map((name): [string, object, number] => [name, { [name]: 90 }, 90]),
    ...["reset_at", "next_retry_at", "availableAt", "cooldownUntil", "quotaResetTime"].map(
      (name): [string, object, number] => [name, { [name]: at(90) }, 90],
    ),
    ["waitMs", { waitMs: 90_000 }, 90],
    ["reset_time_ms, Unix time", { reset_time_ms: NOW + 90_000 }, 90],
    ["a duration of ISO 8601", { retryDelay: "PT1M30S" }, 90],
    ["a duration in words", { resets_in: "1 minute 30 seconds" }, 90],
    ["no wait, but other numbers", { retries: 5, limit: 60, available: 5, time: 60, timestamp: NOW / 1000 }, -0.001],
    ["Gemini's retryDelay", { details: [{ "@type": "Help" }, { "@type": "RetryInfo", retryDelay: "34.5s" }] }, 34.5],
    [
      "headers that a relay quotes",
      { metadata: { headers: { "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": String(NOW + 70_000) } } },
      70,
    ],
  ])("%s in the body", (_name, members, expected) => {
    expect(seconds(429, { error: { message: "Slow down", ...members } })).toBe(expected);
    expect(seconds(429, [{ error: { message: "Slow down", ...members } }])).toBe(expected);
  });

  test("a limit that is spent outranks the body's word only by being longer; one with something left does not", () => {
    const body = openai("Please try again in 14s.");
    expect(seconds(429, body, { "retry-after": "9" })).toBe(14);
    expect(seconds(429, body, { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "56s" })).toBe(56);
    expect(seconds(429, body, { "x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "56s" })).toBe(14);
  });

  test("what is believed is bounded by what is out", () => {
    const year = { "retry-after": "31536000" };
    expect(seconds(429, "", year)).toBe(86_400);
    expect(seconds(503, "", year)).toBe(3_600);
    expect(seconds(429, openai("?", "insufficient_quota"), year)).toBe(31 * 86_400);
    for (const status of [400, 401, 403, 404, 413]) expect(seconds(status, "", year)).toBe(-0.001);
  });

  test("a 503 may ask for it", () => {
    expect(seconds(503, "", { "retry-after": "20" })).toBe(20);
  });

  test("money does not come back within a minute; a window that does is a rate", () => {
    expect(seconds(429, openai("?", "insufficient_quota"), { "retry-after": "1" })).toBe(-0.001);
    const daily = openai("Rate limit reached on requests per day (RPD): Limit 200. Please try again in 8s.");
    expect(room.answer("openai", 429, daily)).toMatchObject({ ...PROVES.rate, waitMs: 8_000 });
    expect(room.answer("openai", 429, openai("Requests per day used up. Try again in 3h."))).toMatchObject({
      ...PROVES["window of the model"],
      waitMs: 3 * 3_600_000,
    });
  });

  test("a subscription's limit is the account's", () => {
    const headers = {
      "anthropic-ratelimit-unified-status": "rejected",
      "anthropic-ratelimit-unified-reset": String(NOW / 1000 + 600),
      "anthropic-ratelimit-unified-7d-status": "allowed",
      "anthropic-ratelimit-unified-7d-reset": String(NOW / 1000 + 500_000),
    };
    const body = anthropic("rate_limit_error", "This request would exceed your account's limit.");
    expect(room.answer("anthropic", 429, body, { headers, unixMs: NOW })).toMatchObject({
      ...PROVES["window of the account"],
      waitMs: 600_000,
    });
  });
});

describe("the message for people", () => {
  test.each<[string, Body, string]>([
    ["OpenAI's", openai("Line one\nline two", "x"), "Line one line two"],
    ["a relay's innermost", openai('Upstream: {"error":{"message":"Too bad."}}'), "Too bad."],
    ["none", { error: { code: 4 } }, ""],
    ["a web page's", "<html>No</html>", ""],
    ["a plain text", "no healthy upstream", "no healthy upstream"],
  ])("%s", (_name, body, message) => {
    expect(room.messageOf(body)).toBe(message);
  });

  test("quoted tokens are starred, also where they are escaped, and so is what looks like one", () => {
    const secret = "abc/def-0123456789";
    expect(room.messageOf({ message: `Key ${secret} is bad` }, secret)).toBe(`Key ${"*".repeat(secret.length)} is bad`);
    const escaped = JSON.stringify({ message: `Key ${secret} is bad` }).replace("/", "\\/");
    expect(room.messageOf(escaped, secret)).not.toContain("def");
    expect(room.messageOf({ message: "sent Bearer abcdefghij0123456789." })).not.toContain("0123");
    expect(room.messageOf({ message: "Incorrect key sk-proj-abcdefghij0123456789" })).toBe(
      `Incorrect key sk-${"*".repeat(25)}`,
    );
  });

  test("no byte that is no UTF-8 joins the halves of a token", () => {
    const [start, rest] = ["abc/def-", "0123456789"];
    const body = Buffer.concat([
      Buffer.from(`{"message":"Key ${start}`),
      Buffer.from([0xff]),
      Buffer.from(`${rest}"}`),
    ]);
    expect(room.messageOf(body, start + rest)).toBe(`Key ${start} ${rest}`);
  });

  test("at most 500 bytes, cut between characters", () => {
    const shown = room.messageOf({ message: "限".repeat(300) });
    expect(shown).toBe("限".repeat(166));
  });
});

describe("an error inside a 200", () => {
  test.each<[Family, object, Proof | "caller"]>([
    ["openai", { error: { message: "?" } }, "slow fault"],
    ["openai", openai("?", 429), "rate"],
    ["openai", openai("?", "401"), "refused key"],
    ["openai", openai("?", null, "invalid_request_error"), "caller"],
    ["anthropic", anthropic("rate_limit_error"), "rate"],
    ["gemini", google(400, "INVALID_ARGUMENT"), "unknown"],
    ["gemini", { error: { status: "INVALID_ARGUMENT", message: "?" } }, "caller"],
  ])("%s %j is %s", (family, body, proof) => {
    expect(room.error(family, body)).toMatchObject(PROVES[proof]);
  });
});

/** What an end without an answer entails. */
const ENTAILS: Record<string, [scope: string, next: string]> = {
  provider: ["provider-model", "next-provider"],
  connect: ["provider", "same-provider"],
  slow: ["provider-model", "next-provider"],
  "broken-stream": ["provider-model", "next-provider"],
  client: ["nobody", "return"],
  local: ["nobody", "next-provider"],
};

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
    ["upload-reset", "connect"],
  ])("that ended by %s is %s", (end, cause, then) => {
    const [widest, next] = ENTAILS[cause]!;
    // It may be this request's: nobody else shall pay for it.
    const scope = end === "upload-reset" ? "nobody" : widest;
    expect(room.end(end)).toEqual({
      ...{ cause, scope, next: then ?? next, half: cause === "slow", widens: scope === "provider-model" },
      ...{ doubtful: end === "reset", stay: false, waitMs: -1 },
    });
  });

  test("every end and every cause has its row", () => {
    expect(new Set(ENDS.map(end => room.end(end).cause)).size).toBe(6);
    const causes = new Set([...Object.values(PROVES).map(({ cause }) => cause as string), ...Object.keys(ENTAILS)]);
    expect(room.causeNames.slice(1).sort()).toEqual([...causes].sort());
  });
});

describe("the operator's rules outrank the table", () => {
  const teapot = openai("The project has no tea left.", "Teapot");
  /** As assembly/config/rules-reader.ts makes them of Higress's lists. */
  const responseCodes = (statuses: number[]): AnswerRule[] => [
    { statuses, isExcept: true, stays: true, goesOn: true },
    { statuses, from: 1, then: "next-provider", goesOn: true },
  ];
  const failoverOnStatus = (statuses: number[]): AnswerRule => ({
    statuses,
    from: 1,
    then: "next-token",
    goesOn: true,
  });
  const retryOnStatus = (statuses: number[]): AnswerRule[] => [
    { statuses, isExcept: true, from: 6, then: "next-provider", goesOn: true },
    { statuses, from: 3, then: "next-token", goesOn: true },
  ];
  const alsoOn = (causes: number): AnswerRule => ({ causes, from: 1, then: "next-provider", goesOn: true });

  test.each<[string, number, Body, AnswerRule[], object]>([
    ["no rule changes nothing", 418, teapot, [], PROVES.unknown],
    ["a status", 418, teapot, [{ statuses: [418], then: "return" }], { next: "return", scope: "nobody" }],
    ["another status", 418, teapot, [{ statuses: [417], then: "return" }], PROVES.unknown],
    ["a code, in any case", 418, teapot, [{ code: "teapot", then: "next-token" }], { next: "next-token" }],
    ["a part of the code", 418, teapot, [{ code: "tea", then: "next-token" }], PROVES.unknown],
    ["a part of the message", 418, teapot, [{ contains: "NO TEA", then: "next-token" }], { next: "next-token" }],
    [
      "all that it names must fit",
      418,
      teapot,
      [{ statuses: [418], contains: "milk", then: "return" }],
      PROVES.unknown,
    ],
    [
      "the first that fits counts",
      418,
      teapot,
      [
        { statuses: [418], then: "return" },
        { code: "teapot", then: "next-token" },
      ],
      { next: "return" },
    ],
    [
      "out",
      418,
      teapot,
      [{ statuses: [418], out: "token", forMs: 600_000 }],
      { cause: "credential", scope: "token", next: "second-opinion", waitMs: 600_000 },
    ],
    [
      "out: nobody",
      401,
      "",
      [{ statuses: [401], out: "nobody" }],
      { cause: "credential", scope: "nobody", next: "next-token", widens: false },
    ],
    ["alsoOn caller", 422, {}, [alsoOn(4)], { next: "next-provider", scope: "nobody" }],
    ["alsoOn another cause", 422, {}, [alsoOn(1)], PROVES.unknown],
    ["alsoOn context-window", 400, openai("?", "context_length_exceeded"), [alsoOn(1)], { next: "next-provider" }],
    ["alsoOn content-filter", 400, openai("?", "content_filter"), [alsoOn(2)], { next: "next-provider" }],
    ["responseCodes with a caller's status", 400, {}, responseCodes([400]), { next: "next-provider", stay: false }],
    ["responseCodes without a provider's status", 503, {}, responseCodes([429]), { next: "same-provider", stay: true }],
    ["responseCodes without a model's status", 404, {}, responseCodes([429]), { next: "return", stay: true }],
    ["responseCodes without a token's status", 401, {}, responseCodes([500]), { next: "next-token", stay: true }],
    ["failoverOnStatus with a caller's status", 400, {}, [failoverOnStatus([400])], { next: "next-token" }],
    ["failoverOnStatus without the status", 401, {}, [failoverOnStatus([500])], { next: "next-token" }],
    ["retryOnStatus with a caller's status", 400, {}, retryOnStatus([400]), { next: "next-token" }],
    ["retryOnStatus without a token's status", 401, {}, retryOnStatus([500]), { next: "next-provider" }],
    ["retryOnStatus without a provider's status", 500, {}, retryOnStatus([401]), { next: "next-provider" }],
    ["retryOnStatus with it", 500, {}, retryOnStatus([500]), { next: "same-provider" }],
    [
      "both lists without it",
      500,
      {},
      [...responseCodes([401]), ...retryOnStatus([401])],
      { next: "return", stay: true },
    ],
  ])("%s", (_name, status, body, rules, expected) => {
    room.answer("openai", status, body, { after: () => room.obey(status, rules) });
    expect(room.verdict()).toMatchObject(expected);
  });

  test("older lists of statuses know nothing of an error inside a 200; rules do", () => {
    const { next } = room.error("openai", openai("?", null, "server_error"));
    expect(room.obey(200, responseCodes([429]), true)).toMatchObject({ next, stay: false });
    expect(room.obey(200, [{ statuses: [200], then: "return" }], true).next).toBe("return");
  });
});
