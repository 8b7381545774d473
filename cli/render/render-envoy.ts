import type { ClusterTarget, GatewayConfig } from "../config/config-types.js";
import { clusterList, fleetClusters, targetsOf, tracingClusters } from "./render-clusters.js";
import { renderAdmin } from "./render-admin.js";
import { innerBootstrap } from "./inner-manager.js";
import { calloutClusters, calloutListeners } from "./render-callouts.js";
import { innerCluster, innerListener } from "./render-hop.js";
import { renderListener } from "./render-listener.js";
import { Refusal } from "../refusal.js";
import { MOST_CONNECTIONS, modeOf, type Mode, type RenderOptions } from "./render-options.js";
import { statsTags } from "./stats-tags.js";
import { renderAdminCluster, renderStatusListener } from "./render-status.js";
import { asList, quote, sayOnce, yaml } from "./yaml-text.js";

/** One self-contained envoy.yaml. */
export function renderEnvoy(config: GatewayConfig, options: RenderOptions): string {
  refuseForeignClusters(config);
  return asFile(yaml`
    ${head(config, options)}

    ${bootstrap(config, options)}

    static_resources:
      listeners:
      ${asList(listeners(config, options))}
      clusters:
      ${asList(clusters(config, options))}
  `);
}

/** What requests need that began under an earlier configuration. */
export interface Besides {
  targets: ClusterTarget[];
  /** Hop mode: the variables of the listeners that their attempts pass. */
  variables: string[][];
}

const NOTHING: Besides = { targets: [], variables: [] };

/** What `run` writes into its directory: Envoy watches the two resource files, so that an edit needs no restart. */
export interface RunFiles {
  "envoy.yaml": string;
  "lds.yaml": string;
  "cds.yaml": string;
}

/**
 * @param directory absolute, where the files will stand; a new version is moved in under the same name
 * @param besides what only requests that are under way still need
 */
export function renderRunFiles(
  config: GatewayConfig,
  options: RenderOptions,
  directory: string,
  besides = NOTHING,
): RunFiles {
  refuseForeignClusters(config);
  const watched = (file: string) => yaml`
    resource_api_version: V3
    path_config_source:
      path: ${quote(`${directory}/${file}`)}
      watched_directory: {path: ${quote(directory)}}
  `;
  const main = yaml`
    ${head(config, options)}

    ${bootstrap(config, options)}

    dynamic_resources:
      lds_config:
        ${watched("lds.yaml")}
      cds_config:
        ${watched("cds.yaml")}
  `;
  return {
    "envoy.yaml": asFile(main),
    "lds.yaml": asFile(resources("envoy.config.listener.v3.Listener", listeners(config, options, besides))),
    "cds.yaml": asFile(resources("envoy.config.cluster.v3.Cluster", clusters(config, options, besides))),
  };
}

/** The internal ones first: they must be there when the one that clients call sends them something. */
const listeners = (config: GatewayConfig, options: RenderOptions, besides = NOTHING): string[] => [
  ...innersOf(config, options, besides).map(variables => innerListener(variables, options)),
  ...calloutListeners(options),
  ...[renderListener(config, options), renderStatusListener(config, options)].filter(isThere),
];

const clusters = (config: GatewayConfig, options: RenderOptions, besides = NOTHING): string[] => [
  ...clusterList([...targetsOf(config), ...besides.targets], options),
  ...fleetClusters(config, options),
  ...tracingClusters(config, options),
  ...calloutClusters(options),
  ...innersOf(config, options, besides).map(variables => innerCluster(variables, options)),
  ...[renderAdminCluster(config, options)].filter(isThere),
];

/** The lists of variables that there is an internal listener for. */
const innersOf = ({ variables }: GatewayConfig, options: RenderOptions, besides: Besides): string[][] =>
  modeOf(options) === "hop" ? [variables, ...besides.variables] : [];

const isThere = (text: string): boolean => text !== "";

const asFile = (text: string): string => `${sayOnce(text)}\n`;

function resources(type: string, list: string[]): string {
  return yaml`
    resources:
    ${list
      .map(
        resource => yaml`
      - "@type": type.googleapis.com/${type}
        ${resource}
    `,
      )
      .join("\n")}
  `;
}

const HEADS: Record<Mode, string> = {
  retry: "1.39 and newer: every rescue streams",
  hop: "1.35 and newer: every rescue streams",
  callout: "1.35 and newer: a rescued answer comes in one piece",
};

function head(config: GatewayConfig, options: RenderOptions): string {
  return yaml`
    # Written by ai-failover for Envoy ${HEADS[modeOf(options)]}.
    ${secretsNote(config)}
  `;
}

/** A warning for a text that somebody may pass on. */
export function secretsNote({ holdsSecrets }: GatewayConfig): string {
  if (!holdsSecrets) return "";
  return '# HOLDS TOKENS IN CLEAR, because the configuration does: keep it at mode 0600, or use "${NAME}" there.';
}

function bootstrap(config: GatewayConfig, options: RenderOptions): string {
  return yaml`
    # An update of listeners and clusters is accepted only by a node with a name.
    node: {id: ai-failover, cluster: ai-failover}

    ${renderAdmin(config, options)}

    ${statsTags}

    ${modeOf(options) === "callout" ? "" : innerBootstrap}

    overload_manager:
      resource_monitors:
      # Of Envoy's own memory: connections, and answers on their way. Requests are parked in the module's memory, which has
      # its own limit (limits.parkedBodies, for each worker).
      - name: envoy.resource_monitors.fixed_heap
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig
          max_heap_size_bytes: 2147483648
      # More connections than this are closed at once, before they cost memory.
      - name: envoy.resource_monitors.global_downstream_max_connections
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
          max_active_downstream_connections: ${options.connections ?? MOST_CONNECTIONS}
      actions:
      # First what is free goes back to the system; then new requests get 503, so that those under way can end.
      - name: envoy.overload_actions.shrink_heap
        triggers: [{name: envoy.resource_monitors.fixed_heap, threshold: {value: 0.9}}]
      - name: envoy.overload_actions.stop_accepting_requests
        triggers: [{name: envoy.resource_monitors.fixed_heap, threshold: {value: 0.95}}]

    layered_runtime:
      layers:
      - name: ai-failover
        static_layer:
          # One request of a connection at a time gets its turn: a client that opens and resets streams without end
          # does not starve the others (CVE-2023-44487).
          http.max_requests_per_io_cycle: 1
  `;
}

/** A cluster of the user's own stands only in the user's own Envoy. */
function refuseForeignClusters({ providers }: GatewayConfig): void {
  const foreign = providers
    .filter(({ targets }) => targets.length === 0)
    .map(({ id, cluster }) => `${id} (${cluster})`);
  if (foreign.length > 0)
    throw new Refusal(
      `these providers name a cluster of an Envoy of yours: ${foreign.join(", ")}. ` +
        "Use render --part filters, route and clusters there, or remove `cluster`.",
    );
}
