import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { HealthRoom } from "./health-room.js";

let room: HealthRoom;

beforeAll(async () => {
  room = await HealthRoom.start();
});

const NOW = Date.UTC(2026, 10, 25, 12);
const wait = (headers: Record<string, string>) => room.retryAfter(headers, NOW);
const http = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString();

describe("how long a provider asks to stay away", () => {
  test.each<[string, Record<string, string>, number]>([
    ["nothing", { "content-type": "application/json", "x-request-id": "1" }, -1],
    ["seconds", { "retry-after": "7" }, 7_000],
    ["seconds, in any case of the name", { "Retry-After": "7" }, 7_000],
    ["none at all", { "retry-after": "0" }, 0],
    ["a date", { "retry-after": http(90) }, 90_000],
    ["a date that has passed", { "retry-after": http(-90) }, 0],
    ["milliseconds", { "retry-after-ms": "1250" }, 1_250],
    ["a part of a millisecond, rounded up", { "retry-after-ms": "12.5" }, 13],
    ["both: the longer one", { "retry-after": "2", "retry-after-ms": "1250" }, 2_000],
    ["nonsense", { "retry-after": "soon", "retry-after-ms": "-1" }, -1],
    ["Azure's milliseconds", { "x-ms-retry-after-ms": "900" }, 900],
    ["a date, by the clock of the provider", { date: http(-3600), "retry-after": http(-3590) }, 10_000],
    [
      "a date, by the clock of the provider, whatever comes first",
      { "retry-after": http(3630), date: http(3600) },
      30_000,
    ],
    ["a date, by our clock where the provider tells none", { "retry-after": http(30), date: "now" }, 30_000],
    ["OpenAI's form", { "x-ratelimit-reset-requests": "6m0s" }, 360_000],
    ["OpenAI's short form", { "x-ratelimit-reset-tokens": "20ms" }, 20],
    ["the longer of two", { "x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s" }, 360_000],
    [
      "only the one that is spent",
      {
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-tokens": "6m0s",
        "x-ratelimit-remaining-tokens": "149984",
      },
      1_000,
    ],
    [
      "the longest where a request was larger than what remains",
      {
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-tokens": "10",
        "x-ratelimit-reset-tokens": "3s",
      },
      3_000,
    ],
    [
      "not that of requests where some are left: a request takes one",
      {
        "x-ratelimit-remaining-requests": "14370",
        "x-ratelimit-reset-requests": "56s",
        "x-ratelimit-remaining-tokens": "80",
        "x-ratelimit-reset-tokens": "14s",
      },
      14_000,
    ],
    [
      "the spent one before one that does not say",
      {
        "x-ratelimit-reset-requests": "56s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "14s",
      },
      14_000,
    ],
    ["with a hyphen more", { "x-rate-limit-reset-tokens": "55" }, 55_000],
    [
      "Cerebras's, by minute and day",
      {
        "x-ratelimit-remaining-requests-day": "14000",
        "x-ratelimit-reset-requests-day": "33011.38",
        "x-ratelimit-remaining-tokens-minute": "0",
        "x-ratelimit-reset-tokens-minute": "11.38",
      },
      11_380,
    ],
    ["the IETF's older fields", { "ratelimit-remaining": "0", "ratelimit-reset": "33" }, 33_000],
    ["the IETF's older field", { ratelimit: "limit=100, remaining=0, reset=33" }, 33_000],
    ["the IETF's field", { ratelimit: '"default";r=0;t=33', "ratelimit-policy": '"default";q=9;w=60' }, 33_000],
    ["the IETF's field with two limits", { RateLimit: '"minute";r=0;t=10, "day";r=5;t=3600' }, 10_000],
    [
      "a subscription's, in Unix time",
      {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": String(NOW / 1000 + 600),
        "anthropic-ratelimit-unified-7d-status": "allowed",
        "anthropic-ratelimit-unified-7d-reset": String(NOW / 1000 + 400_000),
      },
      600_000,
    ],
    [
      "Anthropic's with an offset",
      {
        "anthropic-ratelimit-requests-reset": "2026-11-25T14:00:08+02:00",
        "anthropic-ratelimit-requests-remaining": "0",
      },
      8_000,
    ],
    [
      "more limits than anyone has",
      Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x-ratelimit-reset-${i}`, "1s"])),
      1_000,
    ],
    ["a duration in words", { "retry-after": "1 minute 30 seconds" }, 90_000],
    ["a duration of ISO 8601", { "retry-after": "PT1M30S" }, 90_000],
    ["a span as .NET writes it", { "retry-after": "1.00:01:30" }, 86_490_000],
    ["no time of the day", { "retry-after": "12:30" }, -1],
    ["no months", { "retry-after": "P1M" }, -1],
    ["a retry-after behind a prefix", { "x-ratelimit-retry-after": "30" }, 30_000],
    ["a reset that says how", { "x-ratelimit-reset-after": "30", "x-ratelimit-remaining": "0" }, 30_000],
    ["Mistral's, by size", { "ratelimitbysize-reset": "30", "ratelimitbysize-remaining": "0" }, 30_000],
    ["retry-after before any reset", { "x-ratelimit-reset-tokens": "6m0s", "retry-after": "3" }, 3_000],
    ["OpenRouter's Unix time", { "X-RateLimit-Reset": String(NOW + 5_000) }, 5_000],
    ["a Unix time in seconds", { "x-ratelimit-reset": String(NOW / 1000 + 5) }, 5_000],
    [
      "Anthropic's time",
      { "anthropic-ratelimit-requests-reset": "2026-11-25T12:00:08Z", "anthropic-ratelimit-requests-remaining": "0" },
      8_000,
    ],
  ])("%s", (_name, headers, ms) => {
    expect(wait(headers)).toBe(ms);
  });

  test("one answer's headers say nothing of the next one", () => {
    wait({ "retry-after": "7", "x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "1s" });
    expect(wait({})).toBe(-1);
  });

  test("the order of headers does not matter", () => {
    const all = Object.entries({
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-tokens": "6m0s",
      "x-ratelimit-remaining-tokens": "7",
    });
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), headers => {
        expect(wait(Object.fromEntries(headers))).toBe(1_000);
      }),
    );
  });
});
