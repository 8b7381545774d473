import { SPAN_ATTRIBUTES } from "../../assembly/observe/span-table.js";
import { RETRY_MINOR } from "../envoy/releases.js";
import type { GatewayConfig } from "../config/config-types.js";
import { minorOf, type RenderOptions } from "./render-options.js";
import { asList, quote, yaml } from "./yaml-text.js";

/** A span of each request, and one of each attempt, by OpenTelemetry. "": nobody asks for them. */
export function tracing({ tracing }: GatewayConfig, options: RenderOptions): string {
  if (tracing === undefined) return "";
  const { target, url, sampling } = tracing;
  return yaml`
    tracing:
      random_sampling: {value: ${sampling}}
      spawn_upstream_span: true
      provider:
        name: envoy.tracers.opentelemetry
        typed_config:
          "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
          service_name: ai-failover
          http_service:
            http_uri: {uri: ${quote(url)}, cluster: ${quote(target.name)}, timeout: 5s}
      ${customTags(options)}
  `;
}

/** What the module says of a request. */
function customTags({ envoyVersion }: RenderOptions): string {
  const tag = (name: string, value: string) => `{tag: ${name}, value: "${value}"}`;
  // Older hosts take no formatter in a tag.
  if (minorOf(envoyVersion) < RETRY_MINOR)
    return yaml`
      # In place of Envoy's own: its query may hold a key of the client's, and this release cannot leave it out.
      custom_tags: [{tag: http.url, literal: {value: "-"}}]
    `;
  return yaml`
    custom_tags:
    # In place of Envoy's own, whose query may hold a key of the client's.
    - ${tag("http.url", "%PATH(NQ)%")}
    ${asList(SPAN_ATTRIBUTES.map(({ name }) => tag(name, `%FILTER_STATE(wasm.${name}:PLAIN)%`)))}
  `;
}
