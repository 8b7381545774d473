/**
 * Takes the place of AssemblyScript's `heap` in a test's build (`--use heap=...`): what is freed is filled with a pattern and kept
 * for a while, so that a later write shows; what lies behind a block is guarded; a second free traps.
 *
 *   block: u32 size | u32 mark | next block in quarantine | - | the caller's bytes | u64 guard
 */
const HEADER: usize = 16;
const GUARD: usize = 8;
const LIVE: u32 = 0x4c495645;
const FREED: u32 = 0x46524545;
const FENCE: u64 = 0xfefefefefefefefe;
const DEAD: u8 = 0xdb;
const FRESH: u8 = 0xa5;
/** Bytes that are kept after their end. */
const QUARANTINE: usize = 1 << 20;

/** Blocks in use, and their bytes. */
export let blocks: u32 = 0;
export let bytes: usize = 0;

let oldest: usize = 0;
let newest: usize = 0;
let kept: usize = 0;

function sizeOf(block: usize): usize {
  return <usize>load<u32>(block);
}

function checkLive(block: usize): void {
  assert(load<u32>(block, 4) == LIVE, "a block is freed that is none, or is freed already");
  assert(load<u64>(block + HEADER + sizeOf(block)) == FENCE, "a write behind the end of a block");
}

function letGo(block: usize): void {
  const size = sizeOf(block);
  for (let i: usize = 0; i < size; i++) assert(load<u8>(block + HEADER + i) == DEAD, "a write into a freed block");
  kept -= size;
  __free(block);
}

export namespace heap {
  export function alloc(size: usize): usize {
    const block = __alloc(size + HEADER + GUARD);
    store<u32>(block, <u32>size);
    store<u32>(block, LIVE, 4);
    memory.fill(block + HEADER, FRESH, size);
    store<u64>(block + HEADER + size, FENCE);
    blocks++;
    bytes += size;
    return block + HEADER;
  }

  /** Always to another place, so that the old one is not used any more by chance. */
  export function realloc(ptr: usize, size: usize): usize {
    const before = sizeOf(ptr - HEADER);
    const to = alloc(size);
    memory.copy(to, ptr, min(before, size));
    free(ptr);
    return to;
  }

  export function free(ptr: usize): void {
    const block = ptr - HEADER;
    checkLive(block);
    const size = sizeOf(block);
    store<u32>(block, FREED, 4);
    memory.fill(ptr, DEAD, size);
    blocks--;
    bytes -= size;
    kept += size;
    store<usize>(block, 0, 8);
    if (newest != 0) store<usize>(newest, block, 8);
    else oldest = block;
    newest = block;
    while (kept > QUARANTINE && oldest != newest) {
      const next = load<usize>(oldest, 8);
      letGo(oldest);
      oldest = next;
    }
  }
}

/** Checks all that is in quarantine, and lets it go. */
export function sweep(): void {
  while (oldest != 0) {
    const next = load<usize>(oldest, 8);
    letGo(oldest);
    oldest = next;
  }
  newest = 0;
}
