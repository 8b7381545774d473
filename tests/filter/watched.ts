/** A build of the module that tells what it still holds, on a heap that shows a wrong use (wasm/heap.ts). */
import { compileModule } from "../host/proxy-host.js";

export const watchedModule = (): Promise<WebAssembly.Module> =>
  compileModule("tests/filter/wasm/watched-module.ts", [
    ...["--runtime", "minimal", "--use", "heap=tests/filter/wasm/heap/heap"],
  ]);
