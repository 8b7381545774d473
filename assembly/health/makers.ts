/**
 * Which token has made what its provider keeps: a call about it must go to the same account. Remembered by the hash of its id, in the
 * store, so that every worker knows it. A bounded number; the oldest of a bucket gives way.
 */
import { Bytes } from "../text/bytes";
import { mix } from "../text/hash";
import { Provider } from "../config/provider";
import { LAYOUT } from "./ledger-record";
import { ABSENT, Store } from "./ledger-store";

const BUCKETS = 64;
const MOST_IN_BUCKET: usize = 64;
/** The hash of an id, and its maker. */
const ENTRY: usize = 16;
const TRIES = 4;

const room: usize = heap.alloc((MOST_IN_BUCKET + 1) * ENTRY);
const keys: Bytes[] = [];
for (let i = 0; i < BUCKETS; i++) keys.push(Bytes.of(`ai-failover/${LAYOUT}/made/${i}`));

/** A token as a maker: the same after a restart, and wherever else its text stands among its provider's tokens. */
export function makerOf(provider: Provider, token: i32): u64 {
  const key = provider.ledgerKey;
  return mix(unchecked(provider.tokens[token]).hash ^ load<u64>(key.ptr)) | 1;
}

function keyOf(id: u64): Bytes {
  return unchecked(keys[<i32>(mix(id) % BUCKETS)]);
}

/** 0: nobody is known. */
export function findMaker(kept: Store, id: u64): u64 {
  if (!kept.read(keyOf(id))) return 0;
  for (let at: usize = 0; at + ENTRY <= kept.len; at += ENTRY)
    if (load<u64>(kept.ptr + at) == id) return load<u64>(kept.ptr + at, 8);
  return 0;
}

export function rememberMaker(kept: Store, id: u64, maker: u64): void {
  const key = keyOf(id);
  for (let i = 0; i < TRIES; i++) {
    const isThere = kept.read(key);
    let len: usize = 0;
    for (let at: usize = 0; isThere && at + ENTRY <= kept.len; at += ENTRY) {
      const known = load<u64>(kept.ptr + at);
      if (known == id) {
        if (load<u64>(kept.ptr + at, 8) == maker) return;
        continue;
      }
      if (len == MOST_IN_BUCKET * ENTRY) break;
      memory.copy(room + len, kept.ptr + at, ENTRY);
      len += ENTRY;
    }
    // The oldest stands first.
    if (len == MOST_IN_BUCKET * ENTRY) {
      len -= ENTRY;
      memory.copy(room, room + ENTRY, len);
    }
    store<u64>(room + len, id);
    store<u64>(room + len, maker, 8);
    if (kept.write(key, room, len + ENTRY, isThere ? kept.version : ABSENT)) return;
  }
}
