import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoProvider } from "../../cli/demo/demo-provider.js";
import { startFixedRoute, type FixedRoute } from "./fixed-route.js";

const HOSTS = [
  { host: "a stock Envoy", version: "1.36.4", keepsRoute: false },
  { host: "a host like Higress, on Envoy", version: "1.36.4", keepsRoute: true },
  { host: "a stock Envoy", version: "1.38.2", keepsRoute: false },
  { host: "a host like Higress, on Envoy", version: "1.40.0", keepsRoute: true },
];

const FAILOVER = { failover: { enabled: true }, retryOnFailure: { enabled: true, maxRetries: 3 } };
const provider = (id: string, more: object = FAILOVER) => ({
  ...{ id, type: "openai", openaiCustomUrl: `https://${id}.example/api/v1`, apiTokens: [`${id}-1`, `${id}-2`] },
  ...more,
});
const IDS = ["own", "tokens", "primary", "spare", "lure", "elsewhere", "off", "left", "right", "stranger"];

/** A provider whose name is another ingress's host: where the stock Envoy finds another route, it finds that one. */
const TWIN = { ...provider("twin"), openaiCustomUrl: "https://stranger.test/v1" };

/** As the controller writes it: global fields, and a rule for each place. */
const PLUGIN = {
  providers: [...IDS.map(id => provider(id, id === "off" ? {} : FAILOVER)), TWIN, provider("hand")],
  _rules_: [
    { _match_route_: ["own"], activeProviderId: "own" },
    { _match_route_: ["tokens"], activeProviderId: "tokens" },
    {
      _match_route_: ["primary"],
      activeProviderId: "primary",
      fallbackConfig: { upstreams: [{ provider: "spare", modelMapping: { "*": "spare-chat" } }] },
    },
    { _match_route_: ["lure"], activeProviderId: "elsewhere" },
    { _match_route_: ["twin"], activeProviderId: "twin" },
    { _match_service_: ["llm-off.internal.dns:443"], activeProviderId: "off" },
    { _match_route_: ["hand"], activeProviderId: "hand" },
    { _match_domain_: ["*.test"], _match_service_: ["llm-left.internal.dns"], activeProviderId: "left" },
    { _match_service_: ["llm-right.internal.dns"], activeProviderId: "right" },
  ],
};

const plain = { model: "m", messages: [] };
const streamed = { ...plain, stream: true };
const ours = (headers: Headers) => [...headers.keys()].filter(name => name.startsWith("x-ai-failover"));
/** Envoy marks callouts as its own. */
const byCallout = ({ requests }: DemoProvider) => requests.map(({ headers }) => headers["x-envoy-internal"] === "true");
const tokensAt = ({ requests }: DemoProvider) => [...new Set(requests.map(({ token }) => token))].sort();

