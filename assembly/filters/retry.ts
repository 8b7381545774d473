/** How an attempt asks the router for the next one: the armed hop's cluster in filter state, and headers of its failed answer. */
import { Bytes } from "../text/bytes";
import { NS_PER_S } from "../text/time-units";
import { endpointOf } from "../request/exchange";
import * as plan from "../request/plan";
import { Attempt } from "../response/attempt-judge";
import { Next, Verdict } from "../health/verdict";
import * as host from "../proxywasm/host";
import { setCluster } from "./cluster-choice";
import * as hostNames from "./host-names";

const RESPONSE = host.HeaderMap.Response;

/**
 * Arms what follows `verdict` through the gateway's stream, which owns the filter state; then the attempt's is the effective one.
 * Where only a rate limit is in the way and an answer is there to carry the request for it, the router is asked to wait.
 */
export function armNext(a: Attempt, verdict: Verdict, hasAnswer: bool, now: u64): bool {
  const x = a.exchange;
  if (x.gateway == 0) return false;
  let wait: u64 = 0;
  if (!plan.armNext(x, verdict, host.random64(), now)) {
    if (!hasAnswer || verdict.next == Next.Return) return false;
    wait = plan.armAfterWait(x, now);
    if (wait == 0) return false;
  }
  x.hasArmed = host.setEffective(x.gateway) && setCluster(x, endpointOf(x.armed).cluster);
  host.setEffective(a.stream);
  if (x.hasArmed && wait > 0) host.setNumberHeader(RESPONSE, hostNames.WAIT, (wait + NS_PER_S - 1) / NS_PER_S);
  return x.hasArmed;
}

const ONE = Bytes.of("1");

/** The router and the gateway filter alone see this header. */
export function askForRetry(): void {
  host.setHeader(RESPONSE, hostNames.RETRY, ONE.ptr, ONE.len);
}
