import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Control planes by the Go module that each is in, with the checksum that Go's database has of it. */
const TOOLS = {
  istiod: {
    ...{ module: "istio.io/istio", version: "1.31.0", command: "./pilot/cmd/pilot-discovery" },
    sum: "h1:ui9TJjRMAV/hb5ehQaZDq7IUGxuQP6dra9lapT/VjHI=",
  },
  "envoy-gateway": {
    ...{ module: "github.com/envoyproxy/gateway", version: "v1.9.1", command: "./cmd/envoy-gateway" },
    sum: "h1:vAVp6/AlBXJ1aOhp1mxL7fNEzVEfjADUguUhm2wzxQY=",
  },
  helm: {
    ...{ module: "helm.sh/helm/v3", version: "v3.22.0", command: "./cmd/helm" },
    sum: "h1:n1if5iQgHYsujPAcO5oonH/KiSNUmqmUF0iGVjSF3AU=",
  },
} as const;
/** Of these only the definitions of their resources are wanted. */
const DEFINITIONS = {
  kubernetes: {
    ...{ module: "k8s.io/kubernetes", version: "v1.34.3", sum: "h1:0TfljWbhEF5DBks+WFMSrvKfxBLo4vnZuqORjLMiyT4=" },
  },
  "prometheus-operator": {
    ...{ module: "github.com/prometheus-operator/prometheus-operator", version: "v0.85.0" },
    sum: "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
  },
} as const;
export type Tool = keyof typeof TOOLS;

/** Outside of the tree: a clean checkout does not build them again. */
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "ai-failover", "platforms");

const fileOf = (name: Tool): string => join(cache, `${name}-${TOOLS[name].version}`);

/** The binary of a tool, which `npm run test:platforms` has built. */
export const toolPath = fileOf;

/** Builds those that are not there, one after another: 10 to 15 minutes on two cores, once. */
export default async function setup(): Promise<void> {
  for (const name of Object.keys(TOOLS) as Tool[]) {
    if (existsSync(fileOf(name))) continue;
    const { module, version } = TOOLS[name];
    console.log(`Building ${name} from ${module}@${version} ...`);
    await build(name);
  }
}

/** Where the files of a module are. */
export async function modulePath(name: Tool | keyof typeof DEFINITIONS): Promise<string> {
  const { module, version, sum } = { ...TOOLS, ...DEFINITIONS }[name];
  const downloaded = JSON.parse(await go("mod", "download", "-json", `${module}@${version}`)) as Record<string, string>;
  if (downloaded["Sum"] !== sum)
    throw new Error(`${module}@${version} has the checksum ${downloaded["Sum"]}, not ${sum}`);
  return downloaded["Dir"]!;
}

async function build(name: Tool): Promise<void> {
  const { command } = TOOLS[name];
  const directory = await modulePath(name);
  mkdirSync(cache, { recursive: true });
  // By the module's own versions of everything, which `go install` of a foreign module refuses where it replaces some.
  await go("build", "-C", directory, "-trimpath", "-buildvcs=false", "-o", `${fileOf(name)}.new`, command);
  renameSync(`${fileOf(name)}.new`, fileOf(name));
}

async function go(...args: string[]): Promise<string> {
  const env = { ...process.env, CGO_ENABLED: "0" };
  try {
    return (await promisify(execFile)("go", args, { env, maxBuffer: 64 << 20 })).stdout;
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
    const said = stderr || stdout || message;
    throw new Error(`go ${args[0]} failed; Go and its module proxy are needed:\n${said}`, { cause: error });
  }
}
