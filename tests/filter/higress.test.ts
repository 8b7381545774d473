import { describe, expect, it } from "vitest";
import {
  chat,
  json,
  openAiError,
  shippedModule,
  sse,
  startEnvoy,
  wordsOf,
  type EnvoyOptions,
  type Script,
} from "../host/proxy-host.js";

const module = await shippedModule();

/** What Higress's console calls the cluster of a provider. */
const cluster = (id: string) => `outbound|443||llm-${id}.internal.dns`;
const CLUSTERS = { qwen: cluster("qwen"), deepseek: cluster("deepseek"), openai: cluster("openai") };

const provider = (id: keyof typeof CLUSTERS, more: object = {}) => ({
  ...{ id, type: id, apiTokens: [`${id}-1`, `${id}-2`], modelMapping: {} },
  ...{ failover: { enabled: true }, retryOnFailure: { enabled: true, maxRetries: 3 } },
  ...more,
});

/** As the controller writes it: global fields, and rules for two ingresses. */
const plugin = (more: object = {}) => ({
  providers: [provider("qwen"), provider("deepseek"), provider("openai")],
  _rules_: [
    {
      _match_route_: ["chat"],
      activeProviderId: "qwen",
      fallbackConfig: { upstreams: [{ provider: "deepseek", modelMapping: { "*": "deepseek-chat" } }] },
    },
    { _match_service_: [`llm-openai.internal.dns:443`], activeProviderId: "openai" },
  ],
  ...more,
});

const plain = { body: { model: "qwen-turbo", messages: [] } };
const badKey = json(401, openAiError("invalid_api_key"));

function start(scripts: Record<keyof typeof CLUSTERS, Script>, more: Partial<EnvoyOptions> = {}) {
  const clusters = Object.fromEntries(Object.entries(scripts).map(([id, script]) => [CLUSTERS[id as "qwen"], script]));
  const route = { cluster: CLUSTERS.qwen, name: "chat" };
  const host = { flavour: "higress", allowStopIteration: false, vmId: "", route } as const;
  return startEnvoy({ module, gateway: plugin(), ...host, clusters, ...more });
}

