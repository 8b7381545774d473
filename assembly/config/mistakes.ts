/** What is wrong with a configuration, one line each: all mistakes at once. */

export const parseErrors: string[] = [];
export const warnings: string[] = [];

export function clearMistakes(): void {
  parseErrors.length = 0;
  warnings.length = 0;
}

/** More lines than anyone reads would only fill the log. */
const MOST: i32 = 100;

/** `found` never holds a secret. Rules that share a part share its mistakes: each is told once. */
export function addMistake(path: string, found: string, allowed: string): void {
  add(parseErrors, `${path}: ${found}; ${allowed}`);
}

export function addWarning(path: string, what: string): void {
  add(warnings, `${path}: ${what}`);
}

function add(lines: string[], line: string): void {
  if (lines.length > MOST || lines.includes(line)) return;
  lines.push(lines.length < MOST ? line : "configuration: more of the same kind");
}

/** ` (did you mean "deepseek"?)` when one of the names is near, else nothing. */
export function hint(name: string, names: string[]): string {
  const near = nearest(name, names);
  return near == "" ? "" : ` (did you mean ${near}?)`;
}

/** The name with the fewest edits, if a third of its letters or fewer differ; "" when there is none. */
export function nearest(name: string, names: string[]): string {
  let best = "";
  let least = i32.MAX_VALUE;
  const wanted = name.slice(0, 64).toLowerCase();
  for (let i = 0; i < names.length; i++) {
    const distance = edits(wanted, names[i].toLowerCase());
    if (distance >= least || distance > max(1, names[i].length / 3)) continue;
    best = names[i];
    least = distance;
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function edits(a: string, b: string): i32 {
  const row = new StaticArray<i32>(b.length + 1);
  for (let j = 0; j <= b.length; j++) row[j] = j;
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j];
      const swap = diagonal + (a.charCodeAt(i - 1) == b.charCodeAt(j - 1) ? 0 : 1);
      row[j] = min(min(above, row[j - 1]) + 1, swap);
      diagonal = above;
    }
  }
  return row[b.length];
}
