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
