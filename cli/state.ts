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
  const cache = join(checkout, ".cache");
  try {
    mkdirSync(cache, { recursive: true });
    accessSync(cache, constants.W_OK);
    return cache;
  } catch {
    return ownDirectory(join(tmpdir(), `ai-failover-user-${process.getuid?.()}`));
  }
}

/** Whoever made it first can read what is put there: it has to be us. */
function ownDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const stat = lstatSync(path);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.())
    throw new Refusal(`${path} belongs to another user: remove it, or set TMPDIR to a directory of your own.`);
  return path;
}
