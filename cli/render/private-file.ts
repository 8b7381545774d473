import { chmodSync, existsSync, writeFileSync } from "node:fs";

/** Writes a file that only its owner can read, also where an earlier one was open to others. */
export function writePrivate(file: string, text: string): void {
  if (existsSync(file)) chmodSync(file, 0o600);
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    // A full disk is met after the file was opened, where Node names none.
    throw Object.assign(error as NodeJS.ErrnoException, { path: file });
  }
}
