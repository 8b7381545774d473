import { dirname, join, resolve } from "node:path";
import { noticesOf } from "../config/notices.js";
import { isRaw, object } from "../config/raw.js";
import { packageRoot } from "../config/root.js";
import { parseSource, readSource, type Source } from "../config/source.js";
import type { AdminAddress, GatewayConfig } from "../config/config-types.js";
import { findEnvoy, type Envoy } from "../envoy/find-envoy.js";
import { adminAddressOf } from "../render/render-admin.js";
import { renderRunFiles } from "../render/render-envoy.js";
import { modeOf, type Mode } from "../render/render-options.js";
import { Refusal } from "../refusal.js";
import { stateDirectory } from "../state.js";
import { sentenceOf } from "../system-error.js";
import { DEFAULT_FILE, writeDefaultFile } from "./default-file.js";
import { Demos } from "./demos.js";
import { EnvoyProcess } from "./envoy-process.js";
import { connectionsFor, openFileLimit, openFileNotes } from "./open-files.js";
import { RecentRecords } from "./recent-records.js";
import { order } from "./admin-client.js";
import { RequestLog } from "./request-log-file.js";
import { RunDirectory } from "./run-files.js";
import { loadDefault, loadGiven, type Loaded, type StartDemo } from "./load-served.js";
import { checkFree, listensOf } from "./ports.js";
import { drainTimeOf, Served, type Render } from "./served-config.js";
import { Watcher } from "./watch.js";

export interface GatewayOptions {
  /** The file to serve; default: ai-failover.yaml in the current directory, written if it is not there. */
  config?: string;
  /** In place of the file's `listen`: "0.0.0.0:8080" in a container. */
  listen?: string;
  /** The same for `status.listen`. */
  status?: string;
  /** The same for `console.listen`; "off": no console. */
  console?: string;
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

/** With the minimum below what the chart and `docker compose` wait. */
const DRAIN_LIMIT = 30_000;

/** What a start has made ready. */
interface Started {
  envoy: Envoy;
  logFile: string;
  /** How many files Envoy may open. */
  openFiles: number;
  admin: AdminAddress;
  watcher: Watcher;
  demos: Demos;
  directory: RunDirectory;
  process: EnvoyProcess;
  served: Served;
  requestLog: RequestLog;
  /** Where the console is on. */
  records: RecentRecords | undefined;
}

/** A running gateway: demo providers if there are any, the files that Envoy watches, and Envoy. */
export class Gateway {
  /** The last reading of the file: one at a time. */
  private reading: Promise<void> = Promise.resolve();
  /** Whether a reading has been asked for that has not begun. */
  private isAsked = false;
  private hasStopped = false;

