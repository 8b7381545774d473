/** What is wrong with a configuration, one line each: all mistakes at once. */

let mistakes: string[] = [];
let warnings: string[] = [];
/** Of mistakes, those told already included. */
let reports: i32 = 0;
/** Of `mistakes`, those that only refuse the part that they concern. */
let partial: i32 = 0;

/** Begins the report on another configuration. */
export function beginReport(): void {
  mistakes = [];
  warnings = [];
  reports = 0;
  partial = 0;
}

export function mistakesFound(): string[] {
  return mistakes;
}

/** Grows with every mistake: whether reading a part has found some is seen by it. */
export function mistakesReported(): i32 {
  return reports;
}

/** Whether every mistake only refuses the part that it concerns. */
export function areMistakesPartial(): bool {
  return partial == mistakes.length;
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

/** One that other parts of the same configuration need not suffer from; `refusePart` refuses those that it concerns. */
export function addPartialMistake(path: string, found: string, allowed: string): void {
  if (add(mistakes, `${path}: ${found}; ${allowed}`)) partial++;
}

/** The part that is being read cannot be served; why, has been told. */
export function refusePart(): void {
  reports++;
}

export function addWarning(path: string, what: string): void {
  add(warnings, `${path}: ${what}`);
}

/** Whether it was not told before. */
function add(lines: string[], told: string): bool {
  const line = visible(told);
  if (lines.length > MOST || lines.includes(line)) return false;
  lines.push(lines.length < MOST ? line : "configuration: more of the same kind");
  return true;
}

/**
 * A line as a log or a terminal may show it: what of the configuration's own texts would end it, steer what shows it, or turn around
 * what is read is escaped. The tool does the same (cli/visible-text.ts).
 */
function visible(line: string): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (!steers(c)) continue;
    out += `${line.substring(from, i)}\\u${c.toString(16).padStart(4, "0")}`;
    from = i + 1;
  }
  return from == 0 ? line : out + line.substring(from);
}

function steers(c: i32): bool {
  if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c) return true;
  return c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}
