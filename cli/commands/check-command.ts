import { resolve } from "node:path";
import type { Command } from "commander";
import { colourOf } from "../colour.js";
import { checkConfig } from "../config/load-config.js";
import { lackingNote, noticesOf } from "../config/notices.js";
import { ConfigError, type Problem } from "../config/problem.js";
import { readSources, type Source } from "../config/source.js";
import { summaryOf } from "../config/summary.js";
import { checkEnvelope } from "../plugin/check-plugin.js";
import { envelopeOf, type Envelope } from "../plugin/envelope.js";
import { embeddedIn, resourceName } from "../plugin/resources.js";
import { standIns, withoutEmpty } from "../config/expand.js";
import { DEFAULT_FILE } from "../run/default-file.js";

export function register(program: Command): void {
  program
    .command("check")
    .description("check a configuration file, resources of Kubernetes, or a plugin configuration of Higress")
    .argument("[file]", "YAML or JSON", DEFAULT_FILE)
    .action((file: string) => console.log(check(file).join("\n")));
}

/** The lines about a good file; a bad one throws all its mistakes, those of all its documents. */
export function check(file: string, env: NodeJS.ProcessEnv = process.env): string[] {
  const sources = readSources(file, resourceName);
  const problems: Problem[] = [];
  const others: string[] = [];
  const lines = sources.flatMap(source => {
    const name = resourceName(source.value);
    const title = sources.length === 1 || name === undefined ? file : `${file}  ${name}`;
    try {
      const said = checkSource(source, title, file, env);
      if (said.length === 0) others.push(name!);
      return said;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigError(file, problems);
  if (lines.length === 0) throw new ConfigError(file, [{ path: [], found: others.join(", "), fix: NOTHING }]);
  return others.length === 0
    ? lines
    : [...lines, colourOf(process.stdout, env).dim(`Not looked at: ${others.join(", ")}.`)];
}

const NOTHING = "a configuration, a WasmPlugin, or a resource that hands one to the module";

/** Nothing to say: it is a resource that has nothing to do with the module. */
function checkSource(source: Source, title: string, file: string, env: NodeJS.ProcessEnv): string[] {
  const problems: Problem[] = [];
  const envelope = envelopeOf(source.value, (path, found, fix) => problems.push({ path, found, fix }));
  if (envelope) return checkPlugin(envelope, source, title, problems, env);
  if (resourceName(source.value) === undefined) return checkOurs(source, title, file, env);
  return embeddedIn(source).flatMap(({ source, envelope }) =>
    envelope ? checkPlugin(envelope, source, title, [], env) : checkOurs(source, title, file, env),
  );
}

function checkPlugin(
  envelope: Envelope,
  source: Source,
  title: string,
  problems: Problem[],
  env: NodeJS.ProcessEnv,
): string[] {
  const { good, dim } = colourOf(process.stdout, env);
  const { kind, notes, lacking } = checkEnvelope(envelope, source, problems, env);
  return [`${good("ok")}  ${title}  ${dim(kind)}`, ...[...lackingNote(lacking), ...notes].map(dim)];
}

function checkOurs(source: Source, title: string, file: string, env: NodeJS.ProcessEnv): string[] {
  const { good, dim, strong } = colourOf(process.stdout, env);
  const lacking = standIns(source.value, withoutEmpty(env));
  const all = { ...env, ...lacking };
  const { config, warnings } = checkConfig(source, all);
  const notes = [
    ...warnings,
    ...lackingNote(Object.keys(lacking)),
    ...(Object.keys(lacking).length > 0 && resolve(file) === resolve(DEFAULT_FILE) ? [DEMO] : []),
    ...noticesOf(config, file),
  ];
  const table = summaryOf(config, env).map(line => (/^[A-Z]+ /.test(line) ? strong(line) : line));
  return [`${good("ok")}  ${title}`, "", ...table, ...(notes.length > 0 ? ["", ...notes.map(dim)] : [])];
}

const DEMO = '"npm start" leaves out a provider without a key; without any key, demo providers answer.';
