/** A plugin configuration as the host hands it over: JSON bytes to a Plugin, or all that is wrong with them. */
import { parseDom } from "./json-tree";
import { Environment, useEnvironment } from "./environment";
import { Fields, show } from "./fields";
import { readEnvelope } from "./higress-envelope";
import { Bytes } from "../text/bytes";
import { addMistake, areMistakesPartial, beginReport, mistakesFound, warningsFound } from "./mistakes";
import { Plugin, Role } from "./plugin";
import { Routing } from "./site-config";
import { readPassword } from "./secrets-reader";
import { ROUTINGS } from "./site-reader";
import { Kind } from "../json/lexer";

export { Environment, LenientEnvironment } from "./environment";

/** In the order of Role. */
const ROLES: string[] = ["gateway", "attempt", "status"];

export class ParsedPlugin {
  constructor(
    readonly plugin: Plugin,
    /** A line "path: found; allowed" for each. */
    readonly mistakes: string[],
  ) {}
}

/** Size 0 is a configuration that serves nothing. */
export function parsePlugin(ptr: usize, len: usize, env: Environment): ParsedPlugin {
  beginReport();
  useEnvironment(env);
  const plugin = new Plugin();
  if (len > 0) read(ptr, len, plugin);
  useEnvironment(new Environment([]));
  plugin.warnings = warningsFound();
  const mistakes = mistakesFound();
  plugin.hasMistakes = mistakes.length > 0;
  tellRefused(plugin, mistakes);
  plugin.isPartial = plugin.hasMistakes && areMistakesPartial() && canServe(plugin);
  return new ParsedPlugin(plugin, mistakes);
}

/** Parts share mistakes, so each refused one has all: their paths say whose they are. */
function tellRefused(plugin: Plugin, mistakes: string[]): void {
  const lines: Bytes[] = [];
  for (let i = 0; i < mistakes.length; i++) lines.push(Bytes.of(mistakes[i]));
  const global = plugin.global;
  if (global !== null && global.isRefused) global.mistakes = lines;
  for (let i = 0; i < plugin.rules.length; i++)
    if (plugin.rules[i].config.isRefused) plugin.rules[i].config.mistakes = lines;
}

function canServe(plugin: Plugin): bool {
  const global = plugin.global;
  if (global !== null && !global.isRefused) return true;
  for (let i = 0; i < plugin.rules.length; i++) if (!plugin.rules[i].config.isRefused) return true;
  return false;
}

function read(ptr: usize, len: usize, plugin: Plugin): void {
  const root = parseDom(ptr, len);
  if (root === null) return;
  if (root.kind != Kind.Object) return addMistake(root.path, show(root), "an object with fields");
  const fields = new Fields(root);
  plugin.role = <Role>fields.choice("role", ROLES, Role.Gateway);
  switch (plugin.role) {
    case Role.Attempt:
      plugin.isInListener = fields.choice("routing", ROUTINGS, Routing.Plan) == Routing.Listener;
      return;
    case Role.Status:
      plugin.version = Bytes.of(fields.text("version", ""));
      plugin.password = readPassword(fields);
      fields.finish();
      return;
    default:
      readEnvelope(root, plugin);
  }
}
