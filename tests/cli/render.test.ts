import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { parse, type YAMLMap } from "yaml";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { renderEnvoy, renderRunFiles } from "../../cli/render/render-envoy.js";
import { modeOf } from "../../cli/render/render-options.js";
import { renderPart, type Part } from "../../cli/render/render-parts.js";
import { pluginConfig } from "../../cli/render/render-plugin.js";
import { formatJson, sayOnce, yaml } from "../../cli/render/yaml-text.js";
import { forOwnClusters } from "./docs-existing.js";

const env = { A: "sk-secret-a", B: "sk-secret-b,sk-secret-c" };
const options = { wasm: "/modules/ai-failover.wasm", caFile: "/ca.pem" };

const qwen = { type: "qwen", apiTokens: ["${B}", { name: "team", value: "${A}", weight: 3 }] };
const deepseek = { type: "deepseek", apiTokens: ["${A}"], url: "http://127.0.0.1:9000/v1" };
const config = (fields: object = {}) =>
  resolveConfig(sourceOf({ providers: [qwen, deepseek], ...fields }, "test", tmpdir()), env);

/* eslint-disable @typescript-eslint/no-explicit-any -- the rendered tree is Envoy's, not ours */
function manager(text: string): any {
  const { listeners } = parse(text).static_resources;
  const listener = listeners.find(({ name }: { name: string }) => name === "ai-failover");
  return listener.filter_chains[0].filters[0].typed_config;
}

const retry = () => manager(renderEnvoy(config(), options));
const callout = () => manager(renderEnvoy(config(), { ...options, envoyVersion: "1.36.4", mode: "callout" }));
const routes = (tree: any): any[] => tree.route_config.virtual_hosts[0].routes;
const wasmOf = (filter: any): any => filter.typed_config.config;

describe("the mode is chosen by what Envoy can do", () => {
  it.each([
    ["1.40.0", "retry"],
    ["1.39", "retry"],
    ["1.38.2", "hop"],
    ["1.35.0", "hop"],
  ])("%s: %s", (version, mode) => expect(modeOf({ envoyVersion: version })).toBe(mode));

  it.each(["1.34.9", "2", "latest"])("%s is refused", version =>
    expect(() => modeOf({ envoyVersion: version })).toThrow(version),
  );
});

it("quotes a variable whose name YAML would take for something else", () => {
  const names = ["NO", "Y", "NULL", "ON", "TRUE_"];
  const env = Object.fromEntries(names.map(name => [name, "sk-of-a-token"]));
  const apiTokens = names.map(name => `\${${name}}`);
  const config = resolveConfig(sourceOf({ providers: [{ type: "qwen", apiTokens }] }, "test", tmpdir()), env);
  const text = renderEnvoy(config, options);
  for (const name of ["NO", "Y", "NULL", "ON"]) expect(text).toMatch(new RegExp(`host_env_keys: \\[.*"${name}"`));
  const [filter] = manager(text).http_filters.slice(-2);
  expect(wasmOf(filter).vm_config.environment_variables.host_env_keys).toEqual([...names].sort());
});

