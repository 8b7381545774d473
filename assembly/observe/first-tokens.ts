/**
 * How fast routes answer now: the times to the first token of the last good answers of each route, of all workers. The request path notes
 * them in memory of its worker; the tick adds them to what all share:
 *
 *   <prefix><route>   u32 how many there were, since Envoy's start | u32 times[64] in ms, a ring
 */
import { Bytes } from "../text/bytes";
import { ABSENT, Store } from "../health/ledger-store";

const KEPT: u32 = 64;
const SIZE: usize = 4 + 4 * KEPT;
const PREFIX = "ai-failover/first-tokens/";
const TRIES = 4;

@unmanaged
class Times {
  /** How many were noted; the ring has the last of them. */
  count: u32;

  put(ms: u32): void {
    store<u32>(changetype<usize>(this) + 4 + 4 * <usize>(this.count++ % KEPT), ms);
  }

  at(i: u32): u32 {
    return load<u32>(changetype<usize>(this) + 4 + 4 * <usize>(i % KEPT));
  }
}

const keys: Bytes[] = [];
const slots = new Map<string, i32>();
/** By slot: what is not shared yet. */
const noted: usize[] = [];
let isNoted: bool = false;
const shared = changetype<Times>(heap.alloc(SIZE));

/** Of a route, in every configuration that has one of this name. Allocates: for configuration time. */
export function slotOf(route: string): i32 {
  if (slots.has(route)) return slots.get(route);
  const slot = keys.length;
  keys.push(Bytes.of(PREFIX + route));
  const times = heap.alloc(SIZE);
  memory.fill(times, 0, SIZE);
  noted.push(times);
  slots.set(route, slot);
  return slot;
}

export function note(slot: i32, ms: u64): void {
  changetype<Times>(unchecked(noted[slot])).put(<u32>min<u64>(ms, u32.MAX_VALUE));
  isNoted = true;
}

/** Shares what was noted. */
export function flush(store: Store): void {
  if (!isNoted) return;
  isNoted = false;
  for (let i = 0, k = noted.length; i < k; i++) {
    const times = changetype<Times>(unchecked(noted[i]));
    if (times.count > 0 && !share(store, unchecked(keys[i]), times)) isNoted = true;
    else times.count = 0;
  }
}

function share(store: Store, key: Bytes, times: Times): bool {
  for (let tries = 0; tries < TRIES; tries++) {
    const isThere = read(store, key);
    for (let i = times.count - min(times.count, KEPT); i < times.count; i++) shared.put(times.at(i));
    if (store.write(key, changetype<usize>(shared), SIZE, isThere ? store.version : ABSENT)) return true;
  }
  return false;
}

/** Into `shared`. */
function read(store: Store, key: Bytes): bool {
  const isThere = store.read(key);
  if (isThere && store.len == SIZE) memory.copy(changetype<usize>(shared), store.ptr, SIZE);
  else memory.fill(changetype<usize>(shared), 0, SIZE);
  return isThere;
}

/** What `summarize` found. */
@unmanaged
export class Summary {
  /** Of how many answers: at most the last 64. */
  count: u32 = 0;
  medianMs: u32 = 0;
  slowestMs: u32 = 0;
}

const summary = new Summary();
const sorted: usize = heap.alloc(4 * KEPT);

/** Of a route's last answers. Valid until the next call. */
export function summarize(store: Store, slot: i32): Summary {
  read(store, unchecked(keys[slot]));
  const count = min(shared.count, KEPT);
  for (let i: u32 = 0; i < count; i++) insert(i, shared.at(i));
  summary.count = count;
  summary.medianMs = count > 0 ? load<u32>(sorted + 4 * <usize>(count / 2)) : 0;
  summary.slowestMs = count > 0 ? load<u32>(sorted + 4 * <usize>(count - 1)) : 0;
  return summary;
}

function insert(at: u32, ms: u32): void {
  let i: usize = at;
  for (; i > 0 && load<u32>(sorted + 4 * (i - 1)) > ms; i--)
    store<u32>(sorted + 4 * i, load<u32>(sorted + 4 * (i - 1)));
  store<u32>(sorted + 4 * i, ms);
}
