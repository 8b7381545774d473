import { afterEach, describe, expect, it } from "vitest";
import type { DemoRequest } from "../../cli/demo/demo-provider.js";
import { failures, letAsk } from "./crowd.js";
import { HOSTS, startGateway, until, type Gateway, type TestHost } from "./running-gateway.js";

let gateway: Gateway;
afterEach(() => gateway.stop());

/** One route: one with so many tokens, then two, if there is a second provider. */
async function start({ mode, version }: TestHost, options: { tokens: number; second?: boolean; route?: object }) {
  const { tokens, second = false, route = {} } = options;
  gateway = await startGateway({
    ...{ mode, version },
    providers: {
      one: { tokens: Array.from({ length: tokens }, (_, i) => `one-${i + 1}`) },
      ...(second ? { two: { tokens: ["two-1"] } } : {}),
    },
    routes: [
      {
        ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
        ...(second ? { fallbackConfig: { enabled: true, upstreams: [{ provider: "two" }] } } : {}),
        ...route,
      },
    ],
  });
  return gateway.providers.one!;
}

const chat = (stream: boolean, model = "m") => ({ model, stream, messages: [] });
/** The forms in which providers say how long to stay away; each means a second or a little more. */
const FORMS: (() => Record<string, string>)[] = [
  () => ({ "retry-after": "1" }),
  // A date has whole seconds: at least one is left.
  () => ({ "retry-after": new Date(Date.now() + 2000).toUTCString() }),
  () => ({ "retry-after-ms": "1100" }),
  () => ({ "x-ratelimit-reset-requests": "1s100ms" }),
  () => ({ "x-ratelimit-reset-tokens": "1100ms" }),
];

describe("a token that is rate-limited, on Envoy 1.40.0 with two workers,", () => {
  it("is out for that model alone, and until then, in whatever form it is told", async () => {
    const one = await start({ version: "1.40.0" }, { tokens: FORMS.length + 1 });
    for (const [i, headers] of FORMS.entries())
      await one.set(i + 1, { kind: "status", status: 429, headers: headers(), times: 1 });
    const limited = () => one.requests.filter(({ fault }) => fault.kind === "status");
    const served = ({ tokenNumber }: DemoRequest, model: string, after: number) =>
      one.requests.find(r => r.tokenNumber === tokenNumber && r.model === model && r.at > after);
    await until(async () => {
      // One after another, so that each knows of those before it.
      const visits = await letAsk(gateway, { clients: 1, requests: 12, body: n => chat(false, n % 2 ? "a" : "b") });
      expect(failures(visits)).toEqual([]);
      return limited().length === FORMS.length && limited().every(r => served(r, r.model, r.at));
    });
    for (const refused of limited()) {
      const back = served(refused, refused.model, refused.at)!.at;
      expect(back - refused.at).toBeGreaterThan(900);
      expect(served(refused, refused.model === "a" ? "b" : "a", refused.at)!.at).toBeLessThan(back);
    }
  });
});

