/** How long a request and each of its attempts may take: in ms as the configuration has it, by a clock of monotonic ns. */
import { NS_PER_MS } from "../text/time-units";
import { Guard } from "../config/route";
import { Exchange, guardOf, routeOf } from "./exchange";

/** No model answers over a new connection in less: an attempt would but cost a token, and be blamed on its provider. */
const LEAST_TIME: u64 = 100 * NS_PER_MS;

/** Whether an attempt that starts at `at` may be answered before the request's time is over. */
export function hasTime(x: Exchange, at: u64): bool {
  return at + LEAST_TIME <= x.deadline;
}

/** Whether an attempt that starts now has less than `limit`, ms, because of those before it. */
export function isShortOfTime(x: Exchange, limit: i32, now: u64): bool {
  return x.stepCount > 1 && now + <u64>limit * NS_PER_MS > x.deadline;
}

/** Whether an attempt's limit is on its first event: where the answer streams. Else it is on the whole answer. */
export function isOnFirstEvent(x: Exchange): bool {
  return x.isStreamed && guardOf(x) != Guard.Full;
}

/** The route's limit on one attempt, ms. */
export function routeLimit(x: Exchange): i32 {
  const route = routeOf(x);
  return isOnFirstEvent(x) ? route.firstTokenTimeout : route.attemptTimeout;
}

/** That limit, or 0 where it would only take the one answer away that there may be. */
export function tryTimeout(x: Exchange): i32 {
  return x.hasNoAlternative ? 0 : routeLimit(x);
}

/** The limit on the callout of the current hop, ms, which brings its whole answer at once; 0: only what is left of the request's time. */
export function calloutTimeout(x: Exchange): i32 {
  return x.hasNoAlternative ? 0 : fairCalloutTime(x);
}

/** How long that callout may take before its provider counts as slow, ms. */
export function fairCalloutTime(x: Exchange): i32 {
  const limit = x.current.limit;
  const most = routeOf(x).attemptTimeout;
  return limit > 0 ? min(limit, most) : most;
}
