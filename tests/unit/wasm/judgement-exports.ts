/** What an answer proves, how long it asks to wait, and the budget of retries. */
import { Bytes } from "../../../assembly/text/bytes";
import { AnswerRule } from "../../../assembly/config/answer-rule";
import { StatusSet } from "../../../assembly/config/status-set";
import { RetryBudget } from "../../../assembly/health/retry-budget";
import { applyRules, settleRules } from "../../../assembly/health/answer-rules";
import * as classify from "../../../assembly/health/classify";
import * as messages from "../../../assembly/health/shown-message";
import * as after from "../../../assembly/health/retry-after";
import { CAUSES, Verdict, causeName } from "../../../assembly/health/verdict";

// === Verdicts ===

const verdict = new Verdict();

export function causes(): i32 {
  return CAUSES;
}

export function namePtr(cause: i32): usize {
  return causeName(cause).ptr;
}

export function nameLen(cause: i32): usize {
  return causeName(cause).len;
}

export function needsBody(status: i32): bool {
  return classify.needsBody(status);
}

const answer = new classify.FailedAnswer();

export function newAnswer(family: i32, status: i32, body: usize, len: usize): void {
  answer.set(family, status, body, len);
}

export function askForModel(name: usize, len: usize): void {
  answer.model = name;
  answer.modelLen = len;
}

export function atStrangePath(): void {
  answer.isStrangePath = true;
}

export function atTime(unixMs: i64): void {
  answer.unixMs = unixMs;
}

/** The headers that were read last are this answer's. */
export function takeHeaders(): void {
  answer.waitMs = after.asked.ms;
  answer.isWaitFirm = after.asked.isFirm;
  answer.isSubscription = after.asked.isSubscription;
  answer.unixMs = after.asked.unixMs;
}

export function classifyAnswer(): void {
  classify.classifyAnswer(answer, verdict);
}

export function classifyError(): void {
  classify.classifyError(answer, verdict);
}

export function messageOf(body: usize, len: usize, secret: usize, secretLen: usize): usize {
  messages.messageOf(body, len, secret, secretLen);
  return messages.shown.ptr;
}

export function messageLen(): usize {
  return messages.shown.len;
}

export function classifyEnd(end: i32): void {
  classify.classifyEnd(end, verdict);
}

let rules: AnswerRule[] = [];
let rule = new AnswerRule();

export function noRules(): void {
  rules = [];
}

/** Negative: what the table says. */
export function addRule(
  causes: i32,
  from: i32,
  then: i32,
  out: i32,
  forMs: i32,
  isExcept: bool,
  stays: bool,
  goesOn: bool,
): void {
  rule = new AnswerRule();
  rule.causes = causes;
  rule.from = from;
  rule.then = then;
  rule.out = out;
  rule.forMs = forMs;
  rule.isExcept = isExcept;
  rule.staysAtProvider = stays;
  rule.letsNextRulesApply = goesOn;
  rules.push(rule);
}

/** Of the rule that was added last. */
export function ruleStatus(status: i32): void {
  let set = rule.statuses;
  if (set === null) set = new StatusSet();
  set.add(status);
  rule.statuses = set;
}

export function ruleText(isCode: bool, ptr: usize, len: usize): void {
  if (isCode) rule.code = Bytes.copy(ptr, len);
  else rule.contains = Bytes.copy(ptr, len);
}

export function obeyRules(status: i32, isInside: bool): void {
  applyRules(rules, status, isInside, verdict);
  settleRules(verdict);
}

export function cause(): i32 {
  return verdict.cause;
}

export function scope(): i32 {
  return verdict.scope;
}

export function next(): i32 {
  return verdict.next;
}

/** half, doubtful, stay, widens, as bits. */
export function flags(): i32 {
  return (
    (<i32>verdict.countsHalf) |
    ((<i32>verdict.mayBeStale) << 1) |
    ((<i32>verdict.staysAtProvider) << 2) |
    ((<i32>verdict.widens) << 3)
  );
}

export function waitMs(): i64 {
  return verdict.waitMs;
}

// === Retry-After ===

/** A list as the host gives it. */
export function readHeaders(list: usize, len: usize, unixMs: i64): void {
  after.readAskedWait(list, len, unixMs);
}

export function askedMs(): i64 {
  return after.asked.ms;
}

// === Budget ===

let budget = new RetryBudget(0);

export function budgetStart(perMille: i32): void {
  budget = new RetryBudget(perMille);
}

export function budgetRequest(now: u64): void {
  budget.request(now);
}

export function budgetTake(now: u64): bool {
  return budget.take(now);
}
