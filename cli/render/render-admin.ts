import type { AdminAddress, GatewayConfig } from "../config/config-types.js";
import { minorOf, type RenderOptions } from "./render-options.js";
import { quote, socketAddress, yaml } from "./yaml-text.js";

/** Where it listens in a rendered file whose configuration names no `admin`. */
const DEFAULT: AdminAddress = { host: "127.0.0.1", port: 9901 };

/** The first minor release (of 1.x) that can close the rest of the interface. */
const ALLOW_PATHS_MINOR = 38;

/** Mode 0600 of the socket; Envoy reads it as a decimal number. */
const OWNER_ONLY = 0o600;

/** Where Envoy's admin interface listens: the file's address, the socket of `run`, or the default of a rendered file. */
export const adminAddressOf = ({ admin }: GatewayConfig, { adminSocket }: RenderOptions): AdminAddress =>
  admin ?? (adminSocket === undefined ? DEFAULT : { socket: adminSocket });

/** The same as Envoy's `address`. */
export function envoyAddressOf(address: AdminAddress): string {
  return "socket" in address ? `{pipe: {path: ${quote(address.socket)}, mode: ${OWNER_ONLY}}}` : socketAddress(address);
}

/** The bootstrap's `admin`. Whoever reaches all of it reads the configuration, with typed tokens, and can stop Envoy. */
export function renderAdmin(config: GatewayConfig, options: RenderOptions): string {
  const address = adminAddressOf(config, options);
  const isOpen = "port" in address;
  const closes = isOpen && config.admin === undefined && minorOf(options.envoyVersion) >= ALLOW_PATHS_MINOR;
  return yaml`
    ${note(isOpen, closes)}
    admin:
      address: ${envoyAddressOf(address)}
      ignore_global_conn_limit: true
      ${closes ? "allow_paths: [{exact: /ready}, {prefix: /stats}]" : ""}
  `;
}

function note(isOpen: boolean, closes: boolean): string {
  if (!isOpen) return "# For this user only: whoever reaches it can read the configuration and stop Envoy.";
  if (closes)
    return "# For every user of this machine, and its web pages: therefore only these paths. `admin` in the file opens all.";
  return "# Every user of this machine reaches it, can read the configuration and stop Envoy.";
}
