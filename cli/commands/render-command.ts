import { join } from "node:path";
import { Option, type Command } from "commander";
import { resolveConfig } from "../config/load-config.js";
import { packageRoot } from "../config/root.js";
import { lackingNote } from "../config/notices.js";
import { readSource } from "../config/source.js";
import { renderEnvoy } from "../render/render-envoy.js";
import { MODES, type Mode } from "../render/render-options.js";
import { parts, renderPart, type Part } from "../render/render-parts.js";
import { renderTarget, targets, type Target } from "../render/render-targets.js";
import { writeNamed } from "../render/private-file.js";
import { standIns, withoutEmpty } from "../config/expand.js";
import { DEFAULT_FILE } from "../run/default-file.js";

interface Flags {
  envoyVersion: string;
  part?: Part;
  mode?: Mode;
  target?: Target;
  wasm?: string;
  output?: string;
}

/** Where the pods of a gateway have the module (docs/kubernetes.md). */
const MOUNTED = "/var/lib/ai-failover/plugin.wasm";

export function register(program: Command): void {
  program
    .command("render")
    .description("print the Envoy configuration for a file, or a part of it")
    .argument("[file]", "YAML or JSON", DEFAULT_FILE)
    .option("--envoy-version <version>", "the Envoy it is for, which says how attempts are made", "1.40")
    .addOption(
      new Option(
        "--mode <mode>",
        "another way than this Envoy's best: callout where you cannot add a listener",
      ).choices(MODES),
    )
    .addOption(new Option("--part <part>", "only what goes into an Envoy of yours").choices(Object.keys(parts)))
    .addOption(
      new Option("--target <platform>", "resources of Kubernetes for it; higress streams with --mode hop")
        .choices(Object.keys(targets))
        .conflicts("part"),
    )
    .option(
      "--wasm <file>",
      `where Envoy will find the module (default: build/ai-failover.wasm; of a target ${MOUNTED})`,
    )
    .option("-o, --output <file>", "write a file (mode 0600) instead")
    .action((file: string, flags: Flags) => {
      const { text, notes } = render(file, flags);
      for (const note of notes) console.error(note);
      if (flags.output === undefined) process.stdout.write(text);
      else writeNamed(flags.output, text);
    });
}

/** The text that the command prints, and what a person should know besides. */
export function render(
  file: string,
  flags: Flags,
  env: NodeJS.ProcessEnv = process.env,
): { text: string; notes: string[] } {
  const { envoyVersion, mode, part, target } = flags;
  const wasm = flags.wasm ?? (target === undefined ? join(packageRoot, "build", "ai-failover.wasm") : MOUNTED);
  const source = readSource(file);
  // Of secrets only the variables' names are rendered.
  const lacking = standIns(source.value, withoutEmpty(env));
  const config = resolveConfig(source, { ...env, ...lacking });
  const options = { wasm, envoyVersion, mode };
  const text =
    target !== undefined
      ? renderTarget(target, config, options)
      : part === undefined
        ? renderEnvoy(config, options)
        : renderPart(part, config, options);
  return { text, notes: lackingNote(Object.keys(lacking)) };
}
