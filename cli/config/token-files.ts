import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Refusal } from "../refusal.js";
import type { Path } from "./problem.js";
import { isRaw, members, object, objects, text, type Check, type Raw } from "./raw.js";
import type { Token } from "./config-types.js";

/** Tokens that come from files, which the module cannot read. */
export function checkTokenFiles(path: Path, provider: Raw, check: Check): void {
  for (const [i, { value, valueFile }] of objects(provider["apiTokens"])) {
    if (valueFile === undefined) continue;
    if (value !== undefined) check.report([...path, i], "value and valueFile", "value, or valueFile");
    else if (text(valueFile) !== "") checkFile([...path, i, "valueFile"], text(valueFile), check);
  }
}

/** Whether a file that the configuration names can be read; if not, it is reported. */
export function checkFile(path: Path, name: string, check: Check): boolean {
  const reason = whyUnreadable(resolve(check.directory, name));
  if (reason !== undefined)
    check.report(path, `"${name}", which ${reason}`, `a file that can be read, relative to ${check.directory}`);
  return reason === undefined;
}

/** Far above any list of tokens or authorities, bytes. */
const MOST_READ = 16 << 20;

/** A named pipe or a device may never end, and what is huge is another file: only what can be a list is opened. */
function whyUnreadable(file: string): string | undefined {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return stat.isDirectory() ? "is a directory" : "is no regular file";
    if (stat.size > MOST_READ) return `is larger than ${MOST_READ >> 20} MiB`;
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}

/** The tokens in the file, one a line, as literals: their "${" begins no variable. Of an empty file: one that is empty. */
export function readTokens(name: string, directory: string): [string, ...string[]] {
  const file = resolve(directory, name);
  const reason = whyUnreadable(file);
  if (reason !== undefined) throw new Refusal(`${name} ${reason}.`);
  const [first = "", ...others] = linesOf(readFileSync(file, "utf8")).map(line => line.replaceAll("${", () => "$${"));
  return [first, ...others];
}

/** What of a token file's text are tokens. */
export const linesOf = (content: string): string[] =>
  content
    .split("\n")
    .map(line => line.trim())
    .filter(line => line !== "");

/** As the module calls the tokens of one variable: `name`, `name-2`, `name-3`. */
export const numbered = (name: string, i: number): string => (i === 0 ? name : `${name}-${i + 1}`);

/** The tokens of this provider that stand in the configuration, or the variables in their place. */
export function typedTokensOf(provider: Raw): string[] {
  return members(provider["apiTokens"]).map(([, entry]) => text(isRaw(entry) ? entry["value"] : entry));
}

/** The files that tokens of this provider come from, absolute. */
export function tokenFilesOf(provider: Raw, directory: string): string[] {
  const names = objects(provider["apiTokens"]).map(([, { valueFile }]) => text(valueFile));
  return names.filter(name => name !== "").map(name => resolve(directory, name));
}

/** Tokens in one shape. */
export function tokensFrom(provider: Raw, directory: string): Token[] {
  return members(provider["apiTokens"]).flatMap(([, entry]) => {
    if (typeof entry === "string") return [{ value: entry, weight: 1, priority: 0, models: [] }];
    const { name, value, valueFile, weight, priority, models } = object(entry);
    const values = value === undefined ? readTokens(text(valueFile), directory) : [text(value)];
    return values.map((value, i) => ({
      ...(name !== undefined && { name: numbered(text(name), i) }),
      value,
      weight: Number(weight),
      priority: Number(priority),
      models: members(models).map(([, model]) => text(model)),
    }));
  });
}
