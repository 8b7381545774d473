/** The last answer when nothing is left to try: why, and what was tried. */
import { Bytes } from "../text/bytes";
import { Exchange, Outcome } from "../request/exchange";
import * as timeLimits from "../request/time-limits";
import * as plan from "../request/plan";
import * as replies from "../response/replies";
import * as trail from "../response/trail";
import { Cause } from "../health/verdict";
import * as host from "../proxywasm/host";
import { ClientStream } from "./client-stream";
import { send } from "./send-reply";

const SAY_FAILED = Bytes.of("Every provider and token of this route failed: ");
const SAY_UNTRIED = Bytes.of("No provider of this route could be reached");
const SAY_TIMED_OUT = Bytes.of("No time is left for another attempt (timeout): ");
const SAY_RATE_LIMITED = Bytes.of("Every live token of this route is rate-limited: ");

/** Nothing is left to try: says so, with what was tried. */
export function giveUp(c: ClientStream, x: Exchange): void {
  x.outcome = Outcome.Exhausted;
  const now = host.monotonic();
  if (!timeLimits.hasTime(x, now)) {
    replies.beginReply(SAY_TIMED_OUT);
    sayTrail(x);
    send(c, replies.TIMED_OUT, 0);
    return;
  }
  // Also where a dead hop was the last one: a rate limit alone is worth waiting for.
  if (x.lastCause == Cause.RateLimit || (plan.opensIn(x, now) > 0 && plan.isRateLimited(x, now))) {
    replies.beginReply(SAY_RATE_LIMITED);
    sayTrail(x);
    send(c, replies.RATE_LIMITED, secondsToWait(x));
    return;
  }
  replies.beginReply(x.stepCount > 0 ? SAY_FAILED : SAY_UNTRIED);
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
  const attempts = trail.write(x);
  replies.message.raw(attempts.ptr, attempts.len);
}
