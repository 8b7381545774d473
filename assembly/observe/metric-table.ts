/**
 * Every metric, once: the module defines them from this table, the tool renders Envoy's stats_config from it, and tests hold docs/metrics.md,
 * envoy/prometheus.yml, the dashboard and the alert rules to it. This file imports nothing, so that both compilers take it. A new metric is
 * a row here, and the place in metrics.ts that counts it.
 */

/** With the numbers of proxy-wasm. */
export enum MetricKind {
  Counter,
  Gauge,
  Histogram,
}

/** All metrics, in the order of this file. */
export const METRICS: MetricRow[] = [];

export class MetricRow {
  /** Upper bounds of a histogram's buckets. */
  buckets: number[] = [];

  constructor(
    /** Without the prefix. */
    readonly name: string,
    readonly kind: MetricKind,
    /** Their values come from the configuration or from tables of the module: no client can make a new one. */
    readonly labels: string[],
    /** What it tells, for docs/metrics.md. */
    readonly help: string,
  ) {
    METRICS.push(this);
  }

  within(buckets: number[]): MetricRow {
    this.buckets = buckets;
    return this;
  }
}

export const METRIC_PREFIX = "ai_failover_";

/** In Envoy's statistics the labels stand in the name: "ai_failover_requests_total;route=chat;outcome=served". No id holds these marks. */
export function metricName(row: MetricRow, values: string[]): string {
  let name = METRIC_PREFIX + row.name;
  for (let i = 0; i < row.labels.length; i++) name += ";" + row.labels[i] + "=" + values[i];
  return name;
}

/** The route of a request that was answered before it had one: no route has this name. */
export const NO_ROUTE = "-";

export const REQUESTS = new MetricRow(
  "requests_total",
  MetricKind.Counter,
  ["route", "outcome"],
  "requests by their [outcome](decisions.md#outcomes); route `-`: answered before they had one",
);
export const ERRORS = new MetricRow(
  "errors_total",
  MetricKind.Counter,
  ["code"],
  "errors that clients got: a [code of the gateway](decisions.md#what-the-client-gets), `provider_error` (the provider's own), `broken_stream`, `envoy_error` (Envoy's own answer)",
);
export const ATTEMPTS = new MetricRow(
  "attempts_total",
  MetricKind.Counter,
  ["provider", "cause"],
  "attempts by the [cause](decisions.md#causes) of their failure; `ok`: none",
);
export const RESCUES = new MetricRow(
  "rescues_total",
  MetricKind.Counter,
  ["from", "to"],
  "rescued requests by the provider that failed first and the one that answered, among the first 16 providers of a route",
);
export const FORCED_ATTEMPTS = new MetricRow(
  "forced_attempts_total",
  MetricKind.Counter,
  ["provider"],
  "attempts that were made with their breaker open, because nothing else was left",
);
export const BUDGET_REFUSALS = new MetricRow(
  "budget_refusals_total",
  MetricKind.Counter,
  ["route"],
  "retries that the route's `retryBudget` did not allow",
);
export const GUARD = new MetricRow(
  "guard_total",
  MetricKind.Counter,
  ["provider", "result"],
  "bad answers under a good status; `caught`: nothing of it went to the client, `broke-off`: a part did",
);
export const INVALID_EVENTS = new MetricRow(
  "invalid_events_total",
  MetricKind.Counter,
  ["provider"],
  "events of streams that were no JSON, and passed as they came",
);
export const PROBES = new MetricRow(
  "probes_total",
  MetricKind.Counter,
  ["provider", "result"],
  "probes; `good`: the breaker closes, `bad`: it stays open, `unclear`: it proves neither",
);
export const FIRST_TOKEN = new MetricRow(
  "first_token_milliseconds",
  MetricKind.Histogram,
  ["route"],
  "from the request to the first token that went to the client; not streamed: to the answer",
).within([50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10000, 20000, 30000, 60000, 120000]);
export const RESCUE_TIME = new MetricRow(
  "rescue_milliseconds",
  MetricKind.Histogram,
  ["route"],
  "what a rescue cost: from the first attempt to the start of the one that answered",
).within([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 30000, 60000, 120000]);
export const REQUEST_ATTEMPTS = new MetricRow(
  "request_attempts",
  MetricKind.Histogram,
  ["route"],
  "attempts that a request took",
).within([1, 2, 3, 4, 5, 8, 16, 32, 64]);
export const LEDGER_CONFLICTS = new MetricRow(
  "ledger_conflicts_total",
  MetricKind.Counter,
  [],
  "writes to the ledger that another worker overtook, and that were made again",
);
export const LEDGER_GENERATION = new MetricRow(
  "ledger_generation",
  MetricKind.Gauge,
  [],
  "how often the ledger was written since Envoy's start",
);

const STATES = "0 live, 1 half-open, 2 rate-limited, 3 out, 4 taken out by a person";
export const TOKEN_STATE = new MetricRow(
  "token_state",
  MetricKind.Gauge,
  ["provider", "token"],
  "state of a token: " + STATES,
);
export const PROVIDER_STATE = new MetricRow(
  "provider_state",
  MetricKind.Gauge,
  ["provider"],
  "state of a whole provider, by the same numbers",
);
export const OPEN_BREAKERS = new MetricRow(
  "open_breakers",
  MetricKind.Gauge,
  ["provider"],
  "breakers that are not live: of the provider, its tokens, its models and its APIs",
);
export const ROUTE_OUT = new MetricRow(
  "route_out",
  MetricKind.Gauge,
  ["route"],
  "1: no hop of the route may be tried now",
);
export const NEXT_PROBE = new MetricRow(
  "next_probe_timestamp_seconds",
  MetricKind.Gauge,
  ["provider"],
  "Unix time at which the next probe is due, 0: none is needed. Long in the past: probing has stopped",
);
export const LEDGER_ENTRIES = new MetricRow(
  "ledger_entries",
  MetricKind.Gauge,
  ["provider"],
  "what is remembered of the provider: breakers that are, or lately were, not well",
);
export const PARKED_BYTES = new MetricRow(
  "parked_bytes",
  MetricKind.Gauge,
  [],
  "bytes of request bodies that wait in the module's memory, of all workers",
);

export const FLEET_IN_STEP = new MetricRow(
  "fleet_in_step",
  MetricKind.Gauge,
  [],
  "1 while the store of the [fleet](fleet.md) answers; without one 0",
);
export const FLEET_GATEWAYS = new MetricRow(
  "fleet_gateways",
  MetricKind.Gauge,
  [],
  "gateways of the fleet that were seen in the last minute, or three intervals",
);
export const FLEET_CALLS = new MetricRow(
  "fleet_calls_total",
  MetricKind.Counter,
  [],
  "calls to the store of the fleet",
);
export const FLEET_FAILED_CALLS = new MetricRow(
  "fleet_failed_calls_total",
  MetricKind.Counter,
  [],
  "those that failed",
);
export const FLEET_LEARNT = new MetricRow(
  "fleet_learnt_total",
  MetricKind.Counter,
  [],
  "entries that other gateways wrote",
);
