/** Rules about failed answers, of the gateway or of a provider, in the words of docs/configuration.md. */
import type { ConfigPath, Edit } from "../../../cli/console/console-types.js";
import { listEdits, objects, pathText, valueOf, type Fields, type Item } from "../list-edits.js";
import { t } from "../words.js";
import { Button, SelectField, TextField } from "./controls.js";

const FIELDS: { key: string; options?: string[] }[] = [
  { key: "status" },
  { key: "code" },
  { key: "contains" },
  { key: "cause", options: ["", "context-window", "content-filter", "caller"] },
  { key: "then", options: ["", "next-token", "next-provider", "return"] },
  { key: "out", options: ["", "nobody", "token", "token-model", "provider-model", "provider"] },
  { key: "for" },
];

/** A rule as it is typed. */
export interface TypedRule {
  from?: number;
  saved: Fields;
  typed: Record<string, string>;
}

/** A list of statuses is typed with commas. */
const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));

export const readRules = (value: unknown): TypedRule[] =>
  objects(value).map((saved, from) => ({
    ...{ from, saved },
    typed: Object.fromEntries(Object.entries(saved).map(([key, value]) => [key, textOf(value)])),
  }));

export const ruleEdits = (path: ConfigPath, saved: unknown, rules: readonly TypedRule[]): Edit[] =>
  listEdits(path, saved, rules.map(ruleItem));

function ruleItem({ from, saved, typed }: TypedRule): Item {
  const members = Object.entries(typed).filter(([, text]) => text.trim() !== "");
  // What was not typed anew stays as it stands, a quoted number too.
  const value = members.map(([key, text]) => [key, text === textOf(saved[key]) ? saved[key] : valueOfTyped(key, text)]);
  return { from, value: Object.fromEntries(value) as Fields };
}

function valueOfTyped(key: string, typed: string): unknown {
  if (key !== "status") return typed;
  const parts = typed.split(",").flatMap(part => valueOf(part.trim()) ?? []);
  return parts.length === 1 ? parts[0] : parts;
}

interface RuleListProps {
  rules: readonly TypedRule[];
  path: ConfigPath;
  /** What the check says of a field. */
  errorAt: (path: string) => string | undefined;
  onChange: (rules: TypedRule[]) => void;
}

export function RuleList({ rules, path, errorAt, onChange }: RuleListProps) {
  return (
    <>
      {rules.map((rule, i) => (
        <fieldset class="rule" key={i}>
          <legend class="note">
            {t("rule")} {i + 1}
          </legend>
          <div class="columns">
            {FIELDS.map(({ key, options }) => {
              const value = rule.typed[key] ?? "";
              const set = (text: string) => onChange(rules.with(i, { ...rule, typed: { ...rule.typed, [key]: text } }));
              const error = errorAt(pathText([...path, i, key]));
              const note = t(`rule-${key}` as "rule-status");
              return options ? (
                <SelectField
                  key={key}
                  label={key}
                  value={value}
                  options={options.map(value => ({ value, text: value || t("asTheTable") }))}
                  onChange={set}
                  note={note}
                  error={error}
                />
              ) : (
                <TextField key={key} label={key} value={value} onInput={set} note={note} error={error} />
              );
            })}
          </div>
          <Button kind="small" onClick={() => onChange(rules.toSpliced(i, 1))}>
            {t("removeRule")}
          </Button>
        </fieldset>
      ))}
      <Button kind="small" onClick={() => onChange([...rules, { saved: {}, typed: {} }])}>
        + {t("addRule")}
      </Button>
    </>
  );
}
