/**
 * A gateway as an ingress controller writes it, here Higress's: each ingress is a route that has chosen its cluster already, with a
 * time limit and a retry policy of its own. The module is one HTTP filter, and its configuration the controller's JSON.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { startDemoProvider, type DemoOptions, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import {
  freePorts,
  launch,
  moveIn,
  answerOf,
  until,
  type Answer,
  type AskOptions,
  type Host,
} from "./running-gateway.js";

export interface FixedRouteOptions {
  version: string;
  /**
   * Whether the host keeps a route that it has found. Higress does, and says so by its properties. A stock Envoy looks for it again
   * when path and host are a provider's; to be like Higress it gets the properties, and routes that are found by another header.
   */
  keepsRoute?: boolean;
  /** Demo providers, by id. Each is the cluster that Higress's console would name so, or that of a service made by hand. */
  providers: Record<string, Omit<DemoOptions, "name"> & { cluster?: string }>;
  /** Ingresses by name: the provider whose cluster each leads to. Ingress "a" serves the host a.test. */
  ingresses: Record<string, string>;
  /** The plugin's configuration; left out: there is none. */
  plugin?: object | string;
  env?: Record<string, string>;
  /** Fields of clusters, by the provider's id, for example circuit_breakers. */
  clusters?: Record<string, object>;
}

export interface FixedRoute extends Omit<Host, "stop"> {
  port: number;
  providers: Record<string, DemoProvider>;
  /** Asks the ingress. */
  ask(ingress: string, body: object, options?: AskOptions): Promise<Answer>;
  /** Gives the plugin another configuration. False: Envoy refused it. */
  apply(plugin: object | string): Promise<boolean>;
  stop(): Promise<void>;
}

const TYPE = "type.googleapis.com/envoy";
const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
const json = (value: unknown) => JSON.stringify(value);

export const clusterOf = (id: string) => `outbound|443||llm-${id}.internal.dns`;
const clusterIn = ({ providers }: FixedRouteOptions, id: string) => providers[id]?.cluster ?? clusterOf(id);

