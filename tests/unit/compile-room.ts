import { compileWasm } from "../compile-wasm.js";

const OPTIONS = [
  "-O3",
  "--noAssert",
  "--debug",
  "--runtime",
  "incremental",
  "--exportRuntime",
  "--exportStart",
  "_initialize",
];

/** Starts tests/unit/wasm/<room>-exports.ts. Pure rooms import nothing, so the instance needs no host. */
export async function startRoom<Exports>(room: string, flags: string[] = ["--enable", "simd"]): Promise<Exports> {
  const binary = await compileWasm(`tests/unit/wasm/${room}-exports.ts`, [...OPTIONS, ...flags]);
  const abort = (_message: number, _file: number, line: number, column: number) => {
    throw new Error(`${room} aborted at ${line}:${column}`);
  };
  const { instance } = await WebAssembly.instantiate(binary, { env: { abort } });
  const started = instance.exports as Exports & { _initialize(): void };
  started._initialize();
  return started;
}
