/** The memory of a request's body while the gateway keeps it. */
import { Exchange, configOf } from "./exchange";

let parked: usize = 0;

/** Bytes of the parked bodies of this worker. */
export function parkedBytes(): usize {
  return parked;
}

const FIRST_CAPACITY: usize = 16 << 10;
const FIRST_DECLARED_CAPACITY: usize = 1 << 20;

/** What the room for a body grows to when it must hold `size` bytes. */
export function capacityFor(x: Exchange, size: usize): usize {
  if (size <= x.bodyCapacity) return x.bodyCapacity;
  // More than any body may have would only keep others out, or this very one.
  const most = configOf(x).requestBodyLimit;
  if (size > x.declaredLength) return max(size, min(most, x.bodyCapacity == 0 ? FIRST_CAPACITY : x.bodyCapacity * 2));
  // A client that announces much and sends nothing must not take the room of others; of a large body little is copied.
  return min(x.declaredLength, max(size, x.bodyCapacity == 0 ? FIRST_DECLARED_CAPACITY : x.bodyCapacity * 8));
}

/** Lets the room for the body grow to `capacity`, from `capacityFor`. */
export function reserveBody(x: Exchange, capacity: usize): void {
  if (capacity == x.bodyCapacity) return;
  x.body = x.body == 0 ? heap.alloc(capacity) : heap.realloc(x.body, capacity);
  parked += capacity - x.bodyCapacity;
  x.bodyCapacity = capacity;
}

/** Frees the body: its last reader has it. */
export function dropBody(x: Exchange): void {
  if (x.body == 0) return;
  heap.free(x.body);
  parked -= x.bodyCapacity;
  x.body = 0;
  x.bodyLen = 0;
  x.bodyCapacity = 0;
}
