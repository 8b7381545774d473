/** The module, with numbers that tell what it still holds. */
import * as exchanges from "../../../assembly/request/exchange-registry";
import { parkedBytes as bytesParked } from "../../../assembly/request/parked-body";
import * as checked from "./heap";

export * from "../../../assembly/index";

export function liveExchanges(): u32 {
  return exchanges.liveCount();
}

export function parkedBytes(): usize {
  return bytesParked();
}

export function heapBlocks(): u32 {
  return checked.blocks;
}

export function heapBytes(): usize {
  checked.sweep();
  return checked.bytes;
}
