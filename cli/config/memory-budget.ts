import { availableParallelism, totalmem } from "node:os";
import type { GatewayConfig } from "./config-types.js";

/** What this process may use: the machine's memory, or its container's limit. Bytes. */
const machineMemory = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity);

/** A warning when the bodies that all workers may park are more than there is memory. */
export function memoryWarning(
  { limits: { parkedBodies } }: Pick<GatewayConfig, "limits">,
  workers = availableParallelism(),
  memory = machineMemory(),
): string[] {
  if (parkedBodies * workers <= memory) return [];
  const each = `${mebibytes(parkedBodies)} for each of ${workers} workers`;
  return [
    `limits.parkedBodies: ${each} is more than this machine's ${mebibytes(memory)}; ${mebibytes(memory / workers)} is not`,
  ];
}

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)}MiB`;
