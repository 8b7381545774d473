import type { Path } from "../config/problem.js";
import { isRaw, members, text, type Check, type Raw } from "../config/raw.js";
import { numbered, readTokens } from "../config/token-files.js";
import { literal } from "../render/render-plugin.js";
import { askModule, problemsOf } from "./check-plugin.js";

/** Of our file, but not the module's to read. */
const NOT_THE_MODULES = ["$schema", "listen", "admin", "status", "console", "requestLog", "tracing"];
const NOT_OF_A_PROVIDER = ["tls", "connectTimeout"];

/**
 * Lets the module judge a file of ours as it stands, so that its paths are the file's: what it refuses here it refuses in Envoy.
 * Reports its findings and returns its warnings.
 */
export function judgeFile(config: Raw, check: Check): string[] {
  const verdict = askModule(JSON.stringify(pluginOf(config, check.directory)), check.env);
  for (const { path, found, fix } of problemsOf(verdict, path => placeOf(path, config, check.directory)))
    check.report(path, found, fix);
  return verdict.warnings;
}

/** What the module reads of the file. Variables are put in already, except in secrets. */
function pluginOf(config: Raw, directory: string): Raw {
  const { providers, clientKeys, fleet, ...rest } = without(config, NOT_THE_MODULES);
  const list = (value: unknown, map: (member: Raw, i: number) => unknown) =>
    Array.isArray(value) ? value.map((member, i) => (isRaw(member) ? map(member, i) : member)) : value;
  return {
    ...(literal(rest) as Raw),
    ...(clientKeys !== undefined && { clientKeys }),
    ...(fleet !== undefined && { fleet }),
    ...(providers !== undefined && {
      providers: list(providers, (provider, i) => {
        const { apiTokens, ...fields } = without(provider, NOT_OF_A_PROVIDER);
        return {
          ...literal(fields),
          // The tool names the clusters.
          ...(fields["messagesUrl"] !== undefined && { messagesCluster: "messages" }),
          ...(apiTokens !== undefined && {
            apiTokens: Array.isArray(apiTokens)
              ? apiTokens.flatMap((token, j) => withFile(token, directory, `file-${i}-${j}`))
              : apiTokens,
          }),
        };
      }),
    }),
  };
}

const without = (value: Raw, fields: string[]): Raw =>
  Object.fromEntries(Object.entries(value).filter(([field]) => !fields.includes(field)));

/** The tokens of a file in place of the file's name; something else where the file cannot be read, which the tool reports. */
function withFile(entry: unknown, directory: string, standIn: string): unknown[] {
  if (!isRaw(entry)) return [entry];
  const { valueFile, ...token } = entry;
  if (valueFile === undefined || token["value"] !== undefined) return [token];
  try {
    const name = token["name"];
    return readTokens(text(valueFile), directory).map((value, i) => ({
      ...token,
      ...(typeof name === "string" && { name: numbered(name, i) }),
      value,
    }));
  } catch {
    return [{ ...token, value: standIn }];
  }
}

/** Where it stands in the file: a valueFile may hold several tokens. */
function placeOf(path: Path, config: Raw, directory: string): Path {
  const [list, i, tokens, j, field, ...rest] = path;
  if (list !== "providers" || tokens !== "apiTokens" || typeof j !== "number") return path;
  const provider = members(config["providers"])[Number(i)]?.[1];
  const entries = isRaw(provider) ? members(provider["apiTokens"]) : [];
  const origins = entries.flatMap(([at, entry]) => withFile(entry, directory, "").map(() => [at, entry] as const));
  const [at, token] = origins[j] ?? [j, undefined];
  const isOfFile = field === "value" && isRaw(token) && token["value"] === undefined;
  return [list, i!, tokens, at, ...(field === undefined ? [] : [isOfFile ? "valueFile" : field]), ...rest];
}
