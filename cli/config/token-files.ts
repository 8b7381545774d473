import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
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

/** What a file that the configuration names holds; undefined: it cannot be read, which is reported. */
export function checkFile(path: Path, name: string, check: Check): Buffer | undefined {
  const { content, reason } = readWhole(resolve(check.directory, name));
  if (content === undefined)
    check.report(path, `"${name}", which ${reason}`, `a file that can be read, relative to ${check.directory}`);
  return content;
}

/** Far above any list of tokens or authorities, bytes. */
const MOST_READ = 16 << 20;

/** A named pipe or a device may never end, and what is huge is another file: only what can be a list is read, without waiting. */
function readWhole(file: string): { content: Buffer; reason?: undefined } | { content?: undefined; reason: string } {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { reason: stat.isDirectory() ? "is a directory" : "is no regular file" };
    if (stat.size > MOST_READ) return { reason: `is larger than ${MOST_READ >> 20} MiB` };
    return { content: readFileSync(descriptor) };
  } catch (error) {
    return { reason: `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})` };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The tokens in the file, one a line, as literals: their "${" begins no variable. Of an empty file: one that is empty. */
export function readTokens(name: string, directory: string): [string, ...string[]] {
  const { content, reason } = readWhole(resolve(directory, name));
  if (content === undefined) throw new Refusal(`${name} ${reason}.`);
  const [first = "", ...others] = linesOf(content.toString()).map(line => line.replaceAll("${", () => "$${"));
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
