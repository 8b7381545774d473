import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SPAN_ATTRIBUTES } from "../../assembly/observe/span-table.js";
import { HOSTS, freePorts, startGateway, until, type Gateway } from "./running-gateway.js";
import type { DemoProvider } from "../../cli/demo/demo-provider.js";
import { SpanSink } from "./span-sink.js";

const SECRETS = ["sk-one-aaaaaaaaaaaa", "sk-two-cccccccccccc", "sk-client-0123456789"];
const PROMPT = "a prompt that nobody shows";

describe.each(HOSTS)("spans of requests in $mode mode, on Envoy $version", ({ mode, version }) => {
  let gateway: Gateway;
  let sink: SpanSink;
  const hasAttributes = version === "1.40.0";

  beforeAll(async () => {
    sink = await SpanSink.start();
    const [status] = await freePorts(1);
    const failover = { enabled: false };
    gateway = await startGateway({
      ...{ mode, version, workers: 1 },
      providers: {
        one: { tokens: [SECRETS[0]!], config: { type: "azure", failover } },
        two: { tokens: [SECRETS[1]!], config: { failover } },
      },
      routes: [
        {
          ...{ name: "chat", modelPredicates: [{ matchType: "PRE", matchValue: "m" }] },
          upstreams: [{ provider: "one" }],
          fallbackConfig: { upstreams: [{ provider: "two", modelMapping: { "*": "two-model" } }] },
        },
      ],
      config: {
        status: { listen: `127.0.0.1:${status}` },
        clientKeys: [{ name: "tests", value: SECRETS[2]! }],
        tracing: { url: sink.url },
      },
    });
    const ask = (id: string, body: object = {}, key = SECRETS[2]!) =>
      gateway.ask(
        { model: "m", messages: [{ role: "user", content: PROMPT }], ...body },
        {
          path: `/v1/chat/completions?api-key=${SECRETS[2]}`,
          headers: { authorization: `Bearer ${key}`, traceparent: `00-${traceOf(id)}-00f067aa0ba902b7-01` },
        },
      );
    const setAll = (fault: Parameters<DemoProvider["set"]>[1]) =>
      Promise.all(["one", "two"].map(provider => gateway.providers[provider]!.set("*", fault)));
    await ask("served");
    await ask("unknown", { model: "unknown" });
    await ask("stranger", {}, "sk-stranger-0123456789");
    await gateway.providers.one!.set("*", "401");
    await ask("rescued");
    await ask("stream", { stream: true });
    await setAll("500");
    await ask("failed");
    await setAll({ kind: "truncated", after: 4 });
    await ask("broken", { stream: true });
    // Envoy sends spans every five seconds.
    await until(() => sink.ofRequests.length >= 7, 20_000);
  });
  afterAll(async () => {
    await gateway?.stop();
    sink?.stop();
  });

  const attributesOf = (id: string) => sink.ofRequests.find(({ traceId }) => traceId === traceOf(id))!.attributes;

  it("are in the trace of the client, and providers are told of it", () => {
    expect(sink.ofRequests).toHaveLength(7);
    expect(attributesOf("served")["http.url"]).toBe(hasAttributes ? "/v1/chat/completions" : "-");
    expect(gateway.providers.one!.requests[0]!.headers["traceparent"]).toContain(traceOf("served"));
  });

  it("have the fields of the records, by the names of the conventions, where this Envoy can", () => {
    if (!hasAttributes) return expect(Object.keys(attributesOf("served")).filter(isOurs)).toEqual([]);
    expect(attributesOf("served")).toMatchObject({
      ...{ "gen_ai.operation.name": "chat", "gen_ai.provider.name": "azure.ai.openai", "gen_ai.request.model": "m" },
      ...{ "ai_failover.outcome": "served", "ai_failover.provider": "one", "ai_failover.client": "tests" },
      ...{ "ai_failover.token": "t1", "ai_failover.route": "chat", "ai_failover.streamed": "false" },
    });
    expect(attributesOf("served")).not.toHaveProperty(["error.type"]);
    for (const id of ["rescued", "stream"]) {
      expect(attributesOf(id)).toMatchObject({
        ...{ "ai_failover.outcome": "rescued", "ai_failover.provider": "two", "gen_ai.response.model": "two-model" },
        ...{ "gen_ai.provider.name": "openai", "ai_failover.guard_outcome": "passed" },
        ...{ "ai_failover.streamed": String(id === "stream") },
      });
      expect(JSON.parse(attributesOf(id)["ai_failover.attempts"]!)).toMatchObject([
        { provider: "one", token: "t1", cause: "credential", next: "next-token" },
        { provider: "two", status: 200 },
      ]);
    }
    const errors = ["unknown", "stranger", "failed", "broken"].map(id => [
      attributesOf(id)["ai_failover.outcome"],
      attributesOf(id)["error.type"],
    ]);
    expect(errors).toEqual([
      ["refused", "model_not_found"],
      ["refused", "invalid_api_key"],
      ["failed", "all_attempts_failed"],
      ["failed", "broken-stream"],
    ]);
  });

  it("have no other attribute of ours, and no token, key or prompt", () => {
    const known = SPAN_ATTRIBUTES.map(({ name }) => name);
    const ours = sink.ofRequests.flatMap(({ attributes }) => Object.keys(attributes)).filter(isOurs);
    expect([...new Set(ours)].filter(name => !known.includes(name))).toEqual([]);
    for (const secret of [...SECRETS, PROMPT]) expect(sink.text).not.toContain(secret);
  });
});

const isOurs = (name: string) => /^(gen_ai|ai_failover|error)\./.test(name);
/** The trace that a request comes with. */
const traceOf = (id: string) => Buffer.from(id).toString("hex").padEnd(32, "0");
