import { statSync } from "node:fs";
import type { GatewayConfig } from "./config-types.js";

/** Read by its group, or by others. */
const OPEN = 0o044;

/** What ssh says of a key, said of a file that secrets were typed into. */
export function openFileWarning(file: string, { typesSecrets }: Pick<GatewayConfig, "typesSecrets">): string[] {
  if (!typesSecrets || (statSync(file).mode & OPEN) === 0) return [];
  return [`${file} holds tokens or keys, and other users of this machine can read it: chmod 600 "${file}"`];
}
