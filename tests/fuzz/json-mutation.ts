/** Changes a JSON document as a whole: members go, come twice, change their kind or their place, and nest. */
import { pick } from "./mutation.js";
import type { Random } from "./random.js";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** `names` are those that the parser looks for. */
export function mutateJson(document: unknown, names: readonly string[], random: Random): unknown {
  const copy = copyOf(document as Json);
  for (let rounds = random(4); rounds > 0; rounds--) change(copy, names, random);
  return copy;
}

/** Ten times faster than structuredClone, which does far more. */
function copyOf(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyOf(item)]));
}

function change(root: Json, names: readonly string[], random: Random): void {
  const holders = holdersIn(root);
  if (holders.length === 0) return;
  const holder = pick(holders, random);
  if (Array.isArray(holder)) {
    const at = random(holder.length + 1);
    const kind = random(3);
    if (kind === 0) holder.splice(at, 1);
    else if (kind === 1) holder.splice(at, 0, copyOf(pick<Json>([...holder, ...VALUES], random)));
    else holder[at] = valueFor(random, root);
    return;
  }
  const own = Object.keys(holder);
  const name = random(2) === 0 && own.length > 0 ? pick(own, random) : pick(names, random);
  const kind = random(5);
  if (kind === 0) delete holder[name];
  else if (kind === 1 && own.length > 0) holder[name] = copyOf(holder[pick(own, random)]!);
  else if (kind === 2) holder[name] = [copyOf(holder[name] ?? null)];
  else holder[name] = valueFor(random, root);
}

function holdersIn(value: Json): (Json[] | { [name: string]: Json })[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(holdersIn)];
}

function valueFor(random: Random, root: Json): Json {
  const kind = random(12);
  if (kind === 0) return nested(1 + random(200));
  if (kind === 1) return "x".repeat(random(3000));
  // Once: else it would double with each round.
  if (kind === 2 && JSON.stringify(root).length < 4000) return copyOf(root);
  return copyOf(pick(VALUES, random));
}

function nested(depth: number): Json {
  let value: Json = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

const VALUES: Json[] = [
  ...[null, true, false, 0, -1, 1, 2, 1.5, 1e9, 2 ** 31, 2 ** 53, 1e308, -1e308],
  ...[
    "",
    " ",
    "a",
    "*",
    "a*",
    "0",
    "-1",
    "1s",
    "5m",
    "10MiB",
    "99999999999h",
    "401,429",
    "${A}",
    "${",
    "\u0000",
    "é😀",
  ],
  ...[[], {}, [null], [[]], { a: 1 }, ["a", "a"]],
];
