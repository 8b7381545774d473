import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { packageRoot } from "../../cli/config/root.js";

/** What a request pays for the ledger where it goes well: "while all is well: 212 ns", and so on. */
export async function measureLedger(envoy: string, directory: string): Promise<string[]> {
  const filename = join(directory, "ledger.wasm");
  await build(filename);
  const service = {
    "@type": "type.googleapis.com/envoy.extensions.wasm.v3.WasmService",
    singleton: true,
    config: { name: "ledger", vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename } } } },
  };
  const bootstrap = join(directory, "ledger.json");
  writeFileSync(
    bootstrap,
    JSON.stringify({ bootstrap_extensions: [{ name: "envoy.bootstrap.wasm", typed_config: service }] }),
  );
  const child = spawn(envoy, ["-c", bootstrap, "--concurrency", "1", "--disable-hot-restart", "-l", "warning"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  for await (const text of child.stderr.setEncoding("utf8")) {
    log += text;
    if (log.includes("one of each out:")) child.kill("SIGKILL");
  }
  return [...log.matchAll(/ledger: (.*)$/gm)].map(([, line]) => line!);
}

async function build(file: string): Promise<void> {
  const { error, stderr } = await asc.main(
    [
      ...[
        "tests/bench/wasm/ledger-module.ts",
        "--baseDir",
        packageRoot,
        "--config",
        "none",
        "--outFile",
        "ledger.wasm",
      ],
      ...["-O3", "--noAssert", "--runtime", "minimal", "--exportStart", "_initialize", "--enable", "simd"],
      ...["--use", "abort=assembly/proxywasm/abort/onAbort"],
    ],
    {
      writeFile: (name, contents) => {
        if (name === "ledger.wasm") writeFileSync(file, contents);
      },
    },
  );
  if (error) throw new Error(`the module that measures the ledger does not compile:\n${stderr.toString()}`);
}
