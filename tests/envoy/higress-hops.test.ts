import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clusterOf, startFixedRoute, type FixedRoute } from "./fixed-route.js";
import { until, type Answer } from "./running-gateway.js";

const HOSTS = [
  { host: "a stock Envoy", version: "1.38.2", keepsRoute: false },
  { host: "a host like Higress", version: "1.36.4", keepsRoute: true },
];
const plain = { model: "m", messages: [] };
const streamed = { ...plain, stream: true };

/** Only the dying one is ever out, so that each plan meets its hops. */
const ai = (id: string) => ({
  ...{ id, type: "openai", openaiCustomUrl: `https://${id}.example/v1`, apiTokens: [`${id}-1`] },
  ...{ failover: { enabled: true }, providerBreaker: { failureThreshold: id === "dying" ? 3 : 100_000 } },
});
const rule = (name: string, [first, ...rest]: string[], policy: object = {}) => ({
  ...{ _match_route_: [name], activeProviderId: first, ...policy },
  fallbackConfig: { upstreams: rest.map(provider => ({ provider })) },
});

/** Hops to which no callout can be started. */
const BAD = [
  { id: "nowhere", is: "a cluster that is not there" },
  { id: "empty", is: "a cluster without a host" },
  { id: "full", is: "a cluster that takes no request" },
];
const PLANS = BAD.flatMap(({ id, is }) => [
  { name: `${id}-first`, id, is, plan: [id, "failing", "good"], place: "first" },
  { name: `${id}-second`, id, is, plan: ["failing", id, "good"], place: "second" },
  { name: `${id}-last`, id, is, plan: ["failing", id], place: "last" },
]);
const CLUSTERS = {
  empty: { load_assignment: { cluster_name: clusterOf("empty"), endpoints: [] } },
  full: { circuit_breakers: { thresholds: [{ max_requests: 0, max_pending_requests: 0, max_connections: 0 }] } },
};

/** Within which a busy machine answers 64 clients. */
const LIMITS = { firstTokenTimeout: 5000, attemptTimeout: 5000 };

describe.each(HOSTS)("on $host $version with fixed routes,", ({ version, keepsRoute }) => {
  let gateway: FixedRoute;

  beforeAll(async () => {
    const ids = ["failing", "good", "empty", "full", "dying"];
    const providers = [...ids, "nowhere"].map(ai);
    gateway = await startFixedRoute({
      ...{ version, keepsRoute, clusters: CLUSTERS },
      providers: Object.fromEntries(ids.map(id => [id, { tokens: [`${id}-1`], pace: 10, remember: 100_000 }])),
      ingresses: { ...Object.fromEntries(PLANS.map(({ name }) => [name, "failing"])), crowd: "dying" },
      plugin: {
        providers,
        _rules_: [...PLANS.map(({ name, plan }) => rule(name, plan)), rule("crowd", ["dying", "good"], LIMITS)],
      },
    });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => gateway.providers.failing!.set("*", "500"));

  it.each(PLANS)("$is is passed over as the $place hop of a plan", async ({ name, id, place }) => {
    for (const body of [plain, streamed]) {
      const answer = await gateway.ask(name, body);
      if (place === "last") expect(answer.status).toBe(503);
      else expect(answer.words).toMatch("Hello from good");
      expect(answer.trail).toContain(`${id}/`);
    }
    await until(async () => (await gateway.stat("http.ingress.downstream_rq_active")) === 0);
  });

  it("none of 64 clients meets a failure while the primary dies in one way after another", async () => {
    const dying = gateway.providers.dying!;
    const answers: Answer[] = [];
    let done = false;
    const clients = Array.from({ length: 64 }, async (_, n) => {
      for (let i = n; !done; i++) answers.push(await gateway.ask("crowd", i % 2 ? plain : streamed));
    });
    const more = async () => {
      const count = answers.length;
      await until(() => answers.length > count + 200, 30_000);
    };
    for (const fault of ["ok", "503", "reset", "ok", "hang", "error-in-200", "401"]) {
      await dying.set("*", fault);
      await more();
    }
    done = true;
    await dying.reset();
    await Promise.all(clients);
    const failed = answers.filter(({ status, broken, words }) => status !== 200 || broken || !words.endsWith("."));
    expect(failed.map(({ status, trail, text }) => [status, trail, text])).toEqual([]);
    expect(new Set(answers.map(({ words }) => words.split(",")[0]))).toEqual(
      new Set(["Hello from dying", "Hello from good"]),
    );
  });
});
