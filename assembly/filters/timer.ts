/** Whose timer ticks, of all roots of the VM: started when something may run out of time, handed over, stopped. */
import { Attempt } from "../response/attempt-judge";
import * as exchanges from "../request/exchange-registry";
import * as host from "../proxywasm/host";
import { ClientStream, exchangeOf, serviceOf } from "./client-stream";
import * as dueTimes from "./due-times";
import { PERIOD } from "./due-times";

/** Where only gauges change, by time. */
const SLOW_PERIOD: u32 = 1000;

/** The root whose timer runs; 0: none. Any root's tick serves the streams of the whole VM. */
let ticking: u32 = 0;
/** It ticks seldom. */
let isSlow: bool = false;
/** What it ticks by then, ms. */
let slowPeriod: u32 = 0;
/** The roots of all configurations in this VM, the newest last. */
const roots: u32[] = [];

/** From a callback of this client's stream: something may run out of time, or have to be probed or written. False: no root can tick. */
export function start(c: ClientStream): bool {
  startFrom(c.id, c);
  return ticking != 0;
}

/** The same, where something of its request may run out of time. */
export function watch(c: ClientStream, now: u64): void {
  dueTimes.note(exchangeOf(c), now);
  if (dueTimes.isAny()) startFrom(c.id, c);
}

/** From a callback of an attempt's stream. */
export function watchAttempt(a: Attempt, now: u64): void {
  const x = a.exchange;
  dueTimes.note(x, now);
  if (x.gateway != 0 && dueTimes.isAny()) startFrom(a.stream, changetype<ClientStream>(x.client));
}

/** `context` is the effective one, and is so again afterwards. */
function startFrom(context: u32, c: ClientStream): void {
  if (hasted(context)) return;
  if (roots.length > 0 && host.setEffective(roots[roots.length - 1])) ticking = roots[roots.length - 1];
  // A stream's timer is that of its own root.
  else if (context == c.id || host.setEffective(c.id)) ticking = serviceOf(c).root;
  if (ticking != 0) host.setTick(PERIOD);
  host.setEffective(context);
}

/** Whether it ticks, by now at full pace. */
function hasted(context: u32): bool {
  if (ticking == 0) return false;
  if (!isSlow) return true;
  if (!host.setEffective(ticking)) {
    ticking = 0;
    isSlow = false;
    return false;
  }
  quicken();
  host.setEffective(context);
  return true;
}

/** From any callback, whose context is `context`: something may have to be probed. */
export function startNewest(context: u32): void {
  if (hasted(context) || roots.length == 0 || !host.setEffective(roots[roots.length - 1])) return;
  ticking = roots[roots.length - 1];
  host.setTick(PERIOD);
  host.setEffective(context);
}

/** A new configuration's root takes the timer over. */
export function takeOver(root: u32): void {
  roots.push(root);
  ticking = root;
  isSlow = false;
  host.setTick(PERIOD);
}

/** The root is gone, and its timer with it: who still waits needs another one. */
export function removeRoot(root: u32): void {
  const at = roots.indexOf(root);
  if (at >= 0) roots.splice(at, 1);
  if (ticking != root) return;
  ticking = 0;
  isSlow = false;
  // An update that the host refuses leaves the configuration before it at work.
  if (roots.length > 0 && host.setEffective(roots[roots.length - 1])) {
    ticking = roots[roots.length - 1];
    host.setTick(PERIOD);
    host.setEffective(root);
    return;
  }
  for (let i: u32 = 0, k = exchanges.slots(); i < k && ticking == 0; i++) {
    const x = exchanges.slot(i);
    if (x !== null && x.gateway != 0) startFrom(root, changetype<ClientStream>(x.client));
  }
}

/** A tick of `root`. False: its timer is no longer wanted. */
export function isOf(root: u32): bool {
  if (ticking == root) return true;
  host.setTick(0);
  return false;
}

/** From the tick: something may run out of time. */
export function quicken(): void {
  if (isSlow) host.setTick(PERIOD);
  isSlow = false;
}

/** From the tick: nothing can run out of time. Gauges change, or `periodMs` is how often something else wants a look. */
export function slowDown(periodMs: u32 = SLOW_PERIOD): void {
  const period = min(periodMs, SLOW_PERIOD);
  if (!isSlow || period != slowPeriod) host.setTick(period);
  isSlow = true;
  slowPeriod = period;
}

/** From the tick: nothing can run out of time. */
export function stop(): void {
  ticking = 0;
  isSlow = false;
  host.setTick(0);
}
