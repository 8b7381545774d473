import { describe, expect, it } from "vitest";
import {
  chat,
  delta,
  DONE,
  events,
  json,
  openAiError,
  sse,
  wordsOf,
  type Ask,
  type Behaviour,
  type Call,
  type Envoy,
  type Seen,
} from "../host/index.js";
import { Context } from "../host/context.js";
import { MODES, pluginConfig, start, tokensAt } from "./fixture.js";
import { watchedModule } from "./watched.js";

const watched = await watchedModule();

const badKey = json(401, openAiError("invalid_api_key"));
const streamed: Ask = { body: { model: "qwen-turbo", stream: true, messages: [] } };
const plain: Ask = { body: { model: "qwen-turbo", messages: [] } };

/** A request that can be told from others, and a provider that repeats which one it got. */
const marked = (mark: string, more: object = {}): Ask => ({
  body: { model: "qwen-turbo", stream: true, mark, ...more },
});
const echo = ({ body }: Seen): Behaviour => sse(JSON.parse(body).mark, 20, ".", 20, "!");
const markOf = (seen: Seen): string => seen.json().mark;

/** Streams that the module still keeps, of all threads. */
const streamsLeft = (envoy: Envoy) =>
  envoy.threads.map(({ vm }) => [...vm.contexts.values()].filter(({ root }) => root).length);
const ticking = (envoy: Envoy) =>
  envoy.threads.some(({ vm }) => [...vm.contexts.values()].some(({ period }) => period > 0));

describe("ids that are not known", () => {
  it("are ignored by every callback, which then calls nothing", () => {
    const envoy = start({ clusters: { qwen: chat("Hi") } });
    const { vm } = envoy.workers[0]!;
    const stranger = new Context(vm, 4711, "gateway", null, null, Buffer.alloc(0));
    const callbacks = WebAssembly.Module.exports(vm.options.module)
      .map(({ name }) => name)
      .filter(name => /^proxy_on_(request|response|tick|delete|http)/.test(name));
    expect(callbacks.length).toBe(9);
    for (const callback of callbacks) expect(vm.call(callback, stranger, 1, 1, 1)).toBe(0);
    expect(envoy.process.traps).toEqual([]);
    expect(envoy.ask(plain).status).toBe(200);
  });
});

describe("a VM that traps and is loaded again", () => {
  it("never lets a retry of an old client carry another client's prompt", () => {
    const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "2" } });
    const met = new Set<string>();
    const envoy = start({
      tokens: { qwen: 1 },
      clusters: {
        qwen: seen => {
          const mark = markOf(seen);
          if (mark.startsWith("old")) return { fault: "reset", wait: 500 };
          return met.has(mark) ? echo(seen) : met.add(mark) && limited;
        },
      },
    });
    const old = Array.from({ length: 5 }, (_, i) => envoy.call(marked(`old ${i}`)));
    envoy.advance(100);
    envoy.workers[0]!.vm.injectTrap("proxy_on_request_headers");
    expect(envoy.ask(marked("trap")).status).toBe(503);
    envoy.advance(50);
    // When the old ones are tried again, these have their next hop armed, under the numbers that the old ones had.
    const young = Array.from({ length: 5 }, (_, i) => envoy.call(marked(`new ${i}`)));
    for (const call of old) expect(envoy.finish(call)).toMatchObject({ status: 503 });
    for (const [i, call] of young.entries()) expect(wordsOf(envoy.finish(call).text)).toBe(`new ${i}.!`);
    const sent = envoy.provider("qwen").seen.map(markOf).sort();
    expect(sent).toEqual([0, 1, 2, 3, 4].flatMap(i => [`new ${i}`, `new ${i}`, `old ${i}`]).sort());
  });

  it.each([
    "proxy_on_request_headers",
    "proxy_on_request_body",
    "proxy_on_response_headers",
    "proxy_on_response_body",
    "proxy_on_delete",
    "proxy_on_tick",
  ])("under load, in %s, loses at most the streams of its worker, and mixes none", callback => {
    const envoy = start({
      workers: 2,
      tokens: { qwen: 2, deepseek: 1 },
      policy: { guard: "full" },
      clusters: {
        qwen: seen => (seen.headers["authorization"] === "Bearer qwen-1" ? badKey : echo(seen)),
        deepseek: echo,
      },
    });
    const calls: { call: Call; mark: string; worker: number }[] = [];
    for (let i = 0; i < 80; i++) {
      const [mark, worker] = [`mark ${i}`, i % 2];
      calls.push({ mark, worker, call: envoy.call({ ...marked(mark), worker }) });
      if (i === 40) envoy.workers[0]!.vm.injectTrap(callback);
      envoy.advance(2);
    }
    for (const { call, mark, worker } of calls) {
      envoy.finish(call);
      if (call.ended === "complete" && call.status === 200) expect(wordsOf(call.text)).toBe(`${mark}.!`);
      else expect(worker).toBe(0);
    }
    expect(envoy.process.traps).toMatchObject([{ thread: "worker 0", callback }]);
    expect(calls.slice(-10).map(({ call }) => call.status)).toEqual(Array(10).fill(200));
  });
});

