import { chmodSync, existsSync, writeFileSync } from "node:fs";

/** Writes a file that only its owner can read, also where an earlier one was open to others. */
export function writePrivate(file: string, text: string): void {
  if (existsSync(file)) chmodSync(file, 0o600);
  writeFileSync(file, text, { mode: 0o600 });
}
