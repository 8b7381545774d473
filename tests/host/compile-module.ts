/** Modules for the host. */
import { readFile } from "node:fs/promises";
import { compileWasm } from "../compile-wasm.js";

const OPTIONS = [
  ...["--runtime", "incremental", "--exportStart", "_initialize"],
  ...["--use", "abort=assembly/proxywasm/abort/onAbort", "--enable", "simd"],
];

/** Compiles an AssemblyScript module with the flags of the shipped one. */
export async function compileModule(entry: string, flags: string[] = []): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(await compileWasm(entry, [...OPTIONS, ...flags]));
}

/** The module as it is shipped: `npm test` has built it. */
export async function shippedModule(): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(await readFile("build/ai-failover.wasm"));
}
