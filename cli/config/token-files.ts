import { accessSync, constants, readFileSync } from "node:fs";
import { resolve } from "node:path";
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
  try {
    accessSync(resolve(check.directory, name), constants.R_OK);
    return true;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    check.report(
      path,
      `"${name}", which cannot be read (${reason})`,
      `a file that can be read, relative to ${check.directory}`,
    );
    return false;
  }
}

/** What stands in the file, as a literal: its "${" begins no variable. */
export const readToken = (name: string, directory: string): string =>
  readFileSync(resolve(directory, name), "utf8")
    .trim()
    .replaceAll("${", () => "$${");

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
  return members(provider["apiTokens"]).map(([, entry]) => {
    if (typeof entry === "string") return { value: entry, weight: 1, priority: 0, models: [] };
    const { name, value, valueFile, weight, priority, models } = object(entry);
    return {
      ...(name !== undefined && { name: text(name) }),
      value: value === undefined ? readToken(text(valueFile), directory) : text(value),
      weight: Number(weight),
      priority: Number(priority),
      models: members(models).map(([, model]) => text(model)),
    };
  });
}
