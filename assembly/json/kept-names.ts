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
const LENGTHS = memory.data(32 * 4, 4);

function noteLengths(names: Bytes[]): void {
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const at = LENGTHS + (((<usize>load<u8>(name.ptr + name.len - 1)) & 31) << 2);
    store<u32>(at, load<u32>(at) | (1 << (<u32>name.len)));
  }
}
noteLengths(ALWAYS);
noteLengths(PERHAPS);

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

/** A key, between its quotes, and where its value begins. */
export function noteKey(key: usize, keyEnd: usize, value: usize): void {
  const len = keyEnd - key;
  if (len < 32 && (load<u32>(LENGTHS + (((<usize>load<u8>(keyEnd - 1)) & 31) << 2)) >> (<u32>len)) & 1)
    note(key, len, value);
}

function note(key: usize, len: usize, value: usize): void {
  if (count == MOST_NAMED) return;
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