describe.each(MODES)("a client that leaves, in %s mode,", mode => {
  const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "3" } });
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
});

describe("a callout whose client has left", () => {
  it("comes back to nobody, and is forgotten", () => {
    const late = { ...chat("late"), wait: 500 };
    const envoy = start({
      mode: "callout",
      tokens: { qwen: 1, deepseek: 1 },
      clusters: { qwen: badKey, deepseek: late },
    });
    const call = envoy.call({ ...plain, leaveAfter: 100 });
    envoy.advance(2000);
    expect(call.ended).toBe("left");
    expect(envoy.metric("ai_failover_attempts.provider.deepseek.result.client")).toBe(1);
    expect(streamsLeft(envoy)).toEqual([0, 0]);
    expect(wordsOf(envoy.ask(plain).text)).toBe("late");
  });

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

describe("what is known of tokens", () => {
  const oneBad = (seen: Seen): Behaviour => (seen.headers["authorization"] === "Bearer qwen-1" ? badKey : sse("Hi"));
  /** So many requests that a token that is not out would be met for sure. */
  const askOften = (envoy: Envoy, worker = 0) => {
    for (let i = 0; i < 30; i++) expect(envoy.ask({ ...streamed, worker }).status).toBe(200);
  };
  const timesMet = (envoy: Envoy) => tokensAt(envoy, "qwen").filter(token => token === "t1").length;

  it("is known to every worker at once", () => {
    const envoy = start({ workers: 3, tokens: { qwen: 2 }, clusters: { qwen: oneBad } });
    for (const worker of [0, 1, 2]) askOften(envoy, worker);
    expect(timesMet(envoy)).toBe(1);
  });

  const changes: [string, (envoy: Envoy) => void][] = [
    ["an update of the configuration", envoy => void envoy.update(change)],
    ["new code, or an edit in Higress", envoy => envoy.replace(change)],
    [
      "a trap",
      envoy => {
        envoy.workers[0]!.vm.injectTrap();
        envoy.ask(streamed);
        envoy.advance(30);
      },
    ],
  ];
  const change = { gateway: pluginConfig({ tokens: { qwen: 2 } }), attempt: { role: "attempt" } };
  it.each(changes)("survives %s", (_, happen) => {
    const envoy = start({ tokens: { qwen: 2 }, clusters: { qwen: oneBad } });
    askOften(envoy);
    happen(envoy);
    askOften(envoy);
    expect(timesMet(envoy)).toBe(1);
  });
});

describe("an update of the configuration", () => {
  it("leaves a request that runs with the old one, through its retries, and takes the new one for the next", () => {
    const envoy = start({
      tokens: { qwen: 1, deepseek: 1 },
      policy: { firstTokenTimeout: 500 },
      clusters: { qwen: ["silence", chat("old")], deepseek: sse("old"), moonshot: sse("new") },
    });
    const old = envoy.call(streamed);
    envoy.advance(100);
    const gateway = pluginConfig({ tokens: { moonshot: 1 } });
    expect(envoy.update({ gateway, attempt: { role: "attempt" } })).toBe(true);
    expect(wordsOf(envoy.ask(streamed).text)).toBe("new");
    expect(wordsOf(envoy.finish(old).text)).toBe("old");
    envoy.advance(1000);
    expect(envoy.workers[0]!.vm.contexts.size).toBe(2);
  });

  it("leaves a callout that runs to the old one", () => {
    const slow = { ...chat("old"), wait: 500 };
    const clusters = { qwen: badKey, deepseek: slow, moonshot: chat("new") };
    const envoy = start({ mode: "callout", tokens: { qwen: 1, deepseek: 1 }, clusters });
    const old = envoy.call(plain);
    envoy.advance(100);
    envoy.update({ gateway: pluginConfig({ tokens: { moonshot: 1 } }) });
    expect(wordsOf(envoy.ask(plain).text)).toBe("new");
    expect(wordsOf(envoy.finish(old).text)).toBe("old");
    expect(envoy.workers[0]!.vm.contexts.size).toBe(1);
  });
});

describe("the tick", () => {
  it.each(MODES)("runs only while something in %s mode can run out of time", mode => {
    const envoy = start({
      mode,
      tokens: { qwen: 1, deepseek: 1 },
      policy: { guard: "full" },
      clusters: { qwen: events([delta("a"), 200, DONE]) },
    });
    envoy.advance(100);
    expect(ticking(envoy)).toBe(false);
    const call = envoy.call(streamed);
    envoy.advance(50);
    expect(ticking(envoy)).toBe(true);
    envoy.finish(call);
    envoy.advance(200);
    expect(ticking(envoy)).toBe(false);
  });
});
