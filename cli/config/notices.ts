import { addressText, isLoopback } from "./listen-address.js";
import { memoryWarning } from "./memory-budget.js";
import { openFileWarning } from "./open-mode.js";
import type { GatewayConfig } from "./config-types.js";

/**
 * What a person should know of a good configuration, a line each.
 * @param workers Envoy's threads; default: one for each core
 */
export const noticesOf = (config: GatewayConfig, file: string, workers?: number): string[] => [
  ...openFileWarning(file, config),
  ...warningsOf(config, workers),
];

/** What is allowed but worth a line at every start. */
export function warningsOf(config: GatewayConfig, workers?: number): string[] {
  const { listen, admin, clientKeys, tokenFiles } = config;
  const open = !isLoopback(listen) && clientKeys.length === 0;
  return [
    ...(open
      ? [`listen: ${addressText(listen)} is beyond loopback and there are no clientKeys: anyone there can call`]
      : []),
    ...(admin === undefined
      ? []
      : [
          `admin: every user of this machine reaches ${addressText(admin)}, reads what is configured there and can stop ` +
            "Envoy; without this field `run` takes a socket that only its own user can open",
        ]),
    ...(tokenFiles.length > 0
      ? [
          "apiTokens: a valueFile is followed without a restart, so its token stands in what Envoy reads (mode 0600) " +
            "and in its /config_dump; one from a variable does not, but changes only at a start",
        ]
      : []),
    ...memoryWarning(config, workers),
  ];
}

/** Of variables and secrets that whoever checks or renders a file need not have. */
export const lackingNote = (names: string[]): string[] =>
  names.length === 0 ? [] : [`Not set here, and needed where the gateway runs: ${names.join(", ")}.`];
