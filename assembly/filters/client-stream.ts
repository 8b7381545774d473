/** A client's stream as the gateway filter keeps it. Records are used again. */
import { Pool } from "../text/pool";
import * as exchanges from "../request/exchange-registry";
import { Exchange } from "../request/exchange";
import { Service } from "./service";

export enum Phase {
  /** Not ours: everything passes. */
  Untouched,
  /** The request's body is being parked. */
  Collecting,
  /** Complete, and held until a rate limit has passed. */
  Waiting,
  /** On its way; the attempt filter judges the answers. */
  Sent,
  /** On its way to the first hop without an attempt filter: the answer is judged here. */
  Direct,
  /** A callout runs: what still comes on the client's own stream is dropped. */
  Calling,
  /** The gateway has answered by itself: nothing that follows counts. */
  Answered,
}

@unmanaged
export class ClientStream {
  id: u32;
  phase: Phase;
  exchange: usize;
  /** A managed `Service`. */
  service: usize;
  /** A placeholder went down the chain: an attempt filter has to put the body in. */
  isParked: bool;
  /** The last tick before which something of the body came. */
  seenAt: u64;
  /** Its outcome is settled, counted and logged. */
  isCounted: bool;
}

const pool = new Pool<ClientStream>();

export function open(stream: u32): ClientStream {
  const c = pool.take();
  c.id = stream;
  c.phase = Phase.Untouched;
  c.exchange = 0;
  c.service = 0;
  c.isParked = false;
  c.isCounted = false;
  return c;
}

/** The exchange of a request that this configuration serves. */
export function openExchange(c: ClientStream, service: Service, now: u64): Exchange {
  const x = exchanges.open(c.id, service.config, service.health, now);
  x.client = changetype<usize>(c);
  c.exchange = changetype<usize>(x);
  c.service = changetype<usize>(service);
  c.seenAt = now;
  return x;
}

export function serviceOf(c: ClientStream): Service {
  return changetype<Service>(c.service);
}

export function exchangeOf(c: ClientStream): Exchange {
  return changetype<Exchange>(c.exchange);
}

export function close(c: ClientStream): void {
  if (c.exchange != 0) {
    const x = exchangeOf(c);
    x.gateway = 0;
    exchanges.release(x);
  }
  pool.give(c);
}
