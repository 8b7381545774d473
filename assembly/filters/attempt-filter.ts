/**
 * The attempt filter, one stream for each attempt: an upstream HTTP filter of the router, or in hop mode an HTTP filter of the
 * internal listener that the router sends each attempt to. It turns the parked request into this hop's, holds the answer until it
 * counts as good, and when it is not arms the next hop and asks the router for a retry.
 */
import * as attemptJudge from "../response/attempt-judge";
import { Attempt, Decision, State, verdict } from "../response/attempt-judge";
import * as exchanges from "../request/exchange-registry";
import { Exchange, configOf } from "../request/exchange";
import { endpointOf } from "../request/hop";
import { Move } from "../request/next-move";
import * as plan from "../request/plan";
import { Routing } from "../config/site-config";
import { End } from "../health/verdict";
import { Bytes } from "../text/bytes";
import { Pool } from "../text/pool";
import { EMPTY } from "../text/span";
import { BodyStatus, Handler, HeadersStatus } from "../proxywasm/dispatcher";
import * as host from "../proxywasm/host";
import * as answerOrigin from "./answer-origin";
import { endOf } from "./attempt-end";
import { cleanAnswerTrailers, cleanAttemptHeaders } from "./header-cleaning";
import { setHopBody, setHopHeaders } from "./hop-stream";
import * as hostNames from "./host-names";
import * as innerListener from "./inner-listener";
import * as delivery from "./response-delivery";
import * as retry from "./retry";
import { sendErrorInside } from "./send-error";
import * as timer from "./timer";

/** One attempt stream. */
@unmanaged
class AttemptStream {
  id: u32;
  attempt: usize;
}

const pool = new Pool<AttemptStream>();

function attemptOf(state: usize): Attempt | null {
  const at = changetype<AttemptStream>(state).attempt;
  return at != 0 ? changetype<Attempt>(at) : null;
}

/** Roots of this VM that have this filter. */
let roots: i32 = 0;

/**
 * Whether answers are judged here, or by the gateway filter. After a trap the root may still be missing where the configuration says
 * that there is one.
 */
export function hasAttemptFilter(x: Exchange): bool {
  return configOf(x).routing == Routing.Listener || roots > 0;
}

/** A refresh that finds no match keeps the cluster before it (facts 1.9): its provider must not get this hop's token. */
function routerGoesTo(cluster: Bytes): bool {
  const current = host.property(hostNames.CLUSTER_NAME);
  return current !== null && current.is(cluster);
}

/**
 * Whether the first attempt comes by the route that is rendered with this configuration: no refresh has kept another cluster, and nobody
 * has added headers or changed the path behind the gateway filter.
 */
function hasOwnRoute(x: Exchange): bool {
  return x.stepCount == 0 && configOf(x).routeTimeout > 0;
}

/** Whether its failed answer is held until a wait of its request is over. */
function isHeldBack(a: Attempt): bool {
  const x = a.exchange;
  return x.wakeAt != 0 && x.attempt == changetype<usize>(a);
}

export class AttemptFilter extends Handler {
  constructor(private isInListener: bool) {
    super();
    roots++;
  }

  open(stream: u32): usize {
    const s = pool.take();
    s.id = stream;
    s.attempt = 0;
    return changetype<usize>(s);
  }

  requestHeaders(state: usize, end: bool): HeadersStatus {
    const s = changetype<AttemptStream>(state);
    const identity = this.isInListener ? innerListener.takeIdentity() : host.property(hostNames.EXCHANGE);
    // In the router: a request of another route, which the gateway filter has not seen.
    if (identity === null) return this.isInListener ? this.refuse() : HeadersStatus.Continue;
    const x = exchanges.find(identity.ptr, identity.len);
    // Without an armed hop, or before its time, this is a retry of the router's own, after an attempt without an answer.
    if (x === null || !x.hasArmed || x.wakeAt != 0 || x.gateway == 0) return this.refuse();
    const isAsPlanned = !this.isInListener && hasOwnRoute(x);
    if (!this.isInListener && !isAsPlanned && !routerGoesTo(endpointOf(x.armed).cluster)) return this.refuse();
    const now = host.monotonic();
    const hop = plan.advance(x, now);
    if (this.isInListener) innerListener.chooseCluster(endpointOf(hop).cluster);
    const a = attemptJudge.begin(x, hop, s.id, now);
    s.attempt = changetype<usize>(a);
    timer.watchAttempt(a, now);
    if (isAsPlanned) {
      setHopHeaders(x, hop, end, x.headers, x.headersLen);
      return HeadersStatus.Continue;
    }
    const headers = host.headers(host.HeaderMap.Request);
    const list = headers !== null ? headers.ptr : 0;
    const length = headers !== null ? headers.len : 0;
    cleanAttemptHeaders(list, length, !this.isInListener);
    setHopHeaders(x, hop, end, list, length);
    return HeadersStatus.Continue;
  }

