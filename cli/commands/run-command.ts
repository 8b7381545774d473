import { InvalidArgumentError, Option, type Command } from "commander";
import { parseAddress } from "../config/listen-address.js";
import { milliseconds } from "../config/parse-quantity.js";
import { Refusal } from "../refusal.js";
import { bannerOf } from "../run/banner.js";
import type { RunningConsole } from "../console/console-server.js";
import { Gateway } from "../run/gateway.js";
import { startGatewayConsole } from "../run/gateway-console.js";
import { onSignals } from "../run/signals.js";

interface Flags {
  config?: string;
  listen?: string;
  envoyVersion?: string;
  status?: string;
  console?: string;
  drain?: number;
  minDrain: number;
  concurrency?: number;
}

/**
 * A Service of Kubernetes, or a load balancer that asks /ready, may need so long to send no more calls here, milliseconds. Whoever
 * presses Ctrl-C need not wait.
 */
const MIN_DRAIN = 5_000;

export function register(program: Command): void {
  program
    .command("run")
    .description("run the gateway: get Envoy, serve a configuration file, and follow its edits")
    .option("-c, --config <file>", "YAML or JSON (default: ai-failover.yaml, written at the first start)")
    .option("--listen <address>", "in place of the file's `listen`: host:port", readAddress)
    .option("--status <address>", "in place of the file's `status.listen`", readAddress)
    .option("--console <address>", "in place of the file's `console.listen`; off: no console", readConsole)
    .option("--drain <duration>", "how long calls may still take after SIGTERM or Ctrl-C (default: 30s)", readDuration)
    .addOption(
      new Option("--min-drain <duration>", "how long new calls are taken after SIGTERM, while /ready answers 503")
        .argParser(readDuration)
        .default(MIN_DRAIN, "5s"),
    )
    .option(
      "--envoy-version <version>",
      "run on this release of Envoy, for example 1.36.4 (default: what is found, or 1.40)",
    )
    .option("--concurrency <threads>", "Envoy's worker threads (default: one for each core)", readThreads)
    .action((flags: Flags) => run(flags, program.version() ?? ""));
}

/** Runs until a signal, or until Envoy cannot be kept running. */
async function run(flags: Flags, version: string): Promise<void> {
  const ending = new AbortController();
  let gateway: Gateway | undefined;
  let minimum = 0;
  /** A SIGHUP while it starts. */
  let isAsked = false;
  const reload = () => {
    isAsked = true;
    gateway?.readAgain();
  };
  const ended = new Promise<number>(end => {
    const stop = (signal?: NodeJS.Signals) => {
      if (signal === "SIGTERM") minimum = flags.minDrain;
      end(0);
    };
    onSignals({ stop, reload });
    ending.signal.addEventListener("abort", () => end(1));
  });
  const gaveUp = (reason: Refusal) => {
    console.error(reason.message);
    ending.abort(reason);
  };
  const starting = Gateway.start({ ...flags, gaveUp, signal: ending.signal });
  let pages: RunningConsole | undefined;
  const announced = starting.then(async started => {
    gateway = started;
    gateway.watch();
    // A gateway without its console still serves: why there is none stands in the banner.
    const opened = await startGatewayConsole(started, version, console.log).catch(orReason);
    if (typeof opened === "object") pages = opened;
    console.log(bannerOf(gateway, version, pages?.url, typeof opened === "string" ? opened : undefined).join("\n"));
    if (isAsked) gateway.readAgain();
    return ended;
  });
  const code = await Promise.race([ended, announced]);
  ending.abort();
  await pages?.close();
  await starting.then(gateway => gateway.stop(minimum), ignore);
  process.exit(code);
}

function orReason(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  throw error;
}

/** It was ended before it had started. */
const ignore = () => {};

function readAddress(text: string): string {
  if (parseAddress(text) === null) throw new InvalidArgumentError("an IP address or localhost, and a port");
  return text;
}

function readConsole(text: string): string {
  return text === "off" ? text : readAddress(text);
}

function readDuration(text: string): number {
  const limit = milliseconds(text);
  if (Number.isNaN(limit)) throw new InvalidArgumentError("a duration like 30s, or 0");
  return limit;
}

function readThreads(text: string): number {
  const threads = Number(text);
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024)
    throw new InvalidArgumentError("a number from 1 to 1024");
  return threads;
}
