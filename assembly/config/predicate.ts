/** Which models are meant: one by its name, or all whose names begin so. */
import { Bytes } from "../text/bytes";

export class Predicate {
  isExact: bool = false;
  value!: Bytes;

  matches(model: usize, len: usize): bool {
    const size = this.value.len;
    if (this.isExact) return this.value.equals(model, len);
    return len >= size && memory.compare(model, this.value.ptr, size) == 0;
  }
}

/** Whether any of them matches; none restrict nothing. */
export function matchesAny(predicates: Predicate[], model: usize, len: usize): bool {
  const k = predicates.length;
  for (let i = 0; i < k; i++) if (unchecked(predicates[i]).matches(model, len)) return true;
  return k == 0;
}
