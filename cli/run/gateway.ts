import { join } from "node:path";
import { noticesOf } from "../config/notices.js";
import { isRaw, object } from "../config/raw.js";
import { packageRoot } from "../config/root.js";
import { readSource } from "../config/source.js";
import type { ClusterTarget, GatewayConfig } from "../config/types.js";
import { findEnvoy, type Envoy } from "../envoy/find.js";
import { renderRunFiles, type RunFiles } from "../render/envoy.js";
import { longestTimeout, modeFor, type Mode } from "../render/options.js";
import { Refusal } from "../refusal.js";
import { stateDirectory } from "../state.js";
import { sentenceOf } from "../system-error.js";
import { Clusters } from "./clusters.js";
import { DEFAULT_FILE, writeDefaultFile } from "./default-file.js";
import { Demos } from "./demos.js";
import { EnvoyProcess } from "./envoy.js";
import { RunDirectory } from "./files.js";
import { loadDefault, loadGiven, type Loaded } from "./load.js";
import { addressText, checkFree, type Listens } from "./ports.js";
import { update } from "./update.js";
import { Watcher } from "./watch.js";

export interface GatewayOptions {
  /** The file to serve; default: ai-failover.yaml in the current directory, written if it is not there. */
  config?: string;
  /** In place of the file's `listen`: "0.0.0.0:8080" in a container. */
  listen?: string;
  /** The same for `status.listen`. */
  status?: string;
  /** The compiled module. */
  wasm?: string;
  /** The release to run on, and no other; default: any that is found and works, or 1.40.0. */
  envoyVersion?: string;
  /** Envoy's worker threads; default: one for each core. */
  concurrency?: number;
  /** How long calls may still take when the gateway is stopped, milliseconds; default: 30 s. */
  drain?: number;
  env?: NodeJS.ProcessEnv;
  /** Receives what a person should know, a line each. */
  say?: (line: string) => void;
  /** Ends a start that is under way. */
  signal?: AbortSignal;
  /** Envoy cannot be kept running. */
  gaveUp?: (reason: Refusal) => void;
}

const OUTCOMES = {
  same: "was read again: nothing to change.",
  taken: "was read again, and is served.",
  late: "was read again, but Envoy has not taken it yet.",
};

/** How long a request may outlive the configuration that it began under, at least, seconds: room for edits of `timeout`. */
const OUTLIVES = 3600;

/** Envoy counts that time from when it took an edit, milliseconds. */
const SLACK = 10_000;

/** As long as Kubernetes gives a pod; `docker compose` is told to wait a little longer. */
const DRAIN_LIMIT = 30_000;

/** A running gateway: demo providers if there are any, the files that Envoy watches, and Envoy. */
export class Gateway {
  /** The last reading of the file: one at a time. */
  private reading: Promise<void> = Promise.resolve();
  private readonly clusters: Clusters;
  /** How long a cluster stays that no configuration names any more, milliseconds. */
  private readonly stay: number;

