import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeClusters } from "./extra-clusters.js";
import { HOSTS, startGateway, until, type Gateway } from "./running-gateway.js";

/** What comes first at a provider of that name; then "good" answers. */
const FAULTS = ["401", "error-in-200", "reset", "hang"] as const;

describe.each(HOSTS)("providers are told nothing of Envoy in $mode mode, on Envoy $version,", ({ mode, version }) => {
  let gateway: Gateway;

  beforeAll(async () => {
    const limits = { attemptTimeout: "1s", firstTokenTimeout: "1s" };
    const names = [...FAULTS, "gone", "good"];
    gateway = await startGateway({
      ...{ mode, version },
      providers: Object.fromEntries(
        names.map(name => [
          `p${name}`,
          { tokens: [name], config: { type: "qwen", failover: { healthCheckInterval: "100ms" } } },
        ]),
      ),
      routes: names.map(name => ({
        ...{ name: `to-${name}`, ...limits, modelPredicates: [{ matchType: "EQUAL", matchValue: name }] },
        upstreams: [{ provider: `p${name}` }],
        ...(name !== "good" && { fallbackConfig: { upstreams: [{ provider: "pgood" }] } }),
      })),
    });
    for (const fault of FAULTS) await gateway.providers[`p${fault}`]!.set("*", fault);
  });
  afterAll(() => gateway?.stop());

  const marks = () =>
    Object.values(gateway.providers).flatMap(({ name, requests }) =>
      requests
        .flatMap(({ headers }) => Object.keys(headers))
        .filter(header => /^x-(envoy|forwarded|ai-failover)/.test(header))
        .map(header => `${name} ${header}`),
    );
  const calls = () => gateway.stat("cluster.ai_failover_callouts.upstream_rq_total");

  it("by an attempt and by what follows it", async () => {
    for (const model of ["good", ...FAULTS])
      for (const stream of [false, true]) expect((await gateway.ask({ model, stream, messages: [] })).status).toBe(200);
    expect(marks()).toEqual([]);
  });

  it("by a probe, and where the router tries nothing again", async () => {
    await until(() => gateway.providers["p401"]!.requests.some(({ method }) => method === "GET"));
    // In retry mode a callout follows: without a host there is no attempt that the router could try again.
    await changeClusters(gateway, ["pgone"], cluster => (cluster.load_assignment.endpoints = []));
    expect((await gateway.ask({ model: "gone", messages: [] })).words).toMatch("Hello from pgood");
    expect(marks()).toEqual([]);
    // Through the listener for them, where Envoy is given one.
    expect((await calls()) > 0).toBe(mode !== "callout");
  });
});
