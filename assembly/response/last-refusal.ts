/** What a client is told when nothing is left to try: why, and what was tried. */
import { NS_PER_MS } from "../text/time-units";
import { Exchange } from "../request/exchange";
import * as plan from "../request/plan";
import * as timeLimits from "../request/time-limits";
import { Cause } from "../health/verdict";
import * as replies from "./replies";
import { Refusal, Reply, refuse } from "./replies";
import * as trail from "./trail";

export function lastRefusal(x: Exchange, now: u64): Refusal {
  if (!timeLimits.hasTime(x, now)) return withTrail(x, replies.OUT_OF_TIME, 0);
  // Also where a dead hop was the last one: a rate limit alone is worth waiting for.
  if (x.lastCause == Cause.RateLimit || (plan.opensIn(x, now) > 0 && plan.isRateLimited(x, now)))
    return withTrail(x, replies.LAST_RATE_LIMITED, secondsToWait(x, now));
  return withTrail(x, x.stepCount > 0 ? replies.EVERY_HOP_FAILED : replies.NO_HOP_REACHED, 0);
}

/** What the providers said, or less where another hop opens sooner; without a word of theirs what is known. */
function secondsToWait(x: Exchange, now: u64): u64 {
  const told = <u64>max(x.waitMs, 0);
  const known = (plan.opensIn(x, now) + NS_PER_MS - 1) / NS_PER_MS;
  const wait = told == 0 || (known > 0 && known < told) ? known : told;
  return max((wait + 999) / 1000, 1);
}

function withTrail(x: Exchange, reply: Reply, retryAfter: u64): Refusal {
  const refusal = refuse(reply, retryAfter);
  const attempts = trail.write(x);
  refusal.message.raw(attempts.ptr, attempts.len);
  return refusal;
}
