import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "../config/types.js";
import type { RunFiles } from "../render/envoy.js";
import { updatesOf } from "./admin.js";
import type { RunDirectory } from "./files.js";

export type Outcome = "same" | "taken" | "refused" | "late";

/** How long Envoy may take to look at a file that was moved in, milliseconds. */
const LIMIT = 5_000;

/** Moves new files in and waits for what Envoy says to them. */
export async function update(directory: RunDirectory, files: RunFiles, admin: Address): Promise<Outcome> {
  const before = await updatesOf(admin);
  const changed = directory.put(files).map(name => (name === "lds.yaml" ? "lds" : "cds"));
  if (changed.length === 0) return "same";
  const limit = performance.now() + LIMIT;
  while (before !== undefined && performance.now() < limit) {
    await sleep(50);
    const now = await updatesOf(admin);
    if (now === undefined) continue;
    if (changed.some(kind => now[kind].refused > before[kind].refused)) return "refused";
    if (changed.every(kind => now[kind].taken > before[kind].taken)) return "taken";
  }
  return "late";
}
