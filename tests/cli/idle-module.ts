import { writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

/** The least that Envoy accepts as a module: it validates a configuration without the real one. */
const SOURCE = `
  export function proxy_abi_version_0_2_1(): void {}
  export function proxy_on_memory_allocate(size: i32): usize { return heap.alloc(size); }
  export function proxy_on_vm_start(root: i32, size: i32): i32 { return 1; }
  export function proxy_on_configure(root: i32, size: i32): i32 { return 1; }
  export function proxy_on_context_create(id: i32, parent: i32): void {}
`;

export async function writeIdleModule(file: string): Promise<void> {
  const { error, stderr } = await asc.main(
    ["idle.ts", "--outFile", "idle.wasm", "--use", "abort=", "--runtime", "stub"],
    {
      readFile: name => (name === "idle.ts" ? SOURCE : null),
      writeFile: (_name, contents) => writeFileSync(file, contents),
    },
  );
  if (error) throw new Error(stderr.toString());
}
