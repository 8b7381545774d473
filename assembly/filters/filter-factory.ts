/** Which filter a root is, by its configuration. */
import { Environment, parseErrors, parsePlugin } from "../config/plugin-parser";
import { Handler } from "../proxywasm/dispatcher";
import * as host from "../proxywasm/host";
import { AttemptFilter } from "./attempt-filter";
import { GatewayFilter } from "./gateway-filter";

/** A configuration with mistakes is refused: Envoy keeps the one that runs. */
export function makeFilter(root: u32, configuration: usize, size: usize): Handler | null {
  const plugin = parsePlugin(configuration, size, new Environment(host.environment()));
  if (plugin === null) {
    for (let i = 0, k = parseErrors.length; i < k; i++) host.log(host.LogLevel.Error, parseErrors[i]);
    return null;
  }
  for (let i = 0, k = plugin.warnings.length; i < k; i++) host.log(host.LogLevel.Warn, plugin.warnings[i]);
  return plugin.attempt ? new AttemptFilter() : new GatewayFilter(plugin, root);
}
