/** What a request does next: at its start, after a failure, and when a wait is over. */
import { NS_PER_MS } from "../text/time-units";
import { MOST_ATTEMPTS } from "../config/route-limits";
import { Provider } from "../config/provider";
import { Next, Scope, Verdict, isCallers } from "../health/verdict";
import { Exchange, Outcome, Stop, budgetOf, entryAt, healthOf, routeOf, stepOf } from "./exchange";
import { PlanEntry, upstreamOf } from "./plan-entry";
import { isFirstBest } from "./first-answer";
import * as plan from "./plan";
import { hasTime } from "./time-limits";

export enum Move {
  /** A hop is armed. */
  Send,
  /** Until `x.wakeAt`, then `resume` says more. */
  Wait,
  /** Nothing is left to try. */
  End,
}

/** Before the first attempt; also when a wait for it is over. */
export function start(x: Exchange, random: u64, now: u64): Move {
  x.hasArmed = false;
  healthOf(x).refresh();
  if (plan.armFrom(x, 0, random, now)) return Move.Send;
  if (plan.isRateLimited(x, now)) return waitForLimit(x, now);
  return plan.armSoonest(x, now) ? Move.Send : stop(x, Stop.NoHopLeft);
}

/** Nothing follows, and why. */
function stop(x: Exchange, why: Stop): Move {
  x.stop = why;
  return Move.End;
}

/**
 * After a failure of the current hop. At the end of the plan, of its time or of the retry budget, an answer about the request that is the
 * only one is the client's to read.
 */
export function follow(x: Exchange, verdict: Verdict, random: u64, now: u64): Move {
  plan.disarm(x, now);
  x.wakeAt = 0;
  x.stop = Stop.None;
  stepOf(x, x.stepCount - 1).next = verdict.next;
  const move =
    verdict.next == Next.Return
      ? stop(x, Stop.FinalAnswer)
      : mayGoOn(x, now)
        ? moveAfter(x, verdict, random, now)
        : stop(x, whyNot(x));
  if (move == Move.End && isCallers(verdict.cause) && x.stepCount == 1) x.outcome = Outcome.Returned;
  return move;
}

/** When `x.wakeAt` has come. */
export function resume(x: Exchange, random: u64, now: u64): Move {
  x.wakeAt = 0;
  noteWait(x, now);
  if (x.stepCount == 0) return start(x, random, now);
  if (!mayGoOn(x, now)) {
    plan.disarm(x, now);
    return stop(x, whyNot(x));
  }
  if (x.hasArmed) return spend(x, now);
  healthOf(x).refresh();
  plan.forgetTried(x);
  return plan.armFrom(x, 0, random, now) ? spend(x, now) : waitForLimit(x, now);
}

function mayGoOn(x: Exchange, now: u64): bool {
  return !x.isSentOnce && x.stepCount < MOST_ATTEMPTS && hasTime(x, now);
}

/** Where it may not go on. */
function whyNot(x: Exchange): Stop {
  if (x.isSentOnce) return Stop.SentOnce;
  return x.stepCount >= MOST_ATTEMPTS ? Stop.MostAttempts : Stop.NoTime;
}

/** The armed hop counts against the retry budget. */
function spend(x: Exchange, now: u64): Move {
  if (budgetOf(x).take(now)) return Move.Send;
  plan.disarm(x, now);
  return stop(x, Stop.RetryBudget);
}

function moveAfter(x: Exchange, verdict: Verdict, random: u64, now: u64): Move {
  healthOf(x).refresh();
  const entry = entryAt(x, x.position);
  const isLast = verdict.next == Next.SameProvider && !plan.hasOther(x, now);
  if (verdict.next != Next.SameProvider && verdict.next != Next.NextToken) entry.isClosed = true;
  // A reset may be due to a connection that was stale: another one is made at once.
  if (isLast && !verdict.mayBeStale) return tryLater(x, entry, verdict, random, now);
  if (verdict.next == Next.NextToken && armFurtherToken(x, x.position, random, now)) return spend(x, now);
  if (verdict.next == Next.SameProvider && armSecondTry(x, entry, random, now)) return spend(x, now);
  if (!verdict.staysAtProvider && plan.armFrom(x, x.position + 1, random, now)) return spend(x, now);
  return tryLater(x, entry, verdict, random, now);
}

