/** Whose answer the client's stream has: a provider's, one of Envoy's own, or another filter's, by `response.code_details`. */
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { Exchange } from "../request/exchange";
import { End } from "../health/verdict";
import * as host from "../proxywasm/host";
import { isOwnLack } from "./attempt-end";
import * as hostNames from "./host-names";

class LocalAnswer {
  readonly start: Bytes;
  constructor(
    details: string,
    readonly end: End,
  ) {
    this.start = Bytes.of(details);
  }
}

/** What the router and the connection manager say, by how the details start (facts 4.3): the first that fits. */
const LOCAL_ANSWERS: LocalAnswer[] = [
  new LocalAnswer("upstream_reset_before_response_started{connection_termination", End.Reset),
  new LocalAnswer("upstream_reset_before_response_started{protocol_error", End.Reset),
  new LocalAnswer("upstream_reset_before_response_started{connection_timeout", End.ConnectTimeout),
  new LocalAnswer("upstream_reset_before_response_started{remote_connection_failure", End.Refused),
  new LocalAnswer("upstream_reset_before_response_started{delayed_connect_error", End.Refused),
  new LocalAnswer("upstream_reset_before_response_started{overflow", End.Local),
  new LocalAnswer("upstream_per_try_timeout", End.AttemptTimeout),
  new LocalAnswer("response_timeout", End.AttemptTimeout),
  new LocalAnswer("no_healthy_upstream", End.Refused),
  new LocalAnswer("cluster_not_found", End.Local),
  new LocalAnswer("maintenance_mode", End.Local),
  new LocalAnswer("route_not_found", End.Local),
  new LocalAnswer("stream_idle_timeout", End.AttemptTimeout),
  new LocalAnswer("upstream_", End.Reset),
];

/** Whether the answer is a provider's. */
export function isProvider(): bool {
  const details = host.property(hostNames.CODE_DETAILS);
  return details === null || details.is(hostNames.VIA_UPSTREAM);
}

/** Whether an attempt let it through: a provider's, or what `sendHeld` gave in its place. */
export function isAttempt(): bool {
  const details = host.property(hostNames.CODE_DETAILS);
  return details === null || saysAttempt(details);
}

/** Whether another filter of the host has answered in the router's place: it has its reasons, and the last word. */
export function isOtherFilter(): bool {
  const details = host.property(hostNames.CODE_DETAILS);
  return details !== null && !saysAttempt(details) && find(details) === null;
}

/** Why an attempt failed for which Envoy itself has answered. */
export function endOfLocal(x: Exchange): End {
  const details = host.property(hostNames.CODE_DETAILS);
  const row = details !== null ? find(details) : null;
  if (row === null) return End.Reset;
  if (isOwnLack(details!)) return End.Local;
  return row.end == End.AttemptTimeout && x.isStreamed ? End.FirstTokenTimeout : row.end;
}

function saysAttempt(details: Span): bool {
  return details.is(hostNames.VIA_UPSTREAM) || details.is(hostNames.DETAILS);
}

function find(details: Span): LocalAnswer | null {
  for (let i = 0, k = LOCAL_ANSWERS.length; i < k; i++) {
    const row = unchecked(LOCAL_ANSWERS[i]);
    if (details.startsWith(row.start)) return row;
  }
  return null;
}
