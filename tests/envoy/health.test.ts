import { Agent, request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { DemoRequest } from "../../cli/demo/demo-provider.js";
import { failures, lateVisits, letAsk, reached } from "./crowd.js";
import { HOSTS, startGateway, until, type Gateway, type GatewayOptions, type TestHost } from "./running-gateway.js";

let gateway: Gateway;
afterEach(() => gateway.stop());

/** One route: qwen with so many tokens, then deepseek. */
async function start(
  { mode, version }: TestHost,
  tokens: number,
  qwen: object = {},
  more: Partial<GatewayOptions> = {},
) {
  gateway = await startGateway({
    ...{ mode, version },
    providers: {
      qwen: { tokens: Array.from({ length: tokens }, (_, i) => `qwen-${i + 1}`), config: { type: "qwen", ...qwen } },
      deepseek: { tokens: ["deepseek-1"], config: { type: "deepseek" } },
    },
    routes: [
      {
        name: "main",
        modelPredicates: [],
        upstreams: [{ provider: "qwen" }],
        fallbackConfig: { enabled: true, upstreams: [{ provider: "deepseek" }] },
      },
    ],
    ...more,
  });
  return { qwen: gateway.providers.qwen!, deepseek: gateway.providers.deepseek! };
}

const chat = (n = 0) => ({ model: "m", stream: n % 2 === 1, messages: [] });
const asked = ({ method }: DemoRequest) => method === "POST";
const pause = (ms: number) => new Promise(done => setTimeout(done, ms));

describe.each(HOSTS)("a bad token in $mode mode, on Envoy $version", ({ mode, version }) => {
  it("is met only by requests that were under way when its first failure was recorded: 500 of 500 are served", async () => {
    const { qwen, deepseek } = await start({ mode, version }, 3);
    await qwen.set(1, "401");
    const visits = await letAsk(gateway, { clients: 16, requests: 500, body: chat });
    expect(failures(visits)).toEqual([]);
    expect(visits.filter(reached("qwen/t1")).length).toBeGreaterThanOrEqual(1);
    expect(lateVisits(visits, "qwen/t1")).toEqual([]);
    expect(deepseek.requests).toEqual([]);
    expect(qwen.requests.filter(asked).filter(({ tokenNumber }) => tokenNumber === 1).length).toBeLessThanOrEqual(16);
  });

  it("is met once when requests come one after another, whichever worker they reach", async () => {
    const { qwen } = await start({ mode, version }, 2);
    const oneByOne = { clients: 1, body: chat, options: { headers: { connection: "close" } } };
    // Both workers have read what is known before there is anything to know.
    await letAsk(gateway, { ...oneByOne, requests: 30 });
    await qwen.set(1, "401");
    qwen.requests.length = 0;
    const visits = await letAsk(gateway, { ...oneByOne, requests: 60 });
    expect(failures(visits)).toEqual([]);
    expect(qwen.requests.filter(asked).filter(({ tokenNumber }) => tokenNumber === 1)).toHaveLength(1);
  });
});

/** A new configuration, in which qwen has but its second token. */
async function removeFirstToken() {
  const provider = (id: string, type: string, value: string) => ({
    ...{ id, type, url: gateway.providers[id]!.url, apiTokens: [{ name: "kept", value }] },
  });
  await gateway.apply({
    routes: [{ name: "main", modelPredicates: [], upstreams: [{ provider: "qwen" }] }],
    config: { providers: [provider("qwen", "qwen", "qwen-2"), provider("deepseek", "deepseek", "deepseek-1")] },
  });
}

describe("probes, on Envoy 1.40.0 with two workers,", () => {
  it("ask by the free call for a refused token, one at a time, less and less often, and bring it back", async () => {
    const { qwen } = await start({ version: "1.40.0" }, 2, { failover: { healthCheckInterval: 100 } });
    await qwen.set(1, "401");
    await letAsk(gateway, { clients: 8, requests: 60, body: chat });
    const probes = () => qwen.requests.filter(({ method }) => method === "GET");
    await until(() => probes().length >= 4);
    expect(probes().every(({ path, tokenNumber }) => path === "/v1/models" && tokenNumber === 1)).toBe(true);
    const gaps = probes()
      .map(({ at }, i, all) => (i > 0 ? at - all[i - 1]!.at : 0))
      .slice(1);
    // 200, 400, 800 ms by design.
    expect(gaps.at(-1)).toBeGreaterThan(gaps[0]!);
    const count = qwen.requests.filter(asked).filter(({ tokenNumber }) => tokenNumber === 1).length;
    await qwen.reset();
    await until(async () => {
      await gateway.ask(chat());
      return qwen.requests.filter(asked).filter(({ tokenNumber }) => tokenNumber === 1).length > count;
    });
  });

  it("ask healthCheckModel for one token where one is set, in the provider's own way", async () => {
    const { qwen } = await start({ version: "1.40.0" }, 2, {
      failover: { healthCheckInterval: 200, healthCheckModel: "qwen-mini" },
    });
    await qwen.set(1, "402");
    await letAsk(gateway, { clients: 8, requests: 60, body: chat });
    const probes = () => qwen.requests.filter(({ model }) => model === "qwen-mini");
    await until(() => probes().length >= 2);
    for (const { method, path, tokenNumber, body } of probes()) {
      expect([method, path, tokenNumber]).toEqual(["POST", "/v1/chat/completions", 1]);
      expect(JSON.parse(body.toString())).toMatchObject({ model: "qwen-mini", max_tokens: 1 });
    }
  });

  it("never overlap, not even when the provider lets them wait", async () => {
    const { qwen } = await start({ version: "1.40.0" }, 2, {
      failover: { healthCheckInterval: 100, healthCheckTimeout: 300 },
    });
    await qwen.set(1, "401");
    await letAsk(gateway, { clients: 8, requests: 60, body: chat });
    await qwen.set(1, "hang");
    const probes = () => qwen.requests.filter(({ method, fault }) => method === "GET" && fault.kind === "hang");
    let most = 0;
    await until(() => {
      most = Math.max(most, probes().filter(({ aborted }) => !aborted).length);
      return probes().length >= 4;
    });
    expect(most).toBe(1);
  });

  it("end with the token: what was removed from the configuration is never asked again", async () => {
    const { qwen } = await start({ version: "1.40.0" }, 2, { failover: { healthCheckInterval: 100 } });
    await qwen.set(1, "401");
    await letAsk(gateway, { clients: 8, requests: 60, body: chat });
    await until(() => qwen.requests.some(({ method }) => method === "GET"));
    await removeFirstToken();
    // One may be under way.
    await pause(300);
    qwen.requests.length = 0;
    await pause(1500);
    expect(qwen.requests.filter(({ tokenNumber }) => tokenNumber === 1)).toEqual([]);
  });

  it("are the newest configuration's alone: what an old connection meets is not asked again", async () => {
    const { qwen } = await start({ version: "1.40.0" }, 2, { failover: { healthCheckInterval: 100 } });
    // Until its connection ends, it is served by the configuration under which that began.
    const connection = new Agent({ keepAlive: true, maxSockets: 1 });
    await askOn(connection);
    await removeFirstToken();
    await pause(300);
    await qwen.set(1, "401");
    await until(async () => {
      await askOn(connection);
      return qwen.requests.some(({ tokenNumber, method }) => tokenNumber === 1 && method === "POST");
    });
    await pause(1000);
    connection.destroy();
    expect(qwen.requests.filter(({ method }) => method === "GET")).toEqual([]);
  });
});

async function askOn(agent: Agent): Promise<void> {
  await new Promise<void>((done, fail) => {
    const headers = { "content-type": "application/json" };
    request(`${gateway.url}/v1/chat/completions`, { method: "POST", headers, agent }, answer =>
      answer.resume().on("end", done),
    )
      .on("error", fail)
      .end(JSON.stringify(chat()));
  });
}

describe.each(HOSTS)("a provider's breaker in $mode mode, on Envoy $version", ({ mode, version }) => {
  const breaker = { providerBreaker: { failureThreshold: 3, openFor: 600, maxOpenFor: 600 } };

  it("opens after three requests in a row that it failed; the next ones go straight to the next provider", async () => {
    const { qwen } = await start({ mode, version }, 1, { providerBreaker: { failureThreshold: 3, openFor: 60_000 } });
    await qwen.set("*", "503");
    const visits = await letAsk(gateway, { clients: 1, requests: 20, body: chat });
    expect(failures(visits)).toEqual([]);
    expect(visits.map(reached("qwen/t1"))).toEqual(visits.map((_, i) => i < 3));
    expect(visits[19]!.answer.trail).toBe("deepseek/t1 200");
  });

  it("lets exactly one trial through over both workers when it is half-open, and comes back", async () => {
    const { qwen } = await start({ mode, version }, 2, breaker);
    await qwen.set("*", "503");
    await letAsk(gateway, { clients: 1, requests: 5, body: chat });
    await pause(700);
    await qwen.set("*", "hang");
    qwen.requests.length = 0;
    // A trial that hangs keeps the breaker half-open: all others must pass it by.
    const stop = new AbortController();
    let answered = 0;
    const all = Array.from({ length: 24 }, () =>
      gateway.ask(chat(), { signal: stop.signal, headers: { connection: "close" } }).then(
        () => answered++,
        () => "left",
      ),
    );
    await until(() => answered === 23);
    expect(qwen.requests).toHaveLength(1);
    stop.abort();
    expect((await Promise.all(all)).filter(end => end === "left")).toHaveLength(1);
    // Its client left: that says nothing, the next one is the trial.
    await qwen.reset();
    await until(async () => (await gateway.ask(chat())).trail.startsWith("qwen"));
    const visits = await letAsk(gateway, { clients: 8, requests: 40, body: chat });
    expect(visits.every(({ answer }) => answer.trail.startsWith("qwen"))).toBe(true);
  });
});

describe.each(HOSTS)("when every breaker is open, in $mode mode, on Envoy $version,", ({ mode, version }) => {
  it("the one that opens soonest is tried all the same, and the trail says so", async () => {
    const { qwen, deepseek } = await start({ mode, version }, 1);
    await qwen.set("*", "401");
    await deepseek.set("*", "401");
    const both = "qwen/t1 401 credential, deepseek/t1 401 credential";
    expect((await gateway.ask(chat())).trail).toBe(both);
    await qwen.reset();
    await deepseek.reset();
    // The first forced attempt is allowed one second after a breaker opened.
    await pause(1100);
    const answer = await gateway.ask(chat(1));
    const provider = answer.headers.get("x-ai-failover-provider")!;
    expect(answer.words).toContain(`Hello from ${provider}`);
    expect(answer.trail).toBe(`${provider}/t1 forced 200`);
    await until(
      async () => (await gateway.stat(`wasmcustom.ai_failover_forced_attempts_total;provider=${provider}`)) === 1,
    );
  });
});

describe.each(HOSTS)("what is nobody's fault, in $mode mode, on Envoy $version,", ({ mode, version }) => {
  it("changes nothing: a caller's 400, 413 and 422 in any number", async () => {
    const { qwen, deepseek } = await start({ mode, version }, 2);
    for (const status of ["400", "413", "422"]) {
      await qwen.set("*", status);
      const visits = await letAsk(gateway, { clients: 8, requests: 40, body: chat });
      expect(visits.every(({ answer }) => answer.status === Number(status))).toBe(true);
    }
    await qwen.reset();
    const visits = await letAsk(gateway, { clients: 8, requests: 40, body: chat });
    expect(failures(visits)).toEqual([]);
    expect(new Set(visits.map(({ answer }) => answer.trail))).toEqual(new Set(["qwen/t1 200", "qwen/t2 200"]));
    expect(deepseek.requests).toEqual([]);
  });
});
