import { accessSync, constants, lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "./config/root.js";
import { Refusal } from "./refusal.js";

/**
 * The directory of what outlives a command: Envoy's log, and the door to the demo providers. The checkout's .cache, or,
 * where that cannot be written, one of this user's own among the temporary files.
 */
export function stateDirectory(checkout = packageRoot): string {
  return writable(join(checkout, ".cache")) ?? ownDirectory(join(tmpdir(), `ai-failover-user-${process.getuid?.()}`));
}

/** With "/ai-failover-XXXXXX/admin.sock" behind it a socket's path must stay below 104 bytes (macOS; Linux has 108). */
const LONGEST = 104 - "/ai-failover-XXXXXX/admin.sock".length;

/**
 * The directory of what lives as long as a gateway. Not among the temporary files where that can be helped: their
 * cleaners remove what is old, and a gateway may run for months.
 */
export function runtimeDirectory(env: NodeJS.ProcessEnv = process.env, checkout = packageRoot): string {
  // systemd's, of the service or of the user's session: both are the user's own.
  const given = [env["RUNTIME_DIRECTORY"]?.split(":")[0], env["XDG_RUNTIME_DIR"]].filter(path => path?.startsWith("/"));
  const candidates = [...given.filter(path => isOwn(path!)), join(checkout, ".cache", "run")] as string[];
  for (const path of candidates) if (path.length < LONGEST && writable(path) !== undefined) return path;
  return ownDirectory(join(tmpdir(), `ai-failover-user-${process.getuid?.()}`));
}

function writable(path: string): string | undefined {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
    return path;
  } catch {
    return undefined;
  }
}

function isOwn(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.isDirectory() && stat.uid === process.getuid?.();
}

/** Whoever made it first can read what is put there: it has to be us. */
function ownDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (!isOwn(path))
    throw new Refusal(`${path} belongs to another user: remove it, or set TMPDIR to a directory of your own.`);
  return path;
}
