import { afterEach, describe, expect, it } from "vitest";
import { HOSTS, startGateway, until, type Gateway, type TestHost } from "./running-gateway.js";

let gateway: Gateway;
afterEach(() => gateway.stop());

/** One token that is always asked first, another one, and another provider. */
async function start({ mode, version }: TestHost, one: object, route: object = {}) {
  const token = (i: number, weight: number) => ({ name: `t${i}`, value: `one-${i}`, weight });
  const config = { tokenChoice: "weighted", apiTokens: [token(1, 1_000_000), token(2, 1)], ...one };
  gateway = await startGateway({
    ...{ mode, version },
    providers: { one: { tokens: ["one-1", "one-2"], config }, two: { tokens: ["two-1"] } },
    routes: [
      {
        ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "one" }] },
        fallbackConfig: { enabled: true, upstreams: [{ provider: "two" }] },
        ...route,
      },
    ],
  });
  return gateway.providers.one!;
}

describe.each(HOSTS)(
  "a further attempt that takes longer than retryTimeout, in $mode mode, on Envoy $version,",
  ({ mode, version }) => {
    it.each([
      ["hang", false],
      ["hang", true],
      ["silent", true],
    ])("is left for the next provider: %s (stream: %s)", async (fault, stream) => {
      const one = await start({ mode, version }, { retryOnFailure: { retryTimeout: 400 } });
      await one.set(1, "401");
      await one.set(2, fault);
      const asked = performance.now();
      const answer = await gateway.ask({ model: "m", stream, messages: [] });
      expect(answer.words).toMatch("Hello from two");
      expect(answer.trail).toMatch(/^one\/t1 401 credential, one\/t2( 200)? slow, two\/t1 200$/);
      expect(performance.now() - asked).toBeLessThan(2000);
      await until(() => one.requests.at(-1)!.aborted);
    });
  },
);

describe.each(HOSTS)("an attempt for which no time is left, in $mode mode, on Envoy $version,", ({ mode, version }) => {
  it("is not begun, and the error says so", async () => {
    const one = await start({ mode, version }, {}, { firstTokenTimeout: 1450, attemptTimeout: 1450, timeout: 1500 });
    await one.set("*", "hang");
    const answer = await gateway.ask({ model: "m", messages: [] });
    expect([answer.status, answer.json().error.code]).toEqual([504, "timeout"]);
    expect(answer.trail).toBe("one/t1 slow");
    expect(gateway.providers.two!.requests).toEqual([]);
  });
});