  /** Never retried by the router: the gateway filter gets it and answers (facts 5.2). */
  private refuse(): HeadersStatus {
    host.sendLocalResponse(503, hostNames.DETAILS, EMPTY, EMPTY);
    return HeadersStatus.StopIteration;
  }

  requestBody(state: usize, size: usize, _end: bool): BodyStatus {
    const a = attemptOf(state);
    if (a === null) return BodyStatus.Continue;
    if (a.hasSentBody) host.setBody(host.Buffer.RequestBody, 0, size, 0, 0);
    else setHopBody(a.exchange, a.exchange.current, size);
    a.hasSentBody = true;
    return BodyStatus.Continue;
  }

  requestTrailers(_state: usize): BodyStatus {
    return BodyStatus.Continue;
  }

  responseHeaders(state: usize, end: bool): HeadersStatus {
    const a = attemptOf(state);
    if (a === null || a.state == State.Over) return HeadersStatus.Continue;
    const now = host.monotonic();
    if (this.isInListener && !answerOrigin.isProvider()) {
      attemptJudge.judgeLoss(a, answerOrigin.isOtherFilter() ? End.Local : answerOrigin.endOfLocal(a.exchange), now);
      return this.stops(this.goOn(a, now)) ? HeadersStatus.StopIteration : HeadersStatus.Continue;
    }
    const decision = delivery.headers(a, end, now);
    // From here on its limits are ours, not Envoy's.
    timer.watchAttempt(a, now);
    if (decision == Decision.Hold) return HeadersStatus.StopIteration;
    return decision == Decision.Fail && this.stops(this.goOn(a, now))
      ? HeadersStatus.StopIteration
      : HeadersStatus.Continue;
  }

  responseBody(state: usize, size: usize, end: bool): BodyStatus {
    const a = attemptOf(state);
    if (a === null) return BodyStatus.Continue;
    if (a.state == State.Over) return isHeldBack(a) ? this.drain(size) : delivery.behindEnd(a, size);
    if (a.state == State.Passing) return delivery.passBody(a, size, end);
    const now = host.monotonic();
    const decision = delivery.body(a, size, end, now, true);
    if (decision == Decision.Hold) return BodyStatus.StopNoBuffer;
    if (decision != Decision.Fail) return BodyStatus.Continue;
    const move = this.goOn(a, now);
    if (this.stops(move)) return this.drain(size);
    return move == Move.End && delivery.giveBack(a, size, false) ? BodyStatus.StopNoBuffer : BodyStatus.Continue;
  }

  responseTrailers(state: usize): BodyStatus {
    const a = attemptOf(state);
    if (a === null) return BodyStatus.Continue;
    cleanAnswerTrailers();
    if (a.state == State.Over) return isHeldBack(a) ? BodyStatus.StopAndBuffer : BodyStatus.Continue;
    const now = host.monotonic();
    const decision = delivery.trailers(a, now);
    if (decision == Decision.Pass) return BodyStatus.Continue;
    const move = decision == Decision.Fail ? this.goOn(a, now) : Move.End;
    if (this.stops(move)) return BodyStatus.StopAndBuffer;
    if (move == Move.Send) return BodyStatus.Continue;
    if (!sendErrorInside(a, false)) delivery.sendHeld(a, false);
    return BodyStatus.StopAndBuffer;
  }

  /**
   * After a failure: the failed answer goes on, with the request for a retry or without it, and then the gateway filter decides. Or it
   * is held until a wait is over.
   */
  private goOn(a: Attempt, now: u64): Move {
    const move = retry.goOn(a, verdict, now);
    if (move == Move.Send) retry.askForRetry(a.exchange);
    else if (move == Move.Wait) timer.watchAttempt(a, now);
    return move;
  }

  /** Whether nothing of the failed answer passes: it is held, or in a listener an answer of ours has taken its place. */
  private stops(move: Move): bool {
    return move == Move.Wait || (move == Move.Send && this.isInListener);
  }

  private drain(size: usize): BodyStatus {
    host.setBody(host.Buffer.ResponseBody, 0, size, 0, 0);
    return BodyStatus.StopNoBuffer;
  }

  /** The attempt's stream is gone before its answer was judged to the end. */
  private lose(a: Attempt): void {
    const now = host.monotonic();
    const passing = a.state == State.Passing;
    // The router retries by itself after a reset or a time limit, on whatever is armed.
    if (attemptJudge.judgeLoss(a, endOf(a, now), now) && !passing) retry.goOn(a, verdict, now);
  }

  close(state: usize): void {
    const s = changetype<AttemptStream>(state);
    const a = attemptOf(state);
    if (a !== null) {
      if (a.state != State.Over) this.lose(a);
      const x: Exchange = a.exchange;
      attemptJudge.end(a);
      exchanges.release(x);
    }
    pool.give(s);
  }

  tick(): void {}

  calloutAnswered(_callout: u32, _headers: u32, _size: usize): void {}

  retire(): void {
    roots--;
  }
}
