import type { GatewayConfig } from "../config/types.js";
import { clusterList } from "./clusters.js";
import { secretsNote } from "./envoy.js";
import { renderFilters } from "./filters.js";
import type { RenderOptions } from "./options.js";
import { renderRoute } from "./route.js";
import { asList, sayOnce, yaml } from "./text.js";

type Renderer = (config: GatewayConfig, options: RenderOptions) => string;

const filters: Renderer = (config, options) => yaml`
  # Goes in place of the router under http_filters of your HttpConnectionManager; filters of yours stand before it.
  # There, use_remote_address: true keeps clients from steering retries, and stream_idle_timeout must be above the
  # longest timeout.
  http_filters:
  ${renderFilters(config, options)}
`;

const route: Renderer = (config, options) => yaml`
  # Goes into your HttpConnectionManager; or take only its routes into a virtual host of yours.
  route_config:
    ${renderRoute(config, options)}
`;

const clusters: Renderer = (config, options) => yaml`
  # Goes under static_resources. A provider with "cluster" has none here: it uses the one that you name.
  clusters:
  ${asList(clusterList(config, options)) || " []"}
`;

/** What can be pasted into an Envoy that is already there. */
export const parts = { filters, route, clusters };
export type Part = keyof typeof parts;

export function renderPart(part: Part, config: GatewayConfig, options: RenderOptions): string {
  const note = part === "filters" ? secretsNote(config) : "";
  return `${sayOnce(yaml`
    ${note}
    ${parts[part](config, options)}
  `)}\n`;
}
