import { quote, yaml } from "./yaml-text.js";

const SENTENCE = "The provider broke its answer off before it was complete.";
const OPENAI = { error: { message: SENTENCE, type: "server_error", param: null, code: "stream_incomplete" } };
const MESSAGES = { type: "error", error: { type: "api_error", message: SENTENCE } };

const TYPE = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter";
const CUT = "response.code_details.startsWith('upstream_reset_after_response_started')";

/**
 * Callout mode: when a provider cuts an answer that the module holds, Envoy answers by itself, and no filter gets to see it. Only
 * the details tell such an answer from the module's own.
 */
export const cutReply = yaml`
  # A provider that cuts an answer which the module still holds: Envoy ends the request by itself, here in the shape of the API.
  local_reply_config:
    mappers:
    - ${mapper(`${CUT} && request.path.contains('/messages')`, MESSAGES)}
    - ${mapper(CUT, OPENAI)}
`;

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

function mapper(expression: string, error: object): string {
  return yaml`
    filter:
      extension_filter:
        name: envoy.access_loggers.extension_filters.cel
        typed_config: {"@type": ${TYPE}, expression: ${quote(expression)}}
    body_format_override:
      content_type: application/json
      text_format_source: {inline_string: ${quote(JSON.stringify(error))}}
  `;
}