describe("retry mode", () => {
  it("leaves the silence between events to the module: Envoy's idle limit also runs before the first byte", () => {
    for (const { route } of routes(retry())) expect(route.retry_policy).not.toHaveProperty("per_try_idle_timeout");
  });

  it("chooses the cluster again for every retry, from filter state, and knows none that was not planned", () => {
    for (const { route } of routes(retry())) {
      expect(route.retry_policy.refresh_cluster_on_retry).toBe(true);
      const { typed_config } = route.inline_cluster_specifier_plugin.extension;
      expect(typed_config.cluster_matcher).not.toHaveProperty("on_no_match");
      expect(typed_config.cluster_matcher.matcher_tree.input.typed_config.key).toBe("wasm.ai_failover_cluster");
      expect(Object.keys(typed_config.cluster_matcher.matcher_tree.exact_match_map.map)).toEqual(["qwen", "deepseek"]);
      expect(route).not.toHaveProperty("hedge_policy");
    }
  });

  it("loads one module in both roles into one VM", () => {
    const [gateway, router] = retry().http_filters.slice(-2);
    const [attempt, codec] = router.typed_config.upstream_http_filters;
    expect(wasmOf(attempt).vm_config).toEqual(wasmOf(gateway).vm_config);
    expect(JSON.parse(wasmOf(attempt).configuration.value)).toEqual({ role: "attempt" });
    expect(codec.name).toBe("envoy.filters.http.upstream_codec");
    for (const filter of [gateway, attempt])
      expect(wasmOf(filter)).toMatchObject({ failure_policy: "FAIL_RELOAD", allow_on_headers_stop_iteration: true });
  });

  it("never cuts before the longest timeout", () => {
    const route = { upstreams: [{ provider: "qwen" }] };
    const two = [
      { name: "a", ...route },
      { name: "b", ...route, timeout: "20m" },
    ];
    const tree = manager(renderEnvoy(config({ routes: two }), options));
    for (const { route } of routes(tree)) expect(route.timeout).toBe("1200s");
    for (const limit of ["stream_idle_timeout", "request_timeout"])
      expect(Number.parseInt(tree[limit])).toBeGreaterThan(1200);
  });

  it("has no idle limit when it is off", () => {
    const [streamed] = routes(manager(renderEnvoy(config({ idleTimeout: 0 }), options)));
    expect(streamed.route.retry_policy).not.toHaveProperty("per_try_idle_timeout");
  });
});

describe("hop mode", () => {
  const there = { ...options, envoyVersion: "1.36.4" };
  const text = (fields: object = {}, more: object = {}) => renderEnvoy(config(fields), { ...there, ...more });
  const inner = (tree: string) => parse(tree).static_resources.listeners[0];
  const variable = { providers: [{ type: "qwen", apiTokens: ["${A}"] }] };

  it("sends every attempt to an internal listener that comes first, whose route goes where the attempt filter says", () => {
    const { name, internal_listener, filter_chains } = inner(text());
    expect(internal_listener).toEqual({});
    const [gateway] = routes(manager(text()));
    expect(gateway.route).toMatchObject({ cluster: name, retry_policy: { retry_on: expect.anything() } });
    expect(gateway.route.retry_policy).not.toHaveProperty("refresh_cluster_on_retry");
    const [attempt] = routes(filter_chains[0].filters[0].typed_config);
    expect(attempt.route).toEqual({ cluster_header: "x-ai-failover-cluster", timeout: "0s" });
    expect(attempt.request_headers_to_remove).toContain("x-ai-failover-cluster");
    const cluster = parse(text()).static_resources.clusters.find((cluster: { name: string }) => cluster.name === name);
    expect(JSON.stringify(cluster)).toContain(`"server_listener_name":"${name}"`);
    expect(parse(text()).bootstrap_extensions[0].name).toBe("envoy.bootstrap.internal_listener");
  });

  it("tells both filters of it, in one VM", () => {
    const [gateway] = manager(text()).http_filters.slice(-2);
    const [attempt] = inner(text()).filter_chains[0].filters[0].typed_config.http_filters;
    expect(JSON.parse(wasmOf(gateway).configuration.value)).toMatchObject({ role: "gateway", routing: "listener" });
    expect(JSON.parse(wasmOf(attempt).configuration.value)).toEqual({ role: "attempt", routing: "listener" });
    expect(wasmOf(attempt).vm_config).toEqual(wasmOf(gateway).vm_config);
  });

  it("has another listener for other variables, and the same one for any other edit", () => {
    const edits = [{}, { idleTimeout: "9s" }, { clientKeys: [{ name: "a", value: "a-key-of-one" }] }];
    expect(new Set(edits.map(fields => inner(text(fields)).name)).size).toBe(1);
    expect(inner(text(variable)).name).not.toBe(inner(text()).name);
  });
});

