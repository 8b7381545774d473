/**
 * The second opinion: an answer that is about the request itself, in words that are unknown or that another provider may not share,
 * is kept while the request goes on. Where nobody serves it, the first answer is the client's.
 */
import { CALLERS, Cause, LASTING, Next, Scope, Verdict, isCallers } from "../health/verdict";
import { Exchange } from "./exchange";

/** Whether it tells of this one request: of a mistake in it, or that it is too large for a token that is well. */
function isAboutRequest(verdict: Verdict): bool {
  if (isCallers(verdict.cause)) return true;
  return verdict.scope == Scope.Nobody && (verdict.cause == Cause.RateLimit || verdict.cause == Cause.Quota);
}

/**
 * What such an answer means after what came before it: changes `verdict.next`. Asked once for each failed answer, before it counts.
 * True: it is to be kept.
 */
export function weigh(x: Exchange, verdict: Verdict): bool {
  if (verdict.staysAtProvider && verdict.next == Next.SecondOpinion) verdict.next = Next.Return;
  if (!isAboutRequest(verdict) || verdict.staysAtProvider || x.isSentOnce) return false;
  const first = x.first;
  if (first.status != 0 && first.isOwn) {
    // Another provider agrees.
    if (verdict.next == Next.SecondOpinion) verdict.next = Next.Return;
    return false;
  }
  if (first.status == 0) first.isOwn = x.position == 0 || x.stepCount == 1;
  // What another upstream than the plan's first says may be due to the switch: a smaller window, a parameter.
  if (x.position == 0) return verdict.next != Next.Return;
  if (verdict.next == Next.Return || verdict.next == Next.SecondOpinion) verdict.next = Next.NextProvider;
  return first.status == 0;
}

/** Whether the answer that is kept is the most useful one, now that nothing is left: the request's own mistake, or where no other try can help. */
export function isFirstBest(x: Exchange): bool {
  if (x.first.status == 0) return false;
  return x.first.isOwn || (x.causes & ~(LASTING | CALLERS)) == 0;
}

/** Keeps the headers of an answer that may have to be kept: before they are gone. */
export function keepHeaders(x: Exchange, list: usize, len: usize): void {
  const first = x.first;
  if (first.status != 0) return;
  first.block = first.block == 0 ? heap.alloc(max(len, 1)) : heap.realloc(first.block, max(len, 1));
  memory.copy(first.block, list, len);
  first.headersLen = len;
}

/** And then the whole answer. */
export function keep(x: Exchange, status: i32, body: usize, len: usize): void {
  const first = x.first;
  if (first.block == 0) return;
  first.block = heap.realloc(first.block, max(first.headersLen + len, 1));
  memory.copy(first.block + first.headersLen, body, len);
  first.bodyLen = len;
  first.status = status;
}
