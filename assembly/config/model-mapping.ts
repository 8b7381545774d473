import { Bytes } from "../text/bytes";

/** A model's name at the provider: plain, and as a JSON string with quotes. */
export class ModelName {
  constructor(
    readonly text: Bytes,
    readonly json: Bytes,
  ) {}
}

/** One line of a model mapping. */
export class MappingEntry {
  /** Without the '*'. */
  pattern!: Bytes;
  isExact: bool = true;
  /** null: the name stays ("" in the configuration). */
  target: ModelName | null = null;
}

/** From the model that the client names to the name at the provider: exact names first, then the longest prefix, then "*". */
export class ModelMapping {
  /** Sorted so that the first match wins. */
  entries: MappingEntry[] = [];
  /** null: the name stays. */
  lookup(model: usize, len: usize): ModelName | null {
    for (let i = 0, k = this.entries.length; i < k; i++) {
      const entry = this.entries[i];
      const n = entry.pattern.len;
      if (
        entry.isExact ? entry.pattern.equals(model, len) : len >= n && memory.compare(model, entry.pattern.ptr, n) == 0
      )
        return entry.target;
    }
    return null;
  }
}
