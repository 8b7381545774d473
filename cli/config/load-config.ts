import { envelopeOf } from "../plugin/envelope.js";
import { Refusal } from "../refusal.js";
import { complete } from "./complete.js";
import { expandTree, variablesOf, type Environment } from "./expand.js";
import { checkMeaning } from "./meaning.js";
import { ConfigError, isSecret, type Path, type Problem } from "./problem.js";
import { isRaw, type Raw } from "./raw.js";
import { checkShape } from "./schema.js";
import type { Source } from "./source.js";
import type { GatewayConfig } from "./config-types.js";

/** Checks and completes a configuration; throws one ConfigError with all mistakes. */
export function resolveConfig(source: Source, env: Environment = process.env): GatewayConfig {
  const envelope = envelopeOf(source.value, () => {});
  if (envelope)
    throw new Refusal(
      `${source.name} is a ${envelope.kind} for Higress: only "check" reads that. What "run" and "render" read is in docs/configuration.md.`,
    );
  const { value, variables, problems } = expandTree(source.value, env);
  const known = new Set(problems.map(({ path }) => JSON.stringify(path)));
  const report = (path: Path, found: string, fix: string) => {
    const key = JSON.stringify(path);
    if (!known.has(key)) problems.push({ path, found: asTyped(source.value, path) ?? found, fix });
  };
  for (const { path, found, fix } of checkShape(value)) report(path, found, fix);
  for (const { path } of problems) known.add(JSON.stringify(path));
  const isTyped = (path: Path) => valueAt(source.value, path) !== undefined;
  if (isRaw(value)) checkMeaning(value, { env, directory: source.directory, report, isTyped });
  if (problems.length > 0) throw new ConfigError(source.name, problems.map(source.locate).sort(byPlace));
  return complete(value as Raw, source, variables);
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