describe("callout mode", () => {
  it("leaves retries and time limits to the module", () => {
    const [only, ...others] = routes(callout());
    expect(others).toEqual([]);
    expect(only.route.timeout).toBe("0s");
    expect(only.route).not.toHaveProperty("retry_policy");
  });

  it("has no attempt role", () => {
    const [gateway, router] = callout().http_filters.slice(-2);
    expect(wasmOf(gateway).name).toBe("ai-failover-gateway");
    expect(router.typed_config).not.toHaveProperty("upstream_http_filters");
  });
});

describe("clusters", () => {
  const clusters = (fields: object = {}) => parse(renderPart("clusters", config(fields), options)).clusters;

  it("a host name has a refused address behind it, for the time when it does not resolve", () => {
    const [dns] = clusters();
    expect(dns.type).toBe("STRICT_DNS");
    expect(dns.load_assignment.endpoints[1]).toEqual({
      priority: 1,
      lb_endpoints: [{ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } } }],
    });
  });

  it("an address is used as it is", () => {
    const [, fixed] = clusters();
    expect(fixed.type).toBe("STATIC");
    expect(fixed).not.toHaveProperty("transport_socket");
  });

  it("TLS names the provider's host, not the client's, and checks it", () => {
    const [{ transport_socket }] = clusters();
    expect(transport_socket.typed_config).toMatchObject({
      sni: "dashscope.aliyuncs.com",
      common_tls_context: {
        validation_context: {
          trusted_ca: { filename: "/ca.pem" },
          match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: "dashscope.aliyuncs.com" } }],
        },
      },
    });
  });

  it("lets every request fail over at once", () => {
    for (const { circuit_breakers } of clusters())
      expect(circuit_breakers.thresholds[0]).toMatchObject({ max_retries: 10000, max_requests: 10000 });
  });

  it("of an Envoy of the user's own are not rendered, and refused where nobody has them", () => {
    const own = { providers: [{ ...deepseek, cluster: "mine" }] };
    expect(clusters(own).map(({ name }: { name: string }) => name)).toEqual(["ai-failover-callouts"]);
    expect(() => renderEnvoy(config(own), options)).toThrow("deepseek (mine)");
  });

  it("of an Envoy of the user's own are told, in comments, what they need", () => {
    const own = config({ providers: [qwen, { ...deepseek, cluster: "mine" }] });
    const { names, fields } = forOwnClusters(renderPart("clusters", own, options));
    expect(names).toEqual(["mine"]);
    const [first] = clusters();
    expect(fields.map(({ key, value }) => [String(key), (value as YAMLMap).toJSON()])).toEqual([
      ["circuit_breakers", first.circuit_breakers],
    ]);
  });
});

describe("what the module reads", () => {
  it("is the file in milliseconds and bytes, with the cluster of each provider", () => {
    const gateway = JSON.parse(wasmOf(retry().http_filters.at(-2)).configuration.value);
    expect(gateway).toEqual(pluginConfig(config(), { ownsRoute: true }));
    expect(retry().route_config.virtual_hosts[0].routes[0].route.timeout).toBe(`${gateway.routeTimeout / 1000}s`);
    expect(gateway).toMatchObject({ role: "gateway", routing: "plan", idleTimeout: 30000 });
    expect(gateway.providers[0]).toMatchObject({ id: "qwen", cluster: "qwen" });
    expect(gateway.providers[0]).not.toHaveProperty("targets");
  });

  it("names its variables, whose values are nowhere", () => {
    const gateway = wasmOf(retry().http_filters.at(-2));
    expect(gateway.vm_config.environment_variables.host_env_keys).toEqual(["A", "B"]);
    expect(JSON.parse(gateway.configuration.value).providers[0].apiTokens).toEqual([
      "${B}",
      { name: "team", value: "${A}", weight: 3, priority: 0, models: [] },
    ]);
    const texts = [renderEnvoy(config(), options), ...Object.values(renderRunFiles(config(), options, "/run/x"))];
    for (const text of texts) expect(text).not.toContain("sk-secret");
  });

  it("is marked when a token stands in it in clear", () => {
    const typed = config({ providers: [{ type: "qwen", apiTokens: ["sk-typed"] }] });
    expect(renderEnvoy(typed, options)).toContain("# HOLDS TOKENS IN CLEAR");
    expect(renderEnvoy(config(), options)).not.toContain("# HOLDS TOKENS IN CLEAR");
  });
});

