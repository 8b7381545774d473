import type { GatewayConfig, Provider, Token } from "../config/types.js";
import { formatJson } from "./text.js";

/** The configuration of the gateway role: the contract with numbers, and each provider's clusters. */
export function pluginConfig(config: GatewayConfig): object {
  const { providers, routes, clientKeys, responseHeaders, idleTimeout, limits } = config;
  return {
    role: "gateway",
    routing: "plan",
    ...{ responseHeaders, idleTimeout, limits, clientKeys },
    providers: providers.map(pluginProvider),
    routes,
  };
}

/** What only the cluster needs stays out. */
function pluginProvider({ targets: _, apiTokens, ...provider }: Provider): object {
  const plain = ({ name, weight }: Token) => name === undefined && weight === 1;
  return { ...provider, apiTokens: apiTokens.map(token => (plain(token) ? token.value : token)) };
}

export function gatewayJson(config: GatewayConfig): string {
  return formatJson(pluginConfig(config), 100);
}

/** The attempt role reads the exchange's own configuration. */
export const attemptJson = '{"role": "attempt"}';
