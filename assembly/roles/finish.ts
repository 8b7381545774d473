/** The last answer: what an attempt let through passes, everything else becomes an error that says what was tried. */
import { Bytes } from "../bytes/bytes";
import * as exchanges from "../exchange/exchange";
import { Exchange, Outcome } from "../exchange/exchange";
import * as limits from "../exchange/limits";
import * as plan from "../exchange/plan";
import * as replies from "../exchange/replies";
import * as trail from "../exchange/trail";
import { Cause } from "../health/verdict";
import { tell } from "../observe/log";
import { HeadersStatus } from "../proxy/dispatch";
import * as host from "../proxy/host";
import * as callout from "./callout";
import { Client, Phase, exchangeOf, serviceOf } from "./client";
import * as names from "./names";
import * as clock from "./clock";
import * as direct from "./direct";
import { send } from "./reply";
import * as seat from "./seat";
import { setStory } from "./story";

const SAY_FAILED = Bytes.of("Every provider and token of this route failed: ");
const SAY_UNTRIED = Bytes.of("No provider of this route could be reached");
const SAY_TIMED_OUT = Bytes.of("No time is left for another attempt (timeout): ");
const SAY_RATE_LIMITED = Bytes.of("Every live token of this route is rate-limited: ");

/** An answer's headers reach the client's stream, after the attempt role or without it. */
export function answer(c: Client): HeadersStatus {
  const x = exchangeOf(c);
  // A failed answer may still carry what was asked of the router; a good one never does.
  if (x.outcome != Outcome.Served) host.removeHeader(host.HeaderMap.Response, names.RETRY.ptr, names.RETRY.len);
  if (x.outcome == Outcome.Open && seat.isOfOther()) {
    x.outcome = Outcome.Returned;
    setStory(x);
    return HeadersStatus.Continue;
  }
  if (x.outcome == Outcome.Served || (x.outcome == Outcome.Returned && seat.isOfAttempt())) {
    setStory(x);
    exchanges.dropBody(x);
    return HeadersStatus.Continue;
  }
  const now = host.monotonic();
  // A hop is armed that the router did not take: no healthy host, retries at their limit, an interim 1xx (facts 2.5, 19.2, 19.5).
  if (x.hasArmed && limits.hasTime(x, now)) callout.goOn(c, now);
  else explain(c, x);
  return HeadersStatus.StopAllIterationAndWatermark;
}

/** Nothing is left to try: says so, with what was tried. */
export function explain(c: Client, x: Exchange): void {
  x.outcome = Outcome.Exhausted;
  const now = host.monotonic();
  if (!limits.hasTime(x, now)) {
    replies.begin(SAY_TIMED_OUT);
    sayTrail(x);
    send(c, replies.TIMED_OUT, 0);
    return;
  }
  // Also where a dead hop was the last one: a rate limit alone is worth waiting for.
  if (x.lastCause == Cause.RateLimit || (plan.opensIn(x, now) > 0 && plan.isRateLimited(x, now))) {
    replies.begin(SAY_RATE_LIMITED);
    sayTrail(x);
    send(c, replies.RATE_LIMITED, secondsToWait(x));
    return;
  }
  replies.begin(x.stepCount > 0 ? SAY_FAILED : SAY_UNTRIED);
  sayTrail(x);
  send(c, replies.ALL_FAILED, 0);
}

/** What the providers said, or less where another hop opens sooner; without a word of theirs what is known. */
function secondsToWait(x: Exchange): u64 {
  const told = <u64>max(x.waitMs, 0);
  const known = (plan.opensIn(x, host.monotonic()) + 999999) / 1000000;
  const wait = told == 0 || (known > 0 && known < told) ? known : told;
  return max((wait + 999) / 1000, 1);
}

function sayTrail(x: Exchange): void {
  trail.write(x);
  replies.says.raw(trail.ptr, trail.len);
}

/** The client's stream is over: tells an attempt that still runs whether its client left, and what it all was to those who watch. */
export function account(c: Client): void {
  const x = exchangeOf(c);
  const isDirect = c.phase == Phase.Direct;
  // A held answer that its provider cut goes to the client as Envoy's own error, and only this callback tells (facts 12.3).
  x.clientGone = (x.outcome == Outcome.Open && !isDirect) || (x.attempt != 0 && clientLeft());
  if (isDirect) direct.abandon(c, host.monotonic());
  if (x.outcome == Outcome.Open && !x.clientGone) x.outcome = Outcome.Exhausted;
  plan.disarm(x, host.monotonic());
  const service = serviceOf(c);
  service.metrics.count(x);
  // What failed may have to be probed, and what was learnt written once more.
  if (x.lastCause != Cause.None || !service.health.isSettled) clock.start(c);
  tell(x);
}

/** Envoy's flags of a client that left: DC, and DR of an HTTP/2 client (facts 4.3). */
const LEFT: u64 = 0x4000 | 0x10000000;

function clientLeft(): bool {
  return (host.propertyNumber(names.FLAGS) & LEFT) != 0;
}
