import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveConfig } from "../../cli/config/load-config.js";
import { sourceOf } from "../../cli/config/source.js";
import { startDemoProvider, type DemoOptions, type DemoProvider } from "../../cli/demo/demo-provider.js";
import { findEnvoy } from "../../cli/envoy/find-envoy.js";
import { renderRunFiles } from "../../cli/render/render-envoy.js";
import type { Mode } from "../../cli/render/render-options.js";

/** The hosts that the promises are kept on: one for each mode. */
export const HOSTS = [
  { mode: "retry", version: "1.40.0" },
  { mode: "hop", version: "1.36.4" },
  { mode: "callout", version: "1.36.4" },
] as const;

/** And the newest release that cannot be in retry mode, for what must hold on each. */
export const ALL_HOSTS = [
  ...HOSTS,
  { mode: "hop", version: "1.38.2" },
  { mode: "callout", version: "1.38.2" },
] as const;

export type TestHost = Pick<GatewayOptions, "mode" | "version">;

/** Without those in which only the tests run. */
export const RUN_HOSTS = HOSTS.filter(({ mode }) => mode !== "callout");

export interface GatewayOptions {
  /** Demo providers to start, by id. They become the configuration's providers, with their tokens. */
  providers: Record<string, Omit<DemoOptions, "name"> & { config?: object }>;
  routes?: object[];
  /** Further members of the configuration. */
  config?: object;
  version?: string;
  /** Default: the best of this version. */
  mode?: Mode;
  workers?: number;
  env?: Record<string, string>;
  /** Path of another build of the module. */
  wasm?: string;
  /** How long an old listener's connections live on, seconds; default: Envoy's 600. */
  drain?: number;
}

export interface Gateway {
  url: string;
  admin: string;
  providers: Record<string, DemoProvider>;
  directory: string;
  pid: number;
  /** Renders and applies another configuration while it runs. */
  apply(options: Pick<GatewayOptions, "routes" | "config">): Promise<void>;
  ask(body: object, options?: AskOptions): Promise<Answer>;
  /** Kills Envoy, and starts it again on the same files. */
  restart(): Promise<void>;
  /** What Envoy has logged so far. */
  log(): string;
  /** The value of one of Envoy's counters or gauges, 0 when it is not there. */
  stat(name: string): Promise<number>;
  stop(): Promise<void>;
}

export interface AskOptions {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The transfer broke instead of ending. */
  broken: boolean;
  json(): any; // eslint-disable-line @typescript-eslint/no-explicit-any
  /** The words of the answer, streamed or not. */
  words: string;
  /** "qwen/a 401 credential, deepseek/b forced 200" */
  trail: string;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const envoy = await findEnvoy({ version: options.version ?? "1.40.0", say: () => {} });
  const providers: Record<string, DemoProvider> = {};
  for (const [name, { config: _, ...demo }] of Object.entries(options.providers))
    providers[name] = await startDemoProvider({ name, ...demo });
  const [port, adminPort] = await freePorts(2);
  const directory = mkdtempSync(join(tmpdir(), "ai-failover-test-"));

  const render = ({ routes, config }: Pick<GatewayOptions, "routes" | "config">) => {
    const value = {
      listen: `127.0.0.1:${port}`,
      admin: `127.0.0.1:${adminPort}`,
      status: { enabled: false },
      console: { enabled: false },
      providers: Object.entries(options.providers).map(([id, { config: own, tokens }]) => ({
        ...{ id, type: "openai", url: providers[id]!.url, models: [`${id}-*`] },
        apiTokens: tokens.map((value, i) => ({ name: `t${i + 1}`, value })),
        ...own,
      })),
      ...(routes ? { routes } : {}),
      ...config,
    };
    const resolved = resolveConfig(sourceOf(value, "test", directory), { ...process.env, ...options.env });
    return renderRunFiles(
      resolved,
      {
        ...{ wasm: options.wasm ?? join(process.cwd(), "build/ai-failover.wasm") },
        ...{ envoyVersion: envoy.version, mode: options.mode },
      },
      directory,
    );
  };
  const write = (files: Record<string, string>, names: string[]) => {
    for (const name of names) writeFileSync(join(directory, name), files[name]!, { mode: 0o600 });
  };
  const files = render(options);
  write({ ...files }, Object.keys(files));

  let host = await launch(envoy.path, directory, adminPort!, options);

