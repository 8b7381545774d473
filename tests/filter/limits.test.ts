import { describe, expect, it } from "vitest";
import {
  chat,
  delta,
  events,
  json,
  openAiError,
  sse,
  wordsOf,
  type Ask,
  type Behaviour,
  type Script,
  type Seen,
} from "../host/proxy-host.js";
import { MODES, start, tokensAt, type Options } from "./fixture.js";

const plain = { body: { model: "qwen-turbo", messages: [] } };
const streamed = { body: { ...plain.body, stream: true } };
const badKey = json(401, openAiError("invalid_api_key"));
/** By our own clock a limit is kept up to one tick later. */
const TICK = 50;

describe.each(MODES)("retryTimeout, in %s mode,", mode => {
  const limited = (options: Omit<Options, "mode">) =>
    start({
      mode,
      provider: { retryOnFailure: { retryTimeout: 200 } },
      policy: { firstTokenTimeout: 1000, attemptTimeout: 1000 },
      ...options,
    });

  const comments = events(Array.from({ length: 50 }, (_, i) => (i % 2 ? 20 : ": keep-alive\n\n")));
  it.each([
    ["silence", plain, "silence", chat("Hi")],
    ["silence in place of a stream", streamed, "silence", sse("H", "i")],
    ["a stream of comments", streamed, comments, sse("H", "i")],
  ] as [string, Ask, Behaviour, Behaviour][])("ends a further attempt at %s", (_, ask, silent, good) => {
    const clusters = { qwen: [badKey, silent], deepseek: good };
    const call = limited({ tokens: { qwen: 2, deepseek: 1 }, clusters }).ask(ask);
    expect(wordsOf(call.text)).toBe("Hi");
    expect(call.headers["x-ai-failover-trail"]).toMatch(/^qwen.*qwen\/t\d[^,]*;cause=slow;ms=\d+, deepseek/);
    expect(call.ms).toBeLessThanOrEqual(200 + 2 * TICK);
  });

  it("tells the next provider nothing, nor the first attempt, whose limits are the route's", () => {
    const late = { ...chat("Hi"), wait: 600 };
    const first = limited({ tokens: { qwen: 2, deepseek: 1 }, clusters: { qwen: late, deepseek: "refused" } });
    expect(first.ask(plain).headers["x-ai-failover-attempts"]).toBe("1");
    const next = limited({ tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: badKey, deepseek: late } });
    expect(next.ask(plain).headers["x-ai-failover-attempts"]).toBe("2");
  });

  it("holds for the same token's second try, and no longer than the route's own limit", () => {
    const second = limited({
      tokens: { qwen: 1, deepseek: 1 },
      clusters: { qwen: ["reset", "silence"], deepseek: chat("Hi") },
    });
    expect(second.ask(plain).ms).toBeLessThanOrEqual(200 + 2 * TICK);
    const policy = { firstTokenTimeout: 100, attemptTimeout: 100 };
    const route = limited({
      policy,
      tokens: { qwen: 2, deepseek: 1 },
      clusters: { qwen: [badKey, "silence"], deepseek: chat("Hi") },
    });
    expect(route.ask(plain).ms).toBeLessThanOrEqual(100 + 2 * TICK);
  });

  it.each([
    [1, "reset"],
    [2, "reset"],
    [2, badKey],
  ] as [number, Behaviour][])("is not applied where no other provider could follow, with %i tokens", (qwen, fault) => {
    const late: Behaviour = { ...chat("Hi"), wait: 600 };
    const envoy = limited({ tokens: { qwen }, clusters: { qwen: [fault, late] } });
    expect(wordsOf(envoy.ask(plain).text)).toBe("Hi");
    expect(tokensAt(envoy, "qwen")).toHaveLength(2);
  });
});

