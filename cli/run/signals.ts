import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { isatty } from "node:tty";

/** How often it is looked whether npm still lives, milliseconds. */
const LOOK = 300;

/** Ctrl-C comes from the terminal, and from npm once more: only what comes later than that is impatience, milliseconds. */
const ECHO = 500;

/**
 * Calls `stop` once, when a person or a supervisor wants the process to end: by Ctrl-C, SIGTERM, a closed terminal, or
 * by ending the npm (or npx) that started it. A later second signal ends it at once. Any other SIGHUP is for `reload`.
 * `stop` is told which signal it was, if it was one.
 */
export function onSignals({ stop, reload }: { stop(signal?: NodeJS.Signals): void; reload(): void }): void {
  let ended: number | undefined;
  const end = (signal?: NodeJS.Signals) => {
    if (ended !== undefined && performance.now() - ended > ECHO) process.exit(1);
    if (ended === undefined) stop(signal);
    ended ??= performance.now();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, end);
  const hadTerminal = [0, 1, 2].some(isatty);
  process.on("SIGHUP", () => (hadTerminal && !hasTerminal() ? end() : reload()));
  const npm = starter();
  if (npm === undefined) return;
  const look = setInterval(() => {
    if (lives(npm)) return;
    clearInterval(look);
    if (ended === undefined) end();
  }, LOOK).unref();
}

/**
 * The npm that started us. It passes signals to its shell only, and not every shell passes them on or gives way to
 * what it runs: then npm is the shell's parent.
 */
function starter(): number | undefined {
  if (process.env["npm_lifecycle_event"] === undefined) return undefined;
  const { stdout } = spawnSync("ps", ["-o", "ppid=,comm=", "-p", String(process.ppid)], { encoding: "utf8" });
  const [, grandparent, isShell] = /^\s*(\d+)\s+(\S*sh$)?/m.exec(stdout ?? "") ?? [];
  return isShell === undefined ? process.ppid : Number(grandparent);
}

/** A terminal that was closed can be opened no more. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
