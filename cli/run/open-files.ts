import { spawnSync } from "node:child_process";
import { MOST_CONNECTIONS } from "../render/render-options.js";

/** What Envoy keeps open besides connections: listeners and event loops of its workers, logs, probes. */
const RESERVED = 256;

/** Below this a person is told of the limit: a busy gateway reaches it. */
const FEW = 2_000;

/** How many files what we start may open; NaN: no limit is known. Node raises its own limit as far as it may go. */
export function openFileLimit(): number {
  const { stdout } = spawnSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" });
  return Number.parseInt(stdout ?? "", 10);
}

/**
 * Connections of clients that fit into the limit: each may need one more, to a provider. More would be accepted and then
 * fail at their provider's connection.
 */
export function connectionsFor(limit: number): number {
  const fitting = Math.max(16, Math.floor((limit - RESERVED) / 2));
  return Math.min(MOST_CONNECTIONS, Number.isNaN(limit) ? MOST_CONNECTIONS : fitting);
}

export function openFileNotes(limit: number): string[] {
  const connections = connectionsFor(limit);
  if (connections >= FEW) return [];
  return [`At most ${connections} clients may be connected: this process may open ${limit} files (ulimit -n).`];
}
