import { spawn, type ChildProcess } from "node:child_process";
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "../config/config-types.js";
import { Refusal } from "../refusal.js";
import { isLive, updatesOf } from "./admin-client.js";
import { drain, type DrainTimes } from "./drain.js";
import { LOG_FORMAT, LogFilter, parseLine } from "./envoy-log.js";
import { LogFile } from "./log-file.js";

export interface EnvoyOptions {
  binary: string;
  /** The rendered bootstrap. */
  configFile: string;
  /** Holds it and all that Envoy reads besides; goes with Envoy when this process is killed. */
  directory: string;
  logFile: string;
  listen: Address;
  admin: Address;
  /** Worker threads; default: one for each core. */
  concurrency?: number;
  /** How long connections outlive the listener that an edit replaced, seconds: as long as a request may take. */
  drainTime: number;
  env: NodeJS.ProcessEnv;
  say(line: string): void;
  /** Envoy ended by itself, and not for the first time in a short while: nothing is tried any more. */
  gaveUp(reason: Refusal): void;
}

/** How long Envoy may take to be ready, milliseconds. */
const START_LIMIT = 30_000;

/** How long it may take to end when asked politely, milliseconds. */
const STOP_LIMIT = 3_000;

/**
 * Becomes Envoy, and leaves a shell beside it that reads a pipe of ours (descriptor 3). When the pipe ends without a line
 * this process was killed (SIGKILL, out of memory): then the shell ends Envoy and removes its files, which may hold tokens.
 */
const GUARDED = `
(read -r line <&3 || { kill -9 $$; rm -rf "$0"; }) >/dev/null 2>&1 &
exec "$@" 3<&-`;

/** Envoy as a child process that is started again when it dies. */
export class EnvoyProcess {
  private child: ChildProcess | undefined;
  private stopping = false;
  private readonly log: LogFile;
  private readonly filter = new LogFilter();
  /** The last lines of the log, for an error. */
  private tail: string[] = [];
  /** What is to be said when it has started: of a start that fails the error says it all. */
  private unsaid: string[] | undefined;
  /** When Envoy ended by itself lately, by performance.now(). */
  private deaths: number[] = [];

  constructor(private readonly options: EnvoyOptions) {
    this.log = new LogFile(options.logFile, options.say);
    process.once("exit", this.kill);
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Starts Envoy and waits until it takes requests. */
  async start(signal?: AbortSignal): Promise<void> {
    this.unsaid = [];
    const child = this.spawn();
    const { admin, listen } = this.options;
    const limit = performance.now() + START_LIMIT;
    while (!(await accepts(listen)) || !(await isLive(admin))) {
      signal?.throwIfAborted();
      if (this.stopping) return;
      if (hasEnded(child)) throw new Refusal(`Envoy did not start:\n${this.tail.join("\n")}`);
      const updates = await updatesOf(admin);
      if (updates !== undefined && updates.lds.refused + updates.cds.refused > 0)
        throw new Refusal(`Envoy refused the configuration:\n${this.tail.join("\n")}`);
      if (performance.now() > limit) throw new Refusal(`Envoy is not ready after ${START_LIMIT / 1000} s.`);
      await sleep(30);
    }
    for (const line of this.unsaid.splice(0)) this.options.say(line);
    this.unsaid = undefined;
    child.once("exit", (code, signal) => void this.onDeath(signal ?? `exit code ${code}`));
    if (hasEnded(child)) await this.onDeath("exit");
  }

  /** @param times absent: calls under way are cut */
  async stop(times?: DrainTimes): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child !== undefined && !hasEnded(child)) {
      if (times !== undefined) await drain(this.options.admin, times, this.options.say);
      const ended = new Promise(done => child.once("exit", done));
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT);
      await ended;
      clearTimeout(timer);
    }
    process.off("exit", this.kill);
    this.log.end();
  }

  /** The last resort, when this process ends in an unforeseen way. */
  private readonly kill = (): void => void this.child?.kill("SIGKILL");

  private spawn(): ChildProcess {
    const { binary, configFile, directory, concurrency, drainTime, env } = this.options;
    const args = [
      ...["-c", configFile, "--disable-hot-restart", "--drain-time-s", String(drainTime)],
      // After an edit a connection that clients keep open takes one more request with the old configuration, not many.
      ...["--drain-strategy", "immediate"],
      // With the module's line for each request that met a failure.
      ...["--log-level", "warning", "--component-log-level", "wasm:info", "--log-format", LOG_FORMAT],
      ...(concurrency === undefined ? [] : ["--concurrency", String(concurrency)]),
    ];
    // In a process group of its own: Ctrl-C reaches us alone, and we end Envoy in our order.
    const child = spawn("/bin/sh", ["-c", GUARDED, directory, binary, ...args], {
      env,
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      detached: true,
    });
    child.on("error", error => this.keep(`Envoy could not be started: ${error.message}`));
    const guard = child.stdio[3] as Writable;
    guard.on("error", () => {}); // it was killed itself
    child.once("exit", () => guard.end("Envoy has ended\n"));
    createInterface({ input: child.stderr! }).on("line", line => this.keep(line));
    this.child = child;
    return child;
  }

  private keep(raw: string): void {
    this.log.write(raw);
    const line = parseLine(raw);
    this.tail = [...this.tail.slice(-4), line.text];
    const shown = this.filter.pass(line);
    if (shown === undefined || this.stopping) return;
    if (this.unsaid === undefined) this.options.say(shown);
    else this.unsaid.push(shown);
  }

  private async onDeath(how: string): Promise<void> {
    if (this.stopping) return;
    const now = performance.now();
    this.deaths = [...this.deaths.filter(at => now - at < 60_000), now];
    const { say, gaveUp, logFile } = this.options;
    if (this.deaths.length > 5)
      return gaveUp(new Refusal(`Envoy ended ${this.deaths.length} times within a minute: see ${logFile}.`));
    say(`Envoy ended (${how}) and is started again; what it knew of tokens and providers is lost.`);
    await sleep(100 * 2 ** this.deaths.length);
    if (this.stopping) return;
    await this.start().catch(gaveUp);
  }
}

const hasEnded = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null || pid === undefined;

/** An unspecified address ("0.0.0.0") is reached by loopback. */
export const reachable = ({ host, port }: Address): Address => ({
  host: host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host,
  port,
});

function accepts(address: Address): Promise<boolean> {
  return new Promise(done => {
    const socket = createConnection(reachable(address));
    const end = (result: boolean) => {
      socket.destroy();
      done(result);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}
