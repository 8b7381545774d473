import { execFile } from "node:child_process";
import { OLDEST_MINOR } from "./releases.js";

/** What one binary turned out to be: an Envoy that runs us, or why it does not. */
export type Findings = { version: string; minor: number } | { why: string };

/**
 * The smallest module that a wasm filter loads: an ABI marker, a memory and an allocator, in base64. Envoys without
 * V8 answer to --version like all others; only a module that they are asked to load tells.
 */
const SMALLEST_MODULE =
  "AGFzbQEAAAABCQJgAABgAX8BfwMDAgABBQMBAAEHLQMGbWVtb3J5AgAXcHJveHlfYWJpX3ZlcnNpb25fMF8yXzEAAAZtYWxsb2MAAQoKAgIACwUAQYAICw==";

const typed = (name: string, fields: object) => ({
  "@type": `type.googleapis.com/envoy.extensions.filters.${name}`,
  ...fields,
});

const BOOTSTRAP = JSON.stringify({
  static_resources: {
    listeners: [
      {
        name: "examine",
        address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
        filter_chains: [
          {
            filters: [
              {
                name: "http",
                typed_config: typed("network.http_connection_manager.v3.HttpConnectionManager", {
                  stat_prefix: "examine",
                  route_config: { name: "none" },
                  http_filters: [
                    {
                      name: "wasm",
                      typed_config: typed("http.wasm.v3.Wasm", {
                        config: {
                          vm_config: {
                            runtime: "envoy.wasm.runtime.v8",
                            code: { local: { inline_bytes: SMALLEST_MODULE } },
                          },
                        },
                      }),
                    },
                    { name: "router", typed_config: typed("http.router.v3.Router", {}) },
                  ],
                }),
              },
            ],
          },
        ],
      },
    ],
  },
});

/** Asks a binary for its version, and lets it load a module: about a tenth of a second. */
export async function examine(path: string): Promise<Findings> {
  const asked = await run(path, ["--version"]);
  const version = / version: [0-9a-f]+\/(\d+\.\d+\.\d+)/.exec(asked.output)?.[1];
  if (version === undefined) return { why: `does not run here, or is no Envoy (${firstLine(asked.output)})` };
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major === 1 && minor < OLDEST_MINOR)
    return { why: `is ${version}, and 1.${OLDEST_MINOR} is the oldest that works` };
  const loaded = await run(path, ["--mode", "validate", "--log-level", "warning", "--config-yaml", BOOTSTRAP]);
  if (loaded.ok) return { version, minor };
  if (loaded.output.includes("compiled without support"))
    return { why: `is ${version}, built without V8 (WebAssembly)` };
  if (loaded.output.includes("Failed to create new Wasm instance"))
    return {
      why: `is ${version}, and has too little memory for WebAssembly: raise the limit of this shell (ulimit -v)`,
    };
  return { why: `is ${version}, but loads no WebAssembly module (${firstLine(loaded.output)})` };
}

function run(path: string, args: string[]): Promise<{ ok: boolean; output: string }> {
  return new Promise(done => {
    execFile(path, args, { timeout: 20_000 }, (error, stdout, stderr) =>
      done({ ok: error === null, output: `${stdout}${stderr}`.trim() || String(error?.message ?? "no output") }),
    );
  });
}

const firstLine = (text: string) => text.split("\n", 1)[0]!;
