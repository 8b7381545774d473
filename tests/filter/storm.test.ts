import { describe, expect, it } from "vitest";
import { chat, json, openAiError, wordsOf, type Behaviour } from "../host/proxy-host.js";
import { MODES, start } from "./fixture.js";

const ask = { body: { model: "big", messages: [] } };
const badKey = json(401, openAiError("invalid_api_key"));
/** What 64 clients ask that try again as soon as they are answered, at least each 100 ms. */
const EACH = 200;
const CLIENTS = 64;

describe.each(MODES)("a storm of 64 clients, in %s mode,", mode => {
  it.each([
    ["that nobody can reach", "refused", [503]],
    ["that is overloaded", { status: 503 }, [503]],
    ["that refuses every key", badKey, [424]],
    ["that has no money", json(402, openAiError("insufficient_quota")), [424]],
  ] as [string, Behaviour, number[]][])(
    "meets a provider %s at most once a second for each breaker",
    (_, fault, end) => {
      const tokens = { qwen: 3 };
      const envoy = start({ mode, tokens, clusters: { qwen: fault } });
      let open: ReturnType<typeof envoy.call>[] = [];
      const beat = () => {
        const over = open.filter(call => call.ended !== undefined);
        open = open.filter(call => call.ended === undefined);
        while (open.length < CLIENTS) open.push(envoy.call(ask));
        envoy.advance(EACH);
        return over;
      };
      for (let ms = 0; ms < 3000; ms += EACH) beat();
      envoy.forget();
      const answers: ReturnType<typeof envoy.call>[] = [];
      for (let ms = 0; ms < 20_000; ms += EACH) answers.push(...beat());
      expect(envoy.provider("qwen").seen.length).toBeLessThanOrEqual(20 * tokens.qwen + tokens.qwen);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(end));
      if (end[0] === 503) for (const { headers } of answers) expect(Number(headers["retry-after"])).toBeGreaterThan(0);

      envoy.setProvider("qwen", chat("Hi"));
      // The longest that a breaker stays open, and probes less and less often.
      let served: ReturnType<typeof beat> = [];
      for (let ms = 0; ms < 70_000 && !served.some(({ status }) => status === 200); ms += EACH) served = beat();
      beat();
      served = beat();
      expect(served.length).toBeGreaterThan(CLIENTS / 2);
      for (const { text } of served) expect(wordsOf(text)).toBe("Hi");
    },
  );
});
