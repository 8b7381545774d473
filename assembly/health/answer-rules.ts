/** The operator's own rules: they outrank the failure table. */
import { containsIgnoreCase, equalsIgnoreCase } from "../text/ascii";
import { AnswerRule, KEEPS, RuleCause, RuleFrom, RuleOut, RuleThen } from "../config/answer-rule";
import { errorText } from "./classify";
import { Place } from "./error-text";
import { Cause, Next, Scope, Verdict, isCallers } from "./verdict";

/**
 * Applies one list to the verdict on the answer that was judged last. `isInside`: an error inside a good answer. False: a rule has
 * fitted that ends the search.
 */
export function applyRules(rules: AnswerRule[], status: i32, isInside: bool, verdict: Verdict): bool {
  for (let i = 0, k = rules.length; i < k; i++) {
    const rule = unchecked(rules[i]);
    // Lists of statuses, which a rule is made of that goes on, know nothing of errors inside good answers.
    if ((isInside && rule.letsNextRulesApply && rule.statuses !== null) || !fits(rule, status, verdict)) continue;
    apply(rule, verdict);
    if (!rule.letsNextRulesApply) return false;
  }
  return true;
}

/** Behind the last list. */
export function settleRules(verdict: Verdict): void {
  if (verdict.staysAtProvider && (verdict.next == Next.NextProvider || verdict.next == Next.SecondOpinion))
    verdict.next = Next.Return;
}

function fits(rule: AnswerRule, status: i32, verdict: Verdict): bool {
  const statuses = rule.statuses;
  if (statuses !== null && statuses.has(status) == rule.isExcept) return false;
  if ((rule.from & fromOf(verdict.next)) == 0) return false;
  if (rule.causes != 0 && (rule.causes & causeBit(verdict.cause)) == 0) return false;
  return (rule.code === null || hasCode(rule)) && (rule.contains === null || hasWords(rule));
}

function fromOf(next: Next): i32 {
  if (next == Next.Return || next == Next.SecondOpinion) return RuleFrom.End;
  return next == Next.NextProvider ? RuleFrom.NextProvider : RuleFrom.SameProvider;
}

function causeBit(cause: Cause): i32 {
  if (cause == Cause.ContextWindow) return RuleCause.ContextWindow;
  if (cause == Cause.ContentFilter) return RuleCause.ContentFilter;
  return cause == Cause.Caller ? RuleCause.Caller : 0;
}

function hasCode(rule: AnswerRule): bool {
  const code = rule.code!;
  for (let i = 0; i < errorText.count; i++) {
    const text = errorText.at(i);
    const isCode = text.place == Place.Code || text.place == Place.FrameCode;
    if (isCode && equalsIgnoreCase(text.ptr, text.len, code)) return true;
  }
  return false;
}

function hasWords(rule: AnswerRule): bool {
  const words = rule.contains!;
  for (let i = 0; i < errorText.count; i++) {
    const text = errorText.at(i);
    if (text.wordsLen > 0 && containsIgnoreCase(text.ptr, text.len, words)) return true;
  }
  return false;
}

/** By `RuleThen` and by `RuleOut`. */
const NEXTS: Next[] = [Next.NextToken, Next.NextProvider, Next.Return];
const SCOPES: Scope[] = [Scope.Nobody, Scope.Token, Scope.TokenModel, Scope.ProviderModel, Scope.Provider];
/** What a mistake of the caller's becomes where a rule takes something out for it. */
const CAUSES: Cause[] = [Cause.None, Cause.Credential, Cause.Credential, Cause.Model, Cause.Provider];

function apply(rule: AnswerRule, verdict: Verdict): void {
  // A rule has the last word, whatever came before in the request.
  if (rule.staysAtProvider || (rule.then != KEEPS && <RuleThen>rule.then == RuleThen.Return))
    verdict.staysAtProvider = true;
  if (rule.then != KEEPS) {
    verdict.next = unchecked(NEXTS[<RuleThen>rule.then]);
    if (rule.then == RuleThen.NextProvider && !rule.letsNextRulesApply) verdict.staysAtProvider = false;
  }
  if (rule.out == KEEPS) return;
  verdict.scope = unchecked(SCOPES[<RuleOut>rule.out]);
  verdict.widens = false;
  verdict.countsHalf = false;
  verdict.waitMs = rule.forMs > 0 ? rule.forMs : -1;
  if (rule.out != RuleOut.Nobody && isCallers(verdict.cause)) verdict.cause = unchecked(CAUSES[<RuleOut>rule.out]);
}
