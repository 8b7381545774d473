import { describe, expect, it } from "vitest";
import {
  chat,
  events,
  json,
  openAiError,
  sse,
  wordsOf,
  type Ask,
  type Behaviour,
  type Envoy,
  type Seen,
} from "../host/proxy-host.js";
import { MODES, pluginConfig, start, tokensAt } from "./fixture.js";
import { watchedModule } from "./watched.js";

const watched = await watchedModule();

const badKey = json(401, openAiError("invalid_api_key"));
const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "3" } });
const plain: Ask = { body: { model: "qwen-turbo", messages: [] } };
const streamed: Ask = { body: { model: "qwen-turbo", stream: true, messages: [] } };

const marked = (mark: string): Ask => ({ body: { model: "qwen-turbo", stream: true, mark } });
const echo = ({ body }: Seen): Behaviour => sse(JSON.parse(body).mark, 20, ".", 20, "!");

/** Streams that the module still keeps, of all threads. */
const streamsLeft = (envoy: Envoy) =>
  envoy.threads.map(({ vm }) => [...vm.contexts.values()].filter(({ root }) => root).length);
/** At full pace: each second gauges of what is out are written. */
const ticking = (envoy: Envoy) =>
  envoy.threads.some(({ vm }) => [...vm.contexts.values()].some(({ period }) => period > 0 && period < 1000));

describe.each(MODES)("a client that leaves, in %s mode,", mode => {
  const phases: [string, Ask, Behaviour | Behaviour[], number][] = [
    ["while it sends its body", { body: ['{"model":"qwen-turbo",', 500, '"a":1}'], leaveAfter: 100 }, chat("Hi"), 0],
    ["before there is a connection", { ...streamed, leaveAfter: 100 }, { ...sse("Hi"), connect: 500 }, 1],
    ["before an answer", { ...streamed, leaveAfter: 100 }, "silence", 1],
    ["while the answer is held", { ...streamed, leaveAfter: 100 }, events([": wait\n\n", 60_000]), 1],
    ["in the middle of a stream", { ...streamed, leaveOn: "Hel" }, sse("Hel", 100, "lo"), 1],
    ["as the headers come", { ...streamed, leaveOn: "" }, sse("Hel", 100, "lo"), 1],
    ["while it waits for a rate limit", { ...plain, leaveAfter: 1000 }, limited, 1],
    ["in its second attempt", { ...streamed, leaveAfter: 100 }, ["reset", "silence"], 2],
  ];
  it.each(phases)("%s starts no further hop, costs no health, and leaves nothing behind", (_, ask, behaviour, sent) => {
    const script = Array.isArray(behaviour) ? behaviour : [behaviour];
    // With another provider a rate limit would be no reason to wait.
    const tokens: Record<string, number> = behaviour === limited ? { qwen: 1 } : { qwen: 1, deepseek: 1 };
    const clusters = { qwen: (_: Seen, count: number) => script[count % script.length]!, deepseek: chat("Hi") };
    const envoy = start({ mode, tokens, clusters });
    // So often that failures would open a breaker.
    for (let i = 1; i <= 4; i++) {
      const call = envoy.call(ask);
      envoy.advance(120_000);
      expect(call.ended).toBe("left");
      expect(envoy.provider("qwen").seen).toHaveLength(i * sent);
    }
    expect(envoy.provider("deepseek").seen).toEqual([]);
    expect(streamsLeft(envoy)).toEqual([0, 0]);
    envoy.setProvider("qwen", echo);
    envoy.forget();
    // Several at once: a record that was given back twice would serve two of them.
    const calls = ["a", "b", "c", "d"].map(mark => envoy.call(marked(mark)));
    expect(calls.map(next => wordsOf(envoy.finish(next).text))).toEqual(["a.!", "b.!", "c.!", "d.!"]);
    expect(tokensAt(envoy, "qwen")).toEqual(["t1", "t1", "t1", "t1"]);
    envoy.advance(100);
    expect(ticking(envoy)).toBe(false);
  });

  it("while it waits before its first attempt makes none", () => {
    const envoy = start({ mode, tokens: { qwen: 1 }, clusters: { qwen: limited } });
    envoy.ask({ ...plain, headers: { "x-ai-failover": "off" } });
    const calls = [1000, 2000].map(leaveAfter => envoy.call({ ...streamed, leaveAfter }));
    envoy.advance(10_000);
    expect(calls.map(({ ended }) => ended)).toEqual(["left", "left"]);
    expect(envoy.provider("qwen").seen).toHaveLength(1);
    expect(streamsLeft(envoy)).toEqual([0, 0]);
    expect(ticking(envoy)).toBe(false);
    envoy.setProvider("qwen", echo);
    expect(wordsOf(envoy.ask(marked("a")).text)).toBe("a.!");
  });

  it("while a later hop runs, by callout where there is one, is forgotten: its late failure costs no health and leads nowhere", () => {
    // In retry mode a callout goes on only where the router does not: after a 103. In hop mode the router always does.
    const qwen = mode === "retry" ? { ...badKey, interim: [103] } : badKey;
    const late = { ...json(503, openAiError("server_error")), wait: 500 };
    const tokens = { qwen: 1, deepseek: 1, moonshot: 1 };
    const provider = { failover: { enabled: false } };
    const envoy = start({ mode, tokens, provider, clusters: { qwen, deepseek: late, moonshot: chat("Hi") } });
    for (let i = 1; i <= 4; i++) {
      const call = envoy.call({ ...plain, leaveAfter: 100 });
      envoy.advance(2000);
      expect(call.ended).toBe("left");
      expect(envoy.provider("deepseek").seen.map(({ by }) => by)).toEqual(
        Array(i).fill(mode === "hop" ? "attempt" : "callout"),
      );
    }
    expect(envoy.metric("ai_failover_attempts_total;provider=deepseek;cause=client")).toBe(4);
    expect(streamsLeft(envoy)).toEqual([0, 0]);
    envoy.setProvider("deepseek", chat("Hello"));
    expect(wordsOf(envoy.ask(plain).text)).toBe("Hello");
    expect(envoy.provider("moonshot").seen).toEqual([]);
  });
});

describe("a callout whose client has left", () => {
  it("is forgotten with its root, whose callouts the host drops", () => {
    const late = { ...chat("late"), wait: 500 };
    const clusters = { qwen: badKey, deepseek: late };
    const config = { tokens: { qwen: 1, deepseek: 1 }, provider: { failover: { enabled: false } } };
    const envoy = start({ module: watched, mode: "callout", ...config, clusters });
    const { vm } = envoy.workers[0]!;
    const blocks = [1, 2, 3].map(() => {
      const call = envoy.call({ ...plain, leaveAfter: 100 });
      envoy.advance(200);
      expect(call.ended).toBe("left");
      expect(vm.ask("liveExchanges")).toBe(1);
      envoy.update({ gateway: pluginConfig(config) });
      envoy.advance(2000);
      expect(vm.ask("liveExchanges")).toBe(0);
      return vm.ask("heapBlocks");
    });
    expect(blocks[2]).toBe(blocks[1]);
  });
});
