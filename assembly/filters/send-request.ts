/** Sends a planned request to the armed hop, by the way that this host has: the router, the client's own stream, or a callout. */
import { CONTENT_LENGTH } from "../http/header-names";
import { NS_PER_MS } from "../text/time-units";
import { GRACE_MS } from "../config/route-limits";
import { Routing } from "../config/site-config";
import * as exchanges from "../request/exchange-registry";
import { Exchange, configOf } from "../request/exchange";
import { endpointOf } from "../request/hop";
import * as plan from "../request/plan";
import * as timeLimits from "../request/time-limits";
import * as host from "../proxywasm/host";
import { hasAttemptFilter } from "./attempt-filter";
import * as callouts from "./callouts";
import { ClientStream, Phase } from "./client-stream";
import * as clusterChoice from "./cluster-choice";
import * as directAttempt from "./direct-attempt";
import * as hostNames from "./host-names";
import * as innerListener from "./inner-listener";
import * as timer from "./timer";

const REQUEST = host.HeaderMap.Request;

/** Instead of the size of the host's buffer: there is none that could be written. */
export const BODY_OUT_OF_REACH: usize = usize.MAX_VALUE;

/** `size` bytes of the body are in the host's buffer. True: the client's stream goes on; false: it stays held, a callout runs. */
export function sendRequest(c: ClientStream, x: Exchange, size: usize, now: u64): bool {
  plan.findAlternative(x, now);
  if ((c.isParked || (x.bodyLen == 0 && hasAttemptFilter(x))) && handToRouter(x)) {
    setRouterLimits(x, now);
    c.phase = Phase.Sent;
    return true;
  }
  if (c.isParked || size == BODY_OUT_OF_REACH || !leadsThere(x)) {
    callouts.sendArmed(c, now);
    return false;
  }
  x.tryTimeout = timeLimits.tryTimeout(x);
  directAttempt.send(c, x, size, now);
  timer.watch(c, now);
  return true;
}

/** Lets the attempt filter know the request, and the router its cluster. */
function handToRouter(x: Exchange): bool {
  if (isInListener(x)) innerListener.writeIdentity(x);
  else if (!host.setProperty(hostNames.EXCHANGE, changetype<usize>(x), exchanges.IDENTITY_SIZE)) return false;
  return clusterChoice.setCluster(x, endpointOf(x.armed).cluster);
}

function isInListener(x: Exchange): bool {
  return configOf(x).routing == Routing.Listener;
}

/** What a limit may be less than the route's without saying so, ms: the module's own clock is no finer. */
const TICK_MS: u64 = 50;

/** Tells the router how many attempts may follow, and the limits of each and of all, where its route does not say so already. */
function setRouterLimits(x: Exchange, now: u64): void {
  // Of the placeholder it is wrong: where a cluster's own filters replace the attempt filter, a provider would wait for the rest.
  if (x.bodyLen > 0 && !x.isBodyInPlace) host.removeHeader(REQUEST, CONTENT_LENGTH.ptr, CONTENT_LENGTH.len);
  const left = x.deadline > now ? (x.deadline - now) / NS_PER_MS : 0;
  const routeLimit = <u64>configOf(x).routeTimeout;
  x.tryTimeout = timeLimits.tryTimeout(x);
  if (routeLimit == 0 || x.isSentOnce) host.setNumberHeader(REQUEST, hostNames.MAX_RETRIES, plan.furtherAttempts(x));
  // In hop mode our own clock ends it first: Envoy would tell the gateway filter before the attempt filter (facts 22.5).
  if (left + TICK_MS < routeLimit || routeLimit == 0)
    host.setNumberHeader(REQUEST, hostNames.TIMEOUT, max(left, 1) + (isInListener(x) ? <u64>GRACE_MS : 0));
  if (isInListener(x)) return;
  // Not below the total, Envoy would drop it and with it every retry (facts 1.3).
  if (x.tryTimeout > 0 && <u64>x.tryTimeout < left) host.setNumberHeader(REQUEST, hostNames.TRY_TIMEOUT, x.tryTimeout);
  else x.tryTimeout = 0;
}

/** Whether the client's own stream goes to the armed hop's cluster: by filter state, or because the host's route does. */
function leadsThere(x: Exchange): bool {
  const cluster = endpointOf(x.armed).cluster;
  switch (configOf(x).routing) {
    case Routing.Plan:
      return clusterChoice.setCluster(x, cluster);
    case Routing.Host:
      return clusterChoice.routeLeadsTo(cluster);
    default:
      return false;
  }
}
