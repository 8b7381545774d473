/** How an attempt asks the router for the next one: the armed hop's cluster in filter state, and headers of its failed answer. */
import { Bytes } from "../text/bytes";
import { EMPTY } from "../text/span";
import { Routing } from "../config/site-config";
import * as headerBuilder from "../http/header-builder";
import { Exchange, configOf } from "../request/exchange";
import { endpointOf } from "../request/hop";
import * as nextMove from "../request/next-move";
import { Move } from "../request/next-move";
import { Attempt } from "../response/attempt-judge";
import { Verdict } from "../health/verdict";
import * as host from "../proxywasm/host";
import { setCluster } from "./cluster-choice";
import * as hostNames from "./host-names";

const RESPONSE = host.HeaderMap.Response;

/** Finds out what follows `verdict`, and lets the router know; then the attempt's stream is the effective one. */
export function goOn(a: Attempt, verdict: Verdict, now: u64): Move {
  const x = a.exchange;
  return x.gateway == 0 ? Move.End : tellRouter(a, nextMove.follow(x, verdict, host.random64(), now));
}

/** The same when the wait is over for which its failed answer is held. */
export function resume(a: Attempt, now: u64): Move {
  return tellRouter(a, nextMove.resume(a.exchange, host.random64(), now));
}

/** The armed hop's cluster: the gateway's stream owns the filter state. */
function tellRouter(a: Attempt, move: Move): Move {
  const x = a.exchange;
  if (move == Move.Send) x.hasArmed = host.setEffective(x.gateway) && setCluster(x, endpointOf(x.armed).cluster);
  host.setEffective(a.stream);
  return move == Move.Send && !x.hasArmed ? Move.End : move;
}

const ONE = Bytes.of("1");

/**
 * Asks the router for the armed hop, on the attempt's stream. In hop mode the router is that of the other listener: an answer of ours
 * ends the stream and asks. Else the failed answer's headers do, when they go on: an answer of ours is never retried (facts 5.2).
 */
export function askForRetry(x: Exchange): void {
  if (configOf(x).routing != Routing.Listener) {
    host.setHeader(RESPONSE, hostNames.RETRY, ONE.ptr, ONE.len);
    return;
  }
  headerBuilder.begin();
  headerBuilder.put(hostNames.RETRY, ONE);
  host.sendLocalResponse(503, hostNames.DETAILS, EMPTY, headerBuilder.end());
}
