import { accessSync, constants, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { tokensOf, variablesOf } from "./expand.js";
import type { Path } from "./problem.js";
import type { Preset } from "./preset-table.js";
import { isRaw, members, object, objects, refuseRepeats, text, type Check, type Raw } from "./raw.js";
import type { Token } from "./config-types.js";

/** The tokens of one provider: there, whole, and fit for a header. */
export function checkTokens(path: Path, provider: Raw, preset: Preset, check: Check): void {
  const list = members(provider["apiTokens"]);
  if (list.length === 0 && !preset.tokenless && !(isRaw(provider["apiTokens"]) || text(provider["apiTokens"])))
    check.report(path, "no token", 'at least one, like "${NAME}"');
  for (const [i, entry] of list) {
    const at = [...path, i];
    if (typeof entry === "string") checkToken(at, entry, check);
    if (isRaw(entry)) checkEntry(at, entry, check);
  }
  const names = objects(provider["apiTokens"]).map(([i, { name }]): [Path, string] => [
    [...path, i, "name"],
    text(name),
  ]);
  refuseRepeats(names, "a name", check);
}

function checkEntry(path: Path, entry: Raw, check: Check): void {
  const { value, valueFile } = entry;
  if ((value === undefined) === (valueFile === undefined))
    return check.report(path, value === undefined ? "no value" : "value and valueFile", "value, or valueFile");
  if (typeof value === "string") checkToken([...path, "value"], value, check);
  if (typeof valueFile !== "string" || valueFile === "") return;
  if (checkFile([...path, "valueFile"], valueFile, check))
    checkText([...path, "valueFile"], readToken(valueFile, check.directory), "the file", check);
}

function checkToken(path: Path, value: string, check: Check): void {
  // A missing variable has been reported with its name.
  if (variablesOf(value).some(name => !check.env[name])) return;
  const [name] = variablesOf(value);
  const tokens = tokensOf(value, check.env);
  for (const [i, token] of tokens.entries()) {
    const which = name === undefined ? "the token" : `\${${name}}`;
    checkText(path, token, tokens.length > 1 ? `part ${i + 1} of ${which}` : which, check);
  }
}

/** RFC 9110 5.5: what else a field value may hold no provider uses in a token, so it is a slip of the clipboard. */
function checkText(path: Path, token: string, which: string, check: Check): void {
  if (token === "") check.report(path, `${which} is empty`, "a token");
  const odd = /[^\x21-\x7e]/.exec(token);
  if (!odd) return;
  const code = odd[0].codePointAt(0)!;
  const kind =
    code === 0x20 ? "a space" : code < 0x20 || code === 0x7f ? "a control character" : "a letter beyond ASCII";
  check.report(path, `${which} holds ${kind} at position ${odd.index + 1}`, "visible ASCII characters, no spaces");
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

const readToken = (name: string, directory: string): string => readFileSync(resolve(directory, name), "utf8").trim();

/** The tokens of this provider that stand in the configuration, or the variables in their place. */
export function typedTokensOf(provider: Raw): string[] {
  return members(provider["apiTokens"]).map(([, entry]) => text(isRaw(entry) ? entry["value"] : entry));
}

/** The files that tokens of this provider come from, absolute. */
export function tokenFilesOf(provider: Raw, directory: string): string[] {
  const names = objects(provider["apiTokens"]).map(([, { valueFile }]) => text(valueFile));
  return names.filter(name => name !== "").map(name => resolve(directory, name));
}

/** Tokens in one shape. What comes from a file is made a literal: its "${" begins no variable. */
export function tokensFrom(provider: Raw, directory: string): Token[] {
  return members(provider["apiTokens"]).map(([, entry]) => {
    if (typeof entry === "string") return { value: entry, weight: 1, priority: 0, models: [] };
    const { name, value, valueFile, weight, priority, models } = object(entry);
    const literal = () => readToken(text(valueFile), directory).replaceAll("${", () => "$${");
    return {
      ...(name !== undefined && { name: text(name) }),
      value: value === undefined ? literal() : text(value),
      weight: Number(weight),
      priority: Number(priority),
      models: members(models).map(([, model]) => text(model)),
    };
  });
}
