/** Which filter a root is, by its configuration. */
import { Environment, parsePlugin } from "../config/plugin-parser";
import { Plugin, Role } from "../config/plugin";
import { Handler } from "../proxywasm/dispatcher";
import * as host from "../proxywasm/host";
import { Bytes } from "../text/bytes";
import { AttemptFilter } from "./attempt-filter";
import { GatewayFilter } from "./gateway-filter";
import { StatusFilter } from "./status-filter";

/** Shared data outlives VMs: whether this process has taken a configuration without mistakes. */
const CONFIGURED = Bytes.of("ai-failover/configured");
const YES = Bytes.of("1");

/**
 * A configuration with mistakes is refused: Envoy keeps the one that runs. Where none runs, Envoy would be without its whole listener, and
 * serve nothing of anybody else's either: there it is taken, and what has mistakes answers 503. So is one whose mistakes concern single
 * rules of Higress, whatever runs: else all other rules would stay as they were for them.
 */
export function makeFilter(root: u32, configuration: usize, size: usize): Handler | null {
  const parsed = parsePlugin(configuration, size, new Environment(host.environment()));
  const plugin = parsed.plugin;
  for (let i = 0, k = parsed.mistakes.length; i < k; i++) host.log(host.LogLevel.Error, parsed.mistakes[i]);
  if (plugin.hasMistakes && !plugin.isPartial && !isFirst(plugin)) return null;
  for (let i = 0, k = plugin.warnings.length; i < k; i++) host.log(host.LogLevel.Warn, plugin.warnings[i]);
  switch (plugin.role) {
    case Role.Attempt:
      return new AttemptFilter(plugin.isInListener);
    case Role.Status:
      return new StatusFilter(plugin);
    default:
      if (!plugin.hasMistakes || plugin.isPartial) host.setShared(CONFIGURED, YES.ptr, YES.len, 0);
      return new GatewayFilter(plugin, root);
  }
}

function isFirst(plugin: Plugin): bool {
  // The status listener serves without its password as well: to callers on this machine alone.
  return plugin.role == Role.Status || (plugin.role == Role.Gateway && host.shared(CONFIGURED) === null);
}
