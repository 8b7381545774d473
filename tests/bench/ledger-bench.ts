import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchModule } from "./bench-module.js";

/** What a request pays for the ledger where it goes well: "while all is well: 212 ns", and so on. */
export async function measureLedger(envoy: string, directory: string): Promise<string[]> {
  const filename = await benchModule("ledger-module", directory);
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