describe("the files of run", () => {
  const files = renderRunFiles(config(), options, "/run/with space");

  it("let Envoy watch listeners and clusters in their directory", () => {
    const { node, dynamic_resources } = parse(files["envoy.yaml"]);
    expect(node).toEqual({ id: "ai-failover", cluster: "ai-failover" });
    for (const [kind, file] of [
      ["lds_config", "lds.yaml"],
      ["cds_config", "cds.yaml"],
    ] as const)
      expect(dynamic_resources[kind].path_config_source).toEqual({
        path: `/run/with space/${file}`,
        watched_directory: { path: "/run/with space" },
      });
  });

  it("hold the same listener and clusters as the one file", () => {
    const { static_resources } = parse(renderEnvoy(config(), options));
    const without = (list: Record<string, unknown>[]) => list.map(({ "@type": _, ...rest }) => rest);
    expect(without(parse(files["lds.yaml"]).resources)).toEqual(static_resources.listeners);
    expect(without(parse(files["cds.yaml"]).resources)).toEqual(static_resources.clusters);
  });
});

describe.each(["1.40", "1.36"])("the parts for an Envoy %s", envoyVersion => {
  const there = { ...options, envoyVersion };
  const part = (name: Part) => parse(renderPart(name, config(), there));
  const tree = manager(renderEnvoy(config(), there));

  it("are what stands in the whole, with the module off where a route does not ask for it", () => {
    const { http_filters, ...settings } = part("filters");
    const [{ disabled, ...gateway }, router] = http_filters;
    expect(disabled).toBe(true);
    // The route of a part is pasted into another's configuration: what it says, the module does not rely on.
    const filters = tree.http_filters.slice(-2);
    wasmOf(filters[0]).configuration.value = wasmOf(filters[0]).configuration.value.replace(/.*"routeTimeout".*\n/, "");
    expect([gateway, router]).toEqual(filters);
    expect(tree).toMatchObject(settings);
    const [{ match, typed_per_filter_config, ...route }] = part("route").routes;
    expect({ match, ids: Object.keys(typed_per_filter_config) }).toEqual({
      match: { prefix: "/v1/" },
      ids: [gateway.name],
    });
    expect(routes(tree)).toEqual([{ ...route, match: { prefix: "/" } }]);
    const whole = parse(renderEnvoy(config(), there));
    expect(part("stats")).toEqual({ stats_config: whole.stats_config });
    const { bootstrap_extensions, static_resources } = whole;
    const internal = static_resources.listeners.slice(0, -2);
    expect(part("listener")).toEqual(internal.length > 0 ? { bootstrap_extensions, listeners: internal } : null);
  });
});

describe("the text", () => {
  it("moves a value of several lines to its column", () => {
    expect(yaml`
      a:
      - ${"b: 1\nc: 2"}
    `).toBe("a:\n- b: 1\n  c: 2");
  });

  it("may begin with a value", () => {
    expect(yaml`
      ${""}
      ${"a: 1\nb: 2"}
    `).toBe("a: 1\nb: 2");
  });

  it("drops a line whose value is empty", () => {
    expect(yaml`
      a: 1
      ${""}
      b: 2
    `).toBe("a: 1\nb: 2");
  });

  it("gives a reason once", () => {
    expect(sayOnce("# why\na: 1\n  # why\n  b: 2\n")).toBe("# why\na: 1\n  b: 2\n");
  });

  it("keeps short JSON in a line", () => {
    expect(formatJson({ a: [1, 2], b: { c: "long enough" } }, 20)).toBe(
      '{\n  "a": [1, 2],\n  "b": {\n    "c": "long enough"\n  }\n}',
    );
  });
});
