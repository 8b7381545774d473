/** The shipped module on our host, with two providers as most tests want them. */
import { shippedModule, startEnvoy, type Envoy, type EnvoyOptions, type Script } from "../host/proxy-host.js";

/** Retry mode and hop mode stream through every rescue; in callout mode there is no attempt role and no retry policy. */
export const MODES = ["retry", "hop", "callout"] as const;
export type Mode = (typeof MODES)[number];

const module = await shippedModule();

export interface Options extends Omit<Partial<EnvoyOptions>, "gateway" | "attempt" | "status" | "clusters"> {
  mode?: Mode;
  /** Members of the status filter's configuration; left out: there is none. */
  status?: object;
  /** Number of tokens of each provider, default {qwen: 3, deepseek: 2}; their secrets are "qwen-1", "qwen-2" ... */
  tokens?: Record<string, number>;
  clusters?: Record<string, Script>;
  /** Members of the plugin's configuration. */
  config?: object;
  /** Members of the route, which leads to all providers in their order. */
  policy?: object;
  /** Members of each provider, or those of the one with this id. */
  provider?: object | ((id: string) => object);
}

/** What the renderer would write. */
export function pluginConfig({ mode, tokens = { qwen: 3, deepseek: 2 }, config, policy, provider }: Options): object {
  const ids = Object.keys(tokens);
  return {
    routing: mode === "hop" ? "listener" : "plan",
    ...(mode !== "callout" && { calloutCluster: "ai-failover-callouts" }),
    providers: ids.map(id => ({
      ...{ id, type: "openai", cluster: id, url: `https://${id}.test/v1` },
      apiTokens: Array.from({ length: tokens[id]! }, (_, i) => ({ name: `t${i + 1}`, value: `${id}-${i + 1}` })),
      ...(typeof provider === "function" ? (provider as (id: string) => object)(id) : provider),
    })),
    routes: [
      {
        ...{ name: "all", modelPredicates: [], upstreams: [{ provider: ids[0] }] },
        fallbackConfig: { upstreams: ids.slice(1).map(id => ({ provider: id, modelMapping: { "*": `${id}-chat` } })) },
        ...policy,
      },
    ],
    ...config,
  };
}

/** The places where the module sits in a mode. */
export function placesIn(options: Options): Pick<EnvoyOptions, "gateway" | "attempt" | "hop"> {
  const { mode = "retry" } = options;
  const gateway = pluginConfig(options);
  if (mode === "callout") return { gateway };
  const hop = mode === "hop";
  return { gateway, hop, attempt: { role: "attempt", ...(hop && { routing: "listener" }) } };
}

export function start(options: Options): Envoy {
  const { clusters = {}, status, ...host } = options;
  return startEnvoy({
    ...{ module, ...placesIn(options), clusters, ...host },
    status: status && { role: "status", ...status },
  });
}

/** Which tokens a provider's requests carried, in order: "t1". */
export const tokensAt = (envoy: Envoy, cluster: string): string[] =>
  envoy
    .provider(cluster)
    .seen.map(({ headers }) => (headers["authorization"] ?? "").replace(`Bearer ${cluster}-`, "t"));
