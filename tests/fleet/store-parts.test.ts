import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { startDemoProvider, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { renderTarget, type Target } from "../../cli/render/render-targets.js";
import { renderParts } from "../cli/docs-existing.js";
import { launchParts, type PastedEnvoy } from "../envoy/pasted-parts.js";
import { until } from "../envoy/running-gateway.js";
import { StoreServer } from "../envoy/store-server.js";
import { askHost } from "../platforms/control-plane.js";

const HOST = "llm.example.com";
const WASM = join(process.cwd(), "build/ai-failover.wasm");
/** Where the cluster of the store comes from: the part, the user's own by the snippet of docs/fleet.md, and what each target renders. */
const SOURCES = ["part", "own", "istio", "envoy-gateway", "higress"] as const;

/* eslint-disable @typescript-eslint/no-explicit-any -- the rendered trees are Envoy's, not ours */
/** All clusters in a tree that speak raw TCP. */
function storesIn(tree: any): any[] {
  if (typeof tree !== "object" || tree === null) return [];
  return "upstream_config" in tree ? [tree] : Object.values(tree).flatMap(storesIn);
}

describe.each(["1.36.4", "1.38.2", "1.39.3", "1.40.0"])("in Envoys %s of users' own", version => {
  let store: StoreServer;
  let provider: DemoProvider;
  const gateways: PastedEnvoy[] = [];
  const directories: string[] = [];
  beforeEach(async () => {
    store = await StoreServer.start();
    provider = await startDemoProvider({ name: "qwen", tokens: ["qwen-1", "qwen-2"], pace: 1 });
  });
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.stop();
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
    await provider?.close();
    await store?.stop();
  });

  const configOf = (source: string) => ({
    providers: [{ type: "qwen", url: provider.url, models: ["m"], apiTokens: ["qwen-1", "qwen-2"] }],
    fleet: {
      ...{ url: `redis://127.0.0.1:${store.port}`, name: "tests", secret: "a-secret-of-the-fleet", interval: "500ms" },
      ...(source === "own" && { cluster: "redis" }),
    },
  });

  /** Of the store, as this way has it. */
  function storeOf(source: (typeof SOURCES)[number], clusters: string): any {
    if (source === "part") return storesIn(parse(clusters))[0];
    if (source === "own") {
      const [, snippet] = /```yaml\n(upstream_config:.*?)```/s.exec(readFileSync("docs/fleet.md", "utf8"))!;
      const address = { socket_address: { address: "127.0.0.1", port_value: store.port } };
      const endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
      return { name: "redis", load_assignment: { cluster_name: "redis", endpoints }, ...parse(snippet!) };
    }
    const resolved = resolveConfig(sourceOf(configOf(source), "test", tmpdir()), {});
    const text = renderTarget(source as Target, resolved, { wasm: WASM, caFile: "/ca.pem", envoyVersion: version });
    const stores = parseAllDocuments(text).flatMap(document => storesIn(document.toJS()));
    expect(stores).toHaveLength(1);
    return stores[0];
  }

  it("gateways share what they know, whatever rendered the store's cluster", async () => {
    for (const source of SOURCES) {
      const parts = renderParts(configOf(source), WASM, version);
      const { clusters } = parse(parts.clusters) as { clusters: any[] };
      const others = clusters.filter(cluster => !("upstream_config" in cluster));
      const directory = mkdtempSync(join(tmpdir(), "ai-failover-parts-"));
      directories.push(directory);
      const all = [...others, storeOf(source, parts.clusters)];
      gateways.push(await launchParts(parts, { version, directory, domains: [HOST], clusters: all }));
    }
    for (const gateway of gateways)
      await until(async () => (await gateway.stat("wasmcustom.ai_failover_fleet_in_step")) === 1);
    const ask = ({ port }: PastedEnvoy) => askHost({ port, host: HOST }, { model: "m", messages: [] });
    const [first, ...others] = gateways;
    const met = () =>
      provider.requests.filter(({ method, tokenNumber }) => method === "POST" && tokenNumber === 1).length;
    for (const gateway of gateways) expect(await ask(gateway)).toMatchObject({ status: 200 });
    provider.requests.length = 0;
    await provider.set(1, "401");
    await until(async () => (await ask(first!), met()) > 0);
    await until(async () => (await store.command("HLEN", "af1:{tests}:e")) === 1);
    for (const gateway of others) {
      const calls = await gateway.stat("wasmcustom.ai_failover_fleet_calls_total");
      await until(async () => (await gateway.stat("wasmcustom.ai_failover_fleet_calls_total")) > calls + 1);
    }
    provider.requests.length = 0;
    for (const gateway of others) for (let i = 0; i < 10; i++) expect((await ask(gateway)).status).toBe(200);
    expect(met()).toBe(0);
  });
});
