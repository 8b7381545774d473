/** Which filter a root is, by its configuration. */
import { Environment, parsePlugin } from "../config/plugin-parser";
import { Handler } from "../proxywasm/dispatcher";
import * as host from "../proxywasm/host";
import { AttemptFilter } from "./attempt-filter";
import { GatewayFilter } from "./gateway-filter";

/** A configuration with mistakes is refused: Envoy keeps the one that runs. */
export function makeFilter(root: u32, configuration: usize, size: usize): Handler | null {
  const parsed = parsePlugin(configuration, size, new Environment(host.environment()));
  const plugin = parsed.plugin;
  if (plugin === null) {
    for (let i = 0, k = parsed.mistakes.length; i < k; i++) host.log(host.LogLevel.Error, parsed.mistakes[i]);
    return null;
  }
  for (let i = 0, k = plugin.warnings.length; i < k; i++) host.log(host.LogLevel.Warn, plugin.warnings[i]);
  return plugin.attempt ? new AttemptFilter(plugin.isInListener) : new GatewayFilter(plugin, root);
}
