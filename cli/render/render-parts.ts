import type { GatewayConfig } from "../config/config-types.js";
import {
  circuitBreakers,
  clusterList,
  clustersOf,
  fleetClusters,
  ownHeaders,
  targetsOf,
  tracingClusters,
} from "./render-clusters.js";
import { secretsNote } from "./render-envoy.js";
import { gatewayFilter, gatewayRouter } from "./render-filters.js";
import { innerBootstrap } from "./inner-manager.js";
import { calloutClusters, calloutListeners } from "./render-callouts.js";
import { innerCluster, innerListener } from "./render-hop.js";
import { cutReplies } from "./local-replies.js";
import { managerFields } from "./render-listener.js";
import { modeOf, type RenderOptions } from "./render-options.js";
import { renderRoute } from "./render-route.js";
import { tracing as renderTracing } from "./render-tracing.js";
import { statsTags } from "./stats-tags.js";
import { asList, sayOnce, yaml } from "./yaml-text.js";

type Renderer = (config: GatewayConfig, options: RenderOptions) => string;

const filters: Renderer = (config, options) => yaml`
  # Goes into your HttpConnectionManager, with these settings.
  ${managerFields(config)}
  ${cutReplies(modeOf(options))}
  http_filters:
  # Filters of yours stand here, before the module: what they refuse costs no attempt.
  - # Off, except on the route of --part route.
    disabled: true
    ${gatewayFilter(config, options)}
  # In place of your router.
  - ${gatewayRouter(config, options)}
`;

/** Istio refuses an Any without a type, and an Any of another type than this one Envoy refuses for the filter. */
export const switchOn = yaml`
  ai-failover:
    "@type": type.googleapis.com/envoy.config.route.v3.FilterConfig
    # Switches the module on and says nothing to it. Envoy warns once that there is nothing.
    config: {"@type": type.googleapis.com/envoy.config.route.v3.FilterConfig}
    is_optional: true
`;

const route: Renderer = (config, options) => yaml`
  # Goes before the routes of your virtual host.
  routes:
  - match: {prefix: /v1/}
    typed_per_filter_config:
      ${switchOn}
    ${renderRoute(config, options)}
`;

const clusters: Renderer = (config, options) => yaml`
  ${forOwnClusters(config, options)}
  # Goes under static_resources.
  clusters:
  ${asList([...clusterList(targetsOf(config), options), ...fleetClusters(config, options), ...tracingClusters(config, options), ...calloutClusters(options), ...(isHop(options) ? [innerCluster(config.variables, options)] : [])]) || " []"}
`;

const isHop = (options: RenderOptions): boolean => modeOf(options) === "hop";

const listener: Renderer = ({ variables }, options) =>
  modeOf(options) !== "callout"
    ? yaml`
        # Goes into the bootstrap.
        ${innerBootstrap}
        # Goes under static_resources, before your listeners.
        listeners:
        ${asList([...(isHop(options) ? [innerListener(variables, options)] : []), ...calloutListeners(options)])}
      `
    : "# Nothing: callout mode needs no listener.";

/** Providers may be reached by clusters that are there already. */
function forOwnClusters({ providers }: GatewayConfig, options: RenderOptions): string {
  const own = providers.filter(({ targets }) => targets.length === 0).flatMap(clustersOf);
  if (own.length === 0) return "";
  return yaml`
    # Goes into your own ${[...new Set(own)].join(", ")}:
    #
    ${circuitBreakers.replaceAll(/^/gm, "# ")}
    ${modeOf(options) === "callout" ? ownOptions.replaceAll(/^/gm, "# ") : ""}
    #
  `;
}

const ownOptions = yaml`
  typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
      explicit_http_config: {http_protocol_options: {}} # or what you have
      ${ownHeaders}
`;

const stats: Renderer = () => yaml`
  # Goes into the bootstrap: without it the metrics have their labels in their names.
  ${statsTags}
`;

const tracing: Renderer = (config, options) =>
  config.tracing === undefined
    ? "# Nothing: the file has no `tracing`."
    : yaml`
        # Goes into your HttpConnectionManager. Where it traces already, add the tags to yours.
        ${renderTracing(config, options)}
      `;

/** What can be pasted into an Envoy that is already there. */
export const parts = { filters, route, listener, clusters, stats, tracing };
export type Part = keyof typeof parts;

export function renderPart(part: Part, config: GatewayConfig, options: RenderOptions): string {
  const note = part === "filters" ? secretsNote(config) : "";
  return `${sayOnce(yaml`
    ${note}
    ${parts[part](config, options)}
  `)}\n`;
}
