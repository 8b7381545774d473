import { isLoopback } from "./address.js";
import type { GatewayConfig } from "./types.js";

/** Fields that are checked but whose behaviour is not there yet; a field leaves this table when it works. */
const LATER: Record<string, string> = {
  console: "console: there is no console yet",
  status: "status: there is no status listener yet",
  "providers[].apiTokens[].valueFile": "apiTokens: a valueFile is read once at start, not watched yet",
};

/** One line for each field that the file names and that is not in effect yet. */
export function notInEffect(config: GatewayConfig): string[] {
  return Object.keys(LATER).flatMap(field => (config.typed.has(field) ? [LATER[field]!] : []));
}

/** What is allowed but worth a line at every start. */
export function warningsOf(config: GatewayConfig): string[] {
  const open = !isLoopback(config.listen) && config.clientKeys.length === 0;
  return open
    ? [`listen: ${config.listen.host} is beyond loopback and there are no clientKeys: anyone there can call`]
    : [];
}
