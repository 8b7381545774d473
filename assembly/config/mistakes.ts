/** What is wrong with a configuration, one line each: all mistakes at once. */

let mistakes: string[] = [];
let warnings: string[] = [];
/** Of mistakes, those told already included. */
let reports: i32 = 0;

/** Begins the report on another configuration. */
export function beginReport(): void {
  mistakes = [];
  warnings = [];
  reports = 0;
}

export function mistakesFound(): string[] {
  return mistakes;
}

/** Grows with every mistake: whether reading a part has found some is seen by it. */
export function mistakesReported(): i32 {
  return reports;
}

export function warningsFound(): string[] {
  return warnings;
}

/** More lines than anyone reads would only fill the log. */
const MOST: i32 = 100;

/** `found` never holds a secret. Rules that share a part share its mistakes: each is told once. */
export function addMistake(path: string, found: string, allowed: string): void {
  reports++;
  add(mistakes, `${path}: ${found}; ${allowed}`);
}

export function addWarning(path: string, what: string): void {
  add(warnings, `${path}: ${what}`);
}

function add(lines: string[], line: string): void {
  if (lines.length > MOST || lines.includes(line)) return;
  lines.push(lines.length < MOST ? line : "configuration: more of the same kind");
}
