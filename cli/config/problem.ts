import { Refusal } from "../refusal.js";
import { visible } from "../visible-text.js";

export type Path = readonly (string | number)[];

/** One mistake: where it stands, what is there, and what to write instead. */
export interface Problem {
  path: Path;
  found: string;
  /** "" when `found` says it all. */
  fix: string;
  /** 1-based; absent when the configuration did not come from a text. */
  line?: number;
  column?: number;
  /** Of a file with several: "WasmPlugin ai-failover". */
  document?: string;
}

/** All mistakes of one file. */
export class ConfigError extends Refusal {
  constructor(
    readonly file: string,
    readonly problems: Problem[],
  ) {
    const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
    super([`${count} in ${file}`, ...problems.map(problem => describe(file, problem))].join("\n\n"));
  }
}

export function describe(file: string, { path, found, fix, line, column, document }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column}`;
  const [where, what, allowed] = [
    pathText(path) || (document === undefined ? "(whole file)" : "(whole document)"),
    found,
    fix,
  ].map(visible);
  const name = document === undefined ? "" : `${visible(document)}  `;
  return `${place}  ${name}${where}\n    found    ${what}${allowed && `\n    allowed  ${allowed}`}`;
}

/** `providers[0].apiTokens[1]` */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, key) => text + (typeof key === "number" ? `[${key}]` : text === "" ? key : `.${key}`),
    "",
  );
}

/**
 * Whether the value at this path is, or was perhaps meant to be, a secret: all that stands below the lists of tokens
 * and keys but their few open fields.
 */
export function isSecret(path: Path): boolean {
  if (path.at(-1) === "password") return true;
  if (path.includes("fleet")) return ["url", "secret"].includes(String(path.at(-1)));
  const listed = path.some(key => key === "apiTokens" || key === "clientKeys");
  return listed && !["name", "weight", "priority", "valueFile"].includes(String(path.at(-1)));
}

/** A value as an error shows it: short, and never a secret. The module does the same with its own tree (assembly/config/fields.ts). */
export function show(path: Path, value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "an object";
  if (isSecret(path)) return value === "" ? "an empty text" : "a value that is not shown";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}
