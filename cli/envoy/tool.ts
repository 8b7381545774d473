import { spawn } from "node:child_process";

/**
 * Runs a tool to its end, in a process group of its own: the signal ends it with all that it started, for the python3 of
 * pyenv is a shell that starts another. What it said stands in the error's `stderr`.
 */
export function runTool(command: string, args: string[], signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((done, fail) => {
    const child = spawn(command, args, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", text => (stderr += String(text)));
    const end = () => {
      try {
        process.kill(-child.pid!, "SIGKILL");
      } catch {
        // it has ended meanwhile
      }
    };
    signal?.addEventListener("abort", end);
    child.once("error", fail);
    child.once("close", code => {
      signal?.removeEventListener("abort", end);
      if (code === 0) done();
      else fail(Object.assign(new Error(`${command} ended with ${code}`), { stderr }));
    });
  });
}
