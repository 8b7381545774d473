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
    ["a year: an hour at the most", { "retry-after": "31536000" }, 3_600_000],
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