describe.each(HOSTS)(
  "a request that meets rate limits everywhere, in $mode mode, on Envoy $version,",
  ({ mode, version }) => {
    const limit = (seconds: number, times: number) =>
      ({ kind: "status", status: 429, retryAfter: String(seconds), times }) as const;

    it.each([false, true])("waits after the answer and is served (stream: %s)", async stream => {
      const one = await start({ mode, version }, { tokens: 2 });
      await one.set(1, limit(1, 1));
      await one.set(2, limit(1, 1));
      const answer = await gateway.ask(chat(stream));
      expect(answer.words).toContain("Hello from one");
      expect(answer.trail).toMatch(/^one\/t\d 429 rate-limit, one\/t\d 429 rate-limit, one\/t\d 200$/);
      expect(one.requests[2]!.at - one.requests[0]!.at).toBeGreaterThan(900);
    });

    it.each([false, true])("waits before its first attempt and is served (stream: %s)", async stream => {
      const one = await start({ mode, version }, { tokens: 1 });
      await one.set("*", limit(1, 1));
      const [first, ...others] = await Promise.all([
        gateway.ask(chat(stream)),
        ...Array.from({ length: 8 }, async () => {
          await until(() => one.requests[0]?.answered === true);
          await new Promise(done => setTimeout(done, 100));
          return gateway.ask(chat(stream));
        }),
      ]);
      expect(first.words).toContain("Hello from one");
      for (const answer of others) {
        expect(answer.words).toContain("Hello from one");
        expect(answer.trail).toBe("one/t1 200");
      }
      for (const { at } of one.requests.slice(1)) expect(at - one.requests[0]!.at).toBeGreaterThan(900);
    });

    it("gets the 429 with its Retry-After at once when the wait is longer than maxWait", async () => {
      const one = await start({ mode, version }, { tokens: 2, route: { maxWait: 2000 } });
      await one.set("*", limit(40, 2));
      const asked = performance.now();
      for (const trail of [/^one\/t\d 429 rate-limit, one\/t\d 429 rate-limit$/, /^$/]) {
        const answer = await gateway.ask(chat(false));
        expect(answer.status).toBe(429);
        expect(answer.trail).toMatch(trail);
        expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(30);
        expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(40);
        expect(answer.json().error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
      }
      expect(performance.now() - asked).toBeLessThan(20_000);
      expect(one.requests).toHaveLength(2);
    });

    it("waits as often as it must, each time as long as it is asked to", async () => {
      const one = await start({ mode, version }, { tokens: 1 });
      await one.set("*", limit(1, 2));
      const answer = await gateway.ask(chat(true));
      expect(answer.words).toContain("Hello from one");
      expect(answer.trail).toBe(`${"one/t1 429 rate-limit, ".repeat(2)}one/t1 200`);
      const gaps = one.requests.slice(1).map(({ at }, i) => at - one.requests[i]!.at);
      for (const gap of gaps) expect(gap).toBeGreaterThan(900);
    });

    it("meets no token at the end of its wait that has died meanwhile", async () => {
      const one = await start({ mode, version }, { tokens: 2 });
      await one.set(1, limit(5, 1));
      await one.set(2, limit(5, 1));
      const waits = gateway.ask(chat(false));
      await until(() => one.requests.length === 2 && one.requests.every(({ answered }) => answered));
      // The one that it waits for: its limit ends first. Another model has no limit there.
      const soonest = one.requests[0]!.tokenNumber;
      await one.set(soonest, "401");
      await until(async () => (await gateway.ask(chat(false, "other"))).trail.includes(`one/t${soonest} 401`));
      const answer = await waits;
      expect(answer.words).toContain("Hello from one");
      expect(answer.trail).not.toContain("401");
    });

    it("does not wait while another provider is live", async () => {
      const one = await start({ mode, version }, { tokens: 2, second: true });
      await one.set("*", limit(5, 2));
      for (const attempts of ["3", "1"]) {
        const answer = await gateway.ask(chat(false));
        expect(answer.words).toContain("Hello from two");
        expect(answer.headers.get("x-ai-failover-attempts")).toBe(attempts);
      }
    });
  },
);

describe.each(HOSTS)("x-ai-failover on a request, in $mode mode, on Envoy $version,", ({ mode, version }) => {
  const override = (value: string) => ({ headers: { "x-ai-failover": value } });

  it("says off: one attempt, and the provider's own answer", async () => {
    const one = await start({ mode, version }, { tokens: 2, second: true });
    await one.set("*", "503");
    const answer = await gateway.ask(chat(false), override("off"));
    expect([answer.status, answer.headers.get("x-ai-failover-attempts")]).toEqual([503, "1"]);
    expect(answer.json()).toEqual(JSON.parse(await body(one.url, "one-1")));
    expect(one.requests[0]!.headers).not.toHaveProperty("x-ai-failover");
  });

  it("says same-model: other tokens, but no other provider", async () => {
    const one = await start({ mode, version }, { tokens: 2, second: true });
    await one.set("*", "401");
    const answer = await gateway.ask(chat(false), override("same-model"));
    expect(answer.status).toBe(424);
    expect(answer.trail).toMatch(/^one\/t\d 401 credential, one\/t\d 401 credential$/);
    expect(gateway.providers.two!.requests).toEqual([]);
  });

  it("says something else: a 400 that names both", async () => {
    await start({ mode, version }, { tokens: 1 });
    const answer = await gateway.ask(chat(false), override("on"));
    expect(answer.status).toBe(400);
    expect(answer.json().error.message).toMatch(/'off'.*'same-model'/);
  });

  const body = async (url: string, token: string) => {
    const options = { method: "POST", headers: { authorization: `Bearer ${token}` }, body: "{}" };
    return (await fetch(`${url}/chat/completions`, options)).text();
  };
});
