import { setTimeout as sleep } from "node:timers/promises";
import type { AdminAddress } from "../config/config-types.js";
import type { RunFiles } from "../render/render-envoy.js";
import { isWarm, updatesOf, type Updates } from "./admin-client.js";
import type { RunDirectory } from "./run-files.js";

export type Outcome = "same" | "taken" | "refused" | "late";

/** How long Envoy may take to look at a file that was moved in, milliseconds. */
const LIMIT = 5_000;

/** Moves new files in and waits for what Envoy says to them: clusters first, so that no listener names one that cannot be called yet. */
export async function update(directory: RunDirectory, files: RunFiles, admin: AdminAddress): Promise<Outcome> {
  directory.put("envoy.yaml", files);
  const clusters = await updateOne("cds", directory, files, admin);
  if (clusters === "refused") return clusters;
  // A name that nobody resolves must not keep the others waiting.
  if (clusters === "taken") await until(() => isWarm(admin));
  const listeners = await updateOne("lds", directory, files, admin);
  return listeners === "same" ? clusters : listeners;
}

/** The same for one of the two files that Envoy watches. */
async function updateOne(
  kind: keyof Updates,
  directory: RunDirectory,
  files: RunFiles,
  admin: AdminAddress,
): Promise<Outcome> {
  const before = await updatesOf(admin);
  if (!directory.put(`${kind}.yaml`, files)) return "same";
  if (before === undefined) return "late";
  let outcome: Outcome = "late";
  await until(async () => {
    const now = await updatesOf(admin);
    if (now === undefined) return false;
    if (now[kind].refused > before[kind].refused) outcome = "refused";
    else if (now[kind].taken > before[kind].taken) outcome = "taken";
    return outcome !== "late";
  });
  return outcome;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + LIMIT;
  do await sleep(50);
  while (!(await condition()) && performance.now() < limit);
}
