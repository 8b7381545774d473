import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ALL_HOSTS, startGateway, type Gateway } from "./running-gateway.js";

/** Faults that come before the client has a byte of an answer, and the cause that the trail gives for each. */
const BEFORE_THE_FIRST_BYTE: { fault: string; plain?: string; streamed?: string }[] = [
  { fault: "401", plain: "credential", streamed: "credential" },
  { fault: "402", plain: "quota", streamed: "quota" },
  { fault: "403", plain: "credential", streamed: "credential" },
  { fault: "429", plain: "rate-limit", streamed: "rate-limit" },
  { fault: "500", plain: "provider", streamed: "provider" },
  { fault: "502", plain: "provider", streamed: "provider" },
  { fault: "503", plain: "provider", streamed: "provider" },
  { fault: "504", plain: "provider", streamed: "provider" },
  { fault: "reset", plain: "connect", streamed: "connect" },
  { fault: "refused", plain: "connect", streamed: "connect" },
  { fault: "hang", plain: "slow", streamed: "slow" },
  { fault: "silent", plain: "slow", streamed: "slow" },
  { fault: "keep-alive", plain: "slow", streamed: "slow" },
  { fault: "slow-token", streamed: "slow" },
  { fault: "error-in-200", plain: "provider", streamed: "provider" },
  { fault: "empty", plain: "provider", streamed: "provider" },
  { fault: "garbage", plain: "provider", streamed: "provider" },
  // A plain answer is held until it is complete, so these are rescued as well.
  { fault: "truncated", plain: "broken-stream" },
];

/** So that each case meets its fault. */
const NEVER_OUT = { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } };

describe.each(ALL_HOSTS)("faults before the first byte in $mode mode, on Envoy $version", ({ mode, version }) => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway({
      ...{ mode, version },
      providers: {
        // Never out, so that each case meets the fault.
        one: {
          tokens: ["one-1"],
          config: { failover: { enabled: false }, providerBreaker: { failureThreshold: 1000 } },
        },
        two: { tokens: ["two-1"] },
      },
      config: { rules: [{ contains: "says 418", then: "next-provider" }] },
      routes: [
        {
          name: "main",
          modelPredicates: [],
          upstreams: [{ provider: "one" }],
          fallbackConfig: { enabled: true, upstreams: [{ provider: "two" }] },
          ...{ firstTokenTimeout: 700, attemptTimeout: 700, timeout: "20s" },
        },
      ],
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    for (const provider of Object.values(gateway.providers)) await provider.reset();
  });

  const cases = BEFORE_THE_FIRST_BYTE.flatMap(({ fault, plain, streamed }) => [
    ...(plain ? [{ fault, cause: plain, stream: false }] : []),
    ...(streamed ? [{ fault, cause: streamed, stream: true }] : []),
  ]);

  it.each(cases)("rescues $fault (stream: $stream)", async ({ fault, cause, stream }) => {
    await gateway.providers.one!.set("*", fault);
    const answer = await gateway.ask({ model: "m", stream, messages: [] });
    expect(answer.broken).toBe(false);
    expect(answer.status).toBe(200);
    expect(answer.words).toMatch("Hello from two");
    expect(answer.trail.split(", ")[0]).toMatch(new RegExp(`^one/t1( \\d+)? ${cause}$`));
    expect(answer.trail).toMatch(/two\/t1 200$/);
    expect(answer.headers.get("x-ai-failover-attempts")).toBe(String(answer.trail.split(", ").length));
  });

  it.each(["400", "413", "422"])("returns a caller's %s unchanged and tries nothing else", async status => {
    await gateway.providers.one!.set("*", status);
    const answer = await gateway.ask({ model: "m", messages: [] });
    expect(answer.status).toBe(Number(status));
    expect(answer.json().error.message).toBeTypeOf("string");
    expect(answer.headers.get("x-ai-failover-attempts")).toBe("1");
  });

  it.each([false, true])("returns it also after all that a rule tries it at (stream: %s)", async stream => {
    for (const provider of Object.values(gateway.providers)) await provider.set("*", "418");
    const answer = await gateway.ask({ model: "m", stream, messages: [] });
    expect(answer).toMatchObject({ status: 418, broken: false, trail: "one/t1 418 caller, two/t1 418 caller" });
    expect(answer.json().error.message).toBeTypeOf("string");
  });
});

describe.each(ALL_HOSTS)(
  "streams that break after the first byte in $mode mode, on Envoy $version",
  ({ mode, version }) => {
    let gateway: Gateway;

    beforeAll(async () => {
      gateway = await startGateway({
        ...{ mode, version },
        providers: { one: { tokens: ["one-1"], config: NEVER_OUT }, two: { tokens: ["two-1"] } },
        routes: ["first-event", "full"].map(guard => ({
          name: guard,
          modelPredicates: [{ matchType: "EQUAL", matchValue: guard }],
          upstreams: [{ provider: "one" }],
          fallbackConfig: { enabled: true, upstreams: [{ provider: "two" }] },
          guard,
        })),
        config: { idleTimeout: 700 },
      });
    });
    afterAll(() => gateway.stop());
    beforeEach(() => gateway.providers.one!.reset());

    it("ends a stream without its end mark in an error event, and sends no [DONE]", async () => {
      await gateway.providers.one!.set("*", "truncated");
      const answer = await gateway.ask({ model: "first-event", stream: true, messages: [] });
      expect(answer.broken).toBe(false);
      expect(answer.text).toContain('"code":"stream_incomplete"');
      expect(answer.text).not.toContain("[DONE]");
    });

    it("passes a cut on as a broken transfer", async () => {
      await gateway.providers.one!.set("*", "cut");
      const answer = await gateway.ask({ model: "first-event", stream: true, messages: [] });
      expect(answer.broken).toBe(true);
      expect(answer.text).toContain("Hello");
    });

    it("ends a stream that stalls longer than idleTimeout", async () => {
      await gateway.providers.one!.set("*", "stall");
      const answer = await gateway.ask({ model: "first-event", stream: true, messages: [] });
      expect(answer.text).toContain("Hello");
      expect(answer.broken || answer.text.includes('"error"')).toBe(true);
      expect(answer.text).not.toContain("[DONE]");
    });

    it.each(["truncated", "stall"])("rescues %s under guard full", async fault => {
      await gateway.providers.one!.set("*", fault);
      const answer = await gateway.ask({ model: "full", stream: true, messages: [] });
      expect(answer.words).toMatch("Hello from two");
      expect(answer.text).toContain("[DONE]");
    });

    it("rescues a cut under guard full where the attempt role holds it, else says so clearly", async () => {
      await gateway.providers.one!.set("*", "cut");
      const answer = await gateway.ask({ model: "full", stream: true, messages: [] });
      if (mode !== "callout") expect(answer.words).toMatch("Hello from two");
      else expect(answer.status).toBe(502);
    });
  },
);
