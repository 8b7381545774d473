import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { render } from "../../cli/commands/render-command.js";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { envelopeOf } from "../../cli/plugin/envelope.js";
import { systemAuthorities } from "../../cli/render/authorities.js";
import { freePorts, launch, until, type Host } from "../envoy/running-gateway.js";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- resources of others
type Fields = Record<string, any>;
const wasm = join(process.cwd(), "build/ai-failover.wasm");
const TYPE = "type.googleapis.com/envoy";
const address = (port_value: number) => ({ socket_address: { address: "127.0.0.1", port_value } });
const options = { target: "higress", mode: "hop", envoyVersion: "1.36", wasm } as const;
const resources = parseAllDocuments(render("envoy/istio/ai-failover.yaml", options, {}).text).map(
  document => document.toJS() as Fields,
);
const patches = resources.find(({ kind }) => kind === "EnvoyFilter")!["spec"].configPatches as Fields[];
const of = (applyTo: string, operation: string): Fields[] =>
  patches.filter(each => each["applyTo"] === applyTo && each["patch"].operation === operation);
const added = (applyTo: string): Fields[] => of(applyTo, "ADD").map(({ patch }) => patch.value as Fields);
const merged = (applyTo: string): Fields => of(applyTo, "MERGE")[0]!["patch"].value as Fields;

/** A cluster as Higress makes it of a service, and what the EnvoyFilter merges into it. */
function clusterOf(name: string, to: number, isChecked: boolean): Fields {
  const { patch } = of("CLUSTER", "MERGE").find(({ match }) => match.cluster.name === name)!;
  const { transport_socket, ...options } = patch.value as Fields;
  return {
    ...{ name, type: "STATIC", connect_timeout: "1s", ...options, ...(isChecked && { transport_socket }) },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: address(to) } }] }] },
  };
}

const CLUSTERS = ["outbound|443||llm-qwen.internal.dns", "outbound|443||llm-deepseek.internal.dns"];

/** What Higress makes of the resources: its VM has no id, and the plugin's configuration is that of the rule of the ingress. */
function bootstrapOf(listen: number, admin: number, providers: number[], isChecked = false): Fields {
  const plugin = envelopeOf(
    resources.find(({ kind }) => kind === "WasmPlugin")!,
    () => {},
  )!;
  const filter = {
    name: "higress-system.ai-failover",
    typed_config: {
      "@type": `${TYPE}.extensions.filters.http.wasm.v3.Wasm`,
      config: {
        ...{ name: "higress-system.ai-failover", allow_on_headers_stop_iteration: true, failure_policy: "FAIL_RELOAD" },
        configuration: {
          "@type": "type.googleapis.com/google.protobuf.StringValue",
          value: JSON.stringify(plugin.configuration),
        },
        vm_config: {
          ...{ runtime: "envoy.wasm.runtime.v8", code: { local: { filename: wasm } } },
          environment_variables: { host_env_keys: [...plugin.variables!.keys()] },
        },
      },
    },
  };
  const router = {
    name: "envoy.filters.http.router",
    typed_config: { "@type": `${TYPE}.extensions.filters.http.router.v3.Router`, suppress_envoy_headers: true },
  };
  const { route, ...beside } = merged("HTTP_ROUTE");
  const manager = {
    ...(merged("NETWORK_FILTER")["typed_config"] as Fields),
    ...{ stat_prefix: "higress", use_remote_address: true, http_filters: [filter, router] },
    route_config: {
      virtual_hosts: [
        {
          ...{ name: "llm.example.com:80", domains: [`127.0.0.1:${listen}`] },
          routes: [{ name: "llm", match: { prefix: "/v1" }, ...beside, route }],
        },
      ],
    },
  };
  return {
    admin: { address: address(admin) },
    // Higress's bootstrap has it, as Istio's.
    bootstrap_extensions: [
      {
        name: "envoy.bootstrap.internal_listener",
        typed_config: { "@type": `${TYPE}.extensions.bootstrap.internal_listener.v3.InternalListener` },
      },
    ],
    static_resources: {
      listeners: [
        ...added("LISTENER"),
        {
          ...{ name: "0.0.0.0_80", address: address(listen) },
          filter_chains: [
            { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] },
          ],
        },
      ],
      clusters: [...added("CLUSTER"), ...CLUSTERS.map((name, i) => clusterOf(name, providers[i]!, isChecked))],
    },
  };
}

