import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileWasm } from "../compile-wasm.js";

const OPTIONS = [
  ...["-O3", "--noAssert", "--runtime", "minimal", "--exportStart", "_initialize", "--enable", "simd"],
  ...["--use", "abort=assembly/proxywasm/abort/onAbort"],
];

/** Compiles a module of tests/bench/wasm for a real Envoy. Returns the path of its file in `directory`. */
export async function benchModule(name: string, directory: string): Promise<string> {
  const file = join(directory, `${name}.wasm`);
  writeFileSync(file, await compileWasm(`tests/bench/wasm/${name}.ts`, OPTIONS));
  return file;
}
