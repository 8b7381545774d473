import { resolve } from "node:path";
import type { Command } from "commander";
import { colourOf } from "../colour.js";
import { checkConfig } from "../config/load-config.js";
import { lackingNote, noticesOf } from "../config/notices.js";
import type { Problem } from "../config/problem.js";
import { readSources, type Source } from "../config/source.js";
import { summaryOf } from "../config/summary.js";
import { checkEnvelope } from "../plugin/check-plugin.js";
import { envelopeOf } from "../plugin/envelope.js";
import { standIns, withoutEmpty } from "../config/expand.js";
import { DEFAULT_FILE } from "../run/default-file.js";

export function register(program: Command): void {
  program
    .command("check")
    .description("check a configuration file, a WasmPlugin resource, or a plugin configuration of Higress")
    .argument("[file]", "YAML or JSON", DEFAULT_FILE)
    .action((file: string) => console.log(check(file).join("\n")));
}

/** The lines about a good file; a bad one throws all its mistakes. */
export const check = (file: string, env: NodeJS.ProcessEnv = process.env): string[] =>
  readSources(file).flatMap(source => checkSource(source, file, env));

function checkSource(source: Source, file: string, env: NodeJS.ProcessEnv): string[] {
  const { good, dim, strong } = colourOf(process.stdout, env);
  const problems: Problem[] = [];
  const envelope = envelopeOf(source.value, (path, found, fix) => problems.push({ path, found, fix }));
  if (envelope) {
    const { kind, notes, lacking } = checkEnvelope(envelope, source, problems, env);
    return [`${good("ok")}  ${file}  ${dim(kind)}`, ...[...lackingNote(lacking), ...notes].map(dim)];
  }
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
  return [`${good("ok")}  ${file}`, "", ...table, ...(notes.length > 0 ? ["", ...notes.map(dim)] : [])];
}

const DEMO = '"npm start" leaves out a provider without a key; without any key, demo providers answer.';
