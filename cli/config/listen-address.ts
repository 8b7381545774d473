import { isIP } from "node:net";
import { object, text, type Check, type Raw } from "./raw.js";
import type { Path } from "./problem.js";
import type { Address } from "./config-types.js";

/** `127.0.0.1:80`, `[::1]:80` or `localhost:80`; null when Envoy could not bind it. */
export function parseAddress(value: unknown): Address | null {
  const [, inBrackets, name, digits] = /^(?:\[([^[\]]+)\]|([^[\]:]+)):([0-9]{1,5})$/.exec(text(value)) ?? [];
  const host = name === "localhost" ? "127.0.0.1" : (inBrackets ?? name ?? "");
  const port = Number(digits);
  return isIP(host) !== 0 && port <= 65535 ? { host, port } : null;
}

/** As it is typed: an IPv6 address in brackets. */
export const addressText = ({ host, port }: Address): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

export function isLoopback({ host }: Address): boolean {
  return host === "::1" || host.startsWith("127.");
}

/** The listeners: each bindable, no two on one port, and nothing unprotected beyond loopback. */
export function checkListeners(config: Raw, check: Check): void {
  const seen = new Map<string, string>();
  const visit = (path: Path, value: unknown, beyondLoopback: string | null): void => {
    if (typeof value !== "string") return;
    const address = parseAddress(value);
    if (!address) return check.report(path, `"${value}"`, "an IP address or localhost, and a port up to 65535");
    if (beyondLoopback !== null && !isLoopback(address)) check.report(path, `"${value}"`, beyondLoopback);
    const key = `${address.host}:${address.port}`;
    const other = seen.get(key);
    if (other !== undefined && address.port !== 0)
      check.report(path, `"${value}"`, `a port that ${other} does not use`);
    seen.set(key, path.join("."));
  };
  const console = object(config["console"]);
  const status = object(config["status"]);
  visit(["listen"], config["listen"], null);
  visit(["admin"], config["admin"], "a loopback address: whoever reaches the admin interface rules this Envoy");
  if (status["enabled"] !== false) visit(["status", "listen"], status["listen"], null);
  if (console["enabled"] !== false) {
    const open = text(console["password"]) === "" ? "a loopback address, or a console.password beside it" : null;
    visit(["console", "listen"], console["listen"], open);
  }
}
