import { existsSync } from "node:fs";
import { join } from "node:path";
import { standIns, type Environment } from "../config/expand.js";
import { ConfigError, type Path, type Problem } from "../config/problem.js";
import { members } from "../config/raw.js";
import { packageRoot } from "../config/root.js";
import type { Source } from "../config/source.js";
import { Refusal } from "../refusal.js";
import type { Envelope } from "./envelope.js";
import { configureModule, type Verdict } from "./module-instance.js";

/**
 * Lets the module itself judge a configuration that is meant for it: what it refuses here it refuses in Envoy.
 * Throws all mistakes, with those found before; answers what is to be said about a good one. `lacking`: variables and
 * secrets that the gateway needs and that are not known here.
 */
export function checkEnvelope(
  envelope: Envelope,
  source: Source,
  problems: Problem[],
  env: Environment,
): { kind: string; notes: string[]; lacking: string[] } {
  const { kind, configuration, place, variables } = envelope;
  const given = variables ? Object.fromEntries([...variables].map(([name, value]) => [name, value ?? env[name]])) : env;
  // What a VM has been given no word of is a mistake; what it gets from its host need not be known here.
  const lacking = Object.entries(standIns(configuration, given)).filter(
    ([name]) => !variables || variables.get(name) === null,
  );
  const verdict = askModule(JSON.stringify(configuration), { ...given, ...Object.fromEntries(lacking) });
  const found = problemsOf(verdict, place).map(problem => (variables ? inResource(problem) : problem));
  refuse(source, [...problems, ...found]);
  const count = members(configuration["_rules_"]).length;
  const rules = count === 0 ? "" : count === 1 ? ", 1 rule" : `, ${count} rules`;
  return {
    kind: `${kind}${rules}`,
    notes: verdict.warnings,
    lacking: [...lacking.map(([name]) => name), ...(envelope.secrets ?? [])],
  };
}

/** A variable of a VM is set in its resource. */
const inResource = (problem: Problem): Problem => ({
  ...problem,
  fix: problem.fix.replace(/^set the environment variable (.*)$/, "spec.vmConfig.env: {name: $1, valueFrom: HOST}"),
});

export function askModule(configuration: string, env: Environment): Verdict {
  const wasm = join(packageRoot, "build", "ai-failover.wasm");
  if (!existsSync(wasm)) throw new Refusal("The module is not built yet: run `npm run build` first.");
  return configureModule(wasm, configuration, env);
}

function refuse(source: Source, problems: Problem[]): void {
  if (problems.length > 0) throw new ConfigError(source.name, problems.map(source.locate));
}

/** The module says `path: found; allowed`. What it quotes may hold a colon or a semicolon. */
export function problemsOf({ accepted, errors }: Verdict, place: Envelope["place"]): Problem[] {
  if (accepted) return [];
  return errors.map(error => {
    const [, path, found, fix] = /^((?:"[^"]*"|[^":])*): ((?:"[^"]*"|.)*?)(?:; (.*))?$/s.exec(error) ?? [];
    return { path: place(parsePath(path ?? "")), found: found ?? error, fix: fix ?? "" };
  });
}

/** `_rules_[1].providers[0].modelMapping."gpt-4.1"` */
function parsePath(text: string): Path {
  if (text === "configuration") return [];
  return [...text.matchAll(/\[(\d+)\]|"([^"]*)"|[^.[\]]+/g)].map(([key, index, name]) =>
    index === undefined ? (name ?? key) : Number(index),
  );
}
