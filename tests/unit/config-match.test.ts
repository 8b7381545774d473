import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ConfigRoom } from "./config-room.js";

let room: ConfigRoom;
beforeAll(async () => {
  room = await ConfigRoom.start();
});

const NONE = -2;
const provider = { type: "qwen", apiTokens: ["t"] };

/** Where one rule holds, a request's route, cluster and host, and whether it does. */
const table: [rule: string, places: object, route: string, cluster: string, host: string, holds: boolean][] = [
  ["a route by its whole name", { _match_route_: ["a", "ns/b"] }, "ns/b", "", "", true],
  ["not by its beginning", { _match_route_: ["a"] }, "ab", "", "", false],
  ["a route by a prefix", { _match_route_prefix_: ["x-", "ai-"] }, "ai-1", "", "", true],
  ["not by a shorter name", { _match_route_prefix_: ["ai-"] }, "ai", "", "", false],
  ["a service by its name", { _match_service_: ["a.dns"] }, "", "outbound|443||a.dns", "", true],
  ["a service with a subset", { _match_service_: ["a.dns"] }, "", "outbound|443|v1|a.dns", "", true],
  ["a service by name and port", { _match_service_: ["a.dns:443"] }, "", "outbound|443||a.dns", "", true],
  ["not by another port", { _match_service_: ["a.dns:80"] }, "", "outbound|443||a.dns", "", false],
  ["not by a longer port", { _match_service_: ["a.dns:4430"] }, "", "outbound|443||a.dns", "", false],
  ["not by the end of its name", { _match_service_: ["dns"] }, "", "outbound|443||a.dns", "", false],
  ["not by what stands before a colon", { _match_service_: ["a.dns:"] }, "", "outbound||v|a.dnsx", "", false],
  ["a cluster of a stock Envoy", { _match_service_: ["qwen"] }, "", "qwen", "", true],
  ["not a cluster with a bar too many", { _match_service_: ["a.dns"] }, "", "outbound|443||x|a.dns", "", false],
  ["not a cluster with a bar too few", { _match_service_: ["a.dns"] }, "", "443||a.dns", "", false],
  ["not a cluster without a name", { _match_service_: ["a.dns"] }, "", "", "", false],
  ["a domain whole", { _match_domain_: ["a.com"] }, "", "", "a.com", true],
  ["a domain without regard to case", { _match_domain_: ["A.com"] }, "", "", "a.COM", true],
  ["a domain without its port", { _match_domain_: ["a.com"] }, "", "", "a.com:8443", true],
  ["an IPv6 address", { _match_domain_: ["[::1]"] }, "", "", "[::1]", true],
  ["an IPv6 address with a port", { _match_domain_: ["[::1]"] }, "", "", "[::1]:80", true],
  ["a suffix", { _match_domain_: ["*.a.com"] }, "", "", "x.y.a.com", true],
  ["not the suffix alone", { _match_domain_: ["*.a.com"] }, "", "", "a.com", false],
  ["a prefix", { _match_domain_: ["api.*"] }, "", "", "api.b.org", true],
  ["not within a name", { _match_domain_: ["api.*"] }, "", "", "x.api.b.org", false],
  ["every domain", { _match_domain_: ["*"] }, "", "", "a.com", true],
  ["no host at all", { _match_domain_: ["a.com"] }, "", "", "", false],
  ["route and domain together", { _match_route_: ["r"], _match_domain_: ["a.com"] }, "r", "", "a.com", true],
  ["not when the domain differs", { _match_route_: ["r"], _match_domain_: ["a.com"] }, "r", "", "b.com", false],
  ["not when the route differs", { _match_route_: ["r"], _match_domain_: ["a.com"] }, "s", "", "a.com", false],
];

describe("a rule", () => {
  it.each(table)("holds for %s", (_rule, places, route, cluster, host, holds) => {
    room.accept({ _rules_: [{ ...places, provider }] });
    expect(room.match(route, cluster, host)).toBe(holds ? 0 : NONE);
  });

  it("before another wins, and the global part comes last", () => {
    const at = (host: string) => ({ _match_domain_: [host], activeProviderId: "qwen" });
    room.accept({ providers: [provider], activeProviderId: "qwen", _rules_: [at("a.com"), at("*.com"), at("b.com")] });
    expect(["a.com", "b.com", "c.org"].map(host => room.match("", "", host))).toEqual([0, 1, -1]);
  });
});

describe("the route of a model", () => {
  const routes = (...predicates: [value: string, exact?: boolean][][]) => ({
    providers: [{ id: "p", ...provider }],
    routes: predicates.map((all, i) => ({
      ...{ name: `r${i}`, upstreams: [{ provider: "p" }] },
      modelPredicates: all.map(([matchValue, exact]) => ({ matchType: exact ? "EQUAL" : "PRE", matchValue })),
    })),
  });

  it("is the first that names it, by its beginning or whole, or that names none", () => {
    room.accept(routes([["qwen-max", true]], [["qwen-"], ["gpt-"]], [["qwen-turbo", true]], [], [["glm"]]));
    const names = ["qwen-max", "qwen-max-2", "qwen-turbo", "qwen-", "qwen", "gpt-5", "glm", "限", ""];
    expect(names.map(name => room.routeOf(name))).toEqual([0, 1, 1, 1, 3, 1, 3, 3, 3]);
    room.accept(routes([["qwen-max", true]], [["q"]]));
    expect(["qwen-max", "q", "x", ""].map(name => room.routeOf(name))).toEqual([0, 1, -1, -1]);
  });

  it("is what a look at one route after the other finds", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 1, maxLength: 5 });
    const predicate = fc.tuple(name, fc.boolean());
    fc.assert(
      fc.property(
        fc.array(fc.array(predicate, { maxLength: 3 }), { minLength: 1, maxLength: 8 }),
        fc.array(name, { minLength: 1, maxLength: 20 }),
        (all, models) => {
          const configuration = routes(...all);
          fc.pre(room.errors(configuration).length === 0);
          for (const model of models)
            expect(room.routeOf(model)).toBe(
              all.findIndex(
                one =>
                  one.length === 0 || one.some(([value, exact]) => (exact ? model === value : model.startsWith(value))),
              ),
            );
        },
      ),
    );
  });
});
