import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { render } from "../../cli/commands/render-command.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { freePorts, launch, type Host } from "../envoy/running-gateway.js";

const clusters = ["outbound|443||dashscope.aliyuncs.com", "outbound|443||api.deepseek.com"];

interface Patch {
  applyTo: string;
  patch: { value: Fields };
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Fields = Record<string, any>;

const documents = (text: string): Fields[] => parseAllDocuments(text).map(document => document.toJS() as Fields);
const patchesOf = (text: string): Patch[] =>
  documents(text).find(({ kind }) => kind === "EnvoyFilter")!["spec"].configPatches as Patch[];

describe.each(["1.40.0", "1.36.4"])(
  "the patches of envoy/envoyfilter.yaml, made to an Envoy %s with Istio's names",
  version => {
    const directory = mkdtempSync(join(tmpdir(), "ai-failover-istio-"));
    let host: Host;
    let port: number;
    let qwen: DemoProvider;
    let deepseek: DemoProvider;

    beforeAll(async () => {
      qwen = await startDemoProvider({ name: "qwen", tokens: ["sk-a"] });
      deepseek = await startDemoProvider({ name: "deepseek", tokens: ["sk-b"] });
      const [listen, admin] = (await freePorts(2)) as [number, number];
      port = listen;
      const wasm = join(process.cwd(), "build/ai-failover.wasm");
      const { text } = render("envoy/istio/ai-failover.yaml", { target: "istio", envoyVersion: version, wasm }, {});
      const patches = patchesOf(text);
      const of = (applyTo: string) => patches.filter(patch => patch.applyTo === applyTo);
      const added = (applyTo: string) => of(applyTo).map(({ patch }) => patch.value);
      const address = (port_value: number) => ({ socket_address: { address: "127.0.0.1", port_value } });
      const cluster = (name: string, to: number): Fields => ({
        ...{ name, type: "STATIC", connect_timeout: "1s" },
        load_assignment: {
          cluster_name: name,
          endpoints: [{ lb_endpoints: [{ endpoint: { address: address(to) } }] }],
        },
      });
      const manager = {
        "@type":
          "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        ...{ stat_prefix: "outbound_0.0.0.0_8443", use_remote_address: true, stream_idle_timeout: "0s" },
        // Istio traces, names the operation, and counts attempts: all by headers.
        tracing: { random_sampling: { value: 0 } },
        route_config: {
          virtual_hosts: [
            {
              ...{ name: "llm.example.com:443", domains: ["llm.example.com", `127.0.0.1:${listen}`] },
              ...{ include_request_attempt_count: true, include_is_timeout_retry_header: true },
              routes: [
                {
                  ...{ name: "ai-failover", match: { prefix: "/v1/" } },
                  decorator: { operation: "dashscope.aliyuncs.com:443/*" },
                  ...of("HTTP_ROUTE")[0]!.patch.value,
                },
                {
                  name: "other",
                  match: { prefix: "/" },
                  route: { cluster: "outbound|80||shop.default.svc.cluster.local" },
                },
              ],
            },
          ],
        },
        // The second patch is merged into a router that says nothing else.
        http_filters: of("HTTP_FILTER").map(({ patch }) => patch.value),
      };
      const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
      const bootstrap = {
        admin: { address: address(admin) },
        // Istio's bootstrap has it.
        bootstrap_extensions: [
          {
            name: "envoy.bootstrap.internal_listener",
            typed_config: {
              "@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener",
            },
          },
        ],
        static_resources: {
          listeners: [
            ...added("LISTENER"),
            { name: "0.0.0.0_8443", address: address(listen), filter_chains: [{ filters }] },
          ],
          clusters: [
            ...added("CLUSTER"),
            cluster(clusters[0]!, qwen.port),
            cluster(clusters[1]!, deepseek.port),
            cluster("outbound|80||shop.default.svc.cluster.local", deepseek.port),
          ],
        },
      };
      writeFileSync(join(directory, "envoy.yaml"), JSON.stringify(bootstrap));
      const env = { DASHSCOPE_API_KEY: "sk-a", DEEPSEEK_API_KEY: "sk-b" };
      const { path } = await findEnvoy({ version, say: () => {} });
      host = await launch(path, directory, admin, { workers: 1, env });
    });
    afterAll(async () => {
      await host.stop();
      for (const provider of [qwen, deepseek]) await provider.close();
      rmSync(directory, { recursive: true, force: true });
    });

    it("rescue a call by the other provider", async () => {
      await qwen.set("*", { kind: "status", status: 503 });
      const body = JSON.stringify({ model: "qwen-turbo", messages: [] });
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: "POST", headers, body });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toMatch("Hello from deepseek, model deepseek-v4-flash");
      for (const { headers } of [...qwen.requests, ...deepseek.requests])
        expect(Object.keys(headers).filter(name => name.startsWith("x-envoy-"))).toEqual([]);
    });

    it("leave other routes alone", async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/models`, { headers: { authorization: "Bearer sk-b" } });
      expect(answer.status).toBe(200);
      expect([...answer.headers.keys()].filter(name => name.startsWith("x-ai-failover"))).toEqual([]);
    });
  },
);
