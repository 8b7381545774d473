/**
 * The tick: the plugin's own clock for what Envoy keeps no limit for - a held answer that goes silent, an attempt without an
 * attempt role, a request that waits. It runs only while something needs it.
 */
import { Guard } from "../config/types";
import * as attempts from "../exchange/attempt";
import { Attempt, State, verdict } from "../exchange/attempt";
import * as exchanges from "../exchange/exchange";
import { Exchange, configOf, routeOf } from "../exchange/exchange";
import { End } from "../health/verdict";
import * as host from "../proxy/host";
import * as callout from "./callout";
import { Client, Phase, serviceOf } from "./client";
import * as direct from "./direct";
import * as names from "./names";
import * as seat from "./seat";
import * as waiting from "./waiting";

const NS_PER_MS: u64 = 1000000;

/** How often it looks, ms: limits are kept that exactly. */
const PERIOD: u32 = 50;

/** How long the body of an error is waited for, ms: it is written at once, or not at all. */
const ERROR_BODY: u64 = 2000;

/** The root whose timer runs; 0: none. Any root's tick serves the streams of the whole VM. */
let ticking: u32 = 0;
/** The root of the newest configuration, which alone probes; 0: it is gone. */
let newest: u32 = 0;

/** From a callback of this client's stream: something may run out of time, or have to be probed. */
export function start(c: Client): void {
  startFrom(c.id, c);
}

/** From a callback of an attempt's stream. */
export function startFor(a: Attempt): void {
  const x = a.exchange;
  if (x.gateway != 0) startFrom(a.stream, changetype<Client>(x.client));
}

/** `context` is the effective one, and is so again afterwards. */
function startFrom(context: u32, c: Client): void {
  if (ticking != 0) return;
  if (newest != 0 && host.setEffective(newest)) ticking = newest;
  // A stream's timer is that of its own root.
  else if (context == c.id || host.setEffective(c.id)) ticking = serviceOf(c).root;
  if (ticking != 0) host.setTick(PERIOD);
  host.setEffective(context);
}

/** A new configuration's root takes the timer over. */
export function takeOver(root: u32): void {
  newest = root;
  ticking = root;
  host.setTick(PERIOD);
}

/** The root is gone, and its timer with it: who still waits needs another one. */
export function forget(root: u32): void {
  if (newest == root) newest = 0;
  if (ticking != root) return;
  ticking = 0;
  for (let i: u32 = 0, k = exchanges.slots(); i < k && ticking == 0; i++) {
    const x = exchanges.slot(i);
    if (x !== null && x.gateway != 0) startFrom(root, changetype<Client>(x.client));
  }
}

/** A tick of `root`. False: its timer is no longer wanted. */
export function isOf(root: u32): bool {
  if (ticking == root) return true;
  host.setTick(0);
  return false;
}

export function isNewest(root: u32): bool {
  return newest == root;
}

/** From the tick: nothing can run out of time. */
export function stop(): void {
  ticking = 0;
  host.setTick(0);
}

/** Ends what has run out of time. True: something still may. */
export function look(now: u64): bool {
  let busy = false;
  for (let i: u32 = 0, k = exchanges.slots(); i < k; i++) {
    const x = exchanges.slot(i);
    if (x === null || x.gateway == 0) continue;
    const c = changetype<Client>(x.client);
    if (c.phase == Phase.Waiting) waiting.look(c, x, now);
    else if (c.phase == Phase.Calling) callout.look(c, x, now);
    else if (x.attempt != 0) lookAt(c, x, changetype<Attempt>(x.attempt), now);
    busy = true;
  }
  return busy;
}

function lookAt(c: Client, x: Exchange, a: Attempt, now: u64): void {
  if (a.state == State.Passing) return breakOff(x, a, now);
  if (a.state == State.Over) return;
  const how = ranOut(c, x, a, now);
  if (how == End.None) return;
  const held = a.state != State.Waiting;
  attempts.onLost(a, how, now);
  if (c.phase == Phase.Direct) {
    if (!host.setEffective(x.gateway)) return;
    direct.settle(c);
    callout.arm(x, now);
    callout.next(c, now);
    return;
  }
  const armed = seat.armNext(a, verdict, held, now);
  if (!host.setEffective(a.stream)) return;
  // Nothing is there yet that could go on to the router (facts 18.2): the gateway role gets this, and goes on by callout.
  if (!held) {
    host.sendLocalResponse(504, names.DETAILS, 0, 0, 0, 0);
    return;
  }
  // Held by the attempt role: the router takes the retry when the held headers go on with the header that asks for it (facts 18.1).
  if (armed) seat.askForRetry();
  host.continueStream(host.Stream.Response);
}

/** What stalls after bytes of it went out, or outlasts its request's time: its client must not wait for ever, nor take it for complete. */
function breakOff(x: Exchange, a: Attempt, now: u64): void {
  if (now < x.deadline && !stalls(x, a, now)) return;
  attempts.onLost(a, End.Stalled, now);
  if (host.setEffective(x.gateway)) host.resetStream();
}

/** No event for as long as `idleTimeout`; comments and blank lines are none. */
function stalls(x: Exchange, a: Attempt, now: u64): bool {
  const idle = <u64>configOf(x).idleTimeout;
  return x.streamed && idle > 0 && (now - a.silentSince) / NS_PER_MS >= idle;
}

/** Which limit has passed; None: none. In retry mode Envoy keeps those of the route until headers come. */
function ranOut(c: Client, x: Exchange, a: Attempt, now: u64): End {
  if (a.state == State.Reading)
    return now >= x.deadline || (now - a.silentSince) / NS_PER_MS >= ERROR_BODY ? End.Cut : End.None;
  const running = (now - a.started) / NS_PER_MS;
  const route = routeOf(x);
  const whole = !x.streamed || route.guard == Guard.Full;
  const content = attempts.hasContent(a);
  const limit = x.streamed ? End.FirstTokenTimeout : End.AttemptTimeout;
  if (a.limit > 0 && running >= <u64>a.limit && (whole || !content)) return limit;
  if (a.state == State.Waiting && c.phase != Phase.Direct) return End.None;
  if (now >= x.deadline) return limit;
  if (content && stalls(x, a, now)) return End.Stalled;
  if (x.tryTimeout == 0) return End.None;
  if (x.streamed && !content && running >= <u64>route.firstTokenTimeout) return End.FirstTokenTimeout;
  if (whole && running >= <u64>route.attemptTimeout) return End.AttemptTimeout;
  return End.None;
}
