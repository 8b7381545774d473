import type { Mode } from "./render-options.js";
import { asList, quote, yaml } from "./yaml-text.js";

const SENTENCE = "The provider broke its answer off before it was complete.";
const TYPE = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter";
const CUT = "response.code_details.startsWith('upstream_reset_after_response_started')";

const UPGRADE = "response.code_details == 'upgrade_failed'";
const NO_UPGRADE = "This gateway serves no upgraded connections (WebSocket): call it by HTTP";

/** Envoy refuses a WebSocket before any filter: a client that falls back to HTTP does so by the status. */
const upgradeMappers = [
  mapper(`${UPGRADE} && request.path.contains('/messages')`, messagesError("invalid_request_error", NO_UPGRADE), 426),
  mapper(UPGRADE, openaiError("invalid_request_error", "upgrade_not_supported", NO_UPGRADE), 426),
];

/**
 * Callout mode: when a provider cuts an answer that the module holds, Envoy answers by itself, and no filter gets to see it. Only
 * the details tell such an answer from the module's own.
 */
const cutMappers = [
  mapper(`${CUT} && request.path.contains('/messages')`, messagesError("api_error", SENTENCE)),
  mapper(CUT, openaiError("server_error", "stream_incomplete", SENTENCE)),
];

/** What Envoy answers by itself on the listener that clients call, in the shape of the API. */
export function localReplies(mode: Mode): string {
  return yaml`
    # What Envoy answers without the module, in the shape of the API: it takes no WebSocket.
    local_reply_config:
      mappers:
      ${asList([...upgradeMappers, ...(mode === "callout" ? cutMappers : [])])}
  `;
}

/** The same where other routes share the listener, whose answers are not ours to write. */
export function cutReplies(mode: Mode): string {
  if (mode !== "callout") return "";
  return yaml`
    # A provider that cuts an answer which the module still holds: Envoy ends the request by itself, here in the shape of the API.
    local_reply_config:
      mappers:
      ${asList(cutMappers)}
  `;
}

/**
 * Hop mode: a provider that cuts an answer which the attempt filter holds. Envoy answers by itself, and the filter gets to see its
 * stream's end only, by which it has armed the next hop.
 */
export const retryCutReply = yaml`
  # Also where a provider cuts an answer that is still held: Envoy ends that attempt by itself, and this asks for the next one.
  local_reply_config:
    mappers:
    - filter:
        extension_filter:
          name: envoy.access_loggers.extension_filters.cel
          typed_config: {"@type": ${TYPE}, expression: ${quote(CUT)}}
      headers_to_add: [{header: {key: x-ai-failover-retry, value: "1"}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}]
`;

/** Whatever stands between the module and a provider is no provider's fault: cluster or host that is not there, or no room. */
const LACKS = [
  "cluster_not_found",
  "no_healthy_upstream",
  "maintenance_mode",
  "upstream_reset_before_response_started{overflow",
];

/** Of calls of the module: it hears of these by a header, where a call to the provider's own cluster would fail at once. */
export const localCalloutReply = yaml`
  # Where no provider was reached for a reason of this Envoy's own.
  local_reply_config:
    mappers:
    - filter:
        extension_filter:
          name: envoy.access_loggers.extension_filters.cel
          typed_config:
            "@type": ${TYPE}
            expression: ${quote(LACKS.map(start => `response.code_details.startsWith('${start}')`).join(" || "))}
      headers_to_add: [{header: {key: x-ai-failover-local, value: "%RESPONSE_CODE_DETAILS%"}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}]
`;

function openaiError(type: string, code: string, message: string): object {
  return { error: { message, type, param: null, code } };
}

function messagesError(type: string, message: string): object {
  return { type: "error", error: { type, message } };
}

function mapper(expression: string, error: object, status = 0): string {
  return yaml`
    ${status > 0 ? `status_code: ${status}` : ""}
    filter:
      extension_filter:
        name: envoy.access_loggers.extension_filters.cel
        typed_config: {"@type": ${TYPE}, expression: ${quote(expression)}}
    body_format_override:
      content_type: application/json
      text_format_source: {inline_string: ${quote(JSON.stringify(error))}}
  `;
}