describe("in Higress, under a fixed route,", () => {
  it("the matched rule's provider is the first hop, on the client's own stream", () => {
    const envoy = start({ qwen: sse("a", 100, "b"), deepseek: "refused", openai: "refused" });
    const call = envoy.ask({ body: { ...plain.body, stream: true } });
    expect(call.chunks.map(({ at }) => at)).toEqual([0, 100, 100]);
    expect(envoy.provider(CLUSTERS.qwen).seen[0]).toMatchObject({ by: "attempt", authority: "dashscope.aliyuncs.com" });
  });

  it("an id that begins with a digit is a text in the trail, which remains a list of RFC 9651", () => {
    const gateway = plugin({ providers: [{ ...provider("qwen"), id: "9b" }], _rules_: [], activeProviderId: "9b" });
    const there = { clusters: { [cluster("9b")]: chat("Hi") }, route: { cluster: cluster("9b"), name: "chat" } };
    const call = start({ qwen: "refused", deepseek: "refused", openai: "refused" }, { gateway, ...there }).ask(plain);
    expect(call.headers["x-ai-failover-trail"]).toMatch(/^"9b\/#[0-9a-f]{8}";status=200;ms=\d+$/);
  });

  it("a host that would look for the route again, with the provider's path and host, is asked by callout only", () => {
    const scripts = { qwen: chat("Hi"), deepseek: "refused", openai: "refused" } as const;
    const envoy = start(scripts, { flavour: "envoy", allowStopIteration: true });
    const call = envoy.ask(plain);
    expect(wordsOf(call.text)).toBe("Hi");
    expect(call.headers).toMatchObject({ "x-ai-failover-attempts": "1" });
    expect(envoy.provider(CLUSTERS.qwen).seen.map(({ by }) => by)).toEqual(["callout"]);
  });

  it("further tokens and providers follow by callout", () => {
    const envoy = start({ qwen: badKey, deepseek: chat("Hi"), openai: "refused" });
    expect(wordsOf(envoy.ask(plain).text)).toBe("Hi");
    expect(envoy.provider(CLUSTERS.qwen).seen.map(({ by }) => by)).toEqual(["attempt", "callout"]);
    expect(envoy.provider(CLUSTERS.deepseek).seen[0]).toMatchObject({ by: "callout", path: "/v1/chat/completions" });
    expect(envoy.provider(CLUSTERS.deepseek).seen[0]!.json().model).toBe("deepseek-chat");
  });

  it("a request whose plan starts elsewhere is answered by callout at once, and the route's cluster sees no token", () => {
    const envoy = start({ qwen: badKey, deepseek: chat("Hi"), openai: "refused" });
    envoy.ask(plain);
    envoy.provider(CLUSTERS.qwen).seen.length = 0;
    expect(wordsOf(envoy.ask(plain).text)).toBe("Hi");
    expect(envoy.provider(CLUSTERS.qwen).seen).toEqual([]);
  });

  it("the rule is the one of the route or the service", () => {
    const scripts = { qwen: chat("qwen"), deepseek: chat("deepseek"), openai: chat("openai") };
    const other = start(scripts, { route: { cluster: CLUSTERS.openai, name: "another" } });
    expect(other.ask(plain).headers).toMatchObject({ "x-ai-failover-provider": "openai" });
    const none = start(scripts, { route: { cluster: CLUSTERS.deepseek, name: "another" } });
    const call = none.ask({ ...plain, headers: { authorization: "Bearer own" } });
    expect(Object.keys(call.headers).filter(name => name.startsWith("x-ai-failover"))).toEqual([]);
    expect(none.provider(CLUSTERS.deepseek).seen[0]!.headers).toMatchObject({ authorization: "Bearer own" });
  });

  describe("to a service that the console has not made,", () => {
    const service = "outbound|443||groq.dns";
    const groq = { type: "groq", apiTokens: ["groq-1"], failover: { enabled: true } };
    const byIngress = { _match_route_: ["groq"] };
    const ask = (rule: object, cluster = service) => {
      const envoy = startEnvoy({
        ...{ module, flavour: "higress", allowStopIteration: false, vmId: "" },
        ...{ gateway: { _rules_: [rule] }, route: { cluster, name: "groq" } },
        clusters: { [cluster]: sse("a", 100, "b") },
      });
      const call = envoy.ask({ body: { ...plain.body, stream: true } });
      const log = envoy.process.logs.map(({ text }) => text).find(text => text.includes("no cluster"));
      return { envoy, call, seen: envoy.provider(cluster).seen, log };
    };

    it.each([
      ["an ingress's", { ...byIngress, provider: groq }],
      ["a service's", { _match_service_: ["groq.dns"], provider: groq }],
    ])("it is the active provider's by %s rule: first by callout, then on the client's own stream", (_, rule) => {
      const { envoy, call, seen, log } = ask(rule);
      expect(wordsOf(call.text)).toBe("ab");
      expect(log).toBe(
        `groq: no cluster outbound|443||llm-groq.internal.dns; ${service} is its service, where the route leads`,
      );
      expect(wordsOf(envoy.ask({ body: { ...plain.body, stream: true } }).text)).toBe("ab");
      expect(seen.map(({ by }) => by)).toEqual(["callout", "attempt"]);
      for (const { headers } of seen) expect(headers["authorization"]).toBe("Bearer groq-1");
    });

    const deepseek = { id: "deepseek", type: "deepseek", apiTokens: ["d"], cluster: service };
    it.each([
      ["it may be anybody's by a domain's rule", { _match_domain_: ["*"], provider: groq }],
      [
        "the configuration names another one",
        { ...byIngress, provider: { ...groq, cluster: "outbound|443||gone.dns" } },
      ],
      [
        "the configuration says that it is another provider's",
        {
          ...byIngress,
          activeProviderId: "groq",
          providers: [{ id: "groq", ...groq }, deepseek],
          fallbackConfig: { upstreams: [{ provider: "deepseek" }] },
        },
      ],
    ])("no token goes there where %s", (_, rule) => {
      const { seen, log } = ask(rule);
      expect(seen.filter(({ headers }) => headers["authorization"] === "Bearer groq-1")).toEqual([]);
      expect(log).toMatch(/^groq: no cluster outbound\|.*; say the one of its service with "cluster"$/);
    });

    it("nor to one that the console made for another provider", () => {
      const { call, seen } = ask({ ...byIngress, provider: groq }, CLUSTERS.deepseek);
      expect(call.status).toBe(503);
      expect(seen).toEqual([]);
    });
  });

  it("failover is off where it is not enabled: one attempt, and the provider's own answer", () => {
    const { failover: _, retryOnFailure: __, ...alone } = provider("qwen");
    for (const failing of [badKey, json(503, openAiError("busy"))]) {
      const envoy = start(
        { qwen: failing, deepseek: chat("Hi"), openai: "refused" },
        { gateway: { providers: [alone], activeProviderId: "qwen" } },
      );
      const call = envoy.ask(plain);
      expect(call).toMatchObject({ status: failing.status, text: failing.body });
      expect(envoy.provider(CLUSTERS.qwen).seen).toHaveLength(1);
    }
  });

  it("a fallback of the rule is walked also where the provider's failover is off", () => {
    const { failover: _, retryOnFailure: __, ...alone } = provider("qwen");
    const fallbackConfig = { upstreams: [{ provider: "deepseek" }] };
    const envoy = start(
      { qwen: badKey, deepseek: chat("Hi"), openai: "refused" },
      { gateway: { providers: [alone, provider("deepseek")], activeProviderId: "qwen", fallbackConfig } },
    );
    expect(wordsOf(envoy.ask(plain).text)).toBe("Hi");
    expect(envoy.provider(CLUSTERS.qwen).seen).toHaveLength(1);
  });

  it.each([
    ["nothing at all", ""],
    ["an empty object", {}],
  ])("%s as configuration lets everything through", (_, gateway) => {
    const envoy = start({ qwen: chat("Hi"), deepseek: "refused", openai: "refused" }, { gateway });
    expect(wordsOf(envoy.ask(plain).text)).toBe("Hi");
    expect(envoy.provider(CLUSTERS.qwen).seen[0]!.body).toBe(JSON.stringify(plain.body));
  });

  it("an edit keeps what is known, beside a stranger's keys in the same shared data", () => {
    const bad = "Bearer qwen-1";
    const qwen: Script = ({ headers }) => (headers["authorization"] === bad ? badKey : chat("Hi"));
    const envoy = start({ qwen, deepseek: "refused", openai: "refused" });
    envoy.process.shared.set("", "ApiTokens_qwen", Buffer.from("a stranger's"));
    const timesMet = () =>
      envoy.provider(CLUSTERS.qwen).seen.filter(({ headers }) => headers["authorization"] === bad).length;
    while (timesMet() === 0) expect(envoy.ask(plain).status).toBe(200);
    const old = envoy.call({ body: ['{"model":"qwen-turbo",', 500, '"messages":[]}'] });
    envoy.replace({ gateway: plugin({ responseHeaders: "basic" }) });
    for (let i = 0; i < 20; i++) expect(envoy.ask(plain).status).toBe(200);
    expect(envoy.finish(old).status).toBe(200);
    expect(timesMet()).toBe(1);
    expect(envoy.process.shared.get("", "ApiTokens_qwen")!.value.toString()).toBe("a stranger's");
    const own = envoy.process.shared.keys("").filter(key => key !== "ApiTokens_qwen");
    expect(own.length).toBeGreaterThan(0);
    for (const key of own) expect(key).toMatch(/^ai-failover\//);
    expect(own.map(key => envoy.process.shared.get("", key)!.value.toString("latin1")).join()).not.toMatch(/qwen-[12]/);
  });
});
