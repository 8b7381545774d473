/**
 * The name that was perhaps meant. This file imports nothing and both compilers take it: the command line tool gives the same hints.
 */

/** ` (did you mean deepseek?)` when one of the names is near, else nothing. */
export function hint(name: string, names: string[]): string {
  const near = nearest(name, names);
  return near == "" ? "" : ` (did you mean ${near}?)`;
}

/** The name with the fewest edits, if a third of its letters or fewer differ; "" when there is none. */
export function nearest(name: string, names: string[]): string {
  let best = "";
  let least: number = Infinity;
  const wanted = name.slice(0, 64).toLowerCase();
  for (let i = 0; i < names.length; i++) {
    const candidate = names[i] as string;
    const distance = edits(wanted, candidate.toLowerCase());
    if (distance >= least || distance > Math.max(1, Math.floor(candidate.length / 3))) continue;
    best = candidate;
    least = distance;
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function edits(a: string, b: string): number {
  let row: number[] = [];
  for (let j = 0; j <= b.length; j++) row.push(j);
  for (let i = 1; i <= a.length; i++) {
    const next: number[] = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
      next.push(Math.min(Math.min(next[j - 1] as number, row[j] as number) + 1, swap));
    }
    row = next;
  }
  return row[b.length] as number;
}
