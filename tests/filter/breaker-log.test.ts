import { describe, expect, it } from "vitest";
import { chat, json, openAiError, type Behaviour } from "../host/proxy-host.js";
import { MODES, start } from "./fixture.js";

const ask = { body: { model: "qwen-turbo", messages: [] } };
const badKey = json(401, openAiError("invalid_api_key"));
const limited: Behaviour = { ...json(429, openAiError("rate_limit_exceeded")), headers: { "retry-after": "7" } };

describe.each(MODES)("in %s mode the log tells", mode => {
  /** What a provider does from now on, by its token. */
  const run = (answers: Record<string, Behaviour>, rest: object = {}) => {
    const envoy = start({
      ...{ mode, workers: 2, tokens: { qwen: 2, deepseek: 1 }, ...rest },
      clusters: {
        qwen: ({ headers }) => answers[headers["authorization"]!.slice(-1)] ?? chat("Hi"),
        deepseek: chat("Hi"),
      },
    });
    const lines = () => envoy.log.filter(line => / is (out|back)/.test(line));
    const askAll = () => {
      for (let i = 0; i < 20; i++) envoy.ask({ ...ask, worker: i % 2 });
    };
    return { envoy, lines, askAll };
  };

  it("once, whatever the number of workers, that a token is out and why, and that it is back", () => {
    const answers: Record<string, Behaviour> = { 1: badKey };
    const { envoy, lines, askAll } = run(answers);
    askAll();
    envoy.advance(20_000);
    askAll();
    expect(lines()).toEqual([expect.stringMatching(/^warn qwen\/t1 is out: credential, tried again in \d+s$/)]);
    delete answers[1];
    envoy.advance(60_000);
    askAll();
    expect(lines().slice(1)).toEqual(["info qwen/t1 is back"]);
  });

  it("that a rate limit closes a token for one model", () => {
    const answers: Record<string, Behaviour> = { 1: limited };
    const { envoy, lines, askAll } = run(answers);
    askAll();
    expect(lines()).toEqual(["info qwen/t1 is out for one model: rate-limit, tried again in 7s"]);
    delete answers[1];
    envoy.advance(8000);
    askAll();
    expect(lines().slice(1)).toEqual(["info qwen/t1 is back for one model"]);
  });

  it("that a whole provider is out", () => {
    const { lines, askAll } = run({ 1: "refused", 2: "refused" });
    askAll();
    expect(lines()).toEqual([expect.stringMatching(/^warn qwen is out: connect, tried again in \d+s$/)]);
  });

  it("nothing where nothing is kept of failures", () => {
    const { lines, askAll } = run({ 1: badKey }, { provider: { failover: { enabled: false } } });
    askAll();
    expect(lines()).toEqual([]);
  });
});
