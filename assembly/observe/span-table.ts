/**
 * The attributes that a request gives to its span in a trace: the fields of its record, by the names of OpenTelemetry's gen_ai conventions
 * where there is one. The module sets them from this table, the tool renders Envoy's custom tags from it, and a test holds docs/records.md to
 * it. This file imports nothing, so that both compilers take it.
 */
export class SpanAttribute {
  constructor(
    /** Of the record; "": in no record. */
    readonly field: string,
    readonly name: string,
    /** It is known only when the answer has ended. */
    readonly isLate: boolean = false,
  ) {}
}

export const OPERATION = "gen_ai.operation.name";
export const PROVIDER_NAME = "gen_ai.provider.name";
export const ERROR_TYPE = "error.type";

export const SPAN_ATTRIBUTES: SpanAttribute[] = [
  new SpanAttribute("", OPERATION),
  new SpanAttribute("", PROVIDER_NAME),
  new SpanAttribute("model", "gen_ai.request.model"),
  new SpanAttribute("servedModel", "gen_ai.response.model"),
  new SpanAttribute("inputTokens", "gen_ai.usage.input_tokens", true),
  new SpanAttribute("outputTokens", "gen_ai.usage.output_tokens", true),
  new SpanAttribute("", ERROR_TYPE, true),
  new SpanAttribute("id", "ai_failover.id"),
  new SpanAttribute("route", "ai_failover.route"),
  new SpanAttribute("client", "ai_failover.client"),
  new SpanAttribute("api", "ai_failover.api"),
  new SpanAttribute("streamed", "ai_failover.streamed"),
  new SpanAttribute("outcome", "ai_failover.outcome", true),
  new SpanAttribute("provider", "ai_failover.provider"),
  new SpanAttribute("token", "ai_failover.token"),
  new SpanAttribute("firstTokenMs", "ai_failover.first_token_ms"),
  new SpanAttribute("rescueMs", "ai_failover.rescue_ms"),
  new SpanAttribute("guard", "ai_failover.guard"),
  new SpanAttribute("guardOutcome", "ai_failover.guard_outcome", true),
  new SpanAttribute("stopped", "ai_failover.stopped", true),
  new SpanAttribute("attempts", "ai_failover.attempts"),
  new SpanAttribute("skipped", "ai_failover.skipped"),
  new SpanAttribute("said", "ai_failover.said"),
];

/** What the conventions call a type of provider where they have a name of their own for it. */
export const PROVIDER_NAMES: string[][] = [
  ["azure", "azure.ai.openai"],
  ["bedrock", "aws.bedrock"],
  ["claude", "anthropic"],
  ["gemini", "gcp.gemini"],
  ["grok", "x_ai"],
  ["mistral", "mistral_ai"],
  ["vertex", "gcp.vertex_ai"],
];