describe.each(HOSTS)("under routes that $host $version has fixed,", ({ version, keepsRoute }) => {
  let gateway: FixedRoute;
  const at = (id: string) => gateway.providers[id]!;

  beforeAll(async () => {
    const ids = [...IDS, "twin", "hand"];
    const cluster = (id: string) => (id === "hand" ? { cluster: "outbound|443||hand.dns" } : {});
    gateway = await startFixedRoute({
      ...{ version, keepsRoute, plugin: PLUGIN },
      providers: Object.fromEntries(ids.map(id => [id, { tokens: [`${id}-1`, `${id}-2`], ...cluster(id) }])),
      ingresses: Object.fromEntries(ids.map(id => [id, id])),
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    for (const provider of Object.values(gateway.providers)) {
      await provider.reset();
      provider.requests.length = 0;
    }
  });

  it("the route's own provider is the first hop, with its token, path and host", async () => {
    const answer = await gateway.ask("own", plain, { headers: { authorization: "Bearer the client's" } });
    expect(answer).toMatchObject({ status: 200, words: expect.stringMatching("Hello from own") });
    expect(answer.headers.get("x-ai-failover-attempts")).toBe("1");
    const [request] = at("own").requests;
    expect(request).toMatchObject({ path: "/api/v1/chat/completions", token: expect.stringMatching(/^own-[12]$/) });
    expect(request!.headers.host).toBe("own.example");
  });

  it("it is reached on the client's own stream where that is sure to lead there, else by callout", async () => {
    for (const body of [plain, streamed]) expect((await gateway.ask("own", body)).words).toMatch("Hello from own");
    expect(byCallout(at("own"))).toEqual([!keepsRoute, !keepsRoute]);
    for (const { headers } of at("own").requests) {
      // The plan's limit, not the 15 s of the route.
      expect(Number(headers["x-envoy-expected-rq-timeout-ms"])).toBeGreaterThan(100_000);
      // Nothing can remove it there without losing the route.
      expect(headers["x-forwarded-proto"]).toBe(keepsRoute ? "http" : undefined);
    }
  });

  it("a token goes to its own provider, also when another route serves that provider's host", async () => {
    const answer = await gateway.ask("twin", plain);
    expect(answer.words).toMatch("Hello from twin");
    expect(at("stranger").requests).toEqual([]);
  });

  it("a service that was made by hand is its provider's, as the rule of its ingress says", async () => {
    await at("hand").set("*", { kind: "status", status: 500, times: 1 });
    const answer = await gateway.ask("hand", plain);
    expect(answer).toMatchObject({ status: 200, words: expect.stringMatching("Hello from hand") });
    expect(tokensAt(at("hand"))).toEqual(["hand-1", "hand-2"]);
  });

  it.each([plain, streamed])("a further token follows a bad one", async body => {
    await at("tokens").set("*", { kind: "status", status: 500, times: 1 });
    const answer = await gateway.ask("tokens", body);
    expect(answer).toMatchObject({ status: 200, words: expect.stringMatching("Hello from tokens") });
    expect(tokensAt(at("tokens"))).toEqual(["tokens-1", "tokens-2"]);
  });

  it.each([plain, streamed])("the fallback follows a provider that fails, with its own model", async body => {
    await at("primary").set("*", "503");
    const answer = await gateway.ask("primary", body);
    expect(answer).toMatchObject({ status: 200, words: expect.stringMatching("Hello from spare, model spare-chat") });
    expect(answer.text.includes("[DONE]")).toBe(body === streamed);
    expect(at("spare").requests[0]!.token).toMatch(/^spare-/);
    // The retry policy of the ingress adds nothing to the plan.
    expect(at("primary").requests.length + 1).toBe(Number(answer.headers.get("x-ai-failover-attempts")));
  });

  it("a plan that starts elsewhere is answered by callout at once", async () => {
    expect((await gateway.ask("lure", plain)).words).toMatch("Hello from elsewhere");
    expect((await gateway.ask("lure", streamed)).words).toMatch("Hello from elsewhere");
    expect(byCallout(at("elsewhere"))).toEqual([true, true]);
    expect(at("lure").requests).toEqual([]);
  });

  it("nothing is tried again where failover is not enabled, and the provider's own answer returns", async () => {
    await at("off").set("*", "401");
    const answer = await gateway.ask("off", plain);
    expect(answer.status).toBe(401);
    expect(answer.json().error.code).toBe("invalid_api_key");
    expect(at("off").requests).toHaveLength(1);
  });

  it("a request that no rule is for passes untouched", async () => {
    const headers = { authorization: "Bearer stranger-1", cookie: "a=b" };
    const answer = await gateway.ask("stranger", { odd: [1] }, { headers, path: "/v1/chat/completions?api_key=k" });
    expect(answer.status).toBe(200);
    expect(ours(answer.headers)).toEqual([]);
    expect(at("stranger").requests[0]).toMatchObject({ path: "/v1/chat/completions?api_key=k", headers });
    expect(at("stranger").requests[0]!.body.toString()).toBe('{"odd":[1]}');
  });

  it("two rules never mix their tokens", async () => {
    const sides = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? "left" : "right"));
    await at("left").set("*", { kind: "status", status: 500, times: 8 });
    const answers = await Promise.all(sides.map((side, i) => gateway.ask(side, i % 3 === 0 ? streamed : plain)));
    for (const [i, { status, words }] of answers.entries())
      if (status === 200) expect(words).toMatch(`Hello from ${sides[i]}`);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(15);
    for (const side of ["left", "right"])
      for (const { token } of at(side).requests) expect(token).toMatch(new RegExp(`^${side}-`));
  });

  it("an answer's headers are cleaned on either way", async () => {
    const headers = { "set-cookie": "a=b", "x-envoy-ratelimited": "1", "x-ai-failover-trail": "no", "x-kept": "yes" };
    for (const place of ["own", "lure"]) {
      await at(place === "lure" ? "elsewhere" : "own").set("*", { kind: "status", status: 400, headers });
      const answer = await gateway.ask(place, plain);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("x-kept")).toBe("yes");
      for (const name of ["set-cookie", "x-envoy-ratelimited"]) expect(answer.headers.has(name)).toBe(false);
      expect(answer.trail).toMatch(/ 400 caller$/);
    }
  });

  it("a wrong rule is refused with its path, and what ran goes on", async () => {
    const [first, ...rest] = PLUGIN._rules_;
    const wrong = { ...PLUGIN, _rules_: [first, { ...rest[0], activeProviderId: "tokens?" }] };
    expect(await gateway.apply(wrong)).toBe(false);
    expect(gateway.log()).toMatch(/_rules_\[1\]\.activeProviderId: .*tokens\?/);
    expect((await gateway.ask("own", plain)).words).toMatch("Hello from own");
  });

  it.each([
    ["nothing at all", ""],
    ["an empty object", {}],
  ])("%s as configuration lets everything through", async (_, plugin) => {
    expect(await gateway.apply(plugin)).toBe(true);
    const answer = await gateway.ask("own", plain, { headers: { authorization: "Bearer own-2" } });
    expect(answer.status).toBe(200);
    expect(ours(answer.headers)).toEqual([]);
    expect(at("own").requests[0]).toMatchObject({ path: "/v1/chat/completions", token: "own-2" });
  });
});
