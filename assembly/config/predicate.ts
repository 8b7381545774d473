import { Bytes } from "../text/bytes";
import { Writer } from "../text/writer";

const STAR = 0x2a;

/** Which models are meant: the one of this name, or all whose names begin with it. */
export class Predicate {
  isExact: bool = false;
  value!: Bytes;

  matches(model: usize, len: usize): bool {
    const size = this.value.len;
    if (this.isExact) return this.value.equals(model, len);
    return len >= size && memory.compare(model, this.value.ptr, size) == 0;
  }

  /** "qwen-*" */
  writeTo(to: Writer): void {
    to.text(this.value);
    if (!this.isExact) to.byte(STAR);
  }
}

/** Whether one of them matches. An empty list matches every model. */
export function matchesAny(predicates: Predicate[], model: usize, len: usize): bool {
  const k = predicates.length;
  for (let i = 0; i < k; i++) if (unchecked(predicates[i]).matches(model, len)) return true;
  return k == 0;
}
