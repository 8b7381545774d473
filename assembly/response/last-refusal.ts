/** What a client is told when nothing is left to try: why, what was tried, and what the provider said. */
import { Bytes } from "../text/bytes";
import { NS_PER_MS, NS_PER_S } from "../text/time-units";
import { Exchange } from "../request/exchange";
import * as plan from "../request/plan";
import * as timeLimits from "../request/time-limits";
import { Cause, LASTING, bitOf } from "../health/verdict";
import * as replies from "./replies";
import { Refusal, Reply, refuse } from "./replies";
import * as trail from "./trail";

export function lastRefusal(x: Exchange, now: u64): Refusal {
  if (!timeLimits.hasTime(x, now)) return withTrail(x, replies.OUT_OF_TIME, 0);
  // Another try meets what is left.
  if (x.stepCount > 0 && plan.isCutShort(x, now)) return withTrail(x, replies.CUT_SHORT, 1);
  // Also where a dead hop was the last one: a rate limit alone is worth waiting for.
  if (x.lastCause == Cause.RateLimit || (plan.opensIn(x, now) > 0 && plan.isRateLimited(x, now)))
    return withTrail(x, replies.EVERY_HOP_LIMITED, secondsToWait(x, now));
  const causes = plan.causesOf(x, now);
  if (causes == bitOf(Cause.Model)) return withTrail(x, replies.MODEL_UNKNOWN_EVERYWHERE, 0);
  if (causes != 0 && (causes & ~LASTING) == 0) {
    // A window of hours: its end is known.
    if ((causes & bitOf(Cause.Quota)) != 0 && x.waitMs > 0)
      return withTrail(x, replies.EVERY_HOP_LIMITED, secondsToWait(x, now));
    return withTrail(x, replies.EVERY_TOKEN_REFUSED, 0);
  }
  return withTrail(x, x.stepCount > 0 ? replies.EVERY_HOP_FAILED : replies.NO_HOP_REACHED, secondsToWait(x, now));
}

/** A year: what a person took out comes back when a person says so. */
const MOST_KNOWN: u64 = 31536000 * NS_PER_S;

/** What the providers said, or less where another hop opens sooner; without a word of theirs what is known. */
function secondsToWait(x: Exchange, now: u64): u64 {
  const told = <u64>max(x.waitMs, 0);
  const known = (min(plan.opensIn(x, now), MOST_KNOWN) + NS_PER_MS - 1) / NS_PER_MS;
  const wait = told == 0 || (known > 0 && known < told) ? known : told;
  return max((wait + 999) / 1000, 1);
}

const COLON = Bytes.of(": ");

function withTrail(x: Exchange, reply: Reply, retryAfter: u64): Refusal {
  const refusal = refuse(reply, retryAfter);
  if (x.stepCount == 0) return refusal;
  refusal.message.text(COLON);
  const attempts = trail.write(x);
  refusal.message.raw(attempts.ptr, attempts.len);
  trail.writeQuote(refusal.message, x);
  return refusal;
}
