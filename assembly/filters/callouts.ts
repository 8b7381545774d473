/**
 * The callout driver: the next hop as an HTTP call of the gateway filter, its answer as one of ours. It goes on wherever no attempt
 * filter can: on older hosts, under a route that the host has fixed, and after answers that Envoy gave by itself.
 */
import { HashTable } from "../text/hash-table";
import { SiteConfig } from "../config/site-config";
import * as attemptJudge from "../response/attempt-judge";
import { Attempt, Decision, verdict } from "../response/attempt-judge";
import * as exchanges from "../request/exchange-registry";
import { Exchange, Outcome } from "../request/exchange";
import * as timeLimits from "../request/time-limits";
import * as nextMove from "../request/next-move";
import { Move } from "../request/next-move";
import * as plan from "../request/plan";
import { End } from "../health/verdict";
import * as host from "../proxywasm/host";
import { ClientStream, Phase, exchangeOf } from "./client-stream";
import * as timer from "./timer";
import { sendLast } from "./send-reply";
import { deliver, judgeAnswer } from "./callout-answer";
import { startCallout, timeLimit } from "./callout-request";

/** Attempts whose callout has not answered, by its token. */
const pending = new HashTable(64);

/** After a failure, `verdict`: finds out what follows. False: the failed answer is the client's. */
export function goOn(x: Exchange, now: u64): bool {
  if (x.outcome != Outcome.Returned) nextMove.follow(x, verdict, host.random64(), now);
  return x.outcome != Outcome.Returned;
}

/** And then: sends to the armed hop, at once or when the wait is over; else gives the last answer. */
export function sendNext(c: ClientStream, now: u64): void {
  const x = exchangeOf(c);
  if (x.wakeAt == 0) return sendArmed(c, now);
  c.phase = Phase.Calling;
  timer.watch(c, now);
}

/** From the tick: goes on when a wait is over. */
export function wake(c: ClientStream, x: Exchange, now: u64): void {
  if (x.wakeAt == 0 || now < x.wakeAt || !host.setEffective(x.gateway)) return;
  if (nextMove.resume(x, host.random64(), now) != Move.Wait) sendArmed(c, now);
}

/** Sends to the armed hop, or to those that follow it where no callout can be started; else gives the last answer. */
export function sendArmed(c: ClientStream, now: u64): void {
  const x = exchangeOf(c);
  while (x.hasArmed) {
    const hop = plan.advance(x, now);
    const a = attemptJudge.begin(x, hop, c.id, now);
    a.limit = timeLimit(x, now);
    a.isShortOfTime = timeLimits.isShortOfTime(x, timeLimits.fairCalloutTime(x), now);
    const token = startCallout(x, hop, a.limit);
    if (token != 0) {
      pending.set(token, changetype<usize>(a));
      c.phase = Phase.Calling;
      return;
    }
    // No callback follows an unknown cluster (2), nor one that is full or has no host (10).
    attemptJudge.judgeLoss(a, End.Local, now);
    attemptJudge.end(a);
    if (nextMove.follow(x, verdict, host.random64(), now) == Move.Wait) return sendNext(c, now);
  }
  sendLast(c);
}

/** A callout is answered; 0 headers: it was cut (facts 12.4). A client that has left is no error. */
export function answered(token: u32, count: u32, bodySize: usize): void {
  const at = pending.get(token);
  if (at == 0) return;
  pending.delete(token);
  const a = changetype<Attempt>(at);
  const x = a.exchange;
  const now = host.monotonic();
  const decision = x.gateway == 0 ? Decision.Hold : judgeAnswer(a, count, bodySize, now);
  if (x.gateway == 0) attemptJudge.judgeLoss(a, End.ClientGone, now);
  else if (host.setEffective(x.gateway)) {
    const c = changetype<ClientStream>(x.client);
    if (decision == Decision.Pass || !goOn(x, now)) deliver(c, a);
    else sendNext(c, now);
  }
  attemptJudge.end(a);
  exchanges.release(x);
}

/** The root of this configuration is gone: the host has dropped its callouts, whose clients had left. */
export function dropPending(config: SiteConfig, now: u64): void {
  for (let i: u32 = 0, k = pending.capacity; i < k;) {
    const at = pending.valueAt(i);
    // A deletion moves another one here.
    if (at == 0 || changetype<Attempt>(at).exchange.config != changetype<usize>(config)) {
      i++;
      continue;
    }
    pending.delete(pending.keyAt(i));
    const a = changetype<Attempt>(at);
    const x = a.exchange;
    attemptJudge.judgeLoss(a, End.ClientGone, now);
    attemptJudge.end(a);
    exchanges.release(x);
  }
}
