/**
 * Which members of a JSON document a streaming reader watches, as one tree for all kinds of documents: a node for each step of
 * a path, its children in a chain. Built at start, only read afterwards.
 *
 * A path is keys joined by dots, '*' for every element of an array, '?' for every member of an object that has no path of its own:
 * "choices.*.delta.?".
 */
import { hash64 } from "../text/hash";

/** What the reader keeps of a watched value besides that it is there. */
export enum Slot {
  None,
  /** The hash of the text: `type`, `inner` and `status` of the reader. */
  Type,
  Inner,
  /** How something ended: `statuses` counts those that say so, for each part of an answer has one. The text "null" says nothing. */
  Status,
  /** What the answer is asked for by later: `id`, which stays over all documents. */
  Id,
  /** The highest whole number seen. */
  Highest,
  /** Where the value starts. */
  Place,
  /** The same where nothing with `Place` is there. */
  OtherPlace,
  /** The highest whole number seen, over all documents: tokens of the answer, of which 0 says that it is empty. */
  Tokens,
  /** The same, of which nothing is concluded: tokens of the request, and of the answer. */
  TokensIn,
  TokensOut,
}

@unmanaged
export class Node {
  key: u64;
  /** Facts that hold when the member exists, whatever its value. */
  present: u32;
  /** Facts that hold when its value is something: not null, false, 0, "", {} or []. */
  filled: u32;
  slot: u8;
  child: u8;
  sibling: u8;
}

const NODE_SIZE = 24;
/** As many as a byte can name. */
const NODES = memory.data(256 * NODE_SIZE, 8);
/** Node 0 stands for what nobody watches. */
let count: u8 = 1;

/** FNV-1a, a byte at a time: the same as `hash64` of the whole. */
export const SEED = hash64(0, 0);
const PRIME: u64 = 0x100000001b3;

export function mix(hash: u64, c: i32): u64 {
  return (hash ^ (<u64>c)) * PRIME;
}

export function hashOf(text: string): u64 {
  const bytes = String.UTF8.encode(text);
  return hash64(changetype<usize>(bytes), bytes.byteLength);
}

const ELEMENT: u64 = hashOf("*");
const ANY_MEMBER: u64 = hashOf("?");

export function nodeAt(index: u8): Node {
  return changetype<Node>(NODES + <usize>index * NODE_SIZE);
}

/** The root of a new kind of document. */
export function newTree(): u8 {
  return count++;
}

export function watch(root: u8, path: string, filled: u32, slot: Slot = Slot.None, present: u32 = 0): void {
  const steps = path.split(".");
  let at = root;
  for (let i = 0; i < steps.length; i++) at = ensureChild(at, hashOf(steps[i]));
  const node = nodeAt(at);
  node.filled |= filled;
  node.present |= present;
  if (slot != Slot.None) node.slot = <u8>slot;
}

/** A further kind of document: the same members as another one, which is whole already, and one more at its top. */
export function treeWith(tree: u8, name: string, slot: Slot): u8 {
  const root = newTree();
  watch(root, name, 0, slot);
  nodeAt(nodeAt(root).child).sibling = nodeAt(tree).child;
  return root;
}

function ensureChild(parent: u8, key: u64): u8 {
  const known = childOf(parent, key);
  if (known) return known;
  const index = newTree();
  const node = nodeAt(index);
  node.key = key;
  node.sibling = nodeAt(parent).child;
  nodeAt(parent).child = index;
  return index;
}

function childOf(parent: u8, key: u64): u8 {
  let at = nodeAt(parent).child;
  while (at) {
    const node = nodeAt(at);
    if (node.key == key) return at;
    at = node.sibling;
  }
  return 0;
}

/** 0 when nobody watches it. */
export function memberOf(parent: u8, key: u64): u8 {
  return childOf(parent, key) || childOf(parent, ANY_MEMBER);
}

export function elementOf(parent: u8): u8 {
  return childOf(parent, ELEMENT);
}
