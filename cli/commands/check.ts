import type { Command } from "commander";
import { colourOf } from "../colour.js";
import { loadConfig } from "../config/load.js";
import { notInEffect, warningsOf } from "../config/notices.js";
import { summaryOf } from "../config/summary.js";

export function register(program: Command): void {
  program
    .command("check")
    .description("check a configuration, and say what it serves")
    .argument("[file]", "YAML or JSON", "ai-failover.yaml")
    .action((file: string) => console.log(check(file).join("\n")));
}

/** The lines about a good file; a bad one throws all its mistakes. */
export function check(file: string, env: NodeJS.ProcessEnv = process.env): string[] {
  const config = loadConfig(file, env);
  const { good, dim, strong } = colourOf(process.stdout, env);
  const notes = [...warningsOf(config), ...notInEffect(config)];
  const table = summaryOf(config, env).map(line => (/^[A-Z]+ /.test(line) ? strong(line) : line));
  return [`${good("ok")}  ${file}`, "", ...table, ...(notes.length > 0 ? ["", ...notes.map(dim)] : [])];
}
