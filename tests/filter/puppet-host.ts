/** The host with a module that does what its configuration says (tests/unit/wasm/puppet-exports.ts): the host's own tests. */
import { compileModule, startEnvoy, type Behaviour, type Envoy, type EnvoyOptions } from "../host/proxy-host.js";

export const module = await compileModule("tests/unit/wasm/puppet-exports.ts");

export const ok: Behaviour = { status: 200, body: "hello" };
export const ask = { body: { model: "m" } };

/** Two clusters "a" and "b"; filter state names "a" unless the script has its own request headers. */
export function start(gateway: string, attempt?: string, more: Partial<EnvoyOptions> = {}): Envoy {
  const toA = "request_headers: setproperty ai_failover_cluster a";
  const script = gateway.includes("request_headers:") ? gateway : `${toA}\n${gateway}`;
  return startEnvoy({ module, gateway: script, attempt, clusters: { a: ok, b: ok }, ...more });
}

/** What the module's callbacks and commands have logged. */
export const said = (envoy: Envoy): string[] => envoy.process.logs.map(({ text }) => text.trim());
