import type { Fleet, GatewayConfig, Provider, Token } from "../config/config-types.js";
import { productVersion } from "../config/product-version.js";
import {
  calloutCluster,
  longestTimeout,
  modeOf,
  type Mode,
  type RenderOptions,
  type Routing,
} from "./render-options.js";
import { formatJson } from "./yaml-text.js";

/** What of the options the module's configuration depends on. */
type PluginOptions = Routing & Pick<RenderOptions, "recordsFile" | "ownsRoute">;

/** The configuration of the gateway role: the file with numbers, and each provider's clusters. */
export function pluginConfig(config: GatewayConfig, options: PluginOptions = {}): object {
  const { rules, providers, routes, clientKeys, responseHeaders, idleTimeout, stallTimeout, rejectEmpty } = config;
  const { cors, limits, requestLog, tracing, fleet } = config;
  const callouts = calloutCluster(options);
  return {
    role: "gateway",
    routing: routingOf(modeOf(options)),
    ...(callouts !== undefined && { calloutCluster: callouts }),
    ...(options.ownsRoute === true && modeOf(options) !== "callout" && { routeTimeout: longestTimeout(config) }),
    ...{ responseHeaders, cors, idleTimeout, stallTimeout, rejectEmpty, limits, clientKeys },
    ...((options.recordsFile !== undefined || requestLog.path !== "") && { requestRecords: true }),
    ...(tracing !== undefined && { spanAttributes: true }),
    ...(rules.length > 0 && { rules: literal(rules) }),
    ...(fleet !== undefined && { fleet: pluginFleet(fleet) }),
    providers: providers.map(pluginProvider),
    routes: literal(routes),
  };
}

/** Hop mode is said to both filters; whether the router holds an attempt filter they see for themselves. */
const routingOf = (mode: Mode): string => (mode === "hop" ? "listener" : "plan");

/** Of the store the module needs how to log in, and by which cluster. */
function pluginFleet({ target: _, ...fleet }: Fleet): object {
  return fleet;
}

/** What only the cluster needs stays out. */
function pluginProvider({ targets: _, id, type, address, apiTokens, rules, ...rest }: Provider): object {
  const policy = rules.length > 0 ? { ...rest, rules } : rest;
  const plain = ({ name, weight, priority, models }: Token) =>
    name === undefined && weight === 1 && priority === 0 && models.length === 0;
  const tokens = apiTokens.map(token => (plain(token) ? token.value : token));
  return { id, type, ...literal({ ...address, ...policy }), apiTokens: tokens };
}

/** The module puts variables into every text: what has been put in here must not be taken for one. */
export function literal(value: unknown): object {
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    typeof item === "string" ? item.replaceAll("${", () => "$${") : item,
  ) as object;
}

export function gatewayJson(config: GatewayConfig, options: PluginOptions = {}): string {
  return formatJson(pluginConfig(config, options), 100);
}

/** The status role: it tells what the roles of its VM know. */
export function statusJson({ status }: GatewayConfig): string {
  const { password } = status;
  return JSON.stringify({ role: "status", version: productVersion, ...(password === undefined ? {} : { password }) });
}

/** The attempt role reads the exchange's own configuration. */
export const attemptJson = (mode: Mode): string =>
  formatJson({ role: "attempt", ...(mode === "hop" && { routing: routingOf(mode) }) }, 100);
