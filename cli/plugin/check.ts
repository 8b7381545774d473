import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../config/expand.js";
import { ConfigError, type Path, type Problem } from "../config/problem.js";
import { members } from "../config/raw.js";
import { packageRoot } from "../config/root.js";
import type { Source } from "../config/source.js";
import { Refusal } from "../refusal.js";
import type { Envelope } from "./envelope.js";
import { configureModule } from "./module.js";

/**
 * Lets the module itself judge a configuration that is meant for it: what it refuses here it refuses in Envoy.
 * Throws all mistakes, with those found before; answers what is to be said about a good one.
 */
export function checkEnvelope(
  envelope: Envelope,
  source: Source,
  problems: Problem[],
  env: Environment,
): { kind: string; notes: string[] } {
  const wasm = join(packageRoot, "build", "ai-failover.wasm");
  if (!existsSync(wasm)) throw new Refusal("The module is not built yet: run `npm run build` first.");
  const { accepted, errors, warnings } = configureModule(wasm, JSON.stringify(envelope.configuration), env);
  if (!accepted) problems = [...problems, ...errors.map(error => problemOf(error, envelope))];
  if (problems.length > 0) throw new ConfigError(source.name, problems.map(source.locate));
  const rules = members(envelope.configuration["_rules_"]).length;
  return {
    kind: `${envelope.kind}${rules > 0 ? `, ${rules === 1 ? "1 rule" : `${rules} rules`}` : ""}`,
    notes: warnings,
  };
}

/** The module says `path: found, allowed`. */
function problemOf(error: string, { place }: Envelope): Problem {
  const [, path, says] = /^([\w.[\]-]+): (.*)$/s.exec(error) ?? [];
  return { path: place(parsePath(path ?? "")), found: says ?? error, fix: "" };
}

/** `_rules_[1].providers[0].id` */
function parsePath(text: string): Path {
  return [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([key, index]) => (index === undefined ? key : Number(index)));
}
