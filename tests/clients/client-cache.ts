/** Installs clients that are no dependency of this project into a cache outside of it, once for each version. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "ai-failover", "clients");

/** The directory in which `packages` are; `install` fills it when they are not. */
async function cached(packages: string[], install: (directory: string) => Promise<unknown>): Promise<string> {
  const directory = join(cache, packages.join("+").replaceAll(/[@/=]+/g, "-"));
  // Written last: an installation that was broken off is begun again.
  const stamp = join(directory, "installed");
  if (!existsSync(stamp)) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    await install(directory);
    writeFileSync(stamp, "");
  }
  return directory;
}

/** A Python that has these packages: "openai==1.2.3". */
export async function pythonWith(packages: string[]): Promise<string> {
  const python = (directory: string) => join(directory, "bin", "python");
  const directory = await cached(packages, async directory => {
    await run("python3", ["-m", "venv", directory]);
    await run(python(directory), ["-m", "pip", "install", "--quiet", ...packages]);
  });
  return python(directory);
}

/** A directory with node_modules of these packages: "ai@1.2.3". */
export async function nodeWith(packages: string[]): Promise<string> {
  return cached(packages, async directory => {
    writeFileSync(join(directory, "package.json"), '{"private":true,"type":"module"}');
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--fetch-retries=1"];
    await run("npm", ["install", ...options, ...packages], { cwd: directory });
  });
}
