/** The operator's own rules about failed answers, and the older lists that are rules too. */
import { Bytes } from "../text/bytes";
import { Kind } from "../json/lexer";
import { Value } from "./json-tree";
import { Fields, show, textOf } from "./fields";
import { addMistake } from "./mistakes";
import { hint } from "./nearest";
import { AnswerRule, KEEPS, RuleFrom, RuleOut, RuleThen } from "./answer-rule";
import { StatusSet } from "./status-set";
import { readStatuses, readStatusesOf } from "./status-set-reader";

/** In the order of RuleThen and of RuleOut. */
const THENS: string[] = ["next-token", "next-provider", "return"];
const OUTS: string[] = ["nobody", "token", "token-model", "provider-model", "provider"];
/** As the trail names causes; `cause` of a rule. In the order of the bits of AnswerRule.causes. */
const CAUSES: string[] = ["context-window", "content-filter", "caller"];
const MOST = 64;

/** `rules` of a provider, or of the gateway. */
export function readRules(fields: Fields): AnswerRule[] {
  const rules: AnswerRule[] = [];
  const entries = fields.list("rules");
  if (entries.length > MOST) addMistake(fields.pathOf("rules"), `${entries.length} rules`, `at most ${MOST}`);
  for (let i = 0; i < entries.length; i++) rules.push(readRule(entries[i]));
  return rules;
}

function readRule(value: Value): AnswerRule {
  const fields = new Fields(value);
  const rule = new AnswerRule();
  const status = fields.take("status");
  if (status !== null) rule.statuses = readStatusesOf(status);
  rule.code = readText(fields, "code");
  rule.contains = readText(fields, "contains");
  rule.causes = readCause(fields);
  rule.then = fields.choice("then", THENS, KEEPS);
  rule.out = fields.choice("out", OUTS, KEEPS);
  rule.forMs = fields.duration("for", 0, 1);
  if (rule.forMs > 0 && (!fields.has("out") || rule.out == RuleOut.Nobody))
    addMistake(fields.pathOf("for"), "a time without a thing that is out", "out as well");
  if (value.kind == Kind.Object) {
    if (!fields.has("status") && !fields.has("code") && !fields.has("contains") && !fields.has("cause"))
      addMistake(value.path, "a rule for every answer", "at least one of status, code, contains, cause");
    if (!fields.has("then") && !fields.has("out")) addMistake(value.path, "a rule that does nothing", "then or out");
  }
  fields.finish();
  return rule;
}

function readText(fields: Fields, name: string): Bytes | null {
  const member = fields.take(name);
  if (member === null) return null;
  // A code may be a number.
  const isText = (member.kind == Kind.String && member.text != "") || (name == "code" && member.kind == Kind.Number);
  const text = isText && member.kind == Kind.String ? textOf(member) : isText ? member.text : null;
  if (text !== null) return Bytes.of(text);
  addMistake(member.path, show(member), "text");
  return null;
}

function readCause(fields: Fields): i32 {
  const member = fields.take("cause");
  return member === null ? 0 : causeBit(member);
}

function causeBit(value: Value): i32 {
  const at = value.kind == Kind.String ? CAUSES.indexOf(value.text) : -1;
  if (at >= 0) return 1 << at;
  addMistake(value.path, show(value), CAUSES.join(", ") + hint(value.text, CAUSES));
  return 0;
}

// === Older lists ===

/** What Higress calls `failoverOnStatus`: these statuses lead to another token where the answer would be returned. */
export function addFailoverOnStatus(fields: Fields, higress: bool, rules: AnswerRule[]): void {
  const statuses = readOlder(
    fields,
    "failoverOnStatus",
    higress,
    "rules of the provider: { status: [409], then: next-token }",
  );
  if (statuses !== null) rules.push(listed(statuses, RuleFrom.End, RuleThen.NextToken));
}

/** `retryOnStatus`: these lead to another token, all others to the next provider. */
export function addRetryOnStatus(fields: Fields, higress: bool, rules: AnswerRule[]): void {
  const statuses = readOlder(
    fields,
    "retryOnStatus",
    higress,
    "rules of the provider: { status: [500], then: next-provider }",
  );
  if (statuses === null) return;
  const others = listed(statuses, RuleFrom.GoingOn, RuleThen.NextProvider);
  others.isExcept = true;
  rules.push(others);
  rules.push(listed(statuses, RuleFrom.End | RuleFrom.NextProvider, RuleThen.NextToken));
}

/** `responseCodes`: these lead to another provider, and no others do. */
export function addResponseCodes(fields: Fields, higress: bool, rules: AnswerRule[]): void {
  const statuses = readOlder(
    fields,
    "responseCodes",
    higress,
    "rules: { status: [400], then: next-provider } and { status: [404], then: return }",
  );
  if (statuses === null) return;
  const others = listed(statuses, RuleFrom.Any, KEEPS);
  others.isExcept = true;
  others.staysAtProvider = true;
  rules.push(others);
  rules.push(listed(statuses, RuleFrom.End, RuleThen.NextProvider));
}

/** `alsoOn`: these causes lead to another provider. */
export function addAlsoOn(fields: Fields, higress: bool, rules: AnswerRule[]): void {
  if (!higress) return refuseOlder(fields, "alsoOn", "rules: { cause: context-window, then: next-provider }");
  const entries = fields.list("alsoOn");
  const rule = new AnswerRule();
  for (let i = 0; i < entries.length; i++) rule.causes |= causeBit(entries[i]);
  if (rule.causes == 0) return;
  rule.from = RuleFrom.End;
  rule.then = RuleThen.NextProvider;
  rule.letsNextRulesApply = true;
  rules.push(rule);
}

function listed(statuses: StatusSet, from: i32, then: i32): AnswerRule {
  const rule = new AnswerRule();
  rule.statuses = statuses;
  rule.from = from;
  rule.then = then;
  rule.letsNextRulesApply = true;
  return rule;
}

/** Higress's lists keep their meaning in Higress's configurations; in ours a rule says the same. */
function readOlder(fields: Fields, name: string, higress: bool, remedy: string): StatusSet | null {
  if (higress) return readStatuses(fields, name);
  refuseOlder(fields, name, remedy);
  return null;
}

function refuseOlder(fields: Fields, name: string, remedy: string): void {
  const member = fields.take(name);
  if (member === null || (member.kind == Kind.Array && member.items.length == 0)) return;
  addMistake(member.path, "a list that rules have replaced", remedy);
}