describe("envoy/higress-streaming.yaml, its parts in an Envoy 1.36.4 with Higress's names", () => {
  const directory = mkdtempSync(join(tmpdir(), "ai-failover-higress-"));
  let host: Host;
  let url: string;
  let envoy: string;
  let qwen: DemoProvider;
  let deepseek: DemoProvider;

  beforeAll(async () => {
    qwen = await startDemoProvider({ name: "qwen", tokens: ["sk-a"] });
    deepseek = await startDemoProvider({ name: "deepseek", tokens: ["sk-b"], pace: 60 });
    const [listen, admin] = (await freePorts(2)) as [number, number];
    url = `http://127.0.0.1:${listen}/v1/chat/completions`;
    const bootstrap = bootstrapOf(listen, admin, [qwen.port, deepseek.port]);
    writeFileSync(join(directory, "envoy.yaml"), JSON.stringify(bootstrap));
    envoy = (await findEnvoy({ version: "1.36.4", say: () => {} })).path;
    const env = { DASHSCOPE_API_KEY: "sk-a", DEEPSEEK_API_KEY: "sk-b" };
    host = await launch(envoy, directory, admin, { workers: 2, env });
  });
  afterAll(async () => {
    await host.stop();
    for (const provider of [qwen, deepseek]) await provider.close();
    rmSync(directory, { recursive: true, force: true });
  });
  beforeEach(async () => {
    for (const provider of [qwen, deepseek]) await provider.reset();
  });

  const ask = (stream: boolean) =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "qwen-turbo", stream, messages: [] }),
    });

  it("a rescued stream streams, and no provider sees a header of Envoy's or ours", async () => {
    await qwen.set("*", "error-in-200");
    await deepseek.set("*", "stall");
    const answer = await ask(true);
    let text = "";
    // The provider never ends this stream: what is read came while it was under way.
    for await (const chunk of answer.body!)
      if ((text += Buffer.from(chunk as Uint8Array).toString()).includes("Hello")) break;
    expect(answer.headers.get("x-ai-failover-provider")).toBe("deepseek");
    for (const { headers } of [...qwen.requests, ...deepseek.requests])
      expect(Object.keys(headers).filter(name => /^x-(envoy|ai-failover|forwarded)/.test(name))).toEqual([]);
  });

  it("a free probe is without marks of Envoy, too", async () => {
    await qwen.set("*", "401");
    expect(await (await ask(false)).text()).toMatch("Hello from deepseek");
    await qwen.reset();
    await until(() => qwen.requests.some(({ method }) => method === "GET"), 20_000);
    for (const { headers } of qwen.requests)
      expect(Object.keys(headers).filter(name => name.startsWith("x-envoy"))).toEqual([]);
  });

  it("the certificates of providers are checked, by a configuration that this Envoy takes", () => {
    const bootstrap = bootstrapOf(1, 2, [3, 4], true);
    const [, first] = bootstrap["static_resources"].clusters as Fields[];
    const { common_tls_context: check, sni } = first!["transport_socket"].typed_config as Fields;
    expect([sni, check.validation_context.match_typed_subject_alt_names[0].matcher.exact]).toEqual(
      Array(2).fill("dashscope.aliyuncs.com"),
    );
    const file = join(directory, "checked.yaml");
    const text = JSON.stringify(bootstrap).replaceAll("/etc/ssl/certs/ca-certificates.crt", systemAuthorities());
    writeFileSync(file, text);
    const env = { ...process.env, DASHSCOPE_API_KEY: "sk-a", DEEPSEEK_API_KEY: "sk-b" };
    const said = execFileSync(envoy, ["--mode", "validate", "-l", "warning", "-c", file], { env, stdio: "pipe" });
    expect(said.toString()).toContain("OK");
  });
});