export async function startFixedRoute(options: FixedRouteOptions): Promise<FixedRoute> {
  const { version, env = {} } = options;
  const envoy = await findEnvoy({ version, say: () => {} });
  const providers: Record<string, DemoProvider> = {};
  for (const [name, { cluster: _, ...demo }] of Object.entries(options.providers))
    providers[name] = await startDemoProvider({ name, ...demo });
  const [port, adminPort] = await freePorts(2);
  const directory = mkdtempSync(join(tmpdir(), "ai-failover-test-"));

  if (options.keepsRoute) writeFileSync(join(directory, HIGRESS), await compileHigress());
  const clusters = Object.entries(providers).map(([id, provider]) => ({
    ...{ name: clusterIn(options, id), type: "STATIC", connect_timeout: "1s" },
    load_assignment: {
      cluster_name: clusterIn(options, id),
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(provider.port) } }] }],
    },
    ...options.clusters?.[id],
  }));
  const listener = (plugin?: object | string) => ({
    "lds.yaml": json({ resources: [listenerOf(port!, directory, options, plugin)] }),
  });
  const watched = { path: join(directory, "lds.yaml"), watched_directory: { path: directory } };
  const bootstrap = {
    node: { id: "test", cluster: "test" },
    admin: { address: address(adminPort!) },
    static_resources: { clusters },
    dynamic_resources: { lds_config: { resource_api_version: "V3", path_config_source: watched } },
  };
  moveIn(directory, { "envoy.yaml": json(bootstrap), ...listener(options.plugin) });
  const host = await launch(envoy.path, directory, adminPort!, { env });
  if ((await host.stat("listener_manager.lds.update_rejected")) > 0) throw new Error(host.log());

  return {
    ...{ ...host, port: port!, providers },
    ask: (ingress, body, ask) => send(port!, ingress, JSON.stringify(body), ask),
    async apply(plugin) {
      const count = (what: string) => host.stat(`listener_manager.lds.update_${what}`);
      const [taken, refused] = [await count("success"), await count("rejected")];
      moveIn(directory, listener(plugin));
      await until(async () => (await count("success")) > taken || (await count("rejected")) > refused);
      return (await count("success")) > taken;
    },
    async stop() {
      await host.stop();
      for (const provider of Object.values(providers)) await provider.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** By a client that sends no header unasked: one that the module has to remove makes Envoy forget the route early. */
async function send(port: number, ingress: string, body: string, ask: AskOptions = {}): Promise<Answer> {
  const { path = "/v1/chat/completions", method = "POST", signal } = ask;
  const headers = { host: `${ingress}.test`, [INGRESS]: ingress, "content-type": "application/json", ...ask.headers };
  return new Promise((done, fail) => {
    // A connection that is kept would meet the configuration that was there when it began.
    const call = request({ host: "127.0.0.1", port, path, method, headers, signal, agent: false }, answer => {
      let text = "";
      answer.setEncoding("utf8").on("data", chunk => (text += chunk));
      answer.on("close", () => done(answerOf(answer.statusCode!, headersOf(answer), text, !answer.complete)));
    });
    call.on("error", fail).end(body);
  });
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  return headers;
}

/** One that the API knows: others are gone when the route is found again. */
const INGRESS = "openai-beta";

const MODULE = join(process.cwd(), "build/ai-failover.wasm");
const HIGRESS = "higress.wasm";

function listenerOf(port: number, directory: string, options: FixedRouteOptions, plugin?: object | string): object {
  const hosts = Object.entries(options.ingresses).map(([name, id]) =>
    virtualHost(name, clusterIn(options, id), options.keepsRoute ?? false),
  );
  const higress = { name: "higress", typed_config: wasm(join(directory, HIGRESS)) };
  const ours = { name: "ai-failover", typed_config: wasm(MODULE, plugin, options.env) };
  const manager = {
    "@type": `${TYPE}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "ingress",
    use_remote_address: true,
    route_config: { name: "ingress", virtual_hosts: options.keepsRoute ? [oneHost(hosts)] : hosts },
    http_filters: [
      ...(options.keepsRoute ? [higress] : []),
      ours,
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": `${TYPE}.extensions.filters.http.router.v3.Router` },
      },
    ],
  };
  const filter = { name: "envoy.filters.network.http_connection_manager", typed_config: manager };
  return {
    "@type": `${TYPE}.config.listener.v3.Listener`,
    ...{ name: "ingress", address: address(port), filter_chains: [{ filters: [filter] }] },
  };
}

interface VirtualHost {
  name: string;
  domains: string[];
  routes: object[];
}

/** As an Ingress becomes one: found by its host and its path. */
function virtualHost(name: string, cluster: string, keepsRoute: boolean): VirtualHost {
  const byHeader = { prefix: "/", headers: [{ name: INGRESS, string_match: { exact: name } }] };
  return {
    ...{ name: `${name}.test:80`, domains: [`${name}.test`, `${name}.test:*`] },
    routes: [
      {
        ...{ name, match: keepsRoute ? byHeader : { prefix: "/v1" } },
        // No time limit is written: Envoy's own 15 s hold.
        route: {
          cluster,
          retry_policy: {
            retry_on: "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
            ...{ num_retries: 2, retriable_status_codes: [503], host_selection_retry_max_attempts: 5 },
          },
        },
      },
    ],
  };
}

const oneHost = (hosts: VirtualHost[]): VirtualHost => ({
  ...{ name: "all", domains: ["*"], routes: hosts.flatMap(({ routes }) => routes) },
});

function wasm(file: string, plugin?: object | string, env: Record<string, string> = {}): object {
  const value = typeof plugin === "string" ? plugin : json(plugin);
  return {
    "@type": `${TYPE}.extensions.filters.http.wasm.v3.Wasm`,
    config: {
      // Higress's hosts do this by the ABI that the module names.
      allow_on_headers_stop_iteration: true,
      vm_config: {
        runtime: "envoy.wasm.runtime.v8",
        code: { local: { filename: file } },
        environment_variables: { host_env_keys: Object.keys(env) },
      },
      ...(plugin === undefined
        ? {}
        : { configuration: { "@type": "type.googleapis.com/google.protobuf.StringValue", value } }),
    },
  };
}

async function compileHigress(): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      "tests/envoy/wasm/higress-properties.ts",
      "--config",
      "none",
      "--outFile",
      HIGRESS,
      "-O3",
      "--runtime",
      "stub",
      "--use",
      "abort=",
    ],
    { writeFile: (name, contents) => void (name === HIGRESS && (binary = contents as Uint8Array)) },
  );
  if (error || !binary) throw new Error(`the filter that stands for Higress does not compile:\n${stderr.toString()}`);
  return binary;
}
