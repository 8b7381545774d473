import { spawn, type ChildProcess } from "node:child_process";
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Address, AdminAddress } from "../config/config-types.js";
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
  admin: AdminAddress;
  /** Worker threads; default: one for each core. */
  concurrency?: number;
  /** How long connections outlive the listener that an edit replaced, seconds: as long as a request may take. */
  drainTime: number;
  env: NodeJS.ProcessEnv;
  /** Called before each start: puts back what Envoy reads where somebody has removed it. */
  prepare?: () => void;
  say(line: string): void;
  /** Envoy ended by itself, and not for the first time in a short while: nothing is tried any more. */
  gaveUp(reason: Refusal): void;
}

/** How long Envoy may take to be ready, milliseconds. */
const START_LIMIT = 30_000;

/** How long the last words of an Envoy that has ended may be on their way, milliseconds. */
const LAST_WORDS = 1_000;

/** How often Envoy may end, or not start, within a minute. */
const MOST_DEATHS = 5;

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
  /** One that is ended on purpose, to be followed by another. */
  private replaced: ChildProcess | undefined;
  private stopping = false;
  private readonly log: LogFile;
  private readonly filter = new LogFilter();
  /** The last lines of the log, for an error. */
  private tail: string[] = [];
  /** When it has said its last line. */
  private silence: Promise<void> = Promise.resolve();
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
      if (hasEnded(child)) {
        await Promise.race([this.silence, sleep(LAST_WORDS)]);
        throw new Refusal(this.withTail(`Envoy did not start (${endOf(child)})`));
      }
      const updates = await updatesOf(admin);
      if (updates !== undefined && updates.lds.refused + updates.cds.refused > 0)
        throw new Refusal(this.withTail("Envoy refused the configuration"));
      if (performance.now() > limit) throw new Refusal(`Envoy is not ready after ${START_LIMIT / 1000} s.`);
      await sleep(30);
    }
    for (const line of this.unsaid.splice(0)) this.options.say(line);
    this.unsaid = undefined;
    child.once("exit", () => void this.onDeath(child));
    if (hasEnded(child)) void this.onDeath(child);
  }

  /** Ends Envoy and starts it again, at once: calls that are under way break. */
  async restart(): Promise<void> {
    this.replaced = this.child;
    if (this.child !== undefined) await end(this.child);
    await this.start().catch((error: Error) => this.revive(error.message));
  }

  /** @param times absent: calls under way are cut */
  async stop(times?: DrainTimes): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child !== undefined) {
      const { admin, say } = this.options;
      if (times !== undefined && !hasEnded(child)) await drain(admin, times, () => hasEnded(child), say);
      await end(child);
    }
    process.off("exit", this.kill);
    this.log.end();
  }

  /** The last resort, when this process ends in an unforeseen way. */
  private readonly kill = (): void => void this.child?.kill("SIGKILL");

  private spawn(): ChildProcess {
    this.options.prepare?.();
    this.tail = [];
    const { binary, configFile, directory, concurrency, drainTime, env } = this.options;
    const args = [
      ...["-c", configFile, "--disable-hot-restart", "--drain-time-s", String(drainTime)],
      // After an edit a connection that clients keep open takes one more request with the old configuration, not many.
      ...["--drain-strategy", "immediate"],
      // Records of requests are for people who wait for them: ten seconds are the default.
      ...["--file-flush-interval-msec", "500"],
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
    const lines = createInterface({ input: child.stderr! }).on("line", line => this.keep(line));
    this.silence = new Promise(done => lines.once("close", done));
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

  /** Envoy's last words below a sentence, or where all of them are. */
  private withTail(sentence: string): string {
    return this.tail.length > 0 ? `${sentence}:\n${this.tail.join("\n")}` : `${sentence}; see ${this.options.logFile}.`;
  }

  private async onDeath(child: ChildProcess): Promise<void> {
    if (!this.stopping && child !== this.replaced) await this.revive(`Envoy ended (${endOf(child)})`);
  }

  /** Starts another one, and tries again when that does not start either. */
  private async revive(what: string): Promise<void> {
    const { say, gaveUp, logFile } = this.options;
    for (;;) {
      const now = performance.now();
      this.deaths = [...this.deaths.filter(at => now - at < 60_000), now];
      const count = this.deaths.length;
      if (count > MOST_DEATHS)
        return gaveUp(new Refusal(`${what}. It ended ${count} times within a minute: see ${logFile}.`));
      say(`${what} and is started again; what it knew of tokens and providers is lost.`);
      await sleep(100 * 2 ** count);
      if (this.stopping) return;
      try {
        return await this.start();
      } catch (error) {
        what = (error as Error).message;
        if (this.child !== undefined) await end(this.child);
      }
    }
  }
}

/** Ends one politely, and in the end by force. */
async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise(done => child.once("exit", done));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT);
  await ended;
  clearTimeout(timer);
}

const endOf = ({ exitCode, signalCode }: ChildProcess): string => signalCode ?? `exit code ${exitCode}`;

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
