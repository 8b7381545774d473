import asc from "assemblyscript/asc";

/**
 * Compiles tests/unit/wasm/<room>.ts with the flags of the shipped module and starts it. Nothing is written to disk: test files
 * run side by side. Pure rooms import nothing, so the instance needs no host.
 */
export async function startRoom<Exports>(room: string, flags: string[] = ["--enable", "simd"]): Promise<Exports> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main(
    [
      `tests/unit/wasm/${room}-exports.ts`,
      // Else asc reads asconfig.json and compiles the whole module as well.
      ...["--config", "none", "--outFile", "room.wasm", "-O3", "--noAssert", "--debug"],
      ...["--runtime", "incremental", "--exportRuntime", "--exportStart", "_initialize", ...flags],
    ],
    {
      writeFile: (name, contents) => {
        if (name === "room.wasm") binary = contents as Uint8Array<ArrayBuffer>;
      },
    },
  );
  if (error || !binary) throw new Error(`${room} does not compile:\n${stderr.toString()}`);
  const abort = (_message: number, _file: number, line: number, column: number) => {
    throw new Error(`${room} aborted at ${line}:${column}`);
  };
  const { instance } = await WebAssembly.instantiate(binary, { env: { abort } });
  const started = instance.exports as Exports & { _initialize(): void };
  started._initialize();
  return started;
}
