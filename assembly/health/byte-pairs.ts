/**
 * Which pairs of neighbouring bytes stand in a text, in lower case. An error is held against hundreds of phrases: a look at their pairs
 * says of nearly all that they are not in it.
 */
import { lowerCase } from "../text/ascii";
import { Bytes } from "../text/bytes";

/** Two pairs may share a bit: then a phrase is looked for in vain. */
const BITS: u32 = 2048;

export class BytePairs {
  private readonly bits: usize = heap.alloc(BITS >> 3);

  clear(): void {
    memory.fill(this.bits, 0, BITS >> 3);
  }

  add(ptr: usize, len: usize): void {
    for (let i: usize = 1; i < len; i++) {
      const bit = bitOf(load<u8>(ptr + i - 1), load<u8>(ptr + i));
      const at = this.bits + <usize>(bit >> 3);
      store<u8>(at, <u8>((<u32>load<u8>(at)) | ((<u32>1) << (bit & 7))));
    }
  }

  /** False: a phrase with these pairs, of `pairsOf`, stands nowhere in what was added. */
  mayHave(pairs: StaticArray<u16>): bool {
    for (let i = 0, k = pairs.length; i < k; i++) {
      const bit = <u32>unchecked(pairs[i]);
      if ((((<u32>load<u8>(this.bits + <usize>(bit >> 3))) >> (bit & 7)) & 1) == 0) return false;
    }
    return true;
  }
}

/** For configuration time. The pairs of a phrase but for those with `gap`, in whose place anything may stand. */
export function pairsOf(phrase: Bytes, gap: u8): StaticArray<u16> {
  const found: u16[] = [];
  for (let i: usize = 1; i < phrase.len; i++) {
    const a = load<u8>(phrase.ptr + i - 1);
    const b = load<u8>(phrase.ptr + i);
    if (a != gap && b != gap) found.push(<u16>bitOf(a, b));
  }
  return StaticArray.fromArray(found);
}

function bitOf(a: u8, b: u8): u32 {
  return (((((<u32>lowerCase(a)) << 8) | (<u32>lowerCase(b))) * 40503) >> 7) % BITS;
}
