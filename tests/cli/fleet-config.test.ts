import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { renderRunFiles } from "../../cli/render/render-envoy.js";
import { renderPart } from "../../cli/render/render-parts.js";
import { pluginConfig } from "../../cli/render/render-plugin.js";
import { renderTarget, targets, type Target } from "../../cli/render/render-targets.js";

const env = { A: "sk-of-a-token", REDIS_PASSWORD: "p@ss/word", FLEET_SECRET: "a-secret-of-the-fleet" };
const options = { wasm: "/modules/ai-failover.wasm", caFile: "/ca.pem" };
const LOGIN = "gateway:${REDIS_PASSWORD}";

const config = (fleet: object, variables: Record<string, string> = env) => {
  const file = {
    providers: [{ type: "qwen", apiTokens: ["${A}"] }],
    fleet: { url: `rediss://${LOGIN}@redis.example.com:6380/2`, name: "eu", secret: "${FLEET_SECRET}", ...fleet },
  };
  return resolveConfig(sourceOf(file, "test", tmpdir()), variables);
};

/* eslint-disable @typescript-eslint/no-explicit-any -- the rendered tree is Envoy's, not ours */
/** All objects in a tree that have this member. */
function having(tree: any, member: string): any[] {
  if (typeof tree !== "object" || tree === null) return [];
  const own = member in tree ? [tree] : [];
  return [...own, ...Object.values(tree).flatMap(value => having(value, member))];
}
const storesIn = (text: string) =>
  parseAllDocuments(text).flatMap(document =>
    having(document.toJS(), "upstream_config").filter(
      ({ upstream_config: { name } }) => name === "envoy.upstreams.http.tcp",
    ),
  );
const clusterOf = (fleet: object) => storesIn(renderPart("clusters", config(fleet), options))[0];
const endpointOf = (cluster: any) => having(cluster, "socket_address")[0].socket_address;

describe("the store of a fleet is one cluster of raw connections", () => {
  const rendered: [string, () => string][] = [
    ["run", () => Object.values(renderRunFiles(config({}), options, tmpdir())).join("\n---\n")],
    ["render --part clusters", () => renderPart("clusters", config({}), options)],
    ...Object.keys(targets).map((target): [string, () => string] => [
      `render --target ${target}`,
      () => renderTarget(target as Target, config({}), options),
    ]),
  ];

  it.each(rendered)("in what %s writes, without a secret", (_what, write) => {
    const text = write();
    const stores = storesIn(text);
    expect(stores).toHaveLength(1);
    expect(endpointOf(stores[0])).toEqual({ address: "redis.example.com", port_value: 6380 });
    const [tls] = having(stores[0], "common_tls_context");
    expect(tls.sni).toBe("redis.example.com");
    for (const secret of [env.A, env.REDIS_PASSWORD, env.FLEET_SECRET]) expect(text).not.toContain(secret);
  });

  it.each<[string, string, number, string, string | undefined]>([
    ["redis://redis", "redis", 6379, "STRICT_DNS", undefined],
    ["redis://10.0.0.7:7000/1", "10.0.0.7", 7000, "STATIC", undefined],
    ["redis://:${REDIS_PASSWORD}@[::1]", "::1", 6379, "STATIC", undefined],
    ["rediss://[fd00::7]:7000", "fd00::7", 7000, "STATIC", "IP_ADDRESS"],
    ["valkeys://valkey.example.com", "valkey.example.com", 6379, "STRICT_DNS", "DNS"],
  ])("%s", (url, address, port, type, name) => {
    const cluster = clusterOf({ url });
    expect(endpointOf(cluster)).toEqual({ address, port_value: port });
    expect(cluster.type).toBe(type);
    expect(having(cluster, "san_type")[0]?.san_type).toBe(name);
    const authorities = having(cluster, "trusted_ca")[0]?.trusted_ca.filename;
    expect(authorities).toBe(name === undefined ? undefined : "/ca.pem");
  });

  it("is a cluster of the user's own where the file names one", () => {
    const own = config({ cluster: "redis" });
    expect(storesIn(renderPart("clusters", own, options))).toEqual([]);
    expect(pluginConfig(own)).toMatchObject({ fleet: { cluster: "redis" } });
    expect(parse(JSON.stringify(pluginConfig(own))).fleet).not.toHaveProperty("target");
  });
});

it("is reached on Kubernetes with the values of docs/fleet.md: each variable comes from a Secret, and its port is open", () => {
  const docs = readFileSync("docs/fleet.md", "utf8");
  const [, text] = /```yaml\n(replicas: .*?)```/s.exec(docs)!;
  const values = parse(text!);
  const chart = parse(readFileSync("deploy/helm/ai-failover/values.yaml", "utf8"));
  expect(values.replicas).toBe(3);
  // As Helm merges them: objects by member, lists as a whole.
  const names = values.secretEnv.map(({ name }: { name: string }) => name);
  const secrets = Object.fromEntries(names.map((name: string) => [name, `a-long-secret-of-${name}`]));
  const [, head] = /```yaml\n(fleet:.*?)```/s.exec(docs)!;
  const made = resolveConfig(sourceOf({ ...parse(chart.config), ...parse(head!) }, "test", tmpdir()), secrets);
  const { port_value } = endpointOf(storesIn(renderPart("clusters", made, options))[0]);
  expect(values.networkPolicy.egressPorts).toEqual([...chart.networkPolicy.egressPorts, port_value]);
});

describe("a fleet that is refused", () => {
  const said = (fleet: object, variables?: Record<string, string>): string => {
    try {
      config(fleet, variables);
      return "";
    } catch (error) {
      return String((error as { problems?: unknown }).problems ? JSON.stringify((error as any).problems) : error);
    }
  };

  it.each<[object, RegExp]>([
    [{ url: "http://redis" }, /no URL of a Redis/],
    [{ url: "unix:///run/redis.sock" }, /a Unix socket/],
    [{ url: "redis://gateway@redis" }, /a user without a password/],
    [{ url: "redis://redis/x" }, /no number of a database/],
    [{ url: "redis://10.0.0" }, /10\.0\.0.*a name, an IPv4 address, or an IPv6 address/],
    [{ url: "redis://[1:2]" }, /1:2.*a name, an IPv4 address, or an IPv6 address/],
    [{ url: "redis://[fe80::1%25eth0]" }, /no host and port/],
    [{ url: "redis://:hunter2%zz@redis" }, /begins no character of UTF-8/],
    [{ url: "redis://redis", caFile: "ca.pem" }, /caFile for a redis:/],
    [{ name: "" }, /name/],
    [{ name: "a b" }, /name/],
    [{ name: "производство" }, /name/],
    [{ name: "a}:e" }, /name/],
    [{ interval: "10ms" }, /interval/],
    [{ interval: "2m" }, /at most 1m/],
    [{ startTimeout: "2m" }, /at most 1m/],
    [{ secret: "too-short" }, /at least 16 characters/],
  ])("%j", (fleet, words) => {
    const text = said(fleet);
    expect(text).toMatch(words);
    expect(text).not.toContain("hunter2");
  });

  it("says which variable is not set, or empty", () => {
    expect(said({}, { A: env.A, FLEET_SECRET: env.FLEET_SECRET })).toContain("REDIS_PASSWORD");
    expect(said({}, { ...env, REDIS_PASSWORD: "" })).toContain("REDIS_PASSWORD");
  });
});
