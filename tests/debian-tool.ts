import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** A program of a Debian package, got where it is missing. `variable` names another one. */
export function debianTool(path: string, packageName: string, variable: string): string {
  const found = process.env[variable] ?? path;
  if (existsSync(found)) return found;
  try {
    execFileSync("apt-get", ["update", "-qq"], { stdio: "ignore" });
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", packageName], { stdio: "ignore" });
  } catch {
    throw new Error(
      `These tests need ${path}: install Debian's package "${packageName}", or set ${variable} to its path.`,
    );
  }
  return found;
}
