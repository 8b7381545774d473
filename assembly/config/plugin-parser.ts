/** A plugin configuration as the host hands it over: JSON bytes to a Plugin, or all that is wrong with them. */
import { parseDom } from "./json-tree";
import { Environment, useEnvironment } from "./environment";
import { Fields, show } from "./fields";
import { readEnvelope } from "./higress-envelope";
import { addMistake, beginReport, mistakesFound, warningsFound } from "./mistakes";
import { Plugin, Routing } from "./plugin";
import { ROUTINGS } from "./site-reader";
import { Kind } from "../json/lexer";

export { Environment } from "./environment";

const ROLES: string[] = ["gateway", "attempt"];

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
  return new ParsedPlugin(plugin, mistakes);
}

function read(ptr: usize, len: usize, plugin: Plugin): void {
  const root = parseDom(ptr, len);
  if (root === null) return;
  if (root.kind != Kind.Object) return addMistake(root.path, show(root), "an object with fields");
  const fields = new Fields(root);
  plugin.attempt = fields.choice("role", ROLES, 0) == 1;
  if (plugin.attempt) {
    plugin.isInListener = fields.choice("routing", ROUTINGS, Routing.Plan) == Routing.Listener;
    return;
  }
  readEnvelope(root, plugin);
}