/** Another token of an upstream, as its provider's `retryOnFailure` allows. */
function armFurtherToken(x: Exchange, position: i32, random: u64, now: u64): bool {
  const entry = entryAt(x, position);
  const retry = upstreamOf(entry).provider.retry;
  if (!retry.isEnabled || (retry.maxRetries > 0 && entry.retries >= retry.maxRetries)) return false;
  if (!plan.armToken(x, position, random, now)) return false;
  plan.goTo(x, position);
  entry.retries++;
  x.armed.limit = retry.retryTimeout;
  return true;
}

/** After a fault of the provider: the same once more, with another token if there is one. */
function armSecondTry(x: Exchange, entry: PlanEntry, random: u64, now: u64): bool {
  if (entry.hadSecondTry) return false;
  if (!plan.armToken(x, x.position, random, now) && !plan.armSame(x, now)) return false;
  entry.hadSecondTry = true;
  x.armed.limit = changetype<Provider>(x.armed.provider).retry.retryTimeout;
  return true;
}

// === When nothing else is live ===

/** A pause before a second try, ms: at least half of this, and of twice as much the next time. */
const FIRST_PAUSE: u64 = 100;
const MOST_PAUSE: u64 = 250;

/**
 * A second try at what has failed, or the tokens of it that were not tried, after a pause: what is restarted, or has too much to do, is
 * not helped by another request at once. Where the provider says how long, after that.
 */
function tryLater(x: Exchange, entry: PlanEntry, verdict: Verdict, random: u64, now: u64): Move {
  const told = <u64>max(verdict.waitMs, 0);
  if (verdict.next == Next.SameProvider && told > MOST_PAUSE)
    return waitFor(x, told * NS_PER_MS, told * NS_PER_MS, now);
  const isPossible = verdict.next == Next.SameProvider && armSecondTry(x, entry, random, now);
  // No token helps where nobody answers.
  if (verdict.scope == Scope.Provider && entry.hadSecondTry && !isPossible) entry.isClosed = true;
  if (!isPossible && !armUntried(x, random, now)) return waitForLimit(x, now);
  const pause = nextPause(x, random);
  if (!hasTime(x, now + pause)) {
    plan.disarm(x, now);
    return stop(x, Stop.NoTime);
  }
  x.wakeAt = now + pause;
  return Move.Wait;
}

/** A token that no attempt of this request has shown, of what was asked: a live hop is left while there is one. */
function armUntried(x: Exchange, random: u64, now: u64): bool {
  for (let n = 0, k = x.upstreamCount; n < k; n++) {
    const i = (x.position + n) % k;
    const entry = entryAt(x, i);
    if (entry.wasAsked && !entry.isClosed && armFurtherToken(x, i, random, now)) return true;
  }
  return false;
}

function nextPause(x: Exchange, random: u64): u64 {
  const most = min(FIRST_PAUSE << (<u64>min(x.backOffs, 8)), MOST_PAUSE) * NS_PER_MS;
  x.backOffs++;
  return most / 2 + (random % (most / 2));
}

// === Waits ===

/** A waiting request looks this often whether something is live. */
const LOOKS_EVERY: u64 = 250 * NS_PER_MS;

function waitForLimit(x: Exchange, now: u64): Move {
  const wait = plan.limitPassesIn(x, now);
  return isFirstBest(x) || wait == u64.MAX_VALUE ? stop(x, Stop.NoHopLeft) : waitFor(x, wait, LOOKS_EVERY, now);
}

/** All waits of a request together are no longer than `maxWait`. `looksEvery`: what else may have come back is used sooner. */
function waitFor(x: Exchange, wait: u64, looksEvery: u64, now: u64): Move {
  const most = <u64>routeOf(x).maxWait * NS_PER_MS;
  if (x.waited + wait > most || !hasTime(x, now + wait)) return stop(x, Stop.WaitTooLong);
  x.waitsSince = now;
  x.wakeAt = now + max(min(wait, looksEvery), 1);
  return Move.Wait;
}

function noteWait(x: Exchange, now: u64): void {
  if (x.waitsSince != 0) x.waited += now - x.waitsSince;
  x.waitsSince = 0;
}
