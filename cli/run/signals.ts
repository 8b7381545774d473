/** How often it is looked whether npm still lives, milliseconds. */
const LOOK = 300;

/**
 * Calls `stop` once, when a person or a supervisor wants the process to end: by Ctrl-C, SIGTERM, a closed terminal, or
 * by ending the npm that started it (which tells its shell, and not every shell tells us). A second signal ends it at once.
 */
export function onEnd(stop: () => void): void {
  let ending = false;
  const end = () => {
    if (ending) process.exit(1);
    ending = true;
    stop();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    if (!ending) end();
  }, LOOK);
}
