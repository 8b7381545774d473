import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { failures, letAsk } from "./crowd.js";
import { HOSTS, startGateway, until, type Gateway, type TestHost } from "./running-gateway.js";

let gateway: Gateway;
afterEach(() => gateway.stop());

const pause = (ms: number) => new Promise(done => setTimeout(done, ms));
/** More often than any breaker needs to open. */
const OFTEN = 6;

/** qwen, whose first token is always asked first, then deepseek. */
async function start({ mode, version }: TestHost, upstreams: string[] = ["deepseek"]) {
  const token = (n: number, weight: number) => ({ name: `t${n}`, value: `qwen-${n}`, weight });
  const config = { type: "qwen", tokenChoice: "weighted", apiTokens: [token(1, 1_000_000), token(2, 1)] };
  gateway = await startGateway({
    ...{ mode, version },
    providers: {
      qwen: { tokens: ["qwen-1", "qwen-2"], config },
      deepseek: { tokens: ["deepseek-1"], config: { type: "deepseek" } },
    },
    routes: [
      {
        ...{ name: "main", modelPredicates: [], upstreams: [{ provider: "qwen" }] },
        fallbackConfig: { enabled: true, upstreams: upstreams.map(provider => ({ provider })) },
      },
    ],
  });
  return gateway.providers.qwen!;
}

/** Asks, and leaves a little after `when`. */
async function leave(when: () => boolean): Promise<void> {
  const leaving = new AbortController();
  const asked = gateway.ask({ model: "m", stream: true, messages: [] }, { signal: leaving.signal }).catch(() => null);
  await until(when);
  await pause(50);
  leaving.abort();
  await asked;
}

/** Nothing of its requests has changed anything for those that follow. */
async function expectAllWell(trails = ["qwen/t1 200"]): Promise<void> {
  const body = (n: number) => ({ model: "m", stream: n % 2 === 1, messages: [] });
  const visits = await letAsk(gateway, { clients: 8, requests: 40, body });
  expect(failures(visits)).toEqual([]);
  expect(trails).toEqual(expect.arrayContaining([...new Set(visits.map(({ answer }) => answer.trail))]));
  expect(gateway.providers.deepseek!.requests).toEqual([]);
}

describe.each(HOSTS)("a client that leaves, in $mode mode, on Envoy $version,", ({ mode, version }) => {
  it("while it sends its body, reaches nobody", async () => {
    const qwen = await start({ mode, version });
    for (let i = 0; i < OFTEN; i++) {
      const headers = { "content-type": "application/json", "content-length": "1000" };
      const sending = request(`${gateway.url}/v1/chat/completions`, { method: "POST", headers });
      sending.on("error", () => {}).write('{"model":"m",');
      await pause(50);
      sending.destroy();
    }
    await pause(100);
    expect(qwen.requests).toEqual([]);
    await expectAllWell();
  });

  it.each(["hang", "silent", "stall"])(
    "while its attempt meets %s, costs no health and starts no further hop",
    async fault => {
      const qwen = await start({ mode, version });
      await qwen.set("*", fault);
      for (let i = 1; i <= OFTEN; i++) await leave(() => qwen.requests.length === i);
      await until(() => qwen.requests.every(({ aborted }) => aborted));
      await qwen.reset();
      await expectAllWell();
    },
  );

  it("while its second attempt hangs, or the callout in its place, costs no health and starts no further hop", async () => {
    const qwen = await start({ mode, version });
    await qwen.set(1, "reset");
    await qwen.set(2, "hang");
    for (let i = 1; i <= OFTEN; i++) await leave(() => qwen.requests.length === 2 * i);
    // Nothing can take a callout back; its answer is nobody's.
    if (mode !== "callout") await until(() => qwen.requests.every(({ aborted }) => aborted));
    await qwen.reset();
    await expectAllWell();
  });

  it("while it waits for a rate limit, before its first attempt and after it, is not asked for any more", async () => {
    const qwen = await start({ mode, version }, []);
    for (const token of [1, 2]) await qwen.set(token, { kind: "status", status: 429, retryAfter: "2", times: 1 });
    const after = leave(() => qwen.requests.filter(({ answered }) => answered).length === 2);
    await until(() => qwen.requests.length === 2);
    await pause(50);
    await Promise.all([after, ...Array.from({ length: OFTEN }, () => leave(() => true))]);
    await pause(3500);
    expect(qwen.requests).toHaveLength(2);
    // Behind a limit that has passed one request goes first, and the others take the other token meanwhile.
    await expectAllWell(["qwen/t1 200", "qwen/t2 200"]);
  });
});
