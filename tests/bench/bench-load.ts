import autocannon from "autocannon";
import { cpuTime } from "./cpu.js";
import { quantile } from "./quantile.js";

export interface Target {
  url: string;
  /** Of the Envoy that is measured. */
  pid: number;
}

export interface Load {
  body: Buffer;
  connections: number;
  requests: number;
}

/** What one slice of load has cost. */
export interface Slice {
  /** CPU time of Envoy for one request, microseconds. */
  cpu: number;
  /** Of the answers, milliseconds. */
  p50: number;
  p99: number;
  /** Of the whole slice, milliseconds. */
  took: number;
}

/** Sends the load and waits for its last answer. Any other answer than 200 is an error: it would measure something else. */
export async function measure({ url, pid }: Target, { body, connections, requests }: Load): Promise<Slice> {
  const times: number[] = [];
  const wrong: string[] = [];
  let cpu = 0;
  let took = 0;
  const start = performance.now();
  const before = cpuTime(pid);
  const run = autocannon({
    ...{ url: `${url}/v1/chat/completions`, method: "POST", body, connections, amount: requests },
    headers: { "content-type": "application/json" },
    timeout: 10,
    sampleInt: 10,
  });
  run.on("reqError", error => wrong.push(error.message));
  run.on("response", (_client, status, _bytes, milliseconds) => {
    if (status !== 200) wrong.push(`status ${status}`);
    times.push(milliseconds);
    if (times.length < requests) return;
    cpu = (cpuTime(pid) - before) / 1000 / requests;
    took = performance.now() - start;
  });
  await run;
  if (wrong.length > 0 || cpu === 0)
    throw new Error(`${wrong.length + requests - times.length} of ${requests} requests failed: ${wrong[0] ?? "cut"}`);
  return { cpu, p50: quantile(times, 0.5), p99: quantile(times, 0.99), took };
}