describe.each(MODES)("firstTokenTimeout and attemptTimeout, in %s mode,", mode => {
  const tokens = { qwen: 1, deepseek: 1 };
  const policy = { firstTokenTimeout: 200, attemptTimeout: 200 };

  it.each([plain, streamed])(
    "are not applied where no other provider could follow, however many tokens there are",
    ask => {
      const late = { ...(ask === plain ? chat("Hi") : sse("Hi")), wait: 600 };
      for (const qwen of [late, [badKey, late]] as Script[]) {
        const call = start({ mode, policy, tokens: { qwen: 3 }, clusters: { qwen } }).ask(ask);
        expect(call).toMatchObject({ status: 200, ended: "complete" });
        expect(wordsOf(call.text)).toBe("Hi");
      }
    },
  );

  it.each([plain, streamed])("are not applied where all other providers are out", ask => {
    const late = { ...(ask === plain ? chat("Hi") : sse("Hi")), wait: 600 };
    const out = start({ mode, policy, tokens, clusters: { qwen: ["refused", "refused", late], deepseek: badKey } });
    expect(out.ask(ask).status).toBe(503);
    for (let i = 0; i < 4; i++) expect(wordsOf(out.ask(ask).text)).toBe("Hi");
    const behind = start({ mode, policy, tokens, clusters: { qwen: badKey, deepseek: [chat("Hi"), late] } });
    for (let i = 0; i < 4; i++) expect(behind.ask(i === 0 ? plain : ask).status).toBe(200);
  });

  it.each([plain, streamed])("are applied where another provider will be live when they have passed", ask => {
    const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "1" } });
    const good = ask === plain ? chat("Hi") : sse("Hi");
    const late = { ...good, wait: 3000 };
    const envoy = start({
      ...{ mode, tokens, policy: { firstTokenTimeout: 1500, attemptTimeout: 1500, maxWait: 0 } },
      clusters: { qwen: ["refused", "refused", late], deepseek: [limited, good] },
    });
    expect(envoy.ask(ask).status).toBe(429);
    expect(envoy.ask(ask).headers["x-ai-failover-trail"]).toMatch(
      /^qwen[^,]*;cause=slow[^,]*, deepseek[^,]*;status=200/,
    );
  });
});

describe.each(MODES)("the time of a request, in %s mode,", mode => {
  const tokens = { qwen: 1, deepseek: 1 };
  const own = { ...json(400, openAiError("bad_request")), wait: 1000 };
  /** The first provider takes so much of it that the next one has the rest; neither is to blame. */
  const shared = (timeout: number, deepseek: Script) => {
    const provider = { rules: [{ status: 400, then: "next-provider" }] };
    const policy = { firstTokenTimeout: timeout - 1, attemptTimeout: timeout - 1, timeout };
    return start({ mode, tokens, policy, provider, clusters: { qwen: own, deepseek } });
  };

  it("begins no attempt for which less than 100 ms are left", () => {
    const late = shared(1050, chat("Hi"));
    expect(late.ask(plain)).toMatchObject({ status: 400, text: own.body });
    expect(late.provider("deepseek").seen).toEqual([]);
    expect(shared(1200, chat("Hi")).ask(plain).status).toBe(200);
  });

  it("begins no wait after which less than that is left, but says how long it would be", () => {
    for (const [timeout, status] of [
      [2050, 429],
      [2200, 200],
    ] as const) {
      const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "2" } });
      const policy = { firstTokenTimeout: 1000, attemptTimeout: 1000, timeout };
      const envoy = start({ mode, policy, tokens: { qwen: 1 }, clusters: { qwen: [limited, chat("Hi")] } });
      envoy.ask({ ...plain, headers: { "x-ai-failover": "off" } });
      const call = envoy.ask(plain);
      expect(call.status).toBe(status);
      if (status === 429) expect(call).toMatchObject({ ms: 0, headers: { "retry-after": "2" } });
    }
  });

  it.each([plain, streamed])("is nobody's fault when it is over before an attempt's own limit", ask => {
    const envoy = shared(1300, "silence");
    for (let i = 0; i < 8; i++) {
      // Nobody serves it, and the first one says that it is the request's own mistake.
      const { status, text, headers } = envoy.ask(ask);
      expect({ status, text }).toEqual({ status: 400, text: own.body });
      expect(headers["x-ai-failover-trail"]).toMatch(/deepseek[^,]*;cause=slow/);
    }
    envoy.setProvider("qwen", { ...own, wait: 0 });
    envoy.setProvider("deepseek", ask === plain ? chat("Hi") : sse("Hi"));
    expect(envoy.ask(ask).headers["x-ai-failover-trail"]).toMatch(/deepseek\/t1;status=200/);
  });

  it("is nobody's fault when a stream is longer", () => {
    const policy = { firstTokenTimeout: 900, attemptTimeout: 900, timeout: 1000 };
    const endless = sse(...Array.from({ length: 200 }, (_, i) => (i % 2 ? 100 : "more ")));
    const envoy = start({ mode, tokens, policy, clusters: { qwen: endless, deepseek: "refused" } });
    for (let i = 0; i < 5; i++) {
      const call = envoy.ask(streamed);
      expect(call).toMatchObject({ status: 200, ended: "reset" });
      expect(call.ms).toBeLessThanOrEqual(1000 + TICK);
    }
    envoy.setProvider("qwen", sse("Hi"));
    expect(envoy.ask(streamed).headers["x-ai-failover-trail"]).toMatch(/^qwen\/t1;status=200/);
  });
});

