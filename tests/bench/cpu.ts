import { readFileSync, readdirSync } from "node:fs";

/**
 * CPU time that a process has used, nanoseconds: of all its threads, as the scheduler counts it. utime and stime of
 * /proc/<pid>/stat are the same time in steps of 10 ms, which is too coarse for a slice of a few hundred.
 */
export function cpuTime(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks)
    .map(task => Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]))
    .reduce((sum, time) => sum + time, 0);
}