  const url = `http://127.0.0.1:${port}`;
  return {
    ...{ url, providers, directory, admin: host.admin },
    get pid() {
      return host.pid;
    },
    log: () => host.log(),
    stat: name => host.stat(name),
    async restart() {
      await host.stop();
      host = await launch(envoy.path, directory, adminPort!, options);
    },
    async apply(change) {
      const changed = render(change);
      const updates = await host.stat("listener_manager.lds.update_success");
      moveIn(directory, { "cds.yaml": changed["cds.yaml"], "lds.yaml": changed["lds.yaml"] });
      await until(async () => (await host.stat("listener_manager.lds.update_success")) > updates);
    },
    ask: (body, ask) => send(url, body, ask),
    async stop() {
      await host.stop();
      for (const provider of Object.values(providers)) await provider.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** An Envoy that runs. */
export type Host = Pick<Gateway, "admin" | "pid" | "log" | "stat" | "stop">;

/** Starts Envoy on `directory`/envoy.yaml, and waits until it serves. */
export async function launch(
  path: string,
  directory: string,
  adminPort: number,
  { workers = 2, env = {}, drain }: Pick<GatewayOptions, "workers" | "env" | "drain">,
): Promise<Host> {
  const file = join(directory, "envoy.log");
  const child = spawn(
    path,
    [
      ...["-c", join(directory, "envoy.yaml"), "--concurrency", String(workers)],
      // Records are there soon, not after ten seconds.
      ...["--file-flush-interval-msec", "200"],
      ...["--disable-hot-restart", "--log-path", file, "-l", "warning", "--component-log-level", "wasm:info"],
      ...(drain === undefined ? [] : ["--drain-time-s", String(drain), "--drain-strategy", "immediate"]),
    ],
    { stdio: "ignore", env: { ...process.env, ...env } },
  );
  const admin = `http://127.0.0.1:${adminPort}`;
  const log = () => readFileSync(file, "utf8");
  await ready(child, admin, log);
  return {
    ...{ admin, pid: child.pid!, log },
    stat: name => counter(admin, name),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise(done => child.once("exit", done));
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Replaces files that Envoy watches: it takes a file that is moved in, never one that is half-written. */
export function moveIn(directory: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, `.${name}`), text, { mode: 0o600 });
    renameSync(join(directory, `.${name}`), join(directory, name));
  }
}

/**
 * `count` loopback ports that were free a moment ago. Below those that Linux and macOS give to whoever asks for any, so that no connection
 * and no server of another test takes one before it is used.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(10_000, 32_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  const free = await once(server, "listening").then(
    () => true,
    () => false,
  );
  if (free) await new Promise(done => server.close(done));
  return free;
}

export async function until(condition: () => Promise<boolean> | boolean, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`this did not come about within ${limitMs} ms: ${condition}`);
    await new Promise(done => setTimeout(done, 20));
  }
}

async function ready(child: ChildProcess, admin: string, log: () => string): Promise<void> {
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`Envoy ended with ${child.exitCode}:\n${log().slice(-3000)}`);
    const answer = await fetch(`${admin}/ready`).catch(() => null);
    return answer?.status === 200;
  });
}

async function counter(admin: string, name: string): Promise<number> {
  const text = await (await fetch(`${admin}/stats?filter=^${encodeURIComponent(name.replaceAll(".", "\\."))}$`)).text();
  return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
}

export async function send(url: string, body: object, ask: AskOptions = {}): Promise<Answer> {
  const { path = "/v1/chat/completions", method = "POST", headers = {}, signal } = ask;
  const answer = await fetch(url + path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(method === "GET" ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
  let text = "";
  let broken = false;
  try {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) text += decoder.decode(chunk as Uint8Array, { stream: true });
  } catch {
    broken = true;
  }
  return answerOf(answer.status, answer.headers, text, broken);
}

export function answerOf(status: number, headers: Headers, text: string, broken: boolean): Answer {
  return {
    ...{ status, headers, text, broken },
    json: () => JSON.parse(text),
    words: wordsOf(text),
    trail: readTrail(headers.get("x-ai-failover-trail") ?? ""),
  };
}

/** The text of a chat answer: of its events, or of its one message. */
export function wordsOf(text: string): string {
  const events = text
    .split("\n")
    .filter(line => line.startsWith("data: {"))
    .map(line => tryParse(line.slice(6)));
  const documents = events.length > 0 ? events : [tryParse(text)];
  return documents.map(d => d?.choices?.[0]?.delta?.content ?? d?.choices?.[0]?.message?.content ?? "").join("");
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function tryParse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readTrail(trail: string): string {
  return trail
    .split(", ")
    .map(member => {
      const [hop, ...parameters] = member.split(";");
      const value = (name: string) => parameters.find(p => p.startsWith(`${name}=`))?.slice(name.length + 1);
      const forced = parameters.includes("forced") && "forced";
      return [hop, forced, value("status"), value("cause")].filter(Boolean).join(" ");
    })
    .join(", ");
}
