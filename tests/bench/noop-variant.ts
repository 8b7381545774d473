import { writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";
import { packageRoot } from "../../cli/config/root.js";

/** Compiles the module that does nothing to `file`. */
export async function buildNoop(file: string): Promise<void> {
  const { error, stderr } = await asc.main(
    [
      ...["tests/bench/wasm/noop-module.ts", "--baseDir", packageRoot, "--config", "none", "--outFile", "noop.wasm"],
      ...["-O3", "--noAssert", "--runtime", "stub"],
    ],
    {
      writeFile: (name, contents) => {
        if (name === "noop.wasm") writeFileSync(file, contents);
      },
    },
  );
  if (error) throw new Error(`the no-op module does not compile:\n${stderr.toString()}`);
}