  private constructor(
    readonly file: string,
    private readonly options: GatewayOptions,
    private readonly say: (line: string) => void,
    private readonly parts: Started,
  ) {}

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
      const { path } = directory;
      const wasm = options.wasm ?? join(packageRoot, "build", "ai-failover.wasm");
      const { adminSocket } = directory;
      const { enabled: hasConsole } = loaded.config.console;
      const recordsFile = hasConsole ? directory.recordsFile : undefined;
      const records = recordsFile === undefined ? undefined : new RecentRecords(recordsFile);
      const openFiles = openFileLimit();
      const connections = connectionsFor(openFiles);
      const target = { wasm, envoyVersion: envoy.version, adminSocket, connections, recordsFile };
      const render: Render = (config, besides) => renderRunFiles(config, target, path, besides);
      directory.putAll(render(loaded.config));
      const { listen } = loaded.config;
      const admin = adminAddressOf(loaded.config, target);
      const logFile = join(stateDirectory(), `envoy-${listen.port}.log`);
      const prepare = () => {
        directory?.restore();
        records?.create();
      };
      running = new EnvoyProcess({
        ...{ binary: envoy.path, configFile: directory.bootstrap, directory: path },
        ...{ logFile, listen, admin, env: loaded.env, say, gaveUp, prepare },
        ...{ concurrency: options.concurrency, drainTime: drainTimeOf(loaded.config) },
      });
      await running.start(signal);
      await demos.open();
      const served = new Served(loaded, directory, render, admin);
      records?.start();
      const requestLog = new RequestLog({
        path: () => served.loaded.config.requestLog.path,
        reopen: () => order(admin, "/reopen_logs"),
        say,
      });
      requestLog.start();
      const parts = {
        ...{ envoy, logFile, openFiles, admin, watcher, demos, directory },
        ...{ process: running, served, requestLog, records },
      };
      return new Gateway(file, options, say, parts);
    } catch (error) {
      await running?.stop();
      await demos.stop();
      directory?.remove();
      throw error;
    }
  }

  get envoy(): Envoy {
    return this.parts.envoy;
  }

  get mode(): Mode {
    return modeOf({ envoyVersion: this.envoy.version });
  }

  get logFile(): string {
    return this.parts.logFile;
  }

  get admin(): AdminAddress {
    return this.parts.admin;
  }

  get config(): GatewayConfig {
    return this.parts.served.loaded.config;
  }

  /** What its Envoy sees: tokens of demo providers are there too. */
  get env(): NodeJS.ProcessEnv {
    return this.parts.served.loaded.env;
  }

  /** Whether demo providers answer. */
  get demo(): boolean {
    return this.parts.served.loaded.demo;
  }

  /** The last requests; undefined without a console. */
  get records(): RecentRecords | undefined {
    return this.parts.records;
  }

  get notes(): string[] {
    return [...openFileNotes(this.parts.openFiles), ...this.parts.served.loaded.notes];
  }

  get workers(): number | undefined {
    return this.options.concurrency;
  }

  get pid(): number | undefined {
    return this.parts.process.pid;
  }

  /** Reads the file again whenever it, or a file of a token, is saved. */
  watch(): void {
    this.parts.watcher.start(() => this.readAgain());
  }

  /** Reads the file again and says what came of it. One reading follows all that was asked before it began. */
  readAgain(): void {
    if (this.isAsked || this.hasStopped) return;
    this.isAsked = true;
    const begins = () => void (this.isAsked = false);
    this.reading = this.reading.then(begins);
    void this.readNow().catch(() => {});
  }

  /** The same; answers what came of it, or throws why nothing was changed. */
  readNow(): Promise<string> {
    const reload = this.reading.then(() => this.reload());
    this.reading = reload.then(this.say, this.complain);
    return reload;
  }

  /** What would become of a text in the file's place; throws its mistakes. Nothing is served, and no demo provider starts. */
  async preview(text: string): Promise<{ config: GatewayConfig; fixed: string[] }> {
    const source = parseSource(text, this.file, dirname(resolve(this.file)));
    const running: StartDemo = async plan => this.demos.running.find(({ name }) => name === plan.name) ?? standInDemo();
    const loaded = await loadSource(source, this.options, this.options.env ?? process.env, running);
    return { config: loaded.config, fixed: this.parts.served.fixed(loaded) };
  }

  get demos(): Demos {
    return this.parts.demos;
  }

  get isUp(): boolean {
    return this.parts.process.pid !== undefined;
  }

  /** Serves what the file says now, and says what came of it; a file with mistakes changes nothing. */
  async reload(): Promise<string> {
    const { watcher, demos, directory, admin, served, logFile } = this.parts;
    const before = this.config;
    watcher.note([this.file, ...before.tokenFiles]);
    const loaded = await load(this.options, this.file, this.options.env ?? process.env, demos);
    const fixed = served.fixed(loaded);
    if (fixed.length > 0)
      return `${this.file}: ${fixed.join(", ")} can change at a start only, so nothing was changed: start again, or take it back.`;
    if (!directory.isWhole(admin)) await this.restore();
    const outcome = await served.apply(loaded, this.clear);
    if (outcome === "refused") return `${this.file}: Envoy refused it and keeps what it had; see ${logFile}.`;
    watcher.follow([this.file, ...loaded.config.tokenFiles]);
    if (loaded.demo) await demos.open();
    else await demos.stop();
    const known = this.noticesOf(before);
    const added = this.noticesOf(loaded.config).filter(line => !known.includes(line));
    return [`${this.file} ${OUTCOMES[outcome]}`, ...added].join("\n");
  }

  /** Envoy watches a directory that is gone, and would never see an edit again. */
  private async restore(): Promise<void> {
    const { directory, process } = this.parts;
    this.say(`${directory.path}: what Envoy reads was removed. It is written again, and Envoy is started again.`);
    await process.restart();
  }

  private noticesOf(config: GatewayConfig): string[] {
    return noticesOf(config, this.file, this.workers);
  }

  /** @param minimum how long new calls are still taken, milliseconds */
  async stop(minimum = 0): Promise<void> {
    const { watcher, process, demos, directory, requestLog, records } = this.parts;
    this.hasStopped = true;
    watcher.stop();
    requestLog.stop();
    records?.stop();
    await this.reading;
    const limit = this.options.drain ?? DRAIN_LIMIT;
    await process.stop(minimum + limit > 0 ? { minimum, limit } : undefined);
    await demos.stop();
    directory.remove();
  }

  private readonly clear = (): void => {
    this.reading = this.reading.then(() => this.parts.served.clear()).catch(this.complain);
  };

  private readonly complain = (error: Error): void => {
    const what = sentenceOf(error) ?? `${error.message}\n${this.file} has mistakes.`;
    this.say(`${what} What was served before goes on.`);
  };
}

const load = (options: GatewayOptions, file: string, env: NodeJS.ProcessEnv, demos: Demos): Promise<Loaded> =>
  loadSource(readSource(file), options, env, demos.start);

/** Stands in for a demo provider where a configuration is only looked at. */
const standInDemo = (): Promise<{ url: string }> => Promise.resolve({ url: "http://127.0.0.1:9/v1" });

async function loadSource(
  source: Source,
  options: GatewayOptions,
  env: NodeJS.ProcessEnv,
  startDemo: StartDemo,
): Promise<Loaded> {
  if (isRaw(source.value)) {
    const { listen, status, console } = options;
    if (listen !== undefined) source.value.listen = listen;
    if (status !== undefined) source.value.status = { ...object(source.value.status), listen: status };
    if (console !== undefined)
      source.value.console = {
        ...object(source.value.console),
        ...(console === "off" ? { enabled: false } : { enabled: true, listen: console }),
      };
  }
  return options.config === undefined ? loadDefault(source, env, startDemo) : loadGiven(source, env);
}

/** The option of `run` that stands in place of a field; undefined where the file says it. */
function optionOf(field: string, { listen, status }: GatewayOptions): string | undefined {
  if (field === "listen" && listen !== undefined) return "--listen";
  return field === "status.listen" && status !== undefined ? "--status" : undefined;
}
