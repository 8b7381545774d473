import { envelopeOf } from "../plugin/envelope.js";
import { judgeFile } from "../plugin/judge-file.js";
import { Refusal } from "../refusal.js";
import { complete } from "./complete.js";
import { expandTree, variablesOf, type Environment } from "./expand.js";
import { checkOwn } from "./own-checks.js";
import { ConfigError, isSecret, type Path, type Problem } from "./problem.js";
import { isRaw, type Raw } from "./raw.js";
import { checkShape } from "./schema.js";
import type { Source } from "./source.js";
import type { GatewayConfig } from "./config-types.js";

/** Checks and completes a configuration; throws one ConfigError with all mistakes. */
export function resolveConfig(source: Source, env: Environment = process.env): GatewayConfig {
  return checkConfig(source, env).config;
}

/**
 * The same with the module's warnings. The module judges all that it reads itself, the tool what it alone reads: listeners, TLS
 * and files; the schema knows the fields of both and their defaults.
 */
export function checkConfig(source: Source, env: Environment): { config: GatewayConfig; warnings: string[] } {
  const envelope = envelopeOf(source.value, () => {});
  if (envelope)
    throw new Refusal(
      `${source.name} is a ${envelope.kind} for Higress: only "check" reads that. What "run" and "render" read is in docs/configuration.md.`,
    );
  const { value, variables, problems: found } = expandTree(source.value, env);
  const problems = new Map<string, Problem>();
  /** Of several findings in one place the first is told. */
  const report = (path: Path, found: string, fix: string) => {
    const key = JSON.stringify(path);
    if (!problems.has(key)) problems.set(key, { path, found: asTyped(source.value, path) ?? found, fix });
  };
  for (const problem of found) problems.set(JSON.stringify(problem.path), problem);
  const check = { env, directory: source.directory, report };
  const warnings = isRaw(value) ? judgeFile(value, check) : [];
  for (const { path, found, fix } of checkShape(value)) report(path, found, fix);
  if (isRaw(value)) checkOwn(value, check);
  if (problems.size > 0) {
    const located = [...problems.values()].map(source.locate);
    throw new ConfigError(source.name, located.sort(byPlace));
  }
  return { config: complete(value as Raw, source, variables), warnings };
}

const byPlace = (a: Problem, b: Problem): number => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Raw | null | undefined)?.[key as string], root);

/** What came out of a variable may be a secret in the wrong place: such a value is shown as it was typed. */
function asTyped(root: unknown, path: Path): string | undefined {
  const value = valueAt(root, path);
  if (typeof value !== "string" || isSecret(path) || variablesOf(value).length === 0) return undefined;
  return `${JSON.stringify(value)}, with its variable put in`;
}