  private constructor(
    readonly envoy: Envoy,
    readonly mode: Mode,
    readonly file: string,
    readonly logFile: string,
    private readonly options: GatewayOptions,
    private readonly say: (line: string) => void,
    private readonly watcher: Watcher,
    private readonly demos: Demos,
    private readonly directory: RunDirectory,
    private readonly process: EnvoyProcess,
    /** How long Envoy lets requests outlive their configuration, seconds. */
    private readonly drainTime: number,
    private current: Loaded,
  ) {
    this.stay = drainTime * 1000 + SLACK;
    this.clusters = new Clusters(current.config, this.stay);
  }

  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const { env = process.env, say = console.log, gaveUp = () => {}, config: file = DEFAULT_FILE, signal } = options;
    if (options.config === undefined && writeDefaultFile(file)) say(`Wrote ${file}: the configuration, to be changed.`);
    const watcher = new Watcher();
    const demos = new Demos();
    let directory: RunDirectory | undefined;
    let running: EnvoyProcess | undefined;
    try {
      watcher.note([file]);
      const loaded = await load(options, file, env, demos);
      watcher.follow([file, ...loaded.config.tokenFiles]);
      await checkFree(listensOf(loaded.config), field => optionOf(field, options) ?? file);
      const envoy = await findEnvoy({ version: options.envoyVersion, env, say, signal });
      signal?.throwIfAborted();
      directory = new RunDirectory();
      directory.putAll(render(loaded.config, envoy, options, directory));
      const { listen, admin } = loaded.config;
      const logFile = join(stateDirectory(), `envoy-${listen.port}.log`);
      const drainTime = Math.max(OUTLIVES, Math.ceil(longestTimeout(loaded.config) / 1000));
      running = new EnvoyProcess({
        ...{ binary: envoy.path, configFile: directory.bootstrap, directory: directory.path },
        ...{ logFile, listen, admin, env: loaded.env, say, gaveUp },
        ...{ concurrency: options.concurrency, drainTime },
      });
      await running.start(signal);
      await demos.open();
      const mode = modeFor(envoy.version);
      return new Gateway(
        envoy,
        mode,
        file,
        logFile,
        options,
        say,
        watcher,
        demos,
        directory,
        running,
        drainTime,
        loaded,
      );
    } catch (error) {
      await running?.stop();
      await demos.stop();
      directory?.remove();
      throw error;
    }
  }

  get config(): GatewayConfig {
    return this.current.config;
  }

  /** What its Envoy sees: tokens of demo providers are there too. */
  get env(): NodeJS.ProcessEnv {
    return this.current.env;
  }

  /** Whether demo providers answer. */
  get demo(): boolean {
    return this.current.demo;
  }

  get notes(): string[] {
    return this.current.notes;
  }

  get workers(): number | undefined {
    return this.options.concurrency;
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Reads the file again whenever it, or a file of a token, is saved. */
  watch(): void {
    this.watcher.start(() => this.readAgain());
  }

  /** Reads the file again and says what came of it. */
  readAgain(): void {
    this.reading = this.reading.then(() => this.reload()).then(this.say, this.complain);
  }

  /** Serves what the file says now, and says what came of it; a file with mistakes changes nothing. */
  async reload(): Promise<string> {
    const { config: before } = this.current;
    const { env = process.env } = this.options;
    this.watcher.note([this.file, ...before.tokenFiles]);
    const loaded = await load(this.options, this.file, env, this.demos);
    const moved = listensOf(loaded.config).filter(
      ([field, address]) => !listensOf(before).some(([f, a]) => f === field && addressText(a) === addressText(address)),
    );
    const later = [
      ...moved.map(([field]) => field),
      ...newVariables(this.current, loaded),
      ...(longestTimeout(loaded.config) > this.drainTime * 1000 ? [`a timeout above ${this.drainTime}s`] : []),
    ];
    if (later.length > 0)
      return `${this.file}: ${later.join(", ")} can change at a start only, so nothing was changed: start again, or take it back.`;
    loaded.config = this.clusters.named(loaded.config);
    const outcome = await update(this.directory, this.render(loaded), before.admin);
    if (outcome === "refused") {
      // Not to be found by an Envoy that is started again.
      this.directory.putAll(this.render(this.current));
      return `${this.file}: Envoy refused it and keeps what it had; see ${this.logFile}.`;
    }
    this.current = loaded;
    this.clusters.serve(loaded.config);
    setTimeout(this.clear, this.stay).unref();
    this.watcher.follow([this.file, ...loaded.config.tokenFiles]);
    if (loaded.demo) await this.demos.open();
    else await this.demos.stop();
    const known = this.noticesOf(before);
    const news = this.noticesOf(loaded.config).filter(line => !known.includes(line));
    return [`${this.file} ${OUTCOMES[outcome]}`, ...news].join("\n");
  }

  private noticesOf(config: GatewayConfig): string[] {
    return noticesOf(config, this.file, this.workers);
  }

  async stop(): Promise<void> {
    this.watcher.stop();
    await this.reading;
    await this.process.stop(this.options.drain ?? DRAIN_LIMIT);
    await this.demos.stop();
    this.directory.remove();
  }

  private render({ config }: Loaded): RunFiles {
    return render(config, this.envoy, this.options, this.directory, this.clusters.besides(config));
  }

  private readonly clear = (): void => {
    this.reading = this.reading
      .then(async () => {
        if (this.clusters.prune()) await update(this.directory, this.render(this.current), this.config.admin);
      })
      .catch(this.complain);
  };

  private readonly complain = (error: Error): void => {
    const what = sentenceOf(error) ?? `${error.message}\n${this.file} has mistakes.`;
    this.say(`${what} What was served before goes on.`);
  };
}

async function load(options: GatewayOptions, file: string, env: NodeJS.ProcessEnv, demos: Demos): Promise<Loaded> {
  const source = readSource(file);
  if (isRaw(source.value)) {
    const { listen, status } = options;
    if (listen !== undefined) source.value.listen = listen;
    if (status !== undefined) source.value.status = { ...object(source.value.status), listen: status };
  }
  return options.config === undefined ? loadDefault(source, env, demos.start) : loadGiven(source, env);
}

const listensOf = ({ listen, admin, status }: GatewayConfig): Listens => [
  ["listen", listen],
  ["admin", admin],
  ...(status.enabled ? [["status.listen", status.listen] satisfies Listens[number]] : []),
];

/** The option of `run` that stands in place of a field; undefined where the file says it. */
function optionOf(field: string, { listen, status }: GatewayOptions): string | undefined {
  if (field === "listen" && listen !== undefined) return "--listen";
  return field === "status.listen" && status !== undefined ? "--status" : undefined;
}

function render(
  config: GatewayConfig,
  envoy: Envoy,
  { wasm }: GatewayOptions,
  { path }: RunDirectory,
  besides: ClusterTarget[] = [],
): RunFiles {
  const module = wasm ?? join(packageRoot, "build", "ai-failover.wasm");
  return renderRunFiles(config, { wasm: module, envoyVersion: envoy.version }, path, besides);
}

/** What Envoy's process does not have: its environment is fixed when it starts. */
const newVariables = (a: Loaded, b: Loaded): string[] => b.config.variables.filter(name => a.env[name] !== b.env[name]);
