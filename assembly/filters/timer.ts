/** Whose timer ticks, of all roots of the VM: started when something may run out of time, handed over, stopped. */
import { Attempt } from "../response/attempt-judge";
import * as exchanges from "../request/exchange";
import * as host from "../proxywasm/host";
import { ClientStream, serviceOf } from "./client-stream";

/** How often it looks, ms: limits are kept that exactly. */
const PERIOD: u32 = 50;

/** The root whose timer runs; 0: none. Any root's tick serves the streams of the whole VM. */
let ticking: u32 = 0;
/** The roots of all configurations in this VM, the newest last. */
const roots: u32[] = [];

/** From a callback of this client's stream: something may run out of time, or have to be probed. */
export function start(c: ClientStream): void {
  startFrom(c.id, c);
}

/** From a callback of an attempt's stream. */
export function startFor(a: Attempt): void {
  const x = a.exchange;
  if (x.gateway != 0) startFrom(a.stream, changetype<ClientStream>(x.client));
}

/** `context` is the effective one, and is so again afterwards. */
function startFrom(context: u32, c: ClientStream): void {
  if (ticking != 0) return;
  if (roots.length > 0 && host.setEffective(roots[roots.length - 1])) ticking = roots[roots.length - 1];
  // A stream's timer is that of its own root.
  else if (context == c.id || host.setEffective(c.id)) ticking = serviceOf(c).root;
  if (ticking != 0) host.setTick(PERIOD);
  host.setEffective(context);
}

/** From any callback, whose context is `context`: something may have to be probed. */
export function startNewest(context: u32): void {
  if (ticking != 0 || roots.length == 0 || !host.setEffective(roots[roots.length - 1])) return;
  ticking = roots[roots.length - 1];
  host.setTick(PERIOD);
  host.setEffective(context);
}

/** A new configuration's root takes the timer over. */
export function takeOver(root: u32): void {
  roots.push(root);
  ticking = root;
  host.setTick(PERIOD);
}

/** The root is gone, and its timer with it: who still waits needs another one. */
export function forget(root: u32): void {
  const at = roots.indexOf(root);
  if (at >= 0) roots.splice(at, 1);
  if (ticking != root) return;
  ticking = 0;
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

/** From the tick: nothing can run out of time. */
export function stop(): void {
  ticking = 0;
  host.setTick(0);
}
