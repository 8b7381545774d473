import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execFileSync } from "node:child_process";
import { stringify } from "yaml";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { freePorts } from "../envoy/running-gateway.js";
import { toolPath } from "./build-tools.js";
import { Daemon, KEYS, type Platform, type Resource } from "./control-plane.js";

/** Envoy Gateway without a cluster: its resources are files, and it runs an Envoy of this machine. Its own ports are fixed. */
export async function startEnvoyGateway(envoyVersion: string, port: number, resources: Resource[]): Promise<Platform> {
  const directory = mkdtempSync(join(tmpdir(), "ai-failover-eg-"));
  const [admin] = (await freePorts(1)) as [number];
  const place = (name: string) => join(directory, name);
  const binary = join(place("data"), "envoy-versions", envoyVersion, "bin", "envoy");
  mkdirSync(dirname(binary), { recursive: true });
  mkdirSync(place("resources"));
  copyFileSync((await findEnvoy({ version: envoyVersion, say: () => {} })).path, binary);
  const home = {
    configHome: place("config"),
    dataHome: place("data"),
    stateHome: place("state"),
    runtimeDir: place("run"),
  };
  const config = {
    ...{ apiVersion: "gateway.envoyproxy.io/v1alpha1", kind: "EnvoyGateway" },
    gateway: { controllerName: "gateway.envoyproxy.io/gatewayclass-controller" },
    provider: {
      type: "Custom",
      custom: {
        resource: { type: "File", file: { paths: [place("resources")] } },
        infrastructure: { type: "Host", host: home },
      },
    },
    extensionApis: { enableBackend: true, enableEnvoyPatchPolicy: true },
  };
  writeFileSync(place("envoy-gateway.yaml"), stringify(config));
  execFileSync(toolPath("envoy-gateway"), ["certgen", "--local", "--config-home", home.configHome], { stdio: "pipe" });

  const apply = (list: Resource[]) => {
    const documents = list.map(resource => onThisMachine(resource, envoyVersion, admin));
    writeFileSync(place("next"), documents.map(resource => stringify(resource)).join("---\n"));
    renameSync(place("next"), join(place("resources"), "all.yaml"));
  };
  apply(resources);

  const log = () => readFileSync(place("log"), "utf8");
  const start = async (): Promise<Daemon> => {
    const args = ["server", "--config-path", place("envoy-gateway.yaml")];
    const daemon = Daemon.start(toolPath("envoy-gateway"), args, place("log"), { cwd: directory, env: KEYS });
    await daemon.serves(`http://127.0.0.1:${port}/nobody`);
    return daemon;
  };
  let daemon = await start();

  return {
    ...{ port, apply, log },
    async stat(name) {
      const text = await (await fetch(`http://127.0.0.1:${admin}/stats?filter=^${name}$`)).text();
      return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
    },
    async restart() {
      await daemon.stop("SIGTERM");
      daemon = await start();
    },
    async stop() {
      // It ends its Envoy first.
      await daemon.stop("SIGTERM");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The proxy is a process and no pod: the module is a file of this machine, the tokens are in the environment. */
function onThisMachine(resource: Resource, envoyVersion: string, admin: number): Resource {
  if (resource["kind"] !== "EnvoyProxy") return resource;
  const path = "/admin/address/socket_address/port_value";
  const { jsonPatches } = resource["spec"].bootstrap as { jsonPatches: object[] };
  return {
    ...resource,
    spec: {
      provider: { type: "Host", host: { envoyVersion } },
      logging: { level: { default: "warn", wasm: "info" } },
      bootstrap: { type: "JSONPatch", jsonPatches: [...jsonPatches, { op: "add", path, value: admin }] },
    },
  };
}
