import { isSecret, type Path, type Problem } from "./problem.js";

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g;

export interface Expanded {
  value: unknown;
  /** Names in secrets, which the module looks up for itself. */
  variables: string[];
  /** Names elsewhere. */
  open: string[];
  problems: Problem[];
}

/**
 * Puts the variables in, except into secrets: there it only looks whether each variable exists. The module's expand
 * (assembly/config/environment.ts) puts them into secrets; it has no tree of plain values and need not name them.
 */
export function expandTree(tree: unknown, env: Environment): Expanded {
  const variables = new Set<string>();
  const open = new Set<string>();
  const problems: Problem[] = [];
  const walk = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((item, i) => walk(item, [...path, i]));
    if (value !== null && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]));
    if (typeof value !== "string") return value;
    const report = (problem: Pick<Problem, "found" | "fix">) => problems.push({ path, ...problem });
    const place = storePlace(path, value);
    if (place !== undefined) {
      for (const name of variablesOf(value.slice(0, place))) variables.add(name);
      for (const name of variablesOf(value.slice(place))) open.add(name);
      expandText(value.slice(0, place), env, report);
      const rest = expandText(value.slice(place), env, report);
      if (rest.includes("@"))
        report({ found: "a variable that holds more than a host", fix: '"redis://user:${NAME}@host:6379/0"' });
      return value.slice(0, place) + rest;
    }
    const expanded = expandText(value, env, report);
    const secret = isSecret(path);
    for (const name of variablesOf(value)) (secret ? variables : open).add(name);
    return secret ? value : expanded;
  };
  return { value: walk(tree, []), variables: [...variables].sort(), open: [...open], problems };
}

/** Where the host begins in the URL of a fleet's store: what stands before it is a secret, the rest is not. undefined: it is none. */
const storePlace = (path: Path, value: string): number | undefined =>
  path.length === 2 && path[0] === "fleet" && path[1] === "url" ? value.lastIndexOf("@") + 1 : undefined;

/** Of the environment's own: "toString" is no variable. */
export const valueOf = (name: string, env: Environment): string | undefined =>
  Object.hasOwn(env, name) ? env[name] : undefined;

/** Where a variable may as well not be there as be empty: `docker compose` passes on what is not set as empty. */
export const withoutEmpty = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));

/** A value for each variable that only secrets name and that is not set: what checks or renders a file need not have it. */
export function standIns(tree: unknown, env: Environment): Record<string, string> {
  const { variables, open } = expandTree(tree, env);
  const lacking = variables.filter(name => valueOf(name, env) === undefined && !open.includes(name));
  return Object.fromEntries(lacking.map((name, i) => [name, `demo-unset-${i}`]));
}

/** One text with its variables put in and "$${" made "${"; what is missing is reported and left empty. */
export function expandText(
  text: string,
  env: Environment,
  report: (problem: Pick<Problem, "found" | "fix">) => void = () => {},
): string {
  return text.replace(REFERENCE, (match, name: string | undefined) => {
    if (match === "$${") return "${";
    if (name === undefined)
      report({ found: 'a "${" that begins no variable', fix: '"${NAME}" of letters, digits and "_"; "$${" for "${"' });
    else if (!valueOf(name, env))
      report({
        found: `\${${name}}, which is ${valueOf(name, env) === undefined ? "not set" : "empty"}`,
        fix: `set the environment variable ${name}`,
      });
    return valueOf(name ?? "", env) ?? "";
  });
}

/** The names of the variables in a text. */
export function variablesOf(text: string): string[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

/** The token texts that one entry stands for: an entry that is one variable may hold several, separated by commas. */
export function tokensOf(value: string, env: Environment): string[] {
  const [name] = variablesOf(value);
  const text = expandText(value, env);
  return name !== undefined && value === `\${${name}}` ? text.split(",").map(token => token.trim()) : [text];
}