it.each(MODES)("a 429 says when the first hop opens, not only those that were tried, in %s mode", mode => {
  const limit = (seconds: number) =>
    json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": String(seconds) } });
  const envoy = start({
    mode,
    tokens: { qwen: 2 },
    policy: { maxWait: 1000 },
    clusters: { qwen: [limit(5), limit(40)] },
  });
  envoy.ask({ ...plain, headers: { "x-ai-failover": "off" } });
  expect(envoy.ask(plain)).toMatchObject({
    status: 429,
    headers: { "retry-after": "5", "x-ai-failover-attempts": "1" },
  });
});

it.each(MODES)("a wait goes on when its token has died and the next one opens a little later, in %s mode", mode => {
  const limit = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "2" } });
  // The first two requests are those that will wait: their tokens open 400 ms apart.
  const dying: string[] = [];
  const qwen = ({ headers }: Seen, count: number): Behaviour => {
    const token = headers["authorization"]!;
    if (count < 2) dying.push(token);
    if (count < 2) return { ...limit, wait: 400 * count };
    return token === dying[0] ? badKey : chat("Hi");
  };
  const envoy = start({ mode, tokens: { qwen: 2 }, clusters: { qwen } });
  const waits = envoy.call(plain);
  envoy.advance(1000);
  while (!tokensAt(envoy, "qwen").slice(2).includes(dying[0]!.replace("Bearer qwen-", "t")))
    envoy.ask({ body: { model: "other", messages: [] } });
  envoy.finish(waits);
  expect(waits.status).toBe(200);
  expect(waits.headers["x-ai-failover-trail"]).not.toMatch(/401|forced/);
});

it.each(MODES)("a request whose only live hop is rate-limited gets a 429, whatever failed last, in %s mode", mode => {
  const limited = json(429, openAiError("rate_limit_exceeded"), { headers: { "retry-after": "20" } });
  const envoy = start({ mode, tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: limited, deepseek: badKey } });
  for (const attempts of ["2", "0"]) {
    const { status, headers } = envoy.ask(plain);
    expect([status, headers["retry-after"], headers["x-ai-failover-attempts"]]).toEqual([429, "20", attempts]);
  }
  const down = start({ mode, tokens: { qwen: 1, deepseek: 1 }, clusters: { qwen: limited, deepseek: "refused" } });
  expect(down.ask(plain).status).toBe(503);
});

it.each(MODES)("a body whose length is not told has the room of requestBody, and needs no more, in %s mode", mode => {
  const limits = { requestBody: 100_000, parkedBodies: 100_000 };
  const envoy = start({ mode, config: { limits }, clusters: { qwen: chat("Hi") } });
  const body = [`{"model":"m","prompt":"${"x".repeat(60_000)}`, `${"y".repeat(30_000)}"}`];
  for (let i = 0; i < 2; i++) expect(envoy.ask({ body }).status).toBe(200);
});

