/** Names that the module and the rendered configuration agree on (cli/render), and Envoy's own that steer a request. */
import { Bytes } from "../text/bytes";

// === Filter state: `wasm.` and this name ===

/** Which cluster the matcher specifier takes, read again for every retry. */
export const CLUSTER = Bytes.of("ai_failover_cluster");
/** The exchange's identity, for the attempt filter. */
export const EXCHANGE = Bytes.of("ai_failover_exchange");
/** The record of the request, for the access log: observe/record-report.ts. */
export const RECORD = Bytes.of("record");
/** Higress's own: "off" keeps the route that the host has found, also when path and host change. */
export const CLEAR_ROUTE_CACHE = Bytes.of("clear_route_cache");

// === Properties ===

export const CLUSTER_NAME = Bytes.of("xds\0cluster_name");
/** Of hosts before 1.33, and of Higress still. */
export const CLUSTER_NAME_OLD = Bytes.of("cluster_name");
export const ROUTE_NAME = Bytes.of("xds\0route_name");
export const ROUTE_NAME_OLD = Bytes.of("route_name");
export const CODE_DETAILS = Bytes.of("response\0code_details");
export const FLAGS = Bytes.of("response\0flags");
export const RESPONSE_CODE = Bytes.of("response\0code");
export const RESPONSE_SIZE = Bytes.of("response\0size");
export const REQUEST_SIZE = Bytes.of("request\0size");
/** "HTTP/1.1" */
export const PROTOCOL = Bytes.of("request\0protocol");
/** Of the client, with its port. */
export const SOURCE_ADDRESS = Bytes.of("source\0address");
export const LOCAL_ADDRESS = Bytes.of("upstream\0local_address");
export const TRANSPORT_FAILURE = Bytes.of("upstream\0transport_failure_reason");
/** `response.code_details` of an answer that came from a provider. */
export const VIA_UPSTREAM = Bytes.of("via_upstream");

// === Headers between the attempt filter, the router and the gateway filter ===

/** Hop mode: the exchange's identity, from the gateway filter to the attempt filter. */
export const EXCHANGE_HEADER = Bytes.of("x-ai-failover-exchange");
/** Where an attempt (hop mode) or a call of the module goes, for the route of the internal listener. */
export const CLUSTER_HEADER = Bytes.of("x-ai-failover-cluster");
/** On the answer to a call: why this Envoy reached no provider, in the words of `response.code_details`. */
export const LOCAL_HEADER = Bytes.of("x-ai-failover-local");
/** Asks the router for a retry (retriable_headers). */
export const RETRY = Bytes.of("x-ai-failover-retry");
/** Seconds that the router waits before it (rate_limited_retry_back_off). */

// === Envoy's override headers: consumed by the router, never sent on (facts 1) ===

export const MAX_RETRIES = Bytes.of("x-envoy-max-retries");
export const TRY_TIMEOUT = Bytes.of("x-envoy-upstream-rq-per-try-timeout-ms");
export const TIMEOUT = Bytes.of("x-envoy-upstream-rq-timeout-ms");

// === Headers of requests and answers ===

export const AUTHORITY = Bytes.of(":authority");
export const PATH = Bytes.of(":path");
export const PROVIDER = Bytes.of("x-ai-failover-provider");
export const MODEL = Bytes.of("x-ai-failover-model");
export const ATTEMPTS = Bytes.of("x-ai-failover-attempts");
/** On a request: how many gateways of ours it has passed. */
export const HOPS = Bytes.of("ai-failover-hops");
export const TRAIL = Bytes.of("x-ai-failover-trail");
/** Every header that a provider's credential may stand in. */
export const CREDENTIALS: Bytes[] = Bytes.ofAll(["authorization", "x-api-key", "api-key"]);

/** `response.code_details` of answers that are ours. */
export const DETAILS = Bytes.of("ai_failover");
