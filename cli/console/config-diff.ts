import { diffLines } from "diff";
import { HIDDEN, typedSecretsOf } from "./config-view.js";
import type { DiffLine } from "./console-types.js";

/** Lines around a change that are shown with it. */
const CONTEXT = 3;

/** Line by line, with a few unchanged lines around each change. Secrets that are typed in either text are hidden. */
export function diffOf(before: string, after: string): DiffLine[] {
  const secrets = [...typedSecretsOf(before), ...typedSecretsOf(after)];
  const shown = (text: string) => secrets.reduce((line, secret) => line.replaceAll(secret, HIDDEN), text);
  let old = 1;
  let now = 1;
  const lines = diffLines(before, after).flatMap(({ value, added, removed }) =>
    value
      .replace(/\n$/, "")
      .split("\n")
      .map((text): DiffLine => {
        if (added) return { kind: "added", line: now++, text: shown(text) };
        if (removed) return { kind: "removed", line: old++, text: shown(text) };
        old++;
        return { kind: "same", line: now++, text: shown(text) };
      }),
  );
  const isNear = (at: number) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ kind }) => kind !== "same");
  return lines.filter((_, at) => isNear(at));
}
