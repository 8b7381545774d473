import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { WANTED } from "../../cli/envoy/releases.js";
import { EnvoyProcess } from "../../cli/run/envoy-process.js";
import { freePorts } from "../envoy/running-gateway.js";
import type { Target } from "./bench-load.js";
import { benchModule } from "./bench-module.js";
import { pin } from "./pin.js";
import { bootstrapOf, type Variant } from "./variants.js";

export interface Hosts {
  variants: Variant[];
  targets: Record<Variant, Target>;
  /** Whether Envoy has a CPU of its own. */
  pinned: boolean;
  stop(): Promise<void>;
}

export interface Modules {
  ours: string;
  /** Another build of the module, to compare with. */
  before?: string;
}

/** Starts the upstream and one Envoy with one worker for each variant; what they write goes to `directory`. */
export async function startHosts({ ours, before }: Modules, directory: string): Promise<Hosts> {
  const { path: binary } = await findEnvoy({ version: WANTED });
  const modules: Partial<Record<Variant, string>> = {
    "no-op": await benchModule("noop-module", directory),
    calls: await benchModule("calls-module", directory),
    before,
  };
  // Ends when this process does, however that ends.
  const provider = fork(fileURLToPath(new URL("bench-upstream.js", import.meta.url)));
  const [upstream] = (await once(provider, "message")) as [number];

  const variants: Variant[] = [
    "bare",
    "no-op",
    "calls",
    "retry",
    ...(before ? (["before"] as const) : []),
    "hop",
    "callout",
  ];
  const ports = await freePorts(2 * variants.length);
  const envoys: EnvoyProcess[] = [];
  const targets = {} as Hosts["targets"];
  for (const [i, variant] of variants.entries()) {
    const [listen, admin] = ports.slice(2 * i) as [number, number];
    const configFile = join(directory, `${i}.json`);
    const wasm = modules[variant] ?? ours;
    writeFileSync(configFile, bootstrapOf(variant, { listen, admin, upstream, wasm }));
    const envoy = new EnvoyProcess({
      ...{ binary, configFile, directory, logFile: join(directory, `${i}.log`), concurrency: 1, drainTime: 1 },
      listen: { host: "127.0.0.1", port: listen },
      admin: { host: "127.0.0.1", port: admin },
      env: process.env,
      // No line for each request.
      say: line => line.startsWith("info") || line.startsWith("warn") || console.error(`${variant}: ${line}`),
      gaveUp: reason => {
        throw reason;
      },
    });
    envoys.push(envoy);
    await envoy.start();
    targets[variant] = { url: `http://127.0.0.1:${listen}`, pid: envoy.pid! };
  }
  const pids = Object.values(targets).map(({ pid }) => pid);
  return {
    variants,
    targets,
    pinned: pin(pids, [process.pid, provider.pid!]),
    async stop() {
      await Promise.all(envoys.map(envoy => envoy.stop()));
      provider.disconnect();
    },
  };
}
