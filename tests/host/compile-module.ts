/** Compiles an AssemblyScript module for the host, with the flags of the shipped one. */
import { readFile } from "node:fs/promises";
import asc from "assemblyscript/asc";

export async function compileModule(entry: string, flags: string[] = []): Promise<WebAssembly.Module> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main(
    [
      ...[entry, "--config", "none", "--outFile", "module.wasm", "--runtime", "incremental"],
      ...[
        "--exportStart",
        "_initialize",
        "--use",
        "abort=assembly/proxywasm/abort/onAbort",
        "--enable",
        "simd",
        ...flags,
      ],
    ],
    {
      writeFile: (name, contents) => {
        if (name === "module.wasm") binary = contents as Uint8Array<ArrayBuffer>;
      },
    },
  );
  if (error || !binary) throw new Error(`${entry} does not compile:\n${stderr.toString()}`);
  return new WebAssembly.Module(binary);
}

/** The module as it is shipped: `npm test` has built it. */
export async function shippedModule(): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(await readFile("build/ai-failover.wasm"));
}
