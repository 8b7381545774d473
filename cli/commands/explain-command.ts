import { readFileSync } from "node:fs";
import { InvalidArgumentError, Option, type Command } from "commander";
import { colourOf } from "../colour.js";
import { standIns, withoutEmpty } from "../config/expand.js";
import { resolveConfig } from "../config/load-config.js";
import { readSource } from "../config/source.js";
import { envelopeOf } from "../plugin/envelope.js";
import { Refusal } from "../refusal.js";
import { pluginConfig } from "../render/render-plugin.js";
import { explainText } from "../status/explain-text.js";
import type { ExplainRequest } from "../status/explain-types.js";
import { StatusClient } from "../status/status-client.js";

interface Flags {
  model?: string;
  body?: string;
  path?: string;
  method?: string;
  header: Record<string, string>;
  host?: string;
  route?: string;
  service?: string;
  site?: number;
  config?: string;
  address?: string;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command("explain")
    .description("show what a running gateway would do with a request now, without sending it")
    .option("--model <name>", "the model that it asks for")
    .addOption(new Option("--body <file>", "its whole body; -: from standard input").conflicts("model"))
    .option("--path <path>", "default: /v1/chat/completions")
    .option("--method <method>", "default: POST with a body, else GET")
    .option("--header <name: value>", "one of its headers, as often as needed", addHeader, {})
    .option("--host <host>", "the host that it calls, where rules go by it")
    .option("--route <name>", "the host's route, where rules of Higress go by it")
    .option("--service <cluster>", "the cluster that this route leads to, where rules go by it")
    .option("--site <number>", "of which of the sites of `status --json`", numberOf)
    .option("--config <file>", "by another configuration than the one that runs; on this machine only")
    .option("--address <address>", "of the status listener: host:port or a URL (default: as in ./ai-failover.yaml)")
    .option("--json", "as JSON (docs/status.md)")
    .action(explain);
}

function addHeader(text: string, before: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('A header is "name: value".');
  return { ...before, [name]: value! };
}

function numberOf(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("A number from 0 on.");
  return Number(text);
}

async function explain(flags: Flags): Promise<void> {
  const client = new StatusClient(flags.address);
  const told = await client.explain(requestOf(flags, client));
  if (flags.json) console.log(JSON.stringify(told, undefined, 2));
  else console.log(explainText(told, client.url, colourOf(process.stdout)).join("\n"));
}

function requestOf(
  { body, header, config, json: _, address: __, ...rest }: Flags,
  client: StatusClient,
): ExplainRequest {
  return {
    ...rest,
    ...(body !== undefined && { body: readFileSync(body === "-" ? 0 : body, "utf8") }),
    ...(Object.keys(header).length > 0 && { headers: header }),
    ...(config !== undefined && { config: candidate(config, client) }),
  };
}

/** What the module would be given for this file. It may hold tokens, which must not leave this machine. */
function candidate(file: string, client: StatusClient): object {
  if (!client.isLocal) throw new Refusal("--config is for a gateway on this machine: the file may hold tokens.");
  const source = readSource(file);
  const envelope = envelopeOf(source.value, () => {});
  if (envelope) return envelope.configuration;
  const env = withoutEmpty(process.env);
  return pluginConfig(resolveConfig(source, { ...env, ...standIns(source.value, env) }));
}
