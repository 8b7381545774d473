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
} from "../host/proxy-host.js";
import { Context } from "../host/context.js";
import { MODES, pluginConfig, start, tokensAt } from "./fixture.js";

const badKey = json(401, openAiError("invalid_api_key"));
const streamed: Ask = { body: { model: "qwen-turbo", stream: true, messages: [] } };
const plain: Ask = { body: { model: "qwen-turbo", messages: [] } };

/** A request that can be told from others, and a provider that repeats which one it got. */
const marked = (mark: string, more: object = {}): Ask => ({
  body: { model: "qwen-turbo", stream: true, mark, ...more },
});
const echo = ({ body }: Seen): Behaviour => sse(JSON.parse(body).mark, 20, ".", 20, "!");
const markOf = (seen: Seen): string => seen.json().mark;

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
