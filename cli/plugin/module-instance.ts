import { readFileSync } from "node:fs";
import { Refusal } from "../refusal.js";
import type { Environment } from "../config/expand.js";

/** What the module says to a plugin configuration, as Envoy would hear it at start. */
export interface Verdict {
  accepted: boolean;
  warnings: string[];
  errors: string[];
}

interface Module extends WebAssembly.Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  proxy_on_memory_allocate(size: number): number;
  proxy_on_vm_start(root: number, size: number): number;
  proxy_on_context_create(context: number, parent: number): void;
  proxy_on_configure(root: number, size: number): number;
}

const OK = 0;
const NOT_FOUND = 1;
const WARNING = 3;
const ROOT = 1;

/** Starts the compiled module with a configuration on the least of a host: no request ever comes. */
export function configureModule(wasm: string, configuration: string, env: Environment): Verdict {
  const verdict: Verdict = { accepted: false, warnings: [], errors: [] };
  const text = Buffer.from(configuration);
  const bytes = (at: number, size: number) => Buffer.from(module.memory.buffer, at, size);
  const set32 = (at: number, value: number) => new DataView(module.memory.buffer).setUint32(at, value, true);

  const host = {
    proxy_log(level: number, at: number, size: number) {
      if (level >= WARNING) verdict[level === WARNING ? "warnings" : "errors"].push(bytes(at, size).toString());
      return OK;
    },
    proxy_get_buffer_bytes(_type: number, _start: number, _length: number, at: number, size: number) {
      const place = module.proxy_on_memory_allocate(text.length);
      bytes(place, text.length).set(text);
      set32(at, place);
      set32(size, text.length);
      return OK;
    },
    proxy_get_property: () => NOT_FOUND,
    proxy_get_shared_data: () => NOT_FOUND,
  };
  const variables = Object.entries(env).map(([name, value]) => Buffer.from(`${name}=${value ?? ""}\0`));
  const system = {
    environ_sizes_get(count: number, size: number) {
      set32(count, variables.length);
      set32(size, Buffer.concat(variables).length);
      return OK;
    },
    environ_get(pointers: number, at: number) {
      for (const [i, variable] of variables.entries()) {
        set32(pointers + 4 * i, at);
        bytes(at, variable.length).set(variable);
        at += variable.length;
      }
      return OK;
    },
  };

  const imports = { env: calm(host), wasi_snapshot_preview1: calm(system) };
  const module = instantiate(wasm, imports);
  module._initialize();
  module.proxy_on_context_create(ROOT, 0);
  module.proxy_on_vm_start(ROOT, 0);
  // A gateway that has no configuration yet takes also one with mistakes, and tells them.
  verdict.accepted = module.proxy_on_configure(ROOT, text.length) === 1 && verdict.errors.length === 0;
  return verdict;
}

function instantiate(wasm: string, imports: WebAssembly.Imports): Module {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm)), imports).exports as Module;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Refusal(
      "There is too little memory for a WebAssembly module: raise the limit of this shell (ulimit -v).",
    );
  }
}

/** The functions named, and for every other one that succeeds and does nothing. */
function calm(functions: Record<string, (...args: number[]) => number>): WebAssembly.ModuleImports {
  return new Proxy(functions, { get: (known, name) => known[String(name)] ?? (() => OK) });
}
