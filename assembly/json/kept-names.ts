/**
 * Members of a request, at any depth, that name what one account of a provider keeps. The scanner tells of every key that fits; what a
 * key that only looks like one costs is a look at its last byte and its length.
 */
import { Bytes } from "../text/bytes";

/** These mean nothing else. */
const ALWAYS = Bytes.ofAll([
  "file_id",
  "file_ids",
  "input_file_id",
  "training_file",
  "validation_file",
  "vector_store_id",
  "vector_store_ids",
  "container_id",
]);
/** And these may: a session of somebody else's, a skill that everybody has. */
const PERHAPS = Bytes.ofAll([
  "container",
  "skill_id",
  "assistant_id",
  "thread_id",
  "agent",
  "session_id",
  "environment_id",
  "vault_ids",
  "memory_store_id",
]);

/** For the last five bits of a key's last byte: a bit for each length that a name which ends so has. */
export const LENGTHS = memory.data(32 * 4, 4);
/** For each length: a bit for the last five bits of the first byte of each name that is so long. */
const FIRST_BYTES = memory.data(32 * 4, 4);

function noteShapes(names: Bytes[]): void {
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    addBit(LENGTHS, load<u8>(name.ptr + name.len - 1), <u32>name.len);
    addBit(FIRST_BYTES, <u32>name.len, load<u8>(name.ptr));
  }
}

function addBit(table: usize, row: u32, bit: u32): void {
  const at = table + ((<usize>(row & 31)) << 2);
  store<u32>(at, load<u32>(at) | (1 << (bit & 31)));
}

noteShapes(ALWAYS);
noteShapes(PERHAPS);

/** More are not kept: one that is known is enough. */
export const MOST_NAMED = 8;
const values = memory.data(8 * sizeof<usize>(), sizeof<usize>());
let count: i32 = 0;
let isSure: bool = false;

/** Forgets what was found, before a new body. */
export function forgetNamed(): void {
  count = 0;
  isSure = false;
}

/** How many were found since then. */
export function namedCount(): i32 {
  return count;
}

/** Where the value of one begins: a text, a list of texts, or an object with an `id`. */
export function namedAt(index: i32): usize {
  return load<usize>(values + <usize>index * sizeof<usize>());
}

/** One of them cannot be anything else. */
export function isSurelyNamed(): bool {
  return isSure;
}

/**
 * A key of less than 32 bytes, between its quotes, and where its value begins. Who reads many keys looks first whether `LENGTHS` has its last
 * byte and length.
 */
export function noteKey(key: usize, len: usize, value: usize): void {
  if (count == MOST_NAMED) return;
  if (((load<u32>(FIRST_BYTES + (len << 2)) >> ((<u32>load<u8>(key)) & 31)) & 1) == 0) return;
  const isAlways = isOneOf(ALWAYS, key, len);
  if (!isAlways && !isOneOf(PERHAPS, key, len)) return;
  if (isAlways) isSure = true;
  store<usize>(values + <usize>count * sizeof<usize>(), value);
  count++;
}

function isOneOf(names: Bytes[], key: usize, len: usize): bool {
  for (let i = 0, k = names.length; i < k; i++) if (unchecked(names[i]).equals(key, len)) return true;
  return false;
}
