/** Where the records are kept. On a host this is its shared data: filters/shared-store.ts. */
import { Bytes } from "../text/bytes";

/** A version that no record ever has: to write with it creates the record, or loses if there is one (shared data of Envoy). */
export const ABSENT: u32 = u32.MAX_VALUE;

export abstract class Store {
  /** What `read` found; valid until the next call. */
  ptr: usize = 0;
  len: usize = 0;
  version: u32 = 0;

  /** False: there is no such record. */
  abstract read(key: Bytes): bool;
  /** False: it is no longer, or not yet, of this version, and nothing was written. Never called with version 0. */
  abstract write(key: Bytes, ptr: usize, len: usize, version: u32): bool;
  /** Moves with every `advance` of any worker: while it stands, nothing need be read again. */
  abstract generation(): u64;
  abstract advance(): void;
  /** A new random number. */
  abstract random64(): u64;
}
