/** Why an attempt's own stream ended before its answer did. No property names it: it is read off what there is (facts 4.3). */
import { indexOf } from "../text/ascii";
import { Bytes } from "../text/bytes";
import { Span } from "../text/span";
import { NS_PER_MS } from "../text/time-units";
import { Attempt, State } from "../response/attempt-judge";
import { End } from "../health/verdict";
import * as host from "../proxywasm/host";
import * as hostNames from "./host-names";

const TLS_ERROR = Bytes.of("TLS_error");
/** No connection runs out of time sooner: the cluster's own limits left no room for the request (facts 4.3). */
const LEAST_CONNECT_MS: i32 = 25;

export function endOf(a: Attempt, now: u64): End {
  const x = a.exchange;
  if (x.gateway == 0 || x.hasClientLeft) return End.ClientGone;
  const hasTimedOut = now >= x.deadline || (x.tryTimeout > 0 && hasRun(a, x.tryTimeout, now));
  if (a.state == State.Passing) return hasTimedOut ? End.Stalled : End.Cut;
  const limit = x.isStreamed ? End.FirstTokenTimeout : End.AttemptTimeout;
  if (a.state != State.Waiting) return hasTimedOut ? limit : End.Cut;
  if (host.property(hostNames.LOCAL_ADDRESS) !== null) return hasTimedOut ? limit : End.Reset;
  // There was no connection.
  const failure = host.property(hostNames.TRANSPORT_FAILURE);
  if (failure === null || failure.len == 0) return hasRun(a, LEAST_CONNECT_MS, now) ? End.ConnectTimeout : End.Local;
  if (isOwnLack(failure)) return End.Local;
  return failure.startsWith(TLS_ERROR) ? End.Tls : End.Refused;
}

/** What this machine ran out of, in the words of the system; in `code_details` blanks are underscores (facts 4.3). */
const OWN_LACKS: Bytes[] = Bytes.ofAll([
  "socket creation failure",
  "socket_creation_failure",
  "Cannot assign requested address",
  "Cannot_assign_requested_address",
]);

/** Whether a connection was not made because this machine has no descriptor or no port left: no provider's fault. */
export function isOwnLack(failure: Span): bool {
  for (let i = 0, k = OWN_LACKS.length; i < k; i++) {
    const words = unchecked(OWN_LACKS[i]);
    if (indexOf(failure.ptr, failure.len, words.ptr, words.len) >= 0) return true;
  }
  return false;
}

/**
 * Whether an attempt that a timer of Envoy may have ended has run for `ms`. A quarter is given: Envoy's timers count from when
 * its loop last read the clock, and so fire early on a busy machine.
 */
export function hasRun(a: Attempt, ms: i32, now: u64): bool {
  return (now - a.started) / NS_PER_MS >= <u64>(ms - ms / 4);
}
