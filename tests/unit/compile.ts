import { mkdirSync, readFileSync } from "node:fs";
import asc from "assemblyscript/asc";

/**
 * Compiles tests/unit/wasm/<room>.ts with the flags of the shipped module and starts it.
 * Pure rooms import nothing, so the instance needs no host.
 */
export async function startRoom<Exports>(room: string, flags: string[] = ["--enable", "simd"]): Promise<Exports> {
  mkdirSync("build/test", { recursive: true });
  const out = `build/test/${room}${flags.includes("simd") ? "" : ".scalar"}.wasm`;
  const { error, stderr } = await asc.main([
    `tests/unit/wasm/${room}.ts`,
    ...["--outFile", out, "-O3", "--noAssert", "--debug", "--runtime", "incremental", "--exportRuntime"],
    ...["--exportStart", "_initialize", ...flags],
  ]);
  if (error) throw new Error(`${room} does not compile:\n${stderr.toString()}`);
  const abort = (_message: number, _file: number, line: number, column: number) => {
    throw new Error(`${room} aborted at ${line}:${column}`);
  };
  const { instance } = await WebAssembly.instantiate(readFileSync(out), { env: { abort } });
  const started = instance.exports as Exports & { _initialize(): void };
  started._initialize();
  return started;
}
