import { describe, expect, it } from "vitest";
import { chat, json, openAiError, wordsOf, type Behaviour, type Script } from "../host/proxy-host.js";
import { MODES, start, type Options } from "./fixture.js";

const ask = { body: { model: "big", messages: [] } };
const down: Behaviour = { status: 503 };
const badKey = json(401, openAiError("invalid_api_key"));
const noMoney = json(402, openAiError("insufficient_quota"));
const noModel = json(404, openAiError("model_not_found"));
const parameter = json(400, {
  error: { message: "max_tokens is too large", type: "invalid_request_error", param: "max_tokens" },
});
/** Words that mean nothing to us. */
const odd = (text: string, status = 418) => json(status, { error: { message: text } });
const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "20" } });

const run = (mode: Options["mode"], one: Script, two?: Script, three?: Script) => {
  const clusters = { one, ...(two && { two }), ...(three && { three }) };
  const tokens = Object.fromEntries(Object.keys(clusters).map(id => [id, 1]));
  return start({ mode, tokens, clusters });
};
const code = (text: string): unknown => (JSON.parse(text) as { error: { code: unknown } }).error.code;

describe.each(MODES)("a refusal in unknown words, in %s mode,", mode => {
  it("gets a second opinion from the next provider", () => {
    const envoy = run(mode, odd("no such thing"), chat("Hi"));
    for (let i = 0; i < 10; i++) expect(wordsOf(envoy.ask(ask).text)).toBe("Hi");
    // Nobody is punished: the first is asked each time.
    expect(envoy.provider("one").seen).toHaveLength(10);
  });

  it("is the client's answer when the second provider refuses too, and the third is not asked", () => {
    const first = { ...odd("first"), headers: { "content-type": "application/json", "x-request-id": "r1" } };
    for (const second of [odd("second"), odd("second", 451)]) {
      const envoy = run(mode, first, second, chat("Hi"));
      const call = envoy.ask(ask);
      expect([call.status, call.text, call.headers["x-request-id"]]).toEqual([418, first.body, "r1"]);
      expect(call.headers).toMatchObject({ "x-ai-failover-attempts": "2", "content-type": "application/json" });
      expect(envoy.provider("three").seen).toHaveLength(0);
    }
  });

  it("is the client's answer when nobody else can say anything", () => {
    for (const others of [[], [down], [badKey, down], [limited]] as Behaviour[][]) {
      const call = run(mode, odd("first"), ...(others as [Behaviour?, Behaviour?])).ask(ask);
      expect([call.status, call.text]).toEqual([418, odd("first").body]);
    }
  });
});

describe.each(MODES)("the chain of hops, in %s mode,", mode => {
  it.each([
    ["a fault", down],
    ["a bad key", badKey],
    ["a rate limit", limited],
    ["a reset", "reset"],
  ] as [string, Behaviour][])("goes on past the next provider's refusal after %s of the first", (_, first) => {
    for (const second of [parameter, json(400, openAiError("context_length_exceeded")), odd("hm")])
      expect(wordsOf(run(mode, first, second, chat("Hi")).ask(ask).text)).toBe("Hi");
  });

  it("ends where a rule of the operator says so", () => {
    const tokens = { one: 1, two: 1, three: 1 };
    const clusters = { one: down, two: odd("second"), three: chat("Hi") };
    const envoy = start({ mode, tokens, clusters, config: { rules: [{ status: 418, then: "return" }] } });
    expect(envoy.ask(ask)).toMatchObject({ status: 418, text: odd("second").body });
  });

  it("ends with a known mistake of the caller where the first provider tells it", () => {
    const envoy = run(mode, parameter, chat("Hi"));
    expect(envoy.ask(ask)).toMatchObject({ status: 400, text: parameter.body });
    expect(envoy.provider("two").seen).toHaveLength(0);
    const second = start({ mode, tokens: { one: 2, two: 1 }, clusters: { one: [badKey, parameter], two: chat("Hi") } });
    expect(second.ask(ask)).toMatchObject({ status: 400, text: parameter.body });
  });
});

describe.each(MODES)("the last answer, in %s mode,", mode => {
  it("is a 404 where every provider says that there is no such model", () => {
    for (const call of [run(mode, noModel).ask(ask), run(mode, noModel, noModel).ask(ask)]) {
      expect([call.status, code(call.text)]).toEqual([404, "model_not_found"]);
      expect(call.headers["x-should-retry"]).toBe("false");
      expect(call.text).toContain("model_not_found");
    }
  });

  it("is no status that clients send again where every key is refused or empty", () => {
    for (const script of [badKey, noMoney]) {
      const call = run(mode, script, noMoney).ask(ask);
      expect([call.status, code(call.text), call.headers["x-should-retry"]]).toEqual([424, "tokens_refused", "false"]);
    }
    const messages = start({
      ...{ mode, tokens: { one: 1 }, clusters: { one: badKey }, provider: { type: "claude" } },
    }).ask({ path: "/v1/messages", body: { ...ask.body, max_tokens: 3 } });
    expect(messages.status).toBe(424);
    expect(JSON.parse(messages.text)).toMatchObject({ type: "error", error: { type: "api_error" } });
  });

  it("is a 503 that may be sent again where something may be well again", () => {
    for (const others of [[down], [badKey, down], [down, noModel]] as [Behaviour, Behaviour?][]) {
      const { status, headers } = run(mode, ...others).ask(ask);
      expect([status, headers["retry-after"], headers["x-should-retry"]]).toEqual([503, "1", undefined]);
    }
  });

  it("is a 503 that may be sent again where only the operator's limit keeps a live hop from the request", () => {
    const others = { one: 1, two: 1 };
    const limits: [tokens: Record<string, number>, policy: object, provider: object, faults: Behaviour[]][] = [
      [others, { retryBudget: 0.001 }, {}, [badKey, noMoney, limited, noModel, json(404, {})]],
      [{ one: 3 }, {}, { retryOnFailure: { maxRetries: 1 } }, [badKey, noMoney, limited, noModel]],
      [{ one: 3 }, {}, { retryOnFailure: { enabled: false } }, [badKey, noMoney, limited, noModel]],
    ];
    for (const [tokens, policy, provider, faults] of limits)
      for (const one of faults) {
        const { status, headers, text } = start({
          ...{ mode, tokens, policy, provider },
          clusters: { one, two: chat("Hi") },
        }).ask(ask);
        expect([status, headers["retry-after"], headers["x-should-retry"]]).toEqual([503, "1", undefined]);
        expect(text).toMatch(/No further attempt may be made for this request: one\/t\d;status=/);
      }
  });

  it("is a 429 with its time where rate limits are left", () => {
    const { status, headers } = run(mode, badKey, limited).ask(ask);
    expect([status, headers["retry-after"]]).toEqual([429, "20"]);
  });

  it("quotes what the provider said last, without its tokens and on one line", () => {
    const said = json(500, { error: { message: "Node 7 is on fire,\nkey one-secret-token-1 was used" } });
    const envoy = start({
      ...{ mode, tokens: {}, clusters: { one: said } },
      config: {
        providers: [
          { id: "one", type: "openai", cluster: "one", url: "https://one.test/v1", apiTokens: ["one-secret-token-1"] },
        ],
        routes: [{ name: "all", upstreams: [{ provider: "one" }] }],
      },
    });
    const { text } = envoy.ask(ask);
    expect(text).toMatch(/one said: Node 7 is on fire,.{0,4}key \*+ was used/);
    expect(text).not.toContain("secret");
    expect(envoy.log.join()).toContain("one said: Node 7 is on fire");
  });
});