describe.each(MODES)("an upload, in %s mode,", mode => {
  const begun = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x".repeat(50) }] });
  const upload = (pieces: (string | number)[], idleTimeout: number | undefined) =>
    start({ mode, config: { idleTimeout }, clusters: { qwen: chat("Hi") } }).ask({ body: pieces });

  it.each([
    ["before its first byte", []],
    ["in the middle", [begun.slice(0, 20), 300, begun.slice(20, 40)]],
  ] as [string, (string | number)[]][])("that stops %s is ended after idleTimeout", (_where, pieces) => {
    const call = upload([...pieces, 60_000, begun.slice(40)], 500);
    expect([call.status, call.json().error.code]).toEqual([408, "request_timeout"]);
    // The official clients send it again.
    expect(call.headers["x-should-retry"]).toBeUndefined();
    expect(call.ms).toBeLessThanOrEqual(300 + 500 + 2 * TICK);
  });

  it("that is slow is not, nor one without a limit", () => {
    const slowly = [...begun].flatMap(letter => [letter, 400]);
    expect(upload(slowly, 500).status).toBe(200);
    expect(upload([begun.slice(0, 20), 60_000, begun.slice(20)], 0).status).toBe(200);
  });
});

describe.each(MODES)("many streams at once, in %s mode,", mode => {
  it("are each ended by their own silence, and none before it", () => {
    const idleTimeout = 3000;
    // Pieces come for a while, then nothing.
    const lasts = Array.from({ length: 60 }, (_, i) => 100 * ((i * 37) % 60));
    const envoy = start({
      ...{ mode, config: { idleTimeout }, policy: { firstTokenTimeout: 20_000 }, tokens: { qwen: 1, deepseek: 1 } },
      clusters: {
        qwen: ({ json: body }) => {
          const { last } = body() as { last: number };
          return events([
            10,
            ...Array.from({ length: last / 100 }, () => [delta("x"), 100]).flat(),
            delta("x"),
            60_000,
          ]);
        },
        deepseek: chat("Hi"),
      },
    });
    const begun: [last: number, at: number, call: ReturnType<typeof envoy.call>][] = [];
    for (const last of lasts) {
      begun.push([last, envoy.now, envoy.call({ body: { model: "m", stream: true, last } })]);
      envoy.advance(30);
    }
    for (const [last, at, call] of begun) {
      envoy.finish(call);
      expect(call.ended).toBe("reset");
      expect(call.ms).toBeGreaterThanOrEqual(last + idleTimeout);
      expect(call.ms, `begun at ${at}`).toBeLessThanOrEqual(last + idleTimeout + 10 + 2 * TICK);
    }
  });
});

describe.each(MODES)("in a worker that was held up, in %s mode,", mode => {
  const limit = 500;
  const pieces = (piece: string) => Array.from({ length: 20 }, () => [piece, 20]).flat();
  /** The next piece is due before the next tick: that comes first of all, and much too late. */
  const holdUp = (envoy: ReturnType<typeof start>, after = 110) => {
    envoy.advance(after);
    envoy.process.clock.now += 10 * limit;
  };

  it.each(["idleTimeout", "stallTimeout"])("a stream is silent since what was read first afterwards, by %s", name => {
    const envoy = start({
      ...{ mode, config: { idleTimeout: 0, stallTimeout: 0, [name]: limit }, policy: { firstTokenTimeout: 20_000 } },
      clusters: { qwen: events([...pieces(delta("x")), delta("last"), 60_000]), deepseek: chat("Hi") },
    });
    const call = envoy.call({ body: { model: "m", stream: true } });
    holdUp(envoy);
    envoy.finish(call);
    expect(call.ended).toBe("reset");
    expect(call.text).toContain("last");
    const last = 20 * 20 + 10 * limit;
    expect(call.ms).toBeGreaterThanOrEqual(last);
    expect(call.ms).toBeLessThanOrEqual(last + limit + 2 * TICK);
  });

  it.each([
    ["in the middle", 0, 110],
    ["before the first tick of a timer that rested", 60_000, 30],
  ])("an upload goes on %s", (_where, rest, after) => {
    const envoy = start({ mode, config: { idleTimeout: limit }, clusters: { qwen: chat("Hi") } });
    envoy.advance(rest);
    const call = envoy.call({ body: ['{"model":"m","messages":[{"role":"user","content":"', ...pieces("x"), '"}]}'] });
    holdUp(envoy, after);
    envoy.finish(call);
    expect(call.status).toBe(200);
  });
});
