/**
 * The live exchanges. Their records live outside the collector's heap and are used again; a record is given back only when the gateway
 * stream and every attempt are gone, because an attempt can outlive its client (facts 4.1, 19.1).
 *
 * An exchange is found by its identity: {random number of this VM, serial number}, never by a stream id. Stream ids start again after a
 * reload of the VM, and a late retry would carry another client's prompt.
 */
import { MOST_ATTEMPTS } from "../config/route-limits";
import { MAX_UPSTREAMS } from "../config/route";
import { SiteConfig } from "../config/site-config";
import { Dialect } from "../config/dialect";
import { Health } from "../health/health";
import { Pool } from "../text/pool";
import { HashTable } from "../text/hash-table";
import { Step } from "./attempt-step";
import { Exchange, configOf } from "./exchange";
import { Hop } from "./hop";
import { FirstAnswer, QUOTE_SIZE, Quote } from "./kept-answers";
import { dropBody } from "./parked-body";
import { PlanEntry } from "./plan-entry";

export const IDENTITY_SIZE: usize = 16;

const pool = new Pool<Exchange>();
const live = new HashTable(1024);
let serial: u64 = 0;
let vm: u64 = 0;

/** Names this VM; once, before the first exchange. */
export function nameVm(random: u64): void {
  if (vm == 0) vm = random | 1;
}

export function open(gateway: u32, config: SiteConfig, health: Health, now: u64): Exchange {
  const x = pool.take();
  if (x.order == 0) {
    x.current = changetype<Hop>(heap.alloc(offsetof<Hop>()));
    x.armed = changetype<Hop>(heap.alloc(offsetof<Hop>()));
    x.order = heap.alloc(MAX_UPSTREAMS * offsetof<PlanEntry>());
    x.steps = heap.alloc(MOST_ATTEMPTS * offsetof<Step>());
    x.tried = heap.alloc(MOST_ATTEMPTS * sizeof<u64>());
    x.first = changetype<FirstAnswer>(heap.alloc(offsetof<FirstAnswer>()));
    x.first.block = 0;
    x.said = changetype<Quote>(heap.alloc(offsetof<Quote>() + QUOTE_SIZE));
  }
  memory.fill(changetype<usize>(x), 0, offsetof<Exchange>("current"));
  x.vm = vm;
  // The table's key is its lower half, and 0 is no key.
  if (<u32>++serial == 0) serial++;
  x.serial = serial;
  x.gateway = gateway;
  x.config = changetype<usize>(config);
  config.users++;
  x.health = changetype<usize>(health);
  x.dialect = Dialect.Other;
  x.started = now;
  x.deadline = u64.MAX_VALUE;
  x.waitMs = -1;
  x.first.status = 0;
  x.said.len = 0;
  live.set(<u32>x.serial, changetype<usize>(x));
  return x;
}

/** By the 16 bytes of its identity; null: it is not of this VM, or gone. */
export function find(identity: usize, len: usize): Exchange | null {
  if (len != IDENTITY_SIZE) return null;
  const at = live.get(load<u32>(identity, 8));
  if (at == 0) return null;
  const x = changetype<Exchange>(at);
  return x.vm == load<u64>(identity) && x.serial == load<u64>(identity, 8) ? x : null;
}

/** Gives the record back when nobody uses it any more. */
export function release(x: Exchange): void {
  if (x.gateway != 0) return;
  dropBody(x);
  if (x.attempts != 0) return;
  if (x.text != 0) heap.free(x.text);
  x.text = 0;
  if (x.first.block != 0) heap.free(x.first.block);
  x.first.block = 0;
  configOf(x).users--;
  live.delete(<u32>x.serial);
  pool.give(x);
}

export function liveCount(): u32 {
  return live.size;
}

/** For a walk over all live exchanges: slots from 0 to `slots`; null where a slot is free. */
export function slots(): u32 {
  return live.capacity;
}

export function slot(at: u32): Exchange | null {
  return live.keyAt(at) != 0 ? changetype<Exchange>(live.valueAt(at)) : null;
}
