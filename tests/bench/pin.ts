import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Gives the Envoys a CPU of their own, by process ids. A request that comes from another core costs twice the time of one from the
 * same, in wake-ups, and the scheduler would choose anew in each slice. False: there is one CPU, or no `taskset`.
 */
export function pin(envoys: number[], others: number[]): boolean {
  const [first, ...rest] = CPUS;
  if (rest.length === 0) return false;
  const move = (pid: number, cpus: number[]) =>
    spawnSync("taskset", ["-a", "-c", "-p", cpus.join(","), String(pid)]).status === 0;
  return envoys.every(pid => move(pid, [first!])) && others.every(pid => move(pid, rest));
}

/** The CPUs that this process may use before it is moved itself. */
const CPUS = allowedCpus();

function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))![1]!;
  return list.split(",").flatMap(range => {
    const [from, to = from] = range.split("-").map(Number) as [number, number?];
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
