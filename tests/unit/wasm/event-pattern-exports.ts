import { EventPattern, PATTERN_SIZE } from "../../../assembly/json/event-pattern";
import { JsonReader, READER_SIZE } from "../../../assembly/json/stream-reader";
import { Slot, newTree, watch } from "../../../assembly/json/watched-paths";

export function alloc(size: usize): usize {
  return heap.alloc(size);
}

export function free(ptr: usize): void {
  heap.free(ptr);
}

const root = newTree();
watch(root, "type", 0, Slot.Type);
watch(root, "error", 1, Slot.Place);
watch(root, "id", 0, Slot.Id);
watch(root, "n", 0, Slot.Highest);
watch(root, "list.*.words", 2);
watch(root, "list.*.end", 4, Slot.Status);
watch(root, "list.*.inner", 0, Slot.Inner);
watch(root, "list.*.?", 8, Slot.None, 16);
watch(root, "usage.out", 32, Slot.Tokens);
watch(root, "usage.in", 0, Slot.TokensIn);

const pattern = changetype<EventPattern>(heap.alloc(PATTERN_SIZE));
/** One that is fed through the pattern, and one that reads everything. */
const comparing = changetype<JsonReader>(heap.alloc(READER_SIZE));
const reading = changetype<JsonReader>(heap.alloc(READER_SIZE));

export function start(): void {
  pattern.start();
  comparing.start(root);
  reading.start(root);
}

/** An event that comes in two pieces. */
export function feed(ptr: usize, first: usize, len: usize): void {
  pattern.feed(comparing, ptr, ptr + first);
  comparing.feed(ptr + first, ptr + len);
  reading.feed(ptr, ptr + len);
}

export function next(): void {
  comparing.next();
  reading.next();
}

/** Whether the next event may be compared instead of being read. */
export function isKnown(): bool {
  return pattern.isKnown;
}

/** What a reader says of itself; `part` from 0 on. */
export function part(ofComparing: bool, part: i32): i64 {
  const reader = ofComparing ? comparing : reading;
  switch (part) {
    case 0:
      return reader.facts;
    case 1:
      return reader.type;
    case 2:
      return reader.inner;
    case 3:
      return reader.status;
    case 4:
      return reader.highest;
    case 5:
      return reader.statuses;
    case 6:
      return reader.tokens;
    case 7:
      return reader.tokensIn;
    case 8:
      return reader.place;
    case 9:
      return reader.step;
    case 10:
      return reader.depth;
    case 11:
      return reader.id;
    default:
      return reader.offset;
  }
}

/** A whole event with `lead` bytes before its data and `trail` behind. */
export function feedFramed(ptr: usize, lead: usize, len: usize, trail: usize): void {
  pattern.feed(comparing, ptr + lead, ptr + len - trail);
  comparing.next();
  pattern.frame(ptr, ptr + len);
}

/** How many bytes of what comes next are events that were passed. */
export function skip(ptr: usize, len: usize): usize {
  let p = ptr;
  while (true) {
    const behind = pattern.skip(comparing, p, ptr + len);
    if (behind == 0) return p - ptr;
    p = behind;
  }
}
