import { expect, it } from "vitest";
import { chat, delta, DONE, events, json, openAiError, sse, type Ask, type Behaviour } from "../host/proxy-host.js";
import { start, type Mode } from "./fixture.js";

/** A callout has the same exchange below it: fewer will do. */
const MODES: [Mode, number][] = [
  ["retry", 30_000],
  ["callout", 10_000],
];
/** Requests until the free lists, tables and the collector's heap have their size. */
const WARM_UP = 2_000;
/** Requests that are under way at once. */
const BATCH = 20;

/** What may happen to a request, over and over; most of it is the way of every day. */
const behaviours: Behaviour[] = [
  chat("Hi"),
  sse("H", "i"),
  sse("H", 5, "i"),
  json(400, openAiError("bad_request")),
  { status: 500, body: "oops" },
  "reset",
  events([delta("cut"), 1], { end: "cut" }),
  events([": queued\n\n", 5, delta("Hi"), DONE]),
];

it.each(MODES)("in %s mode the VM's memory stays as it is over %i requests", { timeout: 240_000 }, (mode, requests) => {
  let count = 0;
  const envoy = start({
    mode,
    tokens: { qwen: 2, deepseek: 1 },
    provider: { failover: { enabled: false }, providerBreaker: { failureThreshold: 1_000_000 } },
    clusters: { qwen: () => behaviours[count++ % behaviours.length]!, deepseek: chat("Hi") },
    logLevel: "error",
  });
  const { vm } = envoy.workers[0]!;
  let warm = 0;
  for (let i = 0; i < requests; i += BATCH) {
    const calls = Array.from({ length: BATCH }, (_, j) => envoy.call(askOf(i + j)));
    calls.forEach(call => envoy.finish(call));
    envoy.forget();
    if (i + BATCH === WARM_UP) warm = vm.memoryBytes;
  }
  expect(vm.memoryBytes).toBe(warm);
  expect(envoy.process.traps).toEqual([]);
});

/** Bodies of many sizes up to 64 KiB, streamed or not, made once. */
const bodies = Array.from({ length: 194 }, (_, i) => {
  const pad = "x".repeat(i % 97 === 0 ? 65_536 : (i * 7919) % 1024);
  return JSON.stringify({ model: "qwen-turbo", stream: i % 2 === 1, pad });
});

/** Some clients leave. */
function askOf(i: number): Ask {
  return { body: bodies[i % bodies.length]!, ...(i % 53 === 0 ? { leaveAfter: 3 } : {}) };
}
