import { describe, expect, it } from "vitest";
import { chat, json, openAiError, type Behaviour, type Seen } from "../host/proxy-host.js";
import { MODES, start, tokensAt, type Options } from "./fixture.js";

/** Everybody asks the provider "one", whose tokens and models differ; "spare" serves whatever that does not. */
const tokens = (one: number) => ({ one, spare: 1 });
const ask = (model: string, content = "Hello") => ({ body: { model, messages: [{ role: "user", content }] } });
const modelOf = ({ json: body }: Seen) => (body() as { model: string }).model;
const tokenOf = ({ headers }: Seen) => headers["authorization"]!.replace("Bearer one-", "t");

function startOne(mode: Options["mode"], count: number, one: (seen: Seen) => Behaviour) {
  return start({ mode, tokens: tokens(count), clusters: { one, spare: chat("Hi") }, seed: 11 });
}

type Envoy = ReturnType<typeof startOne>;

/** The share of requests that the provider "one" itself has served. */
class Served {
  private all = 0;
  private good = 0;

  constructor(private readonly envoy: Envoy) {}

  ask(request: object): void {
    const { status, headers } = this.envoy.ask(request);
    expect(status).toBe(200);
    this.all++;
    if (headers["x-ai-failover-provider"] === "one") this.good++;
  }

  get share(): number {
    return this.good / this.all;
  }
}

/** Requests that fail today and concern nobody else. */
const noAccess = json(403, openAiError("no_access"));
const noSuchModel = json(404, openAiError("model_not_found"));
const tooLarge = json(413, {
  error: { message: "Request too large for your limit.", type: "tokens", code: "rate_limit_exceeded" },
});

describe.each(MODES)("in %s mode", mode => {
  it.each([
    ["502", { status: 502 }],
    ["an error in a 200", json(200, openAiError("server_error"))],
    ["rate-limited", json(429, openAiError("rate_limit_exceeded"))],
    ["unknown", noSuchModel],
    ["404 in words that name no model", json(404, { error: "Not Found" })],
    ["405", json(405, {})],
  ] as [string, Behaviour][])(
    "half of all requests for a model that fails (%s) cost the others nothing",
    (name, bad) => {
      const envoy = startOne(mode, 2, seen => (modelOf(seen) === "bad" ? bad : chat("Hi")));
      const served = new Served(envoy);
      for (let i = 0; i < 250; i++) {
        if ((i * 7) % 5 < 2 || i % 3 === 0) envoy.ask(ask("bad"));
        else served.ask(ask("good"));
        envoy.advance(100);
      }
      expect(served.share, name).toBeGreaterThanOrEqual(0.95);
    },
  );

  it("a model that no token may use takes no token from the others", () => {
    const envoy = startOne(mode, 10, seen => (modelOf(seen) === "bad" ? noAccess : chat("Hi")));
    const served = new Served(envoy);
    for (let second = 0; second < 60; second++) {
      if (second % 10 === 0) envoy.ask(ask("bad"));
      for (let i = 0; i < 3; i++) {
        served.ask(ask("good"));
        envoy.advance(330);
      }
    }
    expect(served.share).toBe(1);
    expect(new Set(tokensAt(envoy, "one")).size).toBe(10);
  });

  it.each([
    ["403", noAccess],
    ["404", noSuchModel],
  ])("a model that one of two tokens may use (%s) is served by that, also to many at once", (_, refused) => {
    const envoy = startOne(mode, 2, seen => (tokenOf(seen) === "t1" ? refused : chat("Hi")));
    const served = new Served(envoy);
    const crowd = Array.from({ length: 20 }, () => envoy.call(ask("a-x")));
    for (const call of crowd) envoy.finish(call);
    envoy.forget();
    for (let i = 0; i < 60; i++) {
      served.ask(ask("a-x"));
      envoy.advance(200);
    }
    expect(served.share).toBe(1);
    for (const { status, headers } of crowd) {
      expect([status, headers["x-ai-failover-provider"]]).toEqual([200, "one"]);
    }
    expect(tokensAt(envoy, "one").filter(token => token === "t1").length).toBeLessThanOrEqual(6);
  });

  it("requests that are too large for a token's limit take it from no small one", () => {
    const envoy = startOne(mode, 3, seen => (seen.body.length > 3000 ? tooLarge : chat("Hi")));
    const served = new Served(envoy);
    for (let i = 0; i < 112; i++) {
      if (i % 6 === 0) envoy.ask(ask("a-x", "x".repeat(4000)));
      served.ask(ask("a-x"));
      envoy.advance(400);
    }
    expect(served.share).toBe(1);
  });
});
